package netpoll

import "time"

const (
	// lingerWrite bounds how long output is written after Close.
	lingerWrite = 5 * time.Second
	// lingerRead bounds how long we wait, after the last byte of output, for the peer to close its side. A TCP socket that
	// is closed while input is unread answers with a reset, and a reset can destroy what the peer has not read yet, a final
	// DISCONNECT for example.
	lingerRead = time.Second
	// lingerDiscard bounds how much input of a lingering connection one event throws away, in reads.
	lingerDiscard = 4
)

// settlement is what Close, Abort or MoveTo asked for and what happens when the running callback has returned.
type settlement struct {
	conn  *Conn
	err   error
	abort bool
	to    *Loop // MoveTo
	then  func(c *Conn)
}

// Close ends the connection in order. Reading stops at once, what was written before is still sent, later writes are dropped.
// OnClose(c, err) is called when the running callback, task or timer has returned, before any other callback of this loop.
//
// The transport is closed after that: pending output is written, for at most 5 s; then our side is shut down and input is
// thrown away until the peer closes its side, for at most 1 s. Loop.Connections and Listener.Active count the connection
// until then.
//
// Only the first Close or Abort counts.
func (c *Conn) Close(err error) { c.end(settlement{conn: c, err: err}) }

// Abort ends the connection at once: pending output is lost. OnClose is called as for Close. If output was lost, the peer
// gets a reset rather than an orderly end in the midst of a packet.
func (c *Conn) Abort(err error) { c.end(settlement{conn: c, err: err, abort: true}) }

// terminate aborts even a connection that is being closed in order.
func (c *Conn) terminate(err error) {
	if c.has(flagLingering) {
		c.finish()
		return
	}
	c.write()
	c.Abort(err)
}

// end notes that the connection is to be closed.
func (c *Conn) end(s settlement) {
	if c.has(flagGone) {
		return
	}
	c.flags |= flagEnding
	l := c.Loop()
	l.Check()
	l.settling = append(l.settling, s)
}

// settle does what Close, Abort and MoveTo have asked for. It runs between callbacks, never inside one.
func (l *Loop) settle() {
	for i := 0; i < len(l.settling); i++ { // OnClose may close other connections
		s := l.settling[i]
		l.settling[i] = settlement{}
		if s.to != nil {
			l.moveAway(s)
		} else {
			l.closeNow(s)
		}
	}
	l.settling = l.settling[:0]
}

// closeNow flushes, tells the handler and goes on to close the transport.
func (l *Loop) closeNow(s settlement) {
	c := s.conn
	if c.has(flagClosed) {
		return // the handler was never asked: Accept closed it and returned none
	}
	c.flags &^= flagMoving
	if c.layers != nil {
		c.layers.why = s.err
	}
	if !s.abort {
		c.write()
	}
	c.flags &^= flagEnding
	c.flags |= flagLingering
	l.Cancel(&c.timer)
	c.keep(l, nil)
	l.tellClosed(c, s.err)
	c.handler = nil
	if s.abort || c.has(flagConnecting) {
		if c.out.pending > 0 {
			l.resetOnClose(c)
		}
		c.finish()
		return
	}
	c.linger()
}

// tellClosed counts the end and calls OnClose.
func (l *Loop) tellClosed(c *Conn, err error) {
	defer l.rescue()
	l.current = nil
	switch err {
	case nil:
	case ErrConnectTimeout:
		l.stats.timeouts.Add(1)
	default:
		l.stats.countError(err)
	}
	l.stats.closed.Add(1)
	if c.handler != nil {
		c.handler.OnClose(c, err)
	}
}

// linger goes on with the orderly end: output first, then our side's end, then the peer's.
func (c *Conn) linger() {
	l := c.Loop()
	if c.has(flagClosed) {
		return
	}
	if c.out.pending > 0 {
		if !c.timer.Armed() {
			l.Schedule(&c.timer, lingerWrite)
		}
		return
	}
	if c.has(flagEOF) {
		c.finish()
		return
	}
	if !c.has(flagShut) {
		// Most peers that end a session close at once: then there is an end of input to read already, and neither a
		// shutdown nor a wait is needed.
		if c.discard(); c.has(flagClosed) {
			return
		}
		c.flags |= flagShut
		l.Cancel(&c.timer)
		l.Schedule(&c.timer, lingerRead)
		if err := l.shutWrite(c); err != nil {
			c.finish()
		}
	}
}

// discard throws input of a lingering connection away and finishes at its end. A peer that sends without end is cut off by
// the timer.
func (c *Conn) discard() {
	l := c.Loop()
	for range lingerDiscard {
		n, err := l.sysRead(c, l.readBuf)
		switch {
		case isAgain(err):
			c.flags &^= flagReadable
			return
		case err != nil:
			c.out.drop(l)
			c.finish()
			return
		case n == 0:
			c.flags |= flagEOF
			c.flags &^= flagReadable
			if c.out.pending == 0 {
				c.finish()
			}
			return
		}
	}
	l.readAgain(c)
}

// lingerExpired ends the orderly end.
func (c *Conn) lingerExpired() {
	if c.out.pending > 0 {
		c.Loop().resetOnClose(c)
	}
	c.finish()
}

// finish closes the transport. The connection is nothing but a husk after it.
func (c *Conn) finish() {
	if c.has(flagClosed) {
		return
	}
	l := c.Loop()
	c.flags |= flagClosed
	l.Cancel(&c.timer)
	c.out.drop(l)
	c.keep(l, nil)
	if c.layers != nil {
		c.dropLayers()
		c.layers = nil
	}
	l.server.conns.set(int(c.fd), nil) // before close: afterwards the number may be another connection's
	l.sysClose(c)
	l.conns.Add(-1)
	if c.listener != nil {
		c.listener.released()
	}
}
