package session

import (
	"github.com/vernemq/vmq/codec"
)

// receive takes the whole packets out of b and returns how many bytes they were. What is left is the beginning of a packet,
// or comes later: on the client's home loop, to which the connection has just been moved, or when the client is read from again.
func (s *Session) receive(b []byte) int {
	if s.state == awaitConnect && s.extras.admission == nil && len(b) > 0 && codec.PacketType(b[0]>>4) != codec.CONNECT {
		s.fail(errFirstPacket) // [MQTT-3.1.0-1]
		return len(b)
	}
	n := 0
	// What comes behind a refused CONNECT, or behind a DISCONNECT, is not looked at [MQTT-3.1.4-6].
	for n < len(b) && (s.state == connected || s.state == awaitConnect || s.state == authenticating) && s.paused == 0 {
		f, size, err := codec.NextFrame(b[n:], s.settings.MaxMessageSize)
		if err == nil && size > 0 {
			n += size
			err = s.packet(f)
		}
		if err != nil {
			if err == codec.ErrPacketTooLarge {
				s.local.Counters.InvalidSize[s.family()]++
			}
			s.fail(err)
			return len(b)
		}
		if size == 0 {
			break
		}
	}
	if n > 0 {
		// Only complete packets of the client count [MQTT-3.1.2-22].
		s.lastPacket = s.local.Loop.Now()
	}
	if s.state == ended {
		return len(b)
	}
	return n
}

// packet counts and handles one packet. An error ends the connection.
func (s *Session) packet(f codec.Frame) error {
	switch {
	case s.state == awaitConnect:
	case f.Type == codec.CONNECT:
		if s.local.tracer != nil {
			s.traceReceived(f)
		}
		return errSecondConnect
	default:
		s.local.Counters.Received[s.family()][f.Type&15]++
	}
	if s.local.tracer != nil {
		s.traceReceived(f)
	}
	return s.handle(f)
}

// handle handles a packet, again if a hook had to wait the first time.
func (s *Session) handle(f codec.Frame) error {
	if s.state != connected || s.local.hooks != nil {
		s.local.frame = f // nobody else has to wait, and a store of a slice is not free
	}
	switch s.state {
	case awaitConnect:
		if f.Type != codec.CONNECT {
			return errFirstPacket
		}
		return s.connect(f.Body)
	case authenticating:
		return s.authStep(f)
	}
	switch f.Type {
	case codec.PUBLISH:
		return s.publish(f)
	case codec.PUBACK:
		return s.puback(f)
	case codec.PUBREC:
		return s.pubrec(f)
	case codec.PUBREL:
		return s.pubrel(f)
	case codec.PUBCOMP:
		return s.pubcomp(f)
	case codec.SUBSCRIBE:
		return s.subscribe(f)
	case codec.UNSUBSCRIBE:
		return s.unsubscribe(f)
	case codec.PINGREQ:
		return s.pingreq(f)
	case codec.DISCONNECT:
		return s.disconnectPacket(f)
	case codec.CONNECT: // [MQTT-3.1.0-2]
		return errSecondConnect
	case codec.AUTH: // [MQTT-4.12.0-7]
		return s.reauthenticate(f)
	default:
		return errWrongDirection
	}
}

// Errors that end a connection. Why goes into the log, Code into the DISCONNECT of an MQTT 5 client.
var (
	errFirstPacket    = &codec.Error{Code: codec.ProtocolError, Rule: "MQTT-3.1.0-1", Why: "the first packet is not CONNECT"}
	errSecondConnect  = &codec.Error{Code: codec.ProtocolError, Rule: "MQTT-3.1.0-2", Why: "second CONNECT on a connection"}
	errWrongDirection = &codec.Error{Code: codec.ProtocolError, Why: "packet that only a server sends"}
	errUnexpectedAuth = &codec.Error{Code: codec.ProtocolError, Rule: "MQTT-4.12.0-7", Why: "AUTH on a connection that did not start with an authentication method"}
	errPingBody       = &codec.Error{Code: codec.MalformedPacket, Why: "PINGREQ with a body"}
)

func (s *Session) pingreq(f codec.Frame) error {
	if len(f.Body) > 0 {
		return errPingBody
	}
	// [MQTT-3.12.4-1]
	s.commit(codec.AppendPingresp(s.conn.Reserve(2)))
	s.countSent(codec.PINGRESP)
	return nil
}
