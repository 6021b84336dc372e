package netpoll

import "time"

// MoveTo hands the connection over to loop to. When the running callback, task or timer has returned, it leaves its loop
// with its pending output and the input that was not consumed; then runs on to's goroutine, and after it OnTraffic goes on
// there, with the kept input first. OnOpen and OnClose are not called for it. Between this call and then the connection may
// be used by nobody: who posts to it must post to the new loop.
//
// Timers that the handler has scheduled stay behind; cancel them first. If the connection is closed before it has left,
// OnClose is called on the old loop and then is not. Server.Stop may end it on the way: then OnClose is called on the new loop
// right after then.
func (c *Conn) MoveTo(to *Loop, then func(c *Conn)) {
	if c.has(flagGone | flagMoving) {
		return
	}
	c.flags |= flagMoving
	l := c.Loop()
	l.Check()
	if to.server != l.server {
		panic("netpoll: MoveTo a loop of another server")
	}
	l.settling = append(l.settling, settlement{conn: c, to: to, then: then})
}

// arrival is a moved connection in the mailbox of its new loop.
type arrival struct {
	conn    *Conn
	then    func(c *Conn)
	timeout time.Duration // what is left of the connect timeout, negative: none
}

// moveAway takes the connection out of this loop.
func (l *Loop) moveAway(s settlement) {
	c := s.conn
	if !c.has(flagMoving) || c.has(flagGone) {
		return // closed in the meantime
	}
	a := &arrival{conn: c, then: s.then, timeout: -1}
	if c.timer.Armed() && (!c.has(flagEstablished) || c.opening()) {
		a.timeout = max(c.timer.dueIn(l), 0)
	}
	l.Cancel(&c.timer)
	l.deregister(c)
	// Entries of the dirty and again lists stay behind; they are skipped, because the connection is another loop's.
	c.flags &^= flagDirty | flagAgain | flagArmed | flagBlocked
	l.pending -= c.out.pending
	l.conns.Add(-1)
	s.to.conns.Add(1)
	c.loop.Store(s.to)
	s.to.Post(a)
}

// Run takes the connection in.
func (a *arrival) Run(l *Loop) {
	c := a.conn
	l.pending += c.out.pending
	c.flags &^= flagMoving
	if c.has(flagGone) {
		return // closed by a task that overtook this one
	}
	// As if an edge had come: what happened on the way was reported to nobody.
	c.flags |= flagReadable
	if err := l.register(c); err != nil {
		c.Abort(err)
	}
	if len(c.in) > 0 {
		c.flags |= flagRepresent
	}
	if a.timeout >= 0 {
		l.Schedule(&c.timer, a.timeout)
	}
	l.current = c
	a.then(c)
	if c.listener != nil {
		c.listener.endArrival(c)
	}
	l.current = nil
	if l.server.stopping.Load() {
		c.Abort(ErrServerClosed)
	}
	if !c.has(flagGone | flagPaused) {
		l.readAgain(c)
	}
	c.markDirty()
}
