package session

import (
	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/queue"
)

// Answers to packets that were never sent, or not in this order. MQTT 3 has no way to say so but the end of the connection.
var (
	errStrayPubrec  = &codec.Error{Code: codec.ProtocolError, Why: "PUBREC for a packet id that no QoS 2 message is waiting under"}
	errStrayPubcomp = &codec.Error{Code: codec.ProtocolError, Why: "PUBCOMP for a packet id that is not waiting for one"}
)

func (s *Session) parseAck(f codec.Frame, p *codec.Ack) error {
	if err := codec.ParseAck(f.Type, f.Body, s.version, p); err != nil {
		return err
	}
	return p.Check(f.Type, s.version)
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
	st, ok := s.inWindow(p.PacketID)
	known := ok && st != queue.WaitPuback
	switch {
	case p.Code.Failed():
		if known && st == queue.WaitPubrec {
			s.settle(p)
		}
		return nil
	case !known && s.version != codec.V5:
		return errStrayPubrec
	case !known:
		s.sendAck(codec.PUBREL, p.PacketID, codec.PacketIdentifierNotFound)
		return nil
	case st == queue.WaitPubrec:
		if it := s.client.window.Received(p.PacketID, l.tick()); it.Msg != nil {
			it.Msg.Release()
		}
	}
	s.sendAck(codec.PUBREL, p.PacketID, codec.Success)
	return nil
}

// pubcomp ends a QoS 2 delivery.
func (s *Session) pubcomp(f codec.Frame) error {
	p := &s.local.ack
	if err := s.parseAck(f, p); err != nil {
		return err
	}
	if st, ok := s.inWindow(p.PacketID); !ok || st != queue.WaitPubcomp {
		return errStrayPubcomp
	}
	s.settle(p)
	return nil
}

// settle frees the packet id, and the room in the window goes to the next message at once. A message that the client refused is gone,
// also where it came through a shared subscription [MQTT-4.8.2-6].
func (s *Session) settle(p *codec.Ack) {
	it, _ := s.client.window.Done(&s.local.buffers, p.PacketID)
	s.acknowledged++
	switch {
	case p.Code.Failed():
		s.local.drop(it, queue.Refused)
	case it.Msg != nil:
		it.Msg.Release()
	}
	s.pump()
}
