package session

import (
	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/queue"
)

// sharedFrom is the payload size in bytes from which the socket gets a reference to the message instead of a copy. Below it,
// copying into the buffer with the rest costs less than the kernel's work for one more piece of memory.
const sharedFrom = 2048

// sendPublication sends p to the client, without DUP whatever its publisher set [MQTT-3.3.1-3], [MQTT-4.3.1-1], [MQTT-4.3.2-2],
// [MQTT-4.3.3-2]. For QoS 1 and 2 it enters the window, which must have room.
func (s *Session) sendPublication(p *Publication, qos byte, retain bool, subscriptionID uint32) {
	l := s.local
	h := &l.head
	*h = codec.PublishHead{
		Retain: retain, QoS: qos, Topic: p.Topic, SubscriptionID: subscriptionID,
		Forward: p.Forward, PayloadLen: len(p.Payload),
	}
	l.setExpiry(h, p)
	s.useAlias(h)
	if s.maxPacket != 0 && codec.PublishSize(s.version, h) > int(s.maxPacket) {
		l.drop(queue.Item{}, queue.TooLarge) // [MQTT-3.1.2-25]
		return
	}
	if qos > 0 {
		h.PacketID = s.enterWindow(queue.Item{Msg: p.Keep(), SubscriptionID: subscriptionID, QoS: qos, Retain: retain})
	}
	s.writePublish(h, p)
	s.aliasSent(h)
}

// enterWindow gives the item a packet id.
func (s *Session) enterWindow(it queue.Item) uint16 {
	w := s.client.window
	if w == nil {
		w = new(queue.Window)
		s.client.window = w
	}
	id := w.Add(&s.local.buffers, it, s.local.tick())
	s.awaitAnswer()
	return id
}

// writePublish puts the packet into the connection's output.
func (s *Session) writePublish(h *codec.PublishHead, p *Publication) {
	bound := codec.PublishHeadBound(h)
	if len(p.Payload) < sharedFrom {
		b := s.conn.Reserve(bound + len(p.Payload))
		b = codec.AppendPublishHead(b, s.version, h)
		s.conn.Commit(append(b, p.Payload...))
	} else {
		s.conn.Commit(codec.AppendPublishHead(s.conn.Reserve(bound), s.version, h))
		m := p.Keep()
		s.conn.WriteShared(m.Payload(), m)
	}
	s.local.Counters.sent(codec.PUBLISH)
}

// repeatUnsent sends again what an earlier connection sent and the client has not acknowledged, oldest first, with the same packet
// ids [MQTT-4.4.0-1]. It goes on where socket and window allowed no more.
func (s *Session) repeatUnsent() {
	if s.unsent == 0 || s.blocked {
		return
	}
	w, l := s.client.window, s.local
	room := int(s.sendMax) - (w.Len() - s.unsent)
	var tooLarge []uint16 // the new connection may take less than the one that sent them
	for e := range w.Range {
		if e.Sent != 0 {
			continue
		}
		if room <= 0 || s.conn.Full() {
			break
		}
		s.unsent--
		if s.sendAgain(e) {
			room--
		} else {
			tooLarge = append(tooLarge, e.ID)
		}
		w.Sent(e.ID, l.tick())
	}
	for _, id := range tooLarge {
		it, _ := w.Done(&l.buffers, id)
		l.drop(it, queue.TooLarge) // [MQTT-3.1.2-25]
	}
	s.awaitAnswer()
}

// sendAgain repeats the packet that e's exchange stands at: PUBLISH with DUP [MQTT-3.3.1-1], however long ago it should have expired
// [MQTT-4.3.3-7], or PUBREL. It reports false if the client does not take packets of that size.
func (s *Session) sendAgain(e queue.Entry) bool {
	if e.State == queue.WaitPubcomp {
		s.sendAck(codec.PUBREL, e.ID, codec.Success)
		return true
	}
	var p Publication
	p.From(e.Item.Msg)
	h := &s.local.head
	*h = codec.PublishHead{
		Dup: true, Retain: e.Item.Retain, QoS: e.Item.QoS, PacketID: e.ID, Topic: p.Topic,
		SubscriptionID: e.Item.SubscriptionID, Forward: p.Forward, PayloadLen: len(p.Payload),
	}
	s.local.setExpiry(h, &p)
	if s.maxPacket != 0 && codec.PublishSize(s.version, h) > int(s.maxPacket) { // [MQTT-3.1.2-24]
		return false
	}
	s.writePublish(h, &p)
	return true
}

// setExpiry puts what is left of p's life time into the packet [MQTT-3.3.2-6]. A message that is not expired has at least a second.
func (l *Local) setExpiry(h *codec.PublishHead, p *Publication) {
	if p.Deadline != 0 {
		h.HasExpiry, h.Expiry = true, uint32(max(1, (p.Deadline-l.now())/1000))
	}
}

// sendAck sends PUBACK, PUBREC, PUBREL or PUBCOMP, whatever window and output hold [MQTT-3.3.4-10], [MQTT-4.9.0-3].
func (s *Session) sendAck(t codec.PacketType, id uint16, code codec.ReasonCode) {
	a := codec.Ack{PacketID: id, Code: code}
	s.conn.Commit(codec.AppendAck(s.conn.Reserve(ackSize), t, s.version, &a))
	s.local.Counters.sent(t)
}

// answer sends a packet of type t that the client waits for. One that is larger than the client takes cannot go out [MQTT-3.1.2-24]; the
// client would wait for ever, so the connection ends instead.
func (s *Session) answer(t codec.PacketType, b []byte) error {
	if s.maxPacket != 0 && len(b) > int(s.maxPacket) {
		return errAnswerTooLarge
	}
	s.conn.Write(b)
	s.local.Counters.sent(t)
	return nil
}

var errAnswerTooLarge = &codec.Error{Code: codec.PacketTooLarge, Rule: "MQTT-3.1.2-24", Why: "answer above the maximum packet size of the client"}

// ackSize is the longest acknowledgement without properties: header, packet id, code, property length.
const ackSize = 6

func (s *Session) sendDisconnect(code codec.ReasonCode) {
	p := codec.Disconnect{Code: code}
	s.conn.Write(codec.AppendDisconnect(nil, s.version, &p))
	s.local.Counters.sent(codec.DISCONNECT)
}
