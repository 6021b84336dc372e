package netpoll

import "github.com/vernemq/vmq/internal/invariants"

// gnet's poller has no hook for the end of a batch of events: it calls back for each event and runs posted tasks after the
// batch. So there are two ways to end a turn.
//
//	merged: the first event that leaves something to do posts a task to the own loop; when it runs, all connections
//	        that were written in between are flushed, each with one writev. Costs an eventfd write and one more
//	        epoll_wait, about 1 µs a turn.
//	eager:  the turn ends after each event. Costs nothing extra, merges nothing.
//
// Which is cheaper depends on the traffic, so the loop counts what merging saved: each write or turn-end round that eager
// turns would have made and the merged one did not. While eager it makes every probeEvery-th turn a merged one to find out
// again.
const (
	// probeEvery: a probe costs about 1 µs, an event with a read and a write 3 to 4 µs, so probing takes under 1 %.
	probeEvery = 64
	// mergeFrom, in 1/savedUnit of a saved write per turn: one write costs about as much as a merged turn's extra calls.
	mergeFrom = savedUnit
	// eagerBelow is lower than mergeFrom, so that traffic at the border does not switch back and forth.
	eagerBelow = savedUnit / 2
	savedUnit  = 16
	// turnEvents and turnBytes bound a merged turn: what waits longer has left the caches and its receivers idle.
	turnEvents = 256
	turnBytes  = 1 << 20
	// reliefBytes bounds what a single callback may gather: one read of small messages for a thousand receivers would
	// otherwise hold 64 MB. With a thousand receivers it leaves each of them writes of 8 KiB.
	reliefBytes = 8 << 20
	// turnPasses bounds how often a turn's end serves what the turn's end itself caused (OnDrain writing, for example)
	// before events get their turn again.
	turnPasses = 3
)

// turn is what the running turn has gathered, and what recent turns looked like.
type turn struct {
	open    bool    // the clock was read for this turn
	touched bool    // Touch was called
	dirty   []*Conn // to be flushed
	again   []*Conn // to be read from again
	spare   []*Conn // the other half of again, so that a pass may add to the next one
	hooks   []func()
	flushed func() // nil, or what OnFlushed set
	// reserved is the connection whose Reserve has not been followed by a Commit: its last chunk must stay where it is.
	reserved *Conn

	events    int   // events of this turn that left work
	rounds    int   // turn-end hooks and flushes that eager turns would have made
	bytes     int   // committed for output since the last flush
	merge     bool  // merged rather than eager
	untilTry  int   // events until the next probe
	saved     int   // mean of rounds saved per merged turn, in 1/savedUnit
	mark      int32 // number of the running event: what has its mark was already counted in rounds
	touchMark int32
}

func (t *turn) init() { t.untilTry = probeEvery }

// OnTurnEnd adds fn to what runs at the end of each turn in which Touch was called, before connections are flushed. fn may
// post to other loops and write to connections. Call it before Server.Start only.
func (l *Loop) OnTurnEnd(fn func()) { l.turn.hooks = append(l.turn.hooks, fn) }

// OnFlushed sets what runs when a turn has written what it had to write. fn must neither post nor write. Call it before
// Server.Start only.
func (l *Loop) OnFlushed(fn func()) { l.turn.flushed = fn }

// Touch tells that this turn has work for its end: the OnTurnEnd functions will run.
func (l *Loop) Touch() {
	t := &l.turn
	t.touched = true
	if t.touchMark != t.mark {
		t.touchMark = t.mark
		t.rounds++
	}
}

// begin opens a turn if none is open.
func (l *Loop) begin() {
	if !l.turn.open {
		l.turn.open = true
		l.stats.wakeups.Add(1)
		l.refreshClock()
	}
}

// onEvent serves one event of the poller.
func (l *Loop) onEvent(fd int, r readiness) {
	l.begin()
	l.turn.mark++
	if c := l.server.conns.get(fd); c == nil {
		l.acceptEvent(fd)
	} else if c.Loop() == l {
		l.serve(c, r)
	}
	l.settle()
	l.afterEvent()
}

// serve lets c have its event; a panic on the way costs c only.
func (l *Loop) serve(c *Conn, r readiness) {
	defer l.rescue()
	l.current = c
	c.ready(r)
	l.current = nil
}

// afterEvent decides whether the turn goes on.
func (l *Loop) afterEvent() {
	t := &l.turn
	if !t.touched && len(t.dirty) == 0 {
		if !l.mail.armed.Load() {
			t.open = false
		}
		return
	}
	t.events++
	if l.mail.armed.Load() {
		// A wake-up is on its way, whoever sent it: the turn ends there at no extra cost, unless it has grown too long.
		if t.events >= turnEvents || t.bytes >= turnBytes {
			l.endTurn(false)
		}
		return
	}
	if !t.merge {
		if t.untilTry--; t.untilTry > 0 {
			l.endTurn(false)
			t.open = false
			return
		}
		t.untilTry = probeEvery
	}
	l.wakeSelf()
}

