package session

import (
	"time"

	"github.com/vernemq/vmq/netpoll"
)

// Pacing. A publisher at full speed can be read faster than its subscribers take what it sends, if only because they are on
// the same two cores. Everything beyond queue and window would be dropped, at the cost of having read, routed and counted it. So
// a publisher is not read from while a receiver of its last message is behind, and TCP slows it down.
//
// That must never turn into a slow consumer holding up others. Hence a receiver is waited for holdFor at most; one that has not
// caught up by then is slow, gets what the limits of its queue allow, and is not waited for again until it has
// taken everything. What a client can do to its publishers is a pause of holdFor each time after it was wholly up to date.
//
//	up to date ──► behind: publishers wait ──► caught up in time: they go on
//	    ▲                    │ holdFor
//	    └── queue empty ── slow: queue and drop policy only
const (
	// behindBytes of pending output, or behindPart of its queue's limit, make a receiver count as behind. The rest is for
	// what other loops have under way already.
	behindBytes = 256 << 10
	behindPart  = 4
	// holdFor is a few time slices of a busy machine: a receiver that runs at all gets to read in that time.
	holdFor = 20 * time.Millisecond
)

// status bits of a client that other loops look at.
const (
	statusOnline uint32 = 1 << iota
	statusBehind
)

// pacer holds the publishers of one loop, and watches the receivers of that loop that are behind. Owned by the loop.
type pacer struct {
	held   map[*Client][]*Session // publishers of this loop, by the receiver that they wait for
	behind []lagging              // receivers of this loop, in the order in which they fell behind
	timer  netpoll.Timer
	local  *Local
}

type lagging struct {
	client *Client
	until  time.Duration
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
	if s.conn.Pending() < behindBytes && (c.waiting.Len() == 0 || c.waiting.Len()*behindPart < s.settings.MaxOnlineMessages) {
		return
	}
	c.status.Or(statusBehind)
	s.conn.WantDrain()
	p := &s.local.pace
	p.behind = append(p.behind, lagging{c, s.local.Loop.Now() + holdFor})
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
	if c.waiting.Len() > 0 && c.waiting.Len()*behindPart*2 >= s.settings.MaxOnlineMessages || s.conn.Pending() >= behindBytes/2 {
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
	for _, loop := range l.Node.Loops() {
		other := l.Node.Local(loop)
		switch {
		case other == l:
			l.pace.release(c)
		case other.holding.Load():
			loop.Post(&release{c, other})
		}
	}
}

// release is letGo's message to the other loops.
type release struct {
	client *Client
	local  *Local
}

func (r *release) Run(*netpoll.Loop) { r.local.pace.release(r.client) }

// OnTimer gives up on the receivers that have not caught up in time.
func (p *pacer) OnTimer(loop *netpoll.Loop, _ *netpoll.Timer) {
	n := 0
	for n < len(p.behind) && p.behind[n].until <= loop.Now() {
		if c := p.behind[n].client; c.Behind() {
			c.slow = true
			c.letGo(p.local)
		}
		n++
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
