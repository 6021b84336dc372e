package proxy

import (
	"errors"
	"time"

	"github.com/vernemq/vmq/netpoll"
)

// ErrTimeout says that the header was not complete within Timeout.
var ErrTimeout = errors.New("PROXY header timeout")

// Timeout bounds the time from accept to the end of the header.
const Timeout = 10 * time.Second

// Layer expects a header as the first bytes of a connection. What is no header ends the connection with an error that says why. The
// client's address from the header becomes Conn.RemoteAddr, and the CN of a verified certificate Conn.Identity. It belongs to
// the connection's loop.
type Layer struct {
	conn *netpoll.Conn // nil when the header is read
	kept []byte        // the beginning of a header
}

var _ netpoll.OpeningLimiter = (*Layer)(nil)

// New makes the layer of a new connection.
func New(c *netpoll.Conn) *Layer { return &Layer{conn: c} }

// OpeningLimit is Timeout.
func (l *Layer) OpeningLimit() (time.Duration, error) { return Timeout, ErrTimeout }

// State says whether the header is still to come.
func (l *Layer) State() netpoll.LayerState {
	if l.conn == nil {
		return netpoll.LayerDone
	}
	return netpoll.LayerOpening
}

// Input reads the header and passes on what follows it.
func (l *Layer) Input(b, plain, wire []byte) ([]byte, []byte, error) {
	if len(l.kept) > 0 {
		l.kept = append(l.kept, b...)
		b = l.kept
	}
	h, n, err := Parse(b)
	if err == ErrIncomplete {
		if len(l.kept) == 0 {
			l.kept = append(l.kept, b...)
		}
		return plain, wire, nil
	}
	if err != nil {
		return plain, wire, err
	}
	if h.Source.IsValid() {
		l.conn.SetRemoteAddr(h.Source)
	}
	if h.Verified {
		l.conn.SetIdentity(&netpoll.Identity{CommonName: h.CommonName})
	}
	plain = append(plain, b[n:]...)
	l.conn, l.kept = nil, nil
	return plain, wire, nil
}

// Output is not called before the header is read, and not after it.
func (l *Layer) Output(b, wire []byte) ([]byte, error) { return append(wire, b...), nil }

// Close has nothing to say: a proxy expects no answer.
func (l *Layer) Close(wire []byte, _ error) []byte { return wire }