// onWake runs when the loop was woken: by its mailbox, its alarm, or itself to end a merged turn.
func (l *Loop) onWake() {
	l.mail.disarm()
	// After disarming, because whoever finds the mailbox armed relies on this wake-up to see what was true then, time
	// included: the alarm that rings between the clock and disarming would be lost.
	l.turn.open = false
	l.begin()
	l.turn.mark++
	l.mail.drain(l)
	l.serveAgain()
	l.fireTimers()
	l.endTurn(true)
	l.turn.open = false
}

// fireTimers runs what is due and sets the alarm for what is not.
func (l *Loop) fireTimers() {
	for t := l.wheel.next(l.now); t != nil; t = l.wheel.next(l.now) {
		l.fire(t)
		l.settle()
	}
	l.alarm.rang(l)
}

func (l *Loop) fire(t *Timer) {
	defer l.rescue()
	l.current = nil
	if ct, ok := t.target.(*connTimer); ok {
		l.current = (*Conn)(ct)
	}
	t.target.OnTimer(l, t)
	l.current = nil
}

// readAgain puts c on the list of connections that are read from (or shown kept input) without a new event.
func (l *Loop) readAgain(c *Conn) {
	if !c.has(flagAgain) {
		c.flags |= flagAgain
		l.turn.again = append(l.turn.again, c)
		l.wakeSelf()
	}
}

// serveAgain gives each connection on the again list one read.
func (l *Loop) serveAgain() {
	t := &l.turn
	if len(t.again) == 0 {
		return
	}
	list := t.again
	t.again, t.spare = t.spare[:0], nil
	for i, c := range list {
		list[i] = nil
		if c.Loop() != l { // moved away meanwhile; the other loop has it on its own list
			continue
		}
		c.flags &^= flagAgain
		l.serve(c, 0)
		l.settle()
	}
	t.spare = list[:0]
}

// endTurn runs the hooks and flushes what was written. measured says that this was a merged turn, whose savings count.
func (l *Loop) endTurn(measured bool) {
	t := &l.turn
	made := 0
	for range turnPasses {
		if !t.touched && len(t.dirty) == 0 {
			break
		}
		if t.touched {
			t.touched = false
			made++
			for _, fn := range t.hooks {
				l.runHook(fn)
				l.settle()
			}
		}
		made += len(t.dirty)
		l.flushDirty()
	}
	if t.touched || len(t.dirty) > 0 {
		l.wakeSelf()
	}
	if measured {
		l.learn(made)
	}
	t.events, t.rounds, t.bytes = 0, 0, 0
	if t.flushed != nil {
		l.runHook(t.flushed)
	}
}

func (l *Loop) runHook(fn func()) {
	defer l.rescue()
	l.current = nil
	fn()
}

// flushDirty writes the output of the connections that were dirty when it began. A callback that it causes may make others
// dirty, which wait for the next pass.
func (l *Loop) flushDirty() {
	t := &l.turn
	n := len(t.dirty)
	for i := range n {
		c := t.dirty[i]
		t.dirty[i] = nil
		if c.Loop() == l {
			c.flags &^= flagDirty
			l.flushOne(c)
		}
	}
	rest := copy(t.dirty, t.dirty[n:])
	clear(t.dirty[rest:])
	t.dirty = t.dirty[:rest]
	l.settle()
}

// relieve writes what is dirty in the midst of a callback that has gathered much. Nothing is called back but Release; the
// connections stay on the dirty list for what else the turn's end does.
func (l *Loop) relieve() {
	t := &l.turn
	t.bytes = 0
	for _, c := range t.dirty {
		// While the list is being flushed, what is done is nil: a callback of one that drained may have led here.
		if c != nil && c.Loop() == l && c != t.reserved && c.out.pending > 0 && !c.has(flagGone) {
			c.write()
		}
	}
}

func (l *Loop) flushOne(c *Conn) {
	defer l.rescue()
	l.current = c
	c.flush()
	l.current = nil
}

// learn notes how many rounds the merged turn that has just ended saved, and chooses the way of the next ones.
func (l *Loop) learn(made int) {
	t := &l.turn
	if t.events == 0 {
		return // a wake-up alone says nothing about merging events
	}
	saved := max(t.rounds-made, 0)
	t.saved += (min(saved, 64)*savedUnit - t.saved) / 4
	if t.merge {
		t.merge = t.saved >= eagerBelow
	} else {
		t.merge = t.saved >= mergeFrom
	}
	if invariants.Enabled && invariants.Sometimes(10) {
		t.merge = !t.merge
	}
}
