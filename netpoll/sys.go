package netpoll

import (
	"golang.org/x/sys/unix"

	"github.com/vernemq/vmq/internal/invariants"
)

// The calls in this file are all that a connection asks of the kernel. In a Fake its peer answers instead.

// sysRead reads into b, which is not empty. n is 0 without error at the end of input.
func (l *Loop) sysRead(c *Conn, b []byte) (n int, err error) {
	if l.fake != nil {
		return l.fake.read(c, b)
	}
	return readFD(int(c.fd), b)
}

// sysWrite writes v as far as the kernel takes it.
func (l *Loop) sysWrite(c *Conn, v *ioVector) (n int, err error) {
	if l.fake != nil {
		return l.fake.write(c, v)
	}
	return v.writeTo(int(c.fd))
}

// shutWrite ends our side of the stream.
func (l *Loop) shutWrite(c *Conn) error {
	if l.fake != nil {
		l.fake.shutWrite(c)
		return nil
	}
	return unix.Shutdown(int(c.fd), unix.SHUT_WR)
}

// resetOnClose makes sysClose send a reset and drop what the kernel has not sent.
func (l *Loop) resetOnClose(c *Conn) {
	if l.fake == nil {
		_ = unix.SetsockoptLinger(int(c.fd), unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1, Linger: 0})
	}
}

// sysClose closes the descriptor, which takes it out of the poller too.
func (l *Loop) sysClose(c *Conn) {
	if l.fake != nil {
		l.fake.close(c)
		return
	}
	if err := unix.Close(int(c.fd)); err != nil && invariants.Enabled {
		invariants.Failf("close of descriptor %d: %v", c.fd, err)
	}
}

// register adds the connection to the poller.
func (l *Loop) register(c *Conn) error {
	switch {
	case l.fake != nil:
		return nil
	case c.has(flagConnecting):
		c.flags |= flagArmed
		return l.poll.addBoth(int(c.fd))
	}
	return l.poll.add(int(c.fd))
}

// deregister takes the connection out of the poller.
func (l *Loop) deregister(c *Conn) {
	if l.fake == nil {
		_ = l.poll.remove(int(c.fd))
	}
}

// arm asks the poller to report room for output.
func (l *Loop) arm(c *Conn) error {
	if l.fake != nil {
		return nil
	}
	return l.poll.armWrite(int(c.fd))
}

// disarm takes that back.
func (l *Loop) disarm(c *Conn) {
	if l.fake == nil {
		_ = l.poll.disarmWrite(int(c.fd))
	}
}
