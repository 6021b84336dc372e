package session

import (
	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/queue"
)

// sharedFrom is the payload size in bytes from which the socket gets a reference to the message instead of a copy. Below it,
// copying into the buffer with the rest costs less than the kernel's work for one more piece of memory.
const sharedFrom = 2048

// sendPublication sends p to the client, after on_deliver has seen it, without DUP whatever its publisher set [MQTT-3.3.1-3],
// [MQTT-4.3.1-1], [MQTT-4.3.2-2], [MQTT-4.3.3-2]. For QoS 1 and 2 it enters the window, which must have room.
func (s *Session) sendPublication(p *Publication, qos byte, retain bool, subscriptionID uint32) {
	if s.local.hooks != nil && s.asksDeliver() {
		s.sendAsked(p, qos, retain, subscriptionID)
		return
	}
	s.sendNow(p, qos, retain, subscriptionID)
}

func (s *Session) sendNow(p *Publication, qos byte, retain bool, subscriptionID uint32) {
	l := s.local
	l.Counters.QueueOut++
	h := &l.head
	*h = codec.PublishHead{
		Retain: retain, QoS: qos, Topic: p.Topic, SubscriptionID: subscriptionID,
		Forward: p.Forward, PayloadLen: len(p.Payload),
	}
	l.setExpiry(h, p)
	if qos < 2 || s.client.kept == nil {
		s.useAlias(h)
	}
	if s.maxPacket != 0 && codec.PublishSize(s.version, h) > int(s.maxPacket) {
		s.client.lose(l, p, qos, queue.TooLarge) // [MQTT-3.1.2-25]
		s.client.forgetEntry(l, p.entry)
		return
	}
	if qos > 0 {
		h.PacketID = s.enterWindow(queue.Item{Msg: p.Keep(), SubscriptionID: subscriptionID, QoS: qos, Retain: retain, Entry: p.entry})
		if qos == 2 && s.client.kept != nil {
			l.storage.holdBack(s, h.PacketID)
			return
		}
	} else {
		s.client.forgetEntry(l, p.entry)
	}
	s.writePublish(h, p)
	s.aliasSent(h)
}

// enterWindow gives the item a packet id.
func (s *Session) enterWindow(it queue.Item) uint16 {
	c := s.client
	id := c.ids().Add(&s.local.buffers, it, s.local.tick())
	if c.kept != nil {
		c.keepSent(s.local)
	}
	s.awaitAnswer()
	return id
}

// writePublish puts the packet into the connection's output.
func (s *Session) writePublish(h *codec.PublishHead, p *Publication) {
	bound := codec.PublishHeadBound(h)
	if len(p.Payload) < sharedFrom {
		b := s.conn.Reserve(bound + len(p.Payload))
		b = codec.AppendPublishHead(b, s.version, h)
		s.commit(append(b, p.Payload...))
	} else {
		b := codec.AppendPublishHead(s.conn.Reserve(bound), s.version, h)
		if s.local.tracer != nil {
			s.traceSent(b, p.Payload)
		}
		s.commitPart(b)
		m := p.Keep()
		s.conn.WriteShared(m.Payload(), m)
		s.local.Counters.BytesSent += uint64(len(p.Payload))
	}
	s.countSent(codec.PUBLISH)
}

// repeatUnsent sends again what an earlier connection sent and the client has not acknowledged, oldest first, with the same packet
// ids [MQTT-4.4.0-1]. It goes on where socket and window allowed no more.
func (s *Session) repeatUnsent() {
	if s.unsent == 0 || s.blocked || s.unproven {
		return
	}
	w, l := s.client.window, s.local
	room := int(s.sendMax) - (w.Len() - s.unsent)
	for e := range w.Range {
		if e.Sent != 0 {
			continue
		}
		if room <= 0 || s.conn.Full() {
			break
		}
		room--
		s.unsent--
		s.sendAgain(e)
		w.Sent(e.ID, l.tick())
	}
	s.awaitAnswer()
}

// sendAgain repeats the packet that e's exchange stands at: PUBLISH with DUP [MQTT-3.3.1-1], however long ago it should have expired
// [MQTT-4.3.3-7], or PUBREL.
func (s *Session) sendAgain(e queue.Entry) {
	if e.State == queue.WaitPubcomp {
		if st := s.local.storage; st != nil {
			st.kept = s.client.kept != nil && st.writer.Durable() < st.received
		}
		s.acknowledge(codec.PUBREL, e.ID, codec.Success, true)
		return
	}
	var p Publication
	p.From(e.Item.Msg)
	s.writePublish(s.headAgain(e, &p), &p)
}

// headAgain makes the head of e's PUBLISH, whose message is p, as it is sent another time.
func (s *Session) headAgain(e queue.Entry, p *Publication) *codec.PublishHead {
	h := &s.local.head
	*h = codec.PublishHead{
		Dup: true, Retain: e.Item.Retain, QoS: e.Item.QoS, PacketID: e.ID, Topic: p.Topic,
		SubscriptionID: e.Item.SubscriptionID, Forward: p.Forward, PayloadLen: len(p.Payload),
	}
	s.local.setExpiry(h, p)
	return h
}

