package session

import (
	"time"

	"github.com/vernemq/vmq/netpoll"
)

// Pacing. A publisher at full speed can be read faster than its subscribers take what it sends, if only because they are on
// the same two cores. Everything beyond queue and window would be dropped, at the cost of having read, routed and counted it. So
// a publisher is not read from while a receiver of its last message is behind, and TCP slows it down.
//
// That must never turn into a slow consumer holding up others. Hence two rules. A publisher waits only while more than half of the
// receivers of its message are behind: one slow client of many changes nothing for the rest. And a receiver is waited for as long as
// it takes at least holdTakes messages in each holdFor; one that does not is slow, gets what the limits of its queue
// allow, and is not waited for again until it has taken everything. So receivers can slow a publisher down to 1,000 messages a
// second, and a client that has stopped reading costs its publishers one pause of holdFor.
//
//	up to date ──► behind: publishers wait ──► caught up: they go on
//	    ▲                    │ too little taken in holdFor
//	    └── queue empty ── slow: queue and drop policy only
const (
	// behindBytes of pending output, or behindPart of its queue's limit, make a receiver count as behind. The rest is for
	// what other loops have under way already.
	behindBytes = 256 << 10
	behindPart  = 4
	// holdFor is several time slices of a busy machine: a receiver that runs at all gets to read in that time.
	holdFor = 50 * time.Millisecond
	// holdTakes is in messages, or KiB of output.
	holdTakes = 50
)

// status bits of a client that other loops look at.
const (
	statusOnline uint32 = 1 << iota
	statusBehind
	statusFull   // its queue has no room
	statusStores // it is away, and what it cannot get now is kept for it
	statusStored // what it is sent goes to the store
)

// pacer holds the publishers of one loop, and watches the receivers of that loop that are behind. Owned by the loop.
type pacer struct {
	held   map[*Client][]*Session // publishers of this loop, by the receiver that they wait for
	behind []*lagging             // receivers of this loop that are or were behind, by the time at which to look at them
	timer  netpoll.Timer
	local  *Local
}

// lagging is one time of a receiver's being behind; its session points to it meanwhile.
type lagging struct {
	session *Session
	until   time.Duration // when to look what it has taken
	taken   uint64        // when until was set
}

// taken is what the client has taken so far: acknowledged messages and KiB of output.
func (s *Session) taken() uint64 { return uint64(s.acknowledged) + s.conn.Written()>>10 }

// queueMark is the length of a queue at which its client is behind. A queue without limit has the mark of the default one.
func (s *Session) queueMark() int {
	limit := s.settings.MaxOnlineMessages
	if limit < 0 {
		limit = 1000
	}
	return max(limit/behindPart, 1)
}

func (p *pacer) init(l *Local) {
	p.local = l
	p.held = make(map[*Client][]*Session)
	p.timer.Init(p)
}

// Behind says whether publishers should wait for the client. Any goroutine.
func (c *Client) Behind() bool { return c.status.Load()&statusBehind != 0 }

// checkPace looks whether the receiver has fallen behind. It is called after each message that it got, on its home loop.
func (s *Session) checkPace() {
	c := s.client
	if c.slow || c.status.Load()&statusBehind != 0 {
		return
	}
	if s.conn.Pending() < behindBytes && c.waiting.Len() < s.queueMark() {
		return
	}
	c.status.Or(statusBehind)
	s.conn.WantDrain()
	p := &s.local.pace
	s.lag = &lagging{s, s.local.Loop.Now() + holdFor, s.taken()}
	p.behind = append(p.behind, s.lag)
	if !p.timer.Armed() {
		s.local.Loop.Schedule(&p.timer, holdFor)
	}
}

// checkCaughtUp is called when the receiver has taken something: output has drained or a message was acknowledged.
func (s *Session) checkCaughtUp() {
	c := s.client
	if c.status.Load()&statusBehind == 0 && !c.slow {
		return
	}
	if 2*c.waiting.Len() > s.queueMark() || s.conn.Pending() >= behindBytes/2 {
		s.conn.WantDrain()
		return
	}
	c.letGo(s.local)
	if c.waiting.Len() == 0 {
		c.slow = false
	}
}

// letGo ends the wait of all publishers for c, on its home loop.
func (c *Client) letGo(l *Local) {
	if c.status.Load()&statusBehind == 0 {
		return
	}
	c.status.And(^statusBehind)
	c.session.lag = nil
	l.eachHolding(func(loop *netpoll.Loop, other *Local) {
		if other == l {
			l.pace.release(c)
		} else {
			loop.Post(&release{c, other})
		}
	})
}

// release is letGo's message to the other loops.
type release struct {
	client *Client
	local  *Local
}

func (r *release) Run(*netpoll.Loop) { r.local.pace.release(r.client) }

// OnTimer gives up on the receivers that have taken too little.
func (p *pacer) OnTimer(loop *netpoll.Loop, _ *netpoll.Timer) {
	n := 0
	for n < len(p.behind) && p.behind[n].until <= loop.Now() {
		x := p.behind[n]
		n++
		if x.session.lag != x {
			continue // it caught up, and may be behind again since
		}
		c := x.session.client
		if taken := x.session.taken(); taken-x.taken >= holdTakes {
			x.until, x.taken = loop.Now()+holdFor, taken
			p.behind = append(p.behind, x)
			continue
		}
		c.slow = true
		c.letGo(p.local)
	}
	rest := copy(p.behind, p.behind[n:])
	clear(p.behind[rest:])
	p.behind = p.behind[:rest]
	if rest > 0 {
		loop.Schedule(&p.timer, p.behind[0].until-loop.Now())
	}
}

// hold stops reading from the publisher until c has caught up.
func (s *Session) hold(c *Client) {
	p := &s.local.pace
	s.pause(pausedByReceiver)
	p.held[c] = append(p.held[c], s)
	s.local.holding.Store(true)
	if !c.Behind() {
		p.release(c) // it caught up while this was being noted, and may not have seen that anybody waits
	}
}

// release lets the publishers go on that waited for c.
func (p *pacer) release(c *Client) {
	for _, s := range p.held[c] {
		s.resumeFrom(pausedByReceiver)
	}
	delete(p.held, c)
	if len(p.held) == 0 {
		p.local.holding.Store(false)
	}
}
