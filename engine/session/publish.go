package session

import (
	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/queue"
	"github.com/vernemq/vmq/trie"
)

// publish handles PUBLISH of the client. The packet's slices alias the read buffer; the router copies what must be kept.
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
		s.sendAck(codec.PUBACK, p.PacketID, codec.Success) // [MQTT-4.3.2-4]
	case 2:
		s.writeAck(codec.PUBREC, p.PacketID, codec.Success) // [MQTT-4.3.3-8]
		if !repeated {
			s.countAck(codec.PUBREC, codec.Success)
		}
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
	return l.Publish(c.Mountpoint, p)
}

// Publish does the same for the broker itself: nobody is asked, and a topic may begin with '$'. The slices of p may be reused when it
// returns. On the loop.
func (l *Local) Publish(m *Mountpoint, p *Publication) (behind *Client) {
	if p.Retain {
		m.retain(p)
	}
	n, behind := l.Router.Route(m, p)
	p.Done()
	l.Counters.MatchesLocal += uint64(n)
	return behind
}

// refusePublish answers a PUBLISH to a topic that begins with '$', which clients may not use: it is not routed, and what an
// acknowledgement is owed gets one, because a packet id that is never answered stays in use [MQTT-3.3.5-2].
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

// pubrel handles PUBREL: the id is free again [MQTT-4.3.3-11].
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
	s.writeAck(codec.PUBCOMP, p.PacketID, code)
	if known || s.version == codec.V5 {
		s.countAck(codec.PUBCOMP, code)
	}
	return nil
}
