package session

import (
	"errors"
	"syscall"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/metric"
	"github.com/vernemq/vmq/netpoll"
	"github.com/vernemq/vmq/queue"
)

// Each cause of a drop must have its place in the counters: one too many stops the build.
var _ [metric.MaxCauses - queue.Causes]struct{}

// commit puts b, made from the connection's Reserve, into its output and counts the bytes.
func (s *Session) commit(b []byte) {
	if s.local.tracer != nil {
		s.traceSent(b, nil)
	}
	s.commitPart(b)
}

// commitPart is commit for a packet that goes on elsewhere.
func (s *Session) commitPart(b []byte) {
	s.local.Counters.BytesSent += uint64(len(b))
	s.conn.Commit(b)
}

// write puts a copy of b into the connection's output and counts the bytes.
func (s *Session) write(b []byte) {
	if s.local.tracer != nil {
		s.traceSent(b, nil)
	}
	s.local.Counters.BytesSent += uint64(len(b))
	s.conn.Write(b)
}

// countSent counts a packet that has no reason code.
func (s *Session) countSent(t codec.PacketType) { s.local.Counters.Sent[s.family()][t&15]++ }

// countAck counts a packet that was sent with a reason code.
func (s *Session) countAck(t codec.PacketType, code codec.ReasonCode) {
	s.local.Counters.CountSent(s.family(), byte(t), byte(code))
}

// countReceived counts the reason code of a packet that was received.
func (s *Session) countReceived(t codec.PacketType, code codec.ReasonCode) {
	s.local.Counters.CountReceived(s.family(), byte(t), byte(code))
}

// countClose counts the end of a connection, for which err is the reason that netpoll gave.
func (l *Local) countClose(err error) {
	c := &l.Counters
	c.SocketClose++
	var errno syscall.Errno
	switch {
	case err == netpoll.ErrConnectTimeout:
		c.SocketCloseTimeout++
	case errors.As(err, &errno):
		c.SocketError++
	}
}
