package netpoll

import (
	"fmt"
	"net"
	"net/netip"
	"time"
)

// Fake is a server without sockets, goroutines and real time, for tests of handlers. Loops, connections, timers and turns are
// the real ones; only the kernel and the clock are played by the test. Everything happens on the test's goroutine, inside the
// methods of Fake and FakePeer, and in the same order each time.
//
//	f := netpoll.NewFake(2)
//	p := f.Open(0, func(c *netpoll.Conn) netpoll.Handler { return newSession(c) })
//	p.Send(connect)
//	got := p.Take()
//	f.Advance(90 * time.Second) // the keep-alive fires
//	if !p.Closed() { … }
type Fake struct {
	server *Server
	now    time.Duration
	start  time.Time
	peers  map[int32]*FakePeer
	events []fakeEvent
	nextFD int32
	busy   bool // Run is running: what a callback brings about waits for it

	// Choose, unless it is nil, says what happens next while Run has several things to do: the next event of a loop, or the end of its turn. It
	// gets their number, at least 2, and returns one below it. Without it, events come first and loops have their turns in order.
	Choose func(n int) int
}

// fakeStart is when a Fake's clocks begin. Loop.Now begins above 0, so that a zero value never means the present.
var fakeStart = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)

// fakeUptime is Loop.Now of a new Fake.
const fakeUptime = time.Hour

// fakeEvent is an event that the poller of a loop would report.
type fakeEvent struct {
	peer *FakePeer
	r    readiness
}

// NewFake makes a fake server with the given number of loops and default options.
func NewFake(loops int) *Fake { return NewFakeWith(Options{Loops: loops}) }

// NewFakeWith makes a fake server with options of its own.
func NewFakeWith(o Options) *Fake {
	f := &Fake{now: fakeUptime, start: fakeStart, peers: make(map[int32]*FakePeer), nextFD: 3}
	f.server = newServer(o)
	f.server.fake = f
	for _, l := range f.server.loops {
		l.fake = &fakeSide{fake: f, local: netip.MustParseAddrPort("198.51.100.1:1883")}
		l.refreshClock()
		l.wheel.done = int64(l.now / l.wheel.tick)
	}
	return f
}

// Server returns the fake's server. Its Listen opens no sockets, its Stop closes the connections, and Dial returns an error.
func (f *Fake) Server() *Server { return f.server }

// Loop returns loop i.
func (f *Fake) Loop(i int) *Loop { return f.server.loops[i] }

// Now returns the hand-driven clock, which all loops show.
func (f *Fake) Now() time.Duration { return f.now }

// Open makes a connection on loop i, as if a listener without limits had accepted it, and runs until idle.
func (f *Fake) Open(i int, accept func(c *Conn) Handler) *FakePeer {
	ln, err := f.server.Listen(ListenerOptions{Name: "fake", Network: "tcp", Address: "198.51.100.1:1883", Accept: accept})
	if err != nil {
		panic(fmt.Sprintf("netpoll: fake listener: %v", err))
	}
	return f.Connect(i, ln)
}

// Connect makes a connection on loop i, as if ln, which comes from Server().Listen, had accepted it, and runs until idle.
// MaxConnections is not applied.
func (f *Fake) Connect(i int, ln *Listener) *FakePeer {
	f.nextFD++
	c := newConn(f.Loop(i), int(f.nextFD))
	c.SetRemoteAddr(netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, 1}), uint16(20000+f.nextFD%40000)))
	ln.introduce(c)
	p := &FakePeer{fake: f, conn: c, room: -1}
	f.peers[c.fd] = p
	c.Loop().Post(&adopt{c})
	f.Run()
	return p
}

// Run serves events, mailboxes and turn ends of all loops until nothing is left to do. Inside of a callback it does nothing,
// because the Run that is under way will see to it.
func (f *Fake) Run() {
	if f.busy {
		return
	}
	f.busy = true
	defer func() { f.busy = false }()
	if f.Choose != nil {
		f.runChosen()
		return
	}
	for again := true; again; {
		again = false
		for len(f.events) > 0 {
			e := f.events[0]
			f.events = f.events[1:]
			again = true
			if c := e.peer.conn; !e.peer.closed {
				c.Loop().onEvent(int(c.fd), e.r)
			}
		}
		for _, l := range f.server.loops {
			if l.stirring() {
				again = true
				l.fakeTurn()
			}
		}
	}
}

// runChosen is Run in the order that Choose wants. The events of one loop keep their order, as a poller reports them; what other
// loops do in between is anybody's guess, and that is what it is for.
func (f *Fake) runChosen() {
	for {
		var steps []func()
		for _, l := range f.server.loops {
			for i, e := range f.events {
				if e.peer.closed || e.peer.watchedBy(l) {
					steps = append(steps, func() {
						f.events = append(f.events[:i:i], f.events[i+1:]...)
						if !e.peer.closed {
							l.onEvent(int(e.peer.conn.fd), e.r)
						}
					})
					break
				}
			}
			if l.stirring() {
				steps = append(steps, l.fakeTurn)
			}
		}
		switch len(steps) {
		case 0:
			return
		case 1:
			steps[0]()
		default:
			steps[f.Choose(len(steps))]()
		}
	}
}

// stirring says whether l is to have the end of a turn: it has served events, or it was woken, or did not come to rest.
func (l *Loop) stirring() bool { return l.turn.open || l.mail.armed.Load() || len(l.turn.again) > 0 }

// fakeTurn ends a turn of l.
func (l *Loop) fakeTurn() {
	l.finish()
	l.rest()
}

// watchedBy says whether l's poller would report events of the connection: not before it was taken in, nor on its way to another loop.
func (p *FakePeer) watchedBy(l *Loop) bool {
	c := p.conn
	return c.Loop() == l && !c.has(flagMoving) && l.server.conns.get(int(c.fd)) == c
}

// Together runs fn, whose events all happen at the same time: nothing of what it brings about is served before it has returned,
// not even by methods that say so.
func (f *Fake) Together(fn func()) {
	f.busy = true
	fn()
	f.busy = false
	f.Run()
}

// Advance moves the clock by d. Timers fire on the way, each at its own time, and all that they cause is done before the next.
func (f *Fake) Advance(d time.Duration) {
	target := f.now + d
	f.Run()
	for {
		next := target + 1
		for _, l := range f.server.loops {
			if at := l.wheel.nextTick(); at >= 0 {
				next = min(next, time.Duration(at)*l.wheel.tick)
			}
		}
		if next > target {
			break
		}
		f.now = max(f.now, next)
		for _, l := range f.server.loops {
			l.woken()
		}
		f.Run()
	}
	f.now = target
	for _, l := range f.server.loops {
		l.woken() // so that all clocks show the new time
	}
	f.Run()
}

// stop is what Server.Stop means here.
func (f *Fake) stop() {
	for _, l := range f.server.loops {
		l.each(func(c *Conn) { c.terminate(ErrServerClosed) })
		l.settle()
	}
	f.Run()
}

// fakeListenFD stands for the socket of a Fake's listener.
const fakeListenFD = 1 << 30

// openFake makes ln run without a socket.
func (ln *Listener) openFake() {
	ln.fd.Store(fakeListenFD)
	ln.mu.addr = net.TCPAddrFromAddrPort(ln.to.ip)
}
