package blackbox

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/vernemq/vmq/engine/hook"
	"github.com/vernemq/vmq/queue"
)

// ledger is the account of messages: each that a subscription matched was received, or was dropped for a cause, or is still queued. Its
// methods are for any goroutine.
//
// Drops come from the broker's counters, which do not say whose they were, or one by one from a hook that does. The account of all is exact
// either way; that of each receiver as soon as no drop is without a name.
type ledger struct {
	mu struct {
		sync.Mutex
		rows map[string]*entry // by receiver; drops of unknown ones under the empty name
	}
}

// entry is the account of one receiver.
type entry struct {
	matched, received, queued uint64
	dropped                   [queue.Causes]uint64
}

func newLedger() *ledger {
	l := new(ledger)
	l.mu.rows = make(map[string]*entry)
	return l
}

func (l *ledger) change(receiver string, f func(*entry)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.mu.rows[receiver] == nil {
		l.mu.rows[receiver] = new(entry)
	}
	f(l.mu.rows[receiver])
}

// matched: n messages were accepted that a subscription of the receiver matches.
func (l *ledger) matched(receiver string, n uint64) {
	l.change(receiver, func(e *entry) { e.matched += n })
}

// received: the receiver has got one.
func (l *ledger) received(receiver string) { l.change(receiver, func(e *entry) { e.received++ }) }

// queued: the broker holds n for the receiver.
func (l *ledger) queued(receiver string, n uint64) {
	l.change(receiver, func(e *entry) { e.queued = n })
}

// dropped: n messages for the receiver were given up for that cause; the name is empty if nobody said whose they were.
func (l *ledger) dropped(receiver string, why queue.Cause, n uint64) {
	l.change(receiver, func(e *entry) { e.dropped[why] += n })
}

func (e *entry) drops() (n uint64) {
	for _, d := range e.dropped {
		n += d
	}
	return n
}

// OnMessageDrop makes the ledger a plugin that hears of each drop.
func (l *ledger) OnMessageDrop(_ context.Context, m *hook.Message) error {
	for why := range queue.Causes {
		if why.String() == m.Cause {
			l.dropped(m.ClientID, why, 1)
		}
	}
	return nil
}

var _ hook.OnMessageDrop = (*ledger)(nil)

// drops is the number of messages that were given up for that cause.
func (l *ledger) drops(why queue.Cause) (n uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.mu.rows {
		n += e.dropped[why]
	}
	return n
}

// balance says what is wrong with the account, or nothing.
func (l *ledger) balance() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var sum, unnamed entry
	if e := l.mu.rows[""]; e != nil {
		unnamed = *e
	}
	total := uint64(0)
	for receiver, e := range l.mu.rows {
		found := e.received + e.queued + e.drops()
		if receiver != "" && (found > e.matched || found < e.matched && unnamed.drops() == 0) {
			return fmt.Errorf("%s: %d received, %d queued and %v dropped of %d", receiver, e.received, e.queued, e.dropped, e.matched)
		}
		sum.matched += e.matched
		total += found
	}
	if total != sum.matched {
		return fmt.Errorf("%d matched, but %d received, queued or dropped (%v without a name)", sum.matched, total, unnamed.dropped)
	}
	return nil
}

// TestLedger proves that the account notices one message too many or too few, with and without the names of those whose it was.
func TestLedger(t *testing.T) {
	for _, named := range []bool{false, true} {
		for off := -1; off <= 1; off++ {
			l := newLedger()
			whose := ""
			if named {
				whose = "a"
			}
			l.matched("a", 10)
			l.matched("b", 1)
			l.received("b")
			l.received("a")
			l.queued("a", 4)
			l.dropped(whose, queue.QueueFull, uint64(3+off))
			l.dropped(whose, queue.Expired, 2)
			if err := l.balance(); (err == nil) != (off == 0) {
				t.Errorf("named %v, off by %d: %v", named, off, err)
			}
		}
	}
}
