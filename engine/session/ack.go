package session

import (
	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/metric"
	"github.com/vernemq/vmq/queue"
)

// Answers to packets that were never sent, or not in this order. MQTT 3 has no way to say so but the end of the connection.
var (
	errStrayPubrec  = &codec.Error{Code: codec.ProtocolError, Why: "PUBREC for a packet id that no QoS 2 message is waiting under"}
	errStrayPubcomp = &codec.Error{Code: codec.ProtocolError, Why: "PUBCOMP for a packet id that is not waiting for one"}
)

func (s *Session) parseAck(f codec.Frame, p *codec.Ack) error {
	err := codec.ParseAck(f.Type, f.Body, s.version, p)
	if err == nil {
		err = p.Check(f.Type, s.version)
	}
	if err != nil {
		s.countReceived(f.Type, metric.NoReason)
		return err
	}
	s.countReceived(f.Type, p.Code)
	return nil
}

// inWindow tells what the message under id waits for.
func (s *Session) inWindow(id uint16) (queue.State, bool) {
	if s.client.window == nil {
		return 0, false
	}
	return s.client.window.State(id)
}

// puback ends a QoS 1 delivery. One that nothing waits for is ignored.
func (s *Session) puback(f codec.Frame) error {
	p := &s.local.ack
	if err := s.parseAck(f, p); err != nil {
		return err
	}
	if st, ok := s.inWindow(p.PacketID); !ok || st != queue.WaitPuback {
		s.local.Counters.PubackInvalid[s.family()]++
		return nil
	}
	s.settle(p)
	return nil
}

// pubrec answers the first half of a QoS 2 delivery with PUBREL [MQTT-4.3.3-4]; one that refuses the message ends it [MQTT-4.4.0-2].
func (s *Session) pubrec(f codec.Frame) error {
	l := s.local
	p := &l.ack
	if err := s.parseAck(f, p); err != nil {
		return err
	}
	if l.storage != nil {
		l.storage.kept = false
	}
	behind := s.unsent > 0
	st, ok := s.inWindow(p.PacketID)
	known := ok && st != queue.WaitPuback
	switch {
	case p.Code.Failed():
		if known && st == queue.WaitPubrec {
			s.settle(p)
		}
		return nil
	case !known && s.version != codec.V5:
		l.Counters.PubrecInvalid[s.family()]++
		return errStrayPubrec
	case !known:
		s.sendAck(codec.PUBREL, p.PacketID, codec.PacketIdentifierNotFound)
		return nil
	case st == queue.WaitPubrec:
		s.answered(p.PacketID)
		if it := s.client.window.Received(&l.buffers, p.PacketID, l.tick()); it.Msg != nil {
			it.Msg.Release()
		}
		s.client.keepReceived(l, p.PacketID)
	case behind && s.client.window.SentAt(p.PacketID) == 0: // its PUBREL was still to be sent again
		s.answered(p.PacketID)
		s.client.window.Sent(p.PacketID, l.tick())
	}
	s.acknowledge(codec.PUBREL, p.PacketID, codec.Success, true)
	if behind && s.unsent == 0 {
		s.pump() // what is new had to wait for what was to be sent again
	}
	return nil
}

// pubcomp ends a QoS 2 delivery.
func (s *Session) pubcomp(f codec.Frame) error {
	p := &s.local.ack
	if err := s.parseAck(f, p); err != nil {
		return err
	}
	if st, ok := s.inWindow(p.PacketID); !ok || st != queue.WaitPubcomp {
		s.local.Counters.PubcompInvalid[s.family()]++
		if s.repeated {
			return nil // the answer to a PUBREL, and one to its repetition which crossed it
		}
		return errStrayPubcomp
	}
	s.settle(p)
	return nil
}

// answered notes an answer to a message that this connection was still to send again: a client may know its packet id from the
// connection before.
func (s *Session) answered(id uint16) {
	if s.unsent > 0 && s.client.window.SentAt(id) == 0 {
		s.unsent--
	}
}

// settle frees the packet id, and the room in the window goes to the next message at once. A message that the client refused is gone,
// also where it came through a shared subscription [MQTT-4.8.2-6].
func (s *Session) settle(p *codec.Ack) {
	s.answered(p.PacketID)
	it, _ := s.client.window.Done(&s.local.buffers, p.PacketID)
	s.acknowledged++
	switch {
	case it.Msg == nil: // a QoS 2 message that the client has taken with its PUBREC, whatever it says in PUBCOMP
	case p.Code.Failed():
		s.client.drop(s.local, it, queue.Refused)
		it.Entry = 0
	default:
		it.Msg.Release()
	}
	s.client.forgetEntry(s.local, it.Entry)
	s.pump()
}
