package model

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/internal/bench"
	"github.com/vernemq/vmq/queue"
)

// TestInterleavings lets clients do many things at the same time, runs the loops in any order, and looks at what each client got in
// the end. Nobody can foretell that, but: every acknowledged message has come to each subscriber or was counted as dropped; QoS 2
// exactly once, QoS 1 a second time with DUP only, unless its publisher had to send it twice; in order for each publisher and topic; and
// the peers hold every packet against the rules of the protocol.
func TestInterleavings(t *testing.T) {
	var first sync.Once
	rapid.Check(t, func(rt *rapid.T) { newCrowd(t, rt, &first).live() })
}

// crowd is one case: publishers p0 and p1, receivers of everything r0, r1 and r2, and a group of g0 and g1.
type crowd struct {
	t         failing
	b         *bench.Bench
	rand      *rand.Rand // seeded by rapid: one draw instead of thousands
	peers     []*peer
	limited   bool // queues are short: messages may be dropped, and are sent once only so that the sum can be exact
	inOrder   bool // not lifo
	groupLeft bool // a member of the group has been away
	window    int
	sent      map[string]int // by message: how often its publisher sent it
	qos       map[string]byte
	acked     map[string]bool
	history   []string
	first     *sync.Once
}

func newCrowd(t *testing.T, rt *rapid.T, first *sync.Once) *crowd {
	c := &crowd{t: failing{t, rt}, first: first, sent: map[string]int{}, qos: map[string]byte{}, acked: map[string]bool{}}
	c.rand = rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0))
	c.limited = c.rand.IntN(2) == 0
	c.inOrder = !c.limited || c.rand.IntN(2) == 0
	c.window = 1 + c.rand.IntN(5)
	c.b = bench.New(c.t, 2, func(s *session.Settings) {
		s.MaxInflightMessages, s.MaxOnlineMessages, s.MaxOfflineMessages = c.window, -1, -1
		if c.limited {
			s.MaxOnlineMessages, s.MaxOfflineMessages = 1+c.rand.IntN(8), c.rand.IntN(8)
			s.QueueLIFO = !c.inOrder
		}
		s.RetryInterval = 0 // TestAgainstModel has it; a repetition that crosses its answer would be answered twice
	})
	for _, id := range []string{"p0", "p1", "r0", "r1", "r2", "g0", "g1"} {
		p := &peer{crowd: c, id: id, role: id[0], open: map[uint16]bool{}, stage: map[uint16]codec.PacketType{}, holds: map[uint16]string{}, got: map[string]int{}}
		p.qos = byte(1 + c.rand.IntN(2))
		c.peers = append(c.peers, p)
		p.connect()
		c.b.Fake.Run()
		p.read()
		switch p.role {
		case 'r':
			p.conn.Subscribe("t/#", p.qos)
		case 'g':
			p.conn.Subscribe("$share/g/t/#", p.qos)
		}
	}
	c.b.Fake.Choose = c.rand.IntN
	return c
}

func (c *crowd) fail(format string, args ...any) {
	c.t.rapid.Helper()
	told := fmt.Sprintf("after\n%s\n%s", strings.Join(c.history, "\n"), fmt.Sprintf(format, args...))
	c.t.rapid.Logf("%s", told)
	c.first.Do(func() { c.t.TB.Logf("the case that was found first: %s", told) })
	c.t.Fatalf("the broker breaks a promise")
}

// live lets the crowd do as it pleases for a while, then everybody comes back and answers everything.
func (c *crowd) live() {
	steps := rapid.IntRange(1, 60).Draw(c.t.rapid, "steps")
	for range steps {
		c.b.Fake.Together(func() {
			for range 1 + c.rand.IntN(8) {
				c.peers[c.rand.IntN(len(c.peers))].act()
			}
		})
		if c.rand.IntN(4) == 0 {
			d := time.Duration(1+c.rand.IntN(2000)) * time.Millisecond
			c.note("%v pass", d)
			c.b.Advance(d)
		}
		c.read()
	}
	c.note("the end")
	for _, p := range c.peers {
		p.block(false)
	}
	for quiet := 0; quiet < 3; quiet++ {
		for _, p := range c.peers {
			if p.conn == nil {
				p.connect()
			}
			if p.ready && p.answer(len(p.answers)) {
				quiet = 0
			}
		}
		c.b.Advance(100 * time.Millisecond)
		c.read()
	}
	c.account()
}

func (c *crowd) note(format string, args ...any) {
	c.history = append(c.history, fmt.Sprintf(format, args...))
}

func (c *crowd) read() {
	for _, p := range c.peers {
		p.read()
	}
}

// account looks at the end whether everything has come, as often as it may.
func (c *crowd) account() {
	c.b.Broker.Each(func(x *session.Client) {
		if x.Waiting() > 0 || x.InFlight() > 0 {
			c.fail("%s still has %d waiting and %d in flight", x.ID, x.Waiting(), x.InFlight())
		}
	})
	missing := 0
	for m := range c.sent {
		if c.qos[m] > 0 && !c.acked[m] {
			c.fail("%q was never acknowledged", m)
		}
		group := 0
		for _, p := range c.peers {
			n := p.got[m]
			exactly := c.qos[m] == 2 || c.sent[m] == 1
			switch {
			case p.role == 'g':
				group += n
			case p.role != 'r' || c.qos[m] == 0:
			case n == 0:
				missing++
				if !c.limited {
					c.fail("%q did not come to %s", m, p.id)
				}
			case exactly && n > 1 || n > c.sent[m]:
				c.fail("%q came to %s %d times", m, p.id, n)
			}
		}
		switch {
		case c.qos[m] == 0:
		case group == 0:
			missing++
			if !c.limited {
				c.fail("%q did not come to the group", m)
			}
		case group > 1 && (c.qos[m] == 2 || c.sent[m] == 1), group > c.sent[m]:
			c.fail("%q came to the group %d times", m, group)
		}
	}
	dropped := 0
	for why, n := range c.b.Counters().Dropped {
		dropped += int(n)
		if n > 0 && !c.limited && queue.Cause(why) != queue.Offline && queue.Cause(why) != queue.NoMember {
			c.fail("%d messages dropped as %s without a reason", n, queue.Cause(why))
		}
	}
	if c.limited && missing != dropped {
		c.fail("%d messages did not come, but %d were counted as dropped", missing, dropped)
	}
}
