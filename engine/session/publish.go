package session

import (
	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/queue"
	"github.com/vernemq/vmq/trie"
)

// publish handles PUBLISH of the client, which is answered by its QoS [MQTT-3.3.4-1]. The packet's slices alias the read buffer; the
// router copies what must be kept.
func (s *Session) publish(f codec.Frame) error {
	l := s.local
	p := &l.publish
	if err := codec.ParsePublish(f.Body, s.version, f.Flags, p); err != nil {
		return err
	}
	if err := p.Check(s.version, codec.FromClient); err != nil {
		return err
	}
	if err := s.resolveAlias(p); err != nil {
		return err
	}
	if err := trie.CheckTopic(p.Topic, s.settings.TopicMaxDepth); err != nil {
		return err
	}
	repeated := p.QoS == 2 && s.client.unreleased != nil && s.client.unreleased.Has(p.PacketID)
	if p.Topic[0] == '$' {
		s.refusePublish(p)
		return nil
	}
	if p.QoS == 2 && !repeated {
		if err := s.rememberQoS2(p.PacketID); err != nil {
			return err
		}
	}
	if !repeated {
		s.route(p)
	}
	switch p.QoS {
	case 1:
		s.sendAck(codec.PUBACK, p.PacketID, codec.Success) // [MQTT-4.3.2-4]; the id is not remembered [MQTT-4.3.2-5]
	case 2:
		s.sendAck(codec.PUBREC, p.PacketID, codec.Success) // [MQTT-4.3.3-8]
	}
	s.countRate()
	return nil
}

// route hands p to its receivers.
func (s *Session) route(p *codec.Publish) {
	l := s.local
	pub := &l.publication
	*pub = Publication{Topic: p.Topic, Payload: p.Payload, QoS: p.QoS, Retain: p.Retain, Publisher: s.client.Serial}
	if s.version == codec.V5 && !p.Props.Empty() {
		l.forward = p.Props.AppendForward(l.forward[:0])
		pub.Forward = l.forward
		if p.Props.Has(codec.PropMessageExpiry) {
			pub.Deadline = l.now() + 1000*int64(p.Props.MessageExpiry)
		}
	}
	if behind := l.publishAs(s.client, pub); behind != nil {
		s.hold(behind)
	}
}

// publishAs retains p if it asks for that, routes it on behalf of c, and returns a receiver to wait for, if there is one.
func (l *Local) publishAs(c *Client, p *Publication) (behind *Client) {
	if p.Retain { // [MQTT-3.3.1-8]
		c.Mountpoint.retain(p)
	}
	n, behind := l.Router.Route(c.Mountpoint, p)
	p.Done()
	l.Counters.MatchesLocal += uint64(n)
	return behind
}

// refusePublish answers a PUBLISH to a topic that begins with '$', which clients may not use: it is not routed, and what an
// acknowledgement is owed gets one, because a packet id that is never answered stays in use
// [MQTT-3.3.5-2 v3.1.1]. The id of a refused one is not remembered [MQTT-4.3.3-9].
func (s *Session) refusePublish(p *codec.Publish) {
	code := codec.Success
	if s.version == codec.V5 {
		code = codec.TopicNameInvalid
	}
	switch p.QoS {
	case 1:
		s.sendAck(codec.PUBACK, p.PacketID, code)
	case 2:
		s.sendAck(codec.PUBREC, p.PacketID, code)
	}
}

var errReceiveMaximum = &codec.Error{Code: codec.ReceiveMaximumExceeded, Rule: "MQTT-3.3.4-7", Why: "more QoS 2 messages unreleased than the receive maximum allows"}

// rememberQoS2 notes the id until its PUBREL, so that a repetition is not routed again [MQTT-4.3.3-10].
func (s *Session) rememberQoS2(id uint16) error {
	c := s.client
	if c.unreleased == nil {
		c.unreleased = new(queue.IDSet)
	}
	if s.version == codec.V5 && c.unreleased.Len() >= int(s.settings.ReceiveMaxBroker) {
		return errReceiveMaximum
	}
	c.unreleased.Add(id)
	return nil
}

// pubrel handles PUBREL, whatever became of the message meanwhile [MQTT-4.3.3-11], [MQTT-4.3.3-13]: the id is free again [MQTT-4.3.3-12].
func (s *Session) pubrel(f codec.Frame) error {
	p := &s.local.ack
	if err := s.parseAck(f, p); err != nil {
		return err
	}
	code := codec.Success
	known := s.client.unreleased != nil && s.client.unreleased.Remove(p.PacketID)
	if !known && s.version == codec.V5 {
		code = codec.PacketIdentifierNotFound
	}
	s.sendAck(codec.PUBCOMP, p.PacketID, code)
	return nil
}
