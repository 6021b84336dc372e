package netpoll

const (
	// walkSlots and walkEnds bound one step of a walk over all connections, in places of the table and in connections ended: a
	// step takes well below a millisecond, so that a listener with a million connections goes without anybody noticing.
	walkSlots = 4096
	walkEnds  = 64
)

// CloseWith stops listening for good, like Close, and calls end for each connection of the listener on that connection's loop,
// so that its owner can say goodbye before it calls Conn.Close. A connection that is on its way to another loop meanwhile is
// ended when it arrives; one that no handler knows yet is just closed. CloseWith does not wait for any of this. Only the first
// CloseWith, or Close with kill, of a listener ends its connections. Any goroutine.
func (ln *Listener) CloseWith(end func(c *Conn)) {
	ln.Close(false)
	if !ln.ender.CompareAndSwap(nil, &end) {
		return
	}
	for _, l := range ln.server.loops {
		l.Post(&walk{ln: ln, end: end})
	}
}

// killed says that the connections of the listener are being ended.
func (ln *Listener) killed() bool { return ln.ender.Load() != nil }

// endArrival ends c if its listener was killed while c was on its way to this loop.
func (ln *Listener) endArrival(c *Conn) {
	if end := ln.ender.Load(); end != nil {
		(*end)(c)
	}
}

// walk ends the connections of a listener on one loop, a step for each time that it comes out of the mailbox.
type walk struct {
	ln   *Listener
	end  func(*Conn)
	next int // place in the table of connections
}

// Run takes one step. What a connection's end panics with costs that connection; the walk goes on.
func (w *walk) Run(l *Loop) {
	ended := 0
	for range walkSlots {
		c, last := l.server.conns.at(w.next)
		if last {
			return
		}
		w.next++
		// A connection of another loop is seen by that loop's walk, or by endArrival if it has not arrived there.
		if c != nil && c.Loop() == l && c.listener == w.ln && !c.has(flagMoving) {
			w.endOne(l, c)
			if ended++; ended == walkEnds {
				break
			}
		}
	}
	l.Post(w)
}

func (w *walk) endOne(l *Loop, c *Conn) {
	defer l.rescue()
	l.current = c
	w.end(c)
	l.current = nil
}

// at returns the connection of descriptor fd or nil; last says that the table ends before it. Any goroutine.
func (t *connTable) at(fd int) (c *Conn, last bool) {
	pages := t.pages.Load()
	if pages == nil || fd >= len(*pages)*connPageSize {
		return nil, true
	}
	return (*pages)[fd/connPageSize][fd%connPageSize].Load(), false
}
