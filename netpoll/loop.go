package netpoll

import (
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/vernemq/vmq/internal/invariants"
)

// Loop is one goroutine around one poller, with the connections assigned to it. Methods are for its goroutine unless they
// say "any goroutine".
type Loop struct {
	server *Server
	index  int
	poll   *poller   // nil in a Fake
	fake   *fakeSide // nil outside of a Fake
	owner  ownerID   // the loop's goroutine, known only in builds with the tag invariants

	// Owned by the loop:
	now      time.Duration // since the server's epoch
	wall     time.Time
	turn     turn
	readBuf  []byte
	slabs    slabPool
	chunks   chunkPool
	pending  int // bytes of output of all connections
	share    int // of Options.OutputMemory, in bytes; it does not change
	shared   int // bytes of output by reference; like slabs.out, below 0 for what moved here
	vec      ioVector
	scratch  *layerScratch // nil until a connection has layers
	trim     trimmer
	wheel    wheel
	settling []settlement // connections to close or to move when the running callback has returned
	current  *Conn        // the connection whose callback is running, so that a panic is laid at its door
	ending   bool         // the loop's goroutine returns after this turn

	mail  mailbox
	alarm alarm

	// Any goroutine:
	conns atomic.Int64 // connections of this loop, those on their way included
	stats loopStats
}

func newLoop(s *Server, index int) *Loop {
	l := &Loop{server: s, index: index, readBuf: make([]byte, s.opts.ReadBuffer), share: s.opts.OutputMemory / s.opts.Loops}
	l.wheel.init(s.opts.Tick)
	l.trim.timer.Init(&l.trim)
	return l
}

// Index returns the loop's place in Server.Loops. Any goroutine.
func (l *Loop) Index() int { return l.index }

// Now returns the loop's clock: monotonic time since the server was made, taken when the turn began. Clocks of the loops of
// one server differ by no more than the age of their turns.
func (l *Loop) Now() time.Duration { return l.now }

// NowUnix returns the wall clock in seconds since 1970, taken when the turn began.
func (l *Loop) NowUnix() int64 { return l.wall.Unix() }

// WallTime returns the wall clock, taken when the turn began.
func (l *Loop) WallTime() time.Time { return l.wall }

// Connections returns the number of connections of this loop, those included that are being closed in order. Any goroutine.
func (l *Loop) Connections() int { return int(l.conns.Load()) }

// Pending returns the bytes of output that wait for the sockets of this loop's connections.
func (l *Loop) Pending() int {
	l.Check()
	return l.pending
}

// Schedule arms t to fire when Now has advanced by at least after, and at most one tick (Options.Tick) and the age of a turn
// later. A timer that is armed is moved. It allocates nothing.
func (l *Loop) Schedule(t *Timer, after time.Duration) {
	l.Check()
	l.wheel.schedule(t, l.now, after)
	l.alarm.set(l, t.due)
}

// Cancel disarms t. It does nothing if t is not armed.
func (l *Loop) Cancel(t *Timer) {
	l.Check()
	l.wheel.cancel(t)
}

// Post queues t for the loop and wakes it unless a wake-up is already on its way. Tasks of one goroutine run in the order in
// which it posted them. The mailbox has no limit: whoever posts without waiting for answers must bound it. Any goroutine.
func (l *Loop) Post(t Task) {
	if l.mail.put(t) {
		l.wake()
	}
}

// PostBatch posts all of ts with at most one wake-up. It keeps no reference to the slice. Any goroutine.
func (l *Loop) PostBatch(ts []Task) {
	if len(ts) > 0 && l.mail.putAll(ts) {
		l.wake()
	}
}

// Check panics, in builds with the tag invariants, if the caller is not on the loop's goroutine. Otherwise it is empty.
func (l *Loop) Check() {
	if invariants.Enabled && l.owner != (ownerID{}) && l.owner != currentOwner() {
		invariants.Failf("loop %d is owned by %v, called on %v", l.index, l.owner, currentOwner())
	}
}

// run is the loop's goroutine.
func (l *Loop) run() {
	defer l.server.running.Done()
	l.owner = currentOwner()
	if err := l.poll.run(); err != nil {
		l.server.opts.Logger.Error("event loop ended", "loop", l.index, "error", err)
	}
}

// Clock is what Now would be if the turn began at this moment, for measurements of the turn itself: it reads the clock of the
// machine, which takes about 50 ns.
func (l *Loop) Clock() time.Duration {
	if l.fake != nil {
		now, _ := l.fake.clock()
		return now
	}
	return time.Since(l.server.epoch)
}

// refreshClock reads the clock of the machine, or of the Fake.
func (l *Loop) refreshClock() {
	if l.fake != nil {
		l.now, l.wall = l.fake.clock()
		return
	}
	t := time.Now()
	l.now, l.wall = t.Sub(l.server.epoch), t
}

// rescue is deferred around each callback. In production a panic costs the one connection whose callback it was: it is
// logged and the connection is aborted. Builds with the tag invariants crash, so that tests do.
func (l *Loop) rescue() {
	if invariants.Enabled {
		return
	}
	r := recover()
	if r == nil {
		return
	}
	l.stats.errors.Add(1)
	c := l.current
	l.current = nil
	if c == nil {
		l.server.opts.Logger.Error("task or timer panicked", "loop", l.index, "panic", r, "stack", string(debug.Stack()))
		return
	}
	l.server.opts.Logger.Error("connection handler panicked", "loop", l.index, "peer", c.RemoteAddr(), "panic", r,
		"stack", string(debug.Stack()))
	c.Abort(ErrHandlerPanic)
}

// each calls fn for each connection of this loop. fn must not close the descriptor at once; it may call Close, Abort and
// terminate, which wait for settle.
func (l *Loop) each(fn func(c *Conn)) {
	l.server.conns.each(func(c *Conn) {
		if c.Loop() == l {
			fn(c)
		}
	})
}