// dropUnsendable gives up what an earlier connection has sent and this one does not take, because its Maximum Packet Size is smaller
// [MQTT-3.1.2-25].
func (s *Session) dropUnsendable() {
	if s.maxPacket == 0 {
		return
	}
	w, l := s.client.window, s.local
	var ids []uint16
	for e := range w.Range {
		if e.Item.Msg == nil {
			continue
		}
		var p Publication
		p.From(e.Item.Msg)
		if codec.PublishSize(s.version, s.headAgain(e, &p)) > int(s.maxPacket) {
			ids = append(ids, e.ID)
		}
	}
	for _, id := range ids {
		it, _ := w.Done(&l.buffers, id)
		s.client.drop(l, it, queue.TooLarge)
	}
}

// setExpiry puts what is left of p's life time into the packet [MQTT-3.3.2-6]. A message that is not expired has at least a second.
func (l *Local) setExpiry(h *codec.PublishHead, p *Publication) {
	if p.Deadline != 0 {
		h.HasExpiry, h.Expiry = true, uint32(max(1, (p.Deadline-l.now())/1000))
	}
}

// sendAck sends PUBACK, PUBREC, PUBREL or PUBCOMP, whatever window and output hold [MQTT-3.3.4-10], [MQTT-4.9.0-3].
func (s *Session) sendAck(t codec.PacketType, id uint16, code codec.ReasonCode) {
	s.writeAck(t, id, code)
	s.countAck(t, code)
}

// writeAck is sendAck for an answer that no metric counts.
func (s *Session) writeAck(t codec.PacketType, id uint16, code codec.ReasonCode) {
	a := &s.local.answer // rather than one of its own, because it is large, and clearing it costs more than the rest
	a.PacketID, a.Code = id, code
	a.Props.Clear()
	if s.maxPacket != 0 && s.maxPacket < ackSize {
		s.writeFitting(t, &a.Props, func() []byte { return codec.AppendAck(nil, t, s.version, a) })
		return
	}
	s.commit(codec.AppendAck(s.conn.Reserve(ackSize), t, s.version, a))
}

// sendAckWith sends one that may have properties.
func (s *Session) sendAckWith(t codec.PacketType, a *codec.Ack) {
	if s.writeFitting(t, &a.Props, func() []byte { return codec.AppendAck(nil, t, s.version, a) }) {
		s.countAck(t, a.Code)
	}
}

// writeFitting writes the packet that build makes, without the parts that the client does not want or has no room for: reason string
// and user properties [MQTT-3.1.2-29], first the one, then the others ([MQTT-3.2.2-19], [MQTT-3.2.2-20], [MQTT-3.4.2-2], [MQTT-3.4.2-3],
// [MQTT-3.5.2-2], [MQTT-3.5.2-3], [MQTT-3.9.2-1], [MQTT-3.9.2-2], [MQTT-3.11.2-1], [MQTT-3.11.2-2], [MQTT-3.14.2-3], [MQTT-3.14.2-4],
// [MQTT-3.15.2-2], [MQTT-3.15.2-3]). One that does not fit even so is not sent [MQTT-3.1.2-24]. It returns whether the packet was sent.
func (s *Session) writeFitting(t codec.PacketType, props *codec.Properties, build func() []byte) bool {
	if s.noProblemInfo && t != codec.CONNACK && t != codec.DISCONNECT {
		props.Del(codec.PropReasonString)
		props.Del(codec.PropUserProperty)
	}
	b := build()
	for _, dear := range [...]codec.PropertyID{codec.PropReasonString, codec.PropUserProperty} {
		if s.fits(b) {
			break
		}
		props.Del(dear)
		b = build()
	}
	if !s.fits(b) {
		return false
	}
	s.write(b)
	return true
}

func (s *Session) fits(packet []byte) bool {
	return s.maxPacket == 0 || len(packet) <= int(s.maxPacket)
}

// errAnswerTooLarge ends the connection of a client that would wait for ever for an answer that it does not take [MQTT-3.1.2-24].
var errAnswerTooLarge = &codec.Error{Code: codec.PacketTooLarge, Rule: "MQTT-3.1.2-24", Why: "answer above the maximum packet size of the client"}

// ackSize is the longest acknowledgement without properties: header, packet id, code, property length.
const ackSize = 6

func (s *Session) sendDisconnect(code codec.ReasonCode) {
	s.disconnectWith(&codec.Disconnect{Code: code})
}

func (s *Session) disconnectWith(p *codec.Disconnect) {
	if s.writeFitting(codec.DISCONNECT, &p.Props, func() []byte { return codec.AppendDisconnect(nil, s.version, p) }) {
		s.countAck(codec.DISCONNECT, p.Code)
	}
}
