package netpoll

import (
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// FakePeer is the other end of a connection of a Fake, and the kernel in between.
type FakePeer struct {
	fake   *Fake
	conn   *Conn
	in     []byte // sent by the peer, not read
	out    []byte // written by us, not taken
	room   int    // bytes that the kernel still accepts, -1: any number
	writes int
	eof    bool // the peer has closed its side
	reset  bool // the peer has reset the connection
	shut   bool // our side has ended its output
	closed bool // our side has closed
}

// Conn returns our end.
func (p *FakePeer) Conn() *Conn { return p.conn }

// Send lets b arrive and runs until idle.
func (p *FakePeer) Send(b []byte) {
	p.Deliver(b)
	p.fake.Run()
}

// Deliver lets b arrive; it is read at the next Run, together with what else is delivered until then.
func (p *FakePeer) Deliver(b []byte) {
	p.in = append(p.in, b...)
	p.event(canRead)
}

// Take returns all output since the last Take.
func (p *FakePeer) Take() []byte {
	b := p.out
	p.out = nil
	return b
}

// Writes returns the number of write calls that brought output so far.
func (p *FakePeer) Writes() int { return p.writes }

// Unread returns the number of bytes that have arrived and were not read.
func (p *FakePeer) Unread() int { return len(p.in) }

// Block makes the kernel take no more output, or any amount again, and runs until idle.
func (p *FakePeer) Block(on bool) {
	if on {
		p.room = 0
		return
	}
	p.room = -1
	p.event(canWrite)
	p.fake.Run()
}

// Accept lets a blocked kernel take n more bytes of output, and runs until idle.
func (p *FakePeer) Accept(n int) {
	p.room = max(p.room, 0) + n
	p.event(canWrite)
	p.fake.Run()
}

// Hangup closes the peer's side in order and runs until idle.
func (p *FakePeer) Hangup() {
	p.eof = true
	p.event(canRead | hangup)
	p.fake.Run()
}

// Reset breaks the connection and runs until idle: what arrived before can be read, writes fail.
func (p *FakePeer) Reset() {
	p.reset = true
	p.event(canRead | canWrite | hangup)
	p.fake.Run()
}

// Closed reports whether our side has closed the transport.
func (p *FakePeer) Closed() bool { return p.closed }

// Ended reports whether our side has ended its output, which a close includes.
func (p *FakePeer) Ended() bool { return p.shut || p.closed }

func (p *FakePeer) event(r readiness) {
	p.fake.events = append(p.fake.events, fakeEvent{p, r})
}

// fakeSide answers for the kernel and the clock on one loop of a Fake.
type fakeSide struct {
	fake  *Fake
	local netip.AddrPort
}

func (s *fakeSide) clock() (time.Duration, time.Time) {
	return s.fake.now, s.fake.start.Add(s.fake.now - fakeUptime)
}

func (s *fakeSide) read(c *Conn, b []byte) (int, error) {
	p := s.fake.peers[c.fd]
	switch {
	case len(p.in) > 0:
		n := copy(b, p.in)
		p.in = p.in[n:]
		return n, nil
	case p.reset:
		return 0, unix.ECONNRESET
	case p.eof:
		return 0, nil
	}
	return 0, unix.EAGAIN
}

func (s *fakeSide) write(c *Conn, v *ioVector) (total int, err error) {
	p := s.fake.peers[c.fd]
	if p.reset {
		return 0, unix.EPIPE
	}
	if p.room == 0 {
		return 0, unix.EAGAIN
	}
	for i := range v.n {
		b := v.piece(i)
		if p.room >= 0 {
			b = b[:min(len(b), p.room)]
			p.room -= len(b)
		}
		p.out = append(p.out, b...)
		total += len(b)
	}
	p.writes++
	return total, nil
}

func (s *fakeSide) shutWrite(c *Conn) { s.fake.peers[c.fd].shut = true }

func (s *fakeSide) close(c *Conn) {
	s.fake.peers[c.fd].closed = true
	delete(s.fake.peers, c.fd)
}
