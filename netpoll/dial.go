package netpoll

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// DialOptions say whom to connect to and how.
type DialOptions struct {
	// Loop gets the connection. nil: the one with the fewest.
	Loop *Loop
	// Network is tcp, tcp4, tcp6 or unix; Address is host:port or a path. Looking up a name blocks the caller.
	Network, Address string
	// LocalAddr, if valid, is our address of a TCP connection. With port 0 the kernel chooses a port when it connects, so
	// that each of several local addresses allows as many connections as there are ports.
	LocalAddr netip.AddrPort
	// Timeout bounds the connecting. 0: the kernel's own limit, about two minutes.
	Timeout time.Duration
	// SendBuffer and ReceiveBuffer are sizes of socket buffers in bytes. 0: left to the kernel.
	SendBuffer, ReceiveBuffer int
	// Layers is what ListenerOptions.Layers is, called when the connection is there. A layer that has no OpeningLimit may take as
	// long as it wants.
	Layers func(c *Conn) []Layer
	// Handler gets the connection.
	Handler Handler
}

// Dial begins to connect to address. On the loop of the connection follows OnOpen when it is there, or OnClose with the reason
// when it cannot be. If Dial returns an error, h hears nothing. Any goroutine; the Conn belongs to its loop at once.
func (s *Server) Dial(l *Loop, network, address string, h Handler) (*Conn, error) {
	return s.DialWith(DialOptions{Loop: l, Network: network, Address: address, Handler: h})
}

// DialWith is Dial with more options.
func (s *Server) DialWith(o DialOptions) (*Conn, error) {
	if o.Handler == nil {
		return nil, errors.New("dial without Handler")
	}
	if s.fake != nil {
		return nil, errors.New("a Fake cannot dial")
	}
	to, err := parseEndpoint(o.Network, o.Address)
	if err != nil {
		return nil, err
	}
	s.gate.RLock()
	defer s.gate.RUnlock()
	if s.stopping.Load() {
		return nil, ErrServerClosed
	}
	fd, err := o.connect(to)
	if err != nil {
		return nil, fmt.Errorf("dial %s %s: %w", o.Network, o.Address, err)
	}
	l := o.Loop
	if l == nil {
		l = s.leastLoaded()
	}
	c := newConn(l, fd)
	c.handler = o.Handler
	c.SetRemoteAddr(to.ip)
	c.flags = flagConnecting
	if o.Layers != nil {
		c.layers = &layering{make: o.Layers}
	}
	if to.path != "" {
		c.flags |= flagUnix
	}
	if o.Timeout > 0 {
		l.Post(&armDial{c, o.Timeout})
	} else {
		c.flags |= flagEstablished
	}
	l.Post(&adopt{c})
	return c, nil
}

// armDial starts the timeout of a connection that is about to be adopted.
type armDial struct {
	conn    *Conn
	timeout time.Duration
}

func (t *armDial) Run(l *Loop) { l.Schedule(&t.conn.timer, t.timeout) }

// connect makes a socket that is connected or about to be.
func (o *DialOptions) connect(to endpoint) (fd int, err error) {
	domain, sa, err := to.family()
	if err != nil {
		return -1, err
	}
	if fd, err = newSocket(domain); err != nil {
		return -1, os.NewSyscallError("socket", err)
	}
	defer func() {
		if err != nil {
			_ = unix.Close(fd)
		}
	}()
	if err = setBuffers(fd, o.SendBuffer, o.ReceiveBuffer); err != nil {
		return -1, err
	}
	if domain != unix.AF_UNIX {
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
		if err = o.bindLocal(fd); err != nil {
			return -1, err
		}
	}
	// An interrupted connect goes on by itself, like one that was begun.
	if err = unix.Connect(fd, sa); err != nil && err != unix.EINPROGRESS && err != unix.EINTR {
		return -1, os.NewSyscallError("connect", err)
	}
	return fd, nil
}

// bindLocal binds fd to LocalAddr if there is one.
func (o *DialOptions) bindLocal(fd int) error {
	if !o.LocalAddr.IsValid() {
		return nil
	}
	_, sa, err := endpoint{ip: o.LocalAddr}.family()
	if err != nil {
		return err
	}
	if o.LocalAddr.Port() == 0 {
		bindLate(fd)
	}
	return os.NewSyscallError("bind", unix.Bind(fd, sa))
}

// connected serves the first event of a dialled connection: it is there, or it has failed.
func (c *Conn) connected() {
	if c.has(flagGone) {
		return
	}
	l := c.Loop()
	code, err := unix.GetsockoptInt(int(c.fd), unix.SOL_SOCKET, unix.SO_ERROR)
	if err == nil && code != 0 {
		err = unix.Errno(code)
	}
	if err == nil {
		// Room for output is reported for a socket that has not begun to connect too; only a connected one has a peer.
		if _, err = unix.Getpeername(int(c.fd)); err == unix.ENOTCONN {
			return
		}
	}
	if err != nil {
		c.Abort(os.NewSyscallError("connect", err))
		return
	}
	c.flags &^= flagConnecting
	c.Established()
	c.flags |= flagEstablished
	if !writeStaysArmed {
		c.flags &^= flagArmed
		l.disarm(c)
	}
	// The event may have brought input too, whose edge will not come again.
	c.flags |= flagReadable
	l.readAgain(c)
	c.markDirty()
	var layers func(*Conn) []Layer
	if c.layers != nil {
		layers = c.layers.make
	}
	l.begun(c, layers)
}
