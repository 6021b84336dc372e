package netpoll

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// ListenerOptions say where and how to listen.
type ListenerOptions struct {
	// Name is for logs and the owner's use.
	Name string
	// Network is tcp, tcp4, tcp6 or unix. tcp with an empty host or [::] serves IPv4 and IPv6.
	Network string
	// Address is host:port, or the path of a unix socket (on Linux "@name" for one without a file).
	Address string
	// Mode, if not 0, is the mode of a unix socket's file from before its first connection on.
	Mode fs.FileMode
	// MaxConnections is how many connections of this listener there may be at once. At the limit it stops accepting; peers
	// wait in the kernel's backlog. 0: no limit.
	MaxConnections int
	// ConnectTimeout ends a connection with ErrConnectTimeout unless Conn.Established is called in time. 0: none.
	ConnectTimeout time.Duration
	// Backlog is how many connections may wait to be accepted. 0: the maximum that the kernel allows.
	Backlog int
	// SendBuffer and ReceiveBuffer are sizes of socket buffers in bytes. 0: left to the kernel.
	SendBuffer, ReceiveBuffer int
	// Layers, if not nil, returns what stands between the socket and the handler of a new connection, the lowest layer first; nil
	// for nothing. It is called on the connection's loop, after Accept, and the connection keeps the slice. A layer's time to
	// open is bounded by its OpeningLimit, else by ConnectTimeout; ConnectTimeout begins anew when all are open.
	Layers func(c *Conn) []Layer
	// Accept returns the handler of a new connection, or nil to close it. It is called on the connection's loop.
	Accept func(c *Conn) Handler
}

// Listener accepts connections. Its methods are for any goroutine.
type Listener struct {
	server *Server
	loop   *Loop // the one that accepts; the connections go to all
	opts   ListenerOptions
	to     endpoint // where to listen; with the port that the kernel chose

	active   atomic.Int64
	accepted atomic.Uint64
	// fd is the listening socket, -1 while there is none. It changes under mu; loops read it to recognise their events.
	fd atomic.Int64
	// full says that the limit was reached and the socket waits outside of the poller for released.
	full atomic.Bool
	// ender ends the connections of a listener that was closed with them; nil until then.
	ender atomic.Pointer[func(c *Conn)]
	// connectTimeout is ListenerOptions.ConnectTimeout as it is now, in nanoseconds.
	connectTimeout atomic.Int64

	retry Timer // after a lack of descriptors; owned by loop

	mu struct {
		sync.Mutex // guards the socket's life: whoever uses the descriptor holds it
		addr       net.Addr
		closed     bool
		starved    bool // a lack of descriptors was logged and has not ended
	}
}

// Listen opens a listener, which accepts from now on, or from Start on. The error names network and address.
func (s *Server) Listen(o ListenerOptions) (*Listener, error) {
	if o.Accept == nil {
		return nil, errors.New("listener without Accept")
	}
	to, err := parseEndpoint(o.Network, o.Address)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mu.stopped {
		return nil, ErrServerClosed
	}
	old := *s.listeners.Load()
	ln := &Listener{server: s, loop: s.loops[len(old)%len(s.loops)], opts: o, to: to}
	ln.fd.Store(-1)
	ln.connectTimeout.Store(int64(o.ConnectTimeout))
	ln.retry.Init((*listenerTimer)(ln))
	// Known before it is opened, so that its first event finds it.
	list := append(old[:len(old):len(old)], ln)
	s.listeners.Store(&list)
	if err := ln.Resume(); err != nil {
		s.listeners.Store(&old)
		return nil, err
	}
	return ln, nil
}

// Name returns ListenerOptions.Name.
func (ln *Listener) Name() string { return ln.opts.Name }

// Options returns the options that the listener was made with, and what was changed since.
func (ln *Listener) Options() ListenerOptions {
	ln.mu.Lock()
	defer ln.mu.Unlock()
	o := ln.opts
	o.ConnectTimeout = ln.patience()
	return o
}

// Addr returns where the listener listens, with the port that the kernel chose if the options say port 0. It stays when the
// listener is paused or closed.
func (ln *Listener) Addr() net.Addr {
	ln.mu.Lock()
	defer ln.mu.Unlock()
	return ln.mu.addr
}

// Active returns the number of connections that were accepted and are not closed.
func (ln *Listener) Active() int { return int(ln.active.Load()) }

// Accepted returns the number of connections that were accepted so far.
func (ln *Listener) Accepted() uint64 { return ln.accepted.Load() }

// Running reports whether the listener listens: not paused, not closed. At its limit it is still running.
func (ln *Listener) Running() bool { return ln.fd.Load() >= 0 }

// Resume listens again after Pause. It does nothing if the listener is running.
func (ln *Listener) Resume() error {
	ln.mu.Lock()
	defer ln.mu.Unlock()
	if ln.mu.closed {
		return fmt.Errorf("listener %q: %w", ln.opts.Name, ErrListenerClosed)
	}
	if ln.fd.Load() >= 0 {
		return nil
	}
	if ln.server.fake != nil {
		ln.openFake()
		return nil
	}
	fd, err := ln.open()
	if err != nil {
		return fmt.Errorf("listen %s %s: %w", ln.opts.Network, ln.opts.Address, err)
	}
	ln.fd.Store(int64(fd))
	if err := ln.loop.poll.add(fd); err != nil {
		ln.fd.Store(-1)
		_ = unix.Close(fd)
		return fmt.Errorf("listen %s %s: %w", ln.opts.Network, ln.opts.Address, err)
	}
	return nil
}

// Pause stops listening: new peers are refused, and so are those that wait in the backlog. Connections go on.
func (ln *Listener) Pause() {
	ln.mu.Lock()
	defer ln.mu.Unlock()
	ln.shut()
}

// Close stops listening for good. With kill the connections are closed too, each on its loop: OnClose hears
// ErrListenerClosed. Close does not wait for that.
func (ln *Listener) Close(kill bool) {
	ln.mu.Lock()
	ln.shut()
	first := !ln.mu.closed
	ln.mu.closed = true
	ln.mu.Unlock()
	if first {
		ln.server.dropListener(ln)
	}
	if kill {
		ln.CloseWith(func(c *Conn) { c.Close(ErrListenerClosed) })
	}
}

// shut closes the socket. mu is held.
func (ln *Listener) shut() {
	fd := int(ln.fd.Swap(-1))
	if fd < 0 || ln.server.fake != nil {
		return
	}
	_ = ln.loop.poll.remove(fd)
	if ln.unlinks() {
		_ = os.Remove(ln.to.path)
	}
	_ = unix.Close(fd)
	ln.full.Store(false)
}

// dropListener forgets a closed listener.
func (s *Server) dropListener(ln *Listener) {
	for {
		old := s.listeners.Load()
		list := make([]*Listener, 0, len(*old))
		for _, other := range *old {
			if other != ln {
				list = append(list, other)
			}
		}
		if s.listeners.CompareAndSwap(old, &list) {
			return
		}
	}
}
