package session

import (
	"sync/atomic"

	"github.com/vernemq/vmq/netpoll"
)

// inbox counts what other loops have posted to this one and it has not handled. A mailbox has no limit of its own, and many
// loops can post more to one than it can even drop. So from inboxMax on, publishers of messages for that loop are not
// read from until half of it is handled.
type inbox struct {
	bytes atomic.Int64
	// gate stands for the loop where publishers wait for a client.
	gate Client
}

// inboxMax is in bytes: some 60 full batches, which take a loop about 30 ms. A loop empties its mailbox before it looks at its sockets
// again, so this also bounds how long a client may wait for an answer to its PINGREQ.
const inboxMax = 4 << 20

// Posted counts n bytes of deliveries that are about to be posted to l's loop. Any goroutine.
func (l *Local) Posted(n int) {
	if l.inbox.bytes.Add(int64(n)) < inboxMax {
		return
	}
	l.inbox.gate.status.Or(statusBehind)
	if l.inbox.bytes.Load() < inboxMax/2 {
		l.openGate() // all was handled before the bit was set, and nobody else would take it back
	}
}

// Handled counts n bytes of deliveries that l's loop is done with. On that loop.
func (l *Local) Handled(n int) {
	if l.inbox.bytes.Add(-int64(n)) < inboxMax/2 && l.inbox.gate.Behind() {
		l.openGate()
	}
}

// Gate is what publishers of messages for l's loop wait for while it is Behind. Any goroutine.
func (l *Local) Gate() *Client { return &l.inbox.gate }

// openGate ends the wait on all loops. Any goroutine.
func (l *Local) openGate() {
	l.inbox.gate.status.And(^statusBehind)
	l.eachHolding(func(loop *netpoll.Loop, other *Local) { loop.Post(&release{&l.inbox.gate, other}) })
}

// eachHolding calls f for each loop on which publishers are held.
func (l *Local) eachHolding(f func(*netpoll.Loop, *Local)) {
	for _, loop := range l.Node.Loops() {
		if other := l.Node.Local(loop); other.holding.Load() {
			f(loop, other)
		}
	}
}
