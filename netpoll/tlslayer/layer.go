package tlslayer

import (
	"crypto/tls"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/vernemq/vmq/netpoll"
)

// ErrHandshakeTimeout says that the TLS handshake was not complete within Options.HandshakeTimeout.
var ErrHandshakeTimeout = errors.New("TLS handshake timeout")

const (
	// arrivedMax is how many bytes may have arrived that the handshake has not read. It is more than a ClientHello or a chain of
	// certificates may have (64 KiB, by crypto/tls), so that no handshake waits for bytes that are not let in.
	arrivedMax = 96 << 10
	// readRoom is the least room that a Read gets, in bytes: a record of small packets fits.
	readRoom = 1 << 10
)

// side is what the layers of a Server, or of a Client, have in common. It does not change.
type side struct {
	pool    *Pool
	timeout time.Duration // of the handshake; 0: none
	first   bool          // it speaks first: a client
	conn    func(s *shim) *tls.Conn
}

// Layer is TLS on one connection, on either side. It belongs to the connection's loop.
type Layer struct {
	side   *side
	conn   *netpoll.Conn
	tls    *tls.Conn  // nil until the handshake begins
	shim   shim       // what tls reads from and writes to
	hand   *handshake // nil until the first byte comes, and when the handshake is done
	open   bool       // the handshake is done
	failed bool       // an Input has returned an error: nothing can be said any more
	paused bool       // reading is paused until the handshake has read what arrived
}

var _ netpoll.OpeningLimiter = (*Layer)(nil)

// Layer makes the server's layer of a new connection.
func (s *Server) Layer(c *netpoll.Conn) *Layer {
	return &Layer{side: &s.side, conn: c}
}

// OpeningLimit is HandshakeTimeout of the options.
func (l *Layer) OpeningLimit() (time.Duration, error) {
	return l.side.timeout, ErrHandshakeTimeout
}

// State says whether the handshake is done, and whether it is at work.
func (l *Layer) State() netpoll.LayerState {
	switch {
	case l.open:
		return netpoll.LayerOpen
	case l.hand != nil && l.hand.busy():
		return netpoll.LayerBusy
	}
	return netpoll.LayerOpening
}

// Input takes bytes of the handshake or records.
func (l *Layer) Input(b, plain, wire []byte) ([]byte, []byte, error) {
	if !l.open {
		var err error
		if wire, err = l.shake(b, wire); err != nil {
			l.failed = true
			return plain, wire, err
		}
		if !l.open {
			return plain, wire, nil
		}
		b = l.shim.in // what came behind the handshake
	}
	l.shim.in, l.shim.out = b, wire
	plain, err := l.read(plain)
	wire = l.shim.out
	l.shim.in, l.shim.out = nil, nil
	l.failed = err != nil && err != io.EOF // after a close_notify of the peer ours is still due
	return plain, wire, err
}

// read appends the contents of all records that are whole to plain.
func (l *Layer) read(plain []byte) ([]byte, error) {
	for {
		if cap(plain)-len(plain) < readRoom {
			plain = slices.Grow(plain, max(len(l.shim.in), readRoom))
		}
		n, err := l.tls.Read(plain[len(plain):cap(plain)])
		plain = plain[:len(plain)+n]
		switch {
		case err == errNoBytes:
			return plain, nil
		case err != nil:
			return plain, err
		}
	}
}

// Output puts b into records.
func (l *Layer) Output(b, wire []byte) ([]byte, error) {
	l.shim.out = wire
	_, err := l.tls.Write(b)
	wire, l.shim.out = l.shim.out, nil
	return wire, err
}

// Close appends a close_notify, and ends a handshake that is under way.
func (l *Layer) Close(wire []byte, _ error) []byte {
	if l.hand != nil {
		l.hand.cancel()
	}
	if !l.open || l.failed { // a failure has ended in an alert
		return wire
	}
	l.shim.out = wire
	_ = l.tls.CloseWrite()
	wire, l.shim.out = l.shim.out, nil
	return wire
}

// shake hands b to the handshake, begins it, on the server's side when the ClientHello is whole, and takes what it has to say and its
// end.
func (l *Layer) shake(b, wire []byte) ([]byte, error) {
	if l.hand == nil {
		if len(b) == 0 && !l.side.first {
			return wire, nil
		}
		l.hand = new(handshake) // not before, because a peer that sends nothing should cost nothing
	}
	h := l.hand
	arrived := h.arrive(b)
	if l.tls == nil {
		whole := l.side.first
		if !whole {
			var err error
			if whole, err = helloWhole(h.in); err != nil {
				return wire, err
			}
		}
		if whole {
			l.begin()
		}
	}
	if l.side.pool.inline() && l.tls != nil {
		h.await()
	}
	said, unread, done, err := h.take()
	wire = append(wire, said...)
	switch {
	case arrived > arrivedMax && !done && !l.paused:
		l.paused = true
		l.conn.Pause()
	case l.paused && (done || unread <= arrivedMax):
		l.paused = false
		l.conn.Resume()
	}
	if !done || err != nil {
		return wire, err
	}
	// The worker has no part in it any more: from here on all is the loop's.
	l.shim.in, h.in = h.in, nil
	l.shim.hand, l.hand, l.open = nil, nil, true
	l.learn()
	return wire, nil
}

// begin makes the TLS connection and queues its handshake.
func (l *Layer) begin() {
	l.hand.conn, l.hand.pool = l.conn, l.side.pool
	l.shim.hand = l.hand
	l.tls = l.side.conn(&l.shim)
	l.hand.tls = l.tls
	l.side.pool.add(l.hand)
}

// learn notes whose certificate the peer has shown.
func (l *Layer) learn() {
	state := l.tls.ConnectionState()
	if len(state.PeerCertificates) > 0 {
		leaf := state.PeerCertificates[0]
		l.conn.SetIdentity(&netpoll.Identity{CommonName: leaf.Subject.CommonName, Certificate: leaf.Raw})
	}
}

// ConnectionState returns what was negotiated. It is for the connection's loop and meaningful once the layer is open.
func (l *Layer) ConnectionState() tls.ConnectionState {
	if !l.open {
		return tls.ConnectionState{}
	}
	return l.tls.ConnectionState()
}
