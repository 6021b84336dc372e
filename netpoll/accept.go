package netpoll

import (
	"time"

	"golang.org/x/sys/unix"
)

const (
	// acceptBatch bounds how many connections one event accepts, so that a storm of them leaves turns for others.
	acceptBatch = 64
	// acceptRetry is how long a listener waits when the process or the system is out of descriptors.
	acceptRetry = 500 * time.Millisecond
)

// adopt brings a new connection, accepted or dialled, to its loop.
type adopt struct{ conn *Conn }

// acceptEvent serves an event of a descriptor that is no connection's: a listener's, or one that was closed meanwhile.
func (l *Loop) acceptEvent(fd int) {
	for _, ln := range *l.server.listeners.Load() {
		if ln.loop == l && ln.fd.Load() == int64(fd) {
			ln.accept()
			return
		}
	}
}

// accept takes a batch of connections from the backlog. Only the listener's loop accepts, so that its limit is exact.
func (ln *Listener) accept() {
	ln.mu.Lock()
	defer ln.mu.Unlock()
	fd := int(ln.fd.Load())
	if fd < 0 || ln.full.Load() || ln.retry.Armed() {
		return
	}
	for range acceptBatch {
		if !ln.belowLimit() {
			ln.wait(fd)
			return
		}
		nfd, sa, err := acceptSocket(fd)
		switch err {
		case nil:
			ln.mu.starved = false
			ln.admit(nfd, sa)
		case unix.EAGAIN:
			return
		case unix.EINTR, unix.ECONNABORTED: // a peer that has gone again
		default:
			ln.starve(fd, err)
			return
		}
	}
	ln.loop.Post((*acceptTask)(ln)) // there may be more
}

// wait takes the socket out of the poller until a connection is closed. mu is held.
func (ln *Listener) wait(fd int) {
	_ = ln.loop.poll.remove(fd)
	ln.full.Store(true)
	// Whoever closes a connection after this line sees full; one who closed it before is seen here.
	if ln.belowLimit() {
		ln.loop.Post((*acceptTask)(ln))
	}
}

// released counts a connection that is closed and lets the next one in. Any loop.
func (ln *Listener) released() {
	ln.active.Add(-1)
	if ln.full.Load() {
		ln.loop.Post((*acceptTask)(ln))
	}
}

// starve waits for descriptors. The first failure is logged, the next ones of the same shortage are not. mu is held.
func (ln *Listener) starve(fd int, err error) {
	if !ln.mu.starved {
		ln.mu.starved = true
		ln.server.opts.Logger.Error("accept fails, trying again twice a second", "listener", ln.opts.Name, "address",
			ln.mu.addr, "error", err)
	}
	_ = ln.loop.poll.remove(fd)
	ln.loop.Schedule(&ln.retry, acceptRetry)
}

// acceptTask is a listener that may go on accepting.
type acceptTask Listener

func (t *acceptTask) Run(*Loop) { (*Listener)(t).goOn() }

// listenerTimer is a listener's retry timer as a target.
type listenerTimer Listener

func (t *listenerTimer) OnTimer(*Loop, *Timer) { (*Listener)(t).goOn() }

// goOn brings the socket back to the poller and accepts what waits.
func (ln *Listener) goOn() {
	ln.mu.Lock()
	fd := int(ln.fd.Load())
	if fd < 0 || !ln.belowLimit() {
		ln.mu.Unlock()
		return
	}
	if ln.full.Swap(false) || ln.mu.starved {
		// The registration reports what waits already. An error means that it is still registered.
		_ = ln.loop.poll.add(fd)
	}
	ln.mu.Unlock()
	ln.accept()
}

// admit makes a connection of the accepted socket and sends it to the loop with the fewest.
func (ln *Listener) admit(fd int, sa unix.Sockaddr) {
	c := newConn(ln.server.leastLoaded(), fd)
	ln.introduce(c)
	ln.loop.stats.accepted.Add(1)
	if ln.to.path == "" {
		c.SetRemoteAddr(addrPort(sa))
		// A broker's packets are small and answered: they must not wait for each other's acknowledgement.
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	}
	c.Loop().Post(&adopt{c})
}

// introduce makes c a connection of this listener.
func (ln *Listener) introduce(c *Conn) {
	ln.active.Add(1)
	ln.accepted.Add(1)
	c.listener = ln
	if ln.patience() == 0 {
		c.flags |= flagEstablished
	}
	if ln.to.path != "" {
		c.flags |= flagUnix
	}
}

// newConn makes a connection that counts for loop l and is not yet on it.
func newConn(l *Loop, fd int) *Conn {
	c := &Conn{fd: int32(fd)}
	c.timer.Init((*connTimer)(c))
	c.loop.Store(l)
	l.conns.Add(1)
	return c
}

// Run takes the connection in on its loop.
func (a *adopt) Run(l *Loop) {
	c := a.conn
	l.server.conns.set(int(c.fd), c)
	ln := c.listener
	if ln != nil && (l.server.stopping.Load() || ln.killed()) {
		c.finish() // nobody knows it yet
		return
	}
	if ln == nil && l.server.stopping.Load() {
		c.Abort(ErrServerClosed)
		return
	}
	err := l.register(c)
	if ln != nil {
		if err == nil {
			l.current = c
			c.handler = ln.opts.Accept(c)
			l.current = nil
		}
		if c.handler == nil {
			c.finish()
			return
		}
	}
	switch {
	case err != nil:
		c.Abort(err)
	case !c.has(flagConnecting | flagGone):
		var layers func(*Conn) []Layer
		if ln != nil {
			layers = ln.opts.Layers
		}
		l.begun(c, layers)
	}
}

// opened tells the handler that the connection can be used.
func (l *Loop) opened(c *Conn) {
	c.flags |= flagOpened
	l.stats.opened.Add(1)
	if ln := c.listener; ln != nil && !c.has(flagEstablished) {
		l.Schedule(&c.timer, ln.patience())
	}
	l.current = c
	c.handler.OnOpen(c)
	l.current = nil
}
