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
	p := &l.published
	if err := codec.ParsePublish(f.Body, s.version, f.Flags, p); err != nil {
		return err
	}
	if err := p.Check(s.version, codec.FromClient); err != nil {
		return err
	}
	alias, err := s.resolveAlias(p)
	if err != nil {
		return err
	}
	if err := trie.CheckTopic(p.Topic, s.settings.TopicMaxDepth); err != nil {
		return err
	}
	repeated := p.QoS == 2 && s.client.unreleased != nil && s.client.unreleased.Has(p.PacketID)
	if p.Topic[0] == '$' {
		s.refuseDollar(p)
		return nil
	}
	if l.storage != nil {
		l.storage.kept = repeated && s.client.kept != nil // the answer to the first one may be waiting still
	}
	if repeated {
		s.acknowledge(codec.PUBREC, p.PacketID, codec.Success, false) // [MQTT-4.3.3-10]
		s.countRate()
		return nil
	}
	qos := p.QoS // that of the packet, whatever plugins make of the message
	out := outgoing{mount: s.client.Mountpoint, alias: alias}
	if h := s.hooks(); h != nil && !s.allowedShortly(h, p.Topic) {
		waiting, err := s.authorizePublish(h, p, &out)
		switch {
		case waiting:
			return nil
		case err != nil:
			return s.denyPublish(p, err)
		}
	}
	if qos == 2 {
		if err := s.rememberQoS2(p.PacketID); err != nil {
			return err
		}
	}
	s.route(p, out.mount)
	s.holdForDisk()
	switch qos {
	case 1:
		s.acknowledge(codec.PUBACK, p.PacketID, codec.Success, true) // [MQTT-4.3.2-4]; the id is not remembered [MQTT-4.3.2-5]
	case 2:
		s.acknowledge(codec.PUBREC, p.PacketID, codec.Success, true) // [MQTT-4.3.3-8]
	}
	s.countRate()
	s.slowDown(out.throttle)
	return nil
}

// route hands p to its receivers, and then tells plugins.
func (s *Session) route(p *codec.Publish, m *Mountpoint) {
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
	if behind := l.Publish(m, pub); behind != nil {
		s.hold(behind)
	}
	if l.hooks != nil {
		s.tellPublish(p)
	}
}

// Publish retains p if it asks for that, routes it below m, and returns a receiver to wait for, if there is one. Nobody is asked, and a topic
// may begin with '$'. The slices of p may be reused when it returns. On the loop.
func (l *Local) Publish(m *Mountpoint, p *Publication) (behind *Client) {
	if p.Retain { // [MQTT-3.3.1-8]
		m.retain(p)
		l.keepRetained(m, p)
	}
	n, behind := l.Router.Route(m, p)
	p.Done()
	l.Counters.MatchesLocal += uint64(n)
	return behind
}

// refuseDollar answers a PUBLISH to a topic that begins with '$', which clients may not use: it is not routed, and what an
// acknowledgement is owed gets one, because a packet id that is never answered stays in use
// [MQTT-3.3.5-2 v3.1.1]. The id of a refused one is not remembered [MQTT-4.3.3-9].
func (s *Session) refuseDollar(p *codec.Publish) {
	code := codec.Success
	if s.version == codec.V5 {
		code = codec.TopicNameInvalid
	}
	switch p.QoS {
	case 1:
		s.acknowledge(codec.PUBACK, p.PacketID, code, true)
	case 2:
		s.acknowledge(codec.PUBREC, p.PacketID, code, true)
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
	c.keepUnreleased(s.local, id)
	return nil
}

// pubrel handles PUBREL, whatever became of the message meanwhile [MQTT-4.3.3-11], [MQTT-4.3.3-13]: the id is free again [MQTT-4.3.3-12].
func (s *Session) pubrel(f codec.Frame) error {
	p := &s.local.ack
	if err := s.parseAck(f, p); err != nil {
		return err
	}
	if s.local.storage != nil {
		s.local.storage.kept = false
	}
	code := codec.Success
	known := s.client.unreleased != nil && s.client.unreleased.Remove(p.PacketID)
	if !known && s.version == codec.V5 {
		code = codec.PacketIdentifierNotFound
	}
	if known {
		s.client.keepReleased(s.local, p.PacketID)
	}
	s.acknowledge(codec.PUBCOMP, p.PacketID, code, known || s.version == codec.V5)
	return nil
}
