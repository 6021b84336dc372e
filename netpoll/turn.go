package netpoll

const (
	// turnBytes bounds what a turn gathers for output before it writes: what waits longer has left the caches and its receivers idle.
	turnBytes = 1 << 20
	// reliefBytes bounds what a single callback may gather: one read of small messages for a thousand receivers would
	// otherwise hold 64 MB. With a thousand receivers it leaves each of them writes of 8 KiB.
	reliefBytes = 8 << 20
	// turnPasses bounds how often a turn's end serves what the turn's end itself caused (OnDrain writing, for example)
	// before events get their turn again.
	turnPasses = 3
)

// turn is what the running turn has gathered.
type turn struct {
	open    bool    // the clock was read for this turn
	touched bool    // Touch was called
	dirty   []*Conn // to be flushed
	again   []*Conn // to be read from again
	spare   []*Conn // the other half of again, so that a pass may add to the next one
	hooks   []func()
	flushed func() // nil, or what OnFlushed set
	bytes   int    // committed for output since the last flush
	// reserved is the connection whose Reserve has not been followed by a Commit: its last chunk must stay where it is.
	reserved *Conn
}

// OnTurnEnd adds fn to what runs at the end of each turn in which Touch was called, before connections are flushed. fn may
// post to other loops and write to connections. Call it before Server.Start only.
func (l *Loop) OnTurnEnd(fn func()) { l.turn.hooks = append(l.turn.hooks, fn) }

// OnFlushed sets what runs when a turn has written what it had to write. fn must neither post nor write. Call it before
// Server.Start only.
func (l *Loop) OnFlushed(fn func()) { l.turn.flushed = fn }

// Touch tells that this turn has work for its end: the OnTurnEnd functions will run.
func (l *Loop) Touch() { l.turn.touched = true }

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
	if c := l.server.conns.get(fd); c == nil {
		l.acceptEvent(fd)
	} else if c.Loop() == l {
		l.serve(c, r)
	}
	l.settle()
	if l.turn.bytes >= turnBytes {
		l.endTurn()
	}
}

// serve lets c have its event; a panic on the way costs c only.
func (l *Loop) serve(c *Conn, r readiness) {
	defer l.rescue()
	l.current = c
	c.ready(r)
	l.current = nil
}

// finish ends the turn when the events that the poller had are served: the mailbox, what is to be read from again, and timers have theirs
// before it.
func (l *Loop) finish() {
	if l.alarm.heard() {
		l.turn.open = false // the clock that this turn began with may be older than what the alarm rang for
	}
	l.begin()
	l.mail.drain(l)
	l.serveAgain()
	l.fireTimers()
	l.endTurn()
	l.turn.open = false
}

// rest reports whether the loop may sleep, because nothing is left to do. Whoever finds something for it from then on rings the bell,
// until woken is called; before that they need not, because the loop looks by itself.
func (l *Loop) rest() bool {
	l.mail.disarm()
	if t := &l.turn; len(t.again) > 0 || t.touched || len(t.dirty) > 0 || !l.mail.empty() || l.alarm.rings() {
		l.woken()
		return false
	}
	return true
}

// woken ends the rest.
func (l *Loop) woken() { l.mail.armed.Store(true) }

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

// endTurn runs the hooks and flushes what was written. What is left after that has its turn after the next events.
func (l *Loop) endTurn() {
	t := &l.turn
	for range turnPasses {
		if !t.touched && len(t.dirty) == 0 {
			break
		}
		if t.touched {
			t.touched = false
			for _, fn := range t.hooks {
				l.runHook(fn)
				l.settle()
			}
		}
		l.flushDirty()
	}
	t.bytes = 0
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
