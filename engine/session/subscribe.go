package session

import (
	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/trie"
)

var errSharedNoLocal = &codec.Error{Code: codec.ProtocolError, Rule: "MQTT-3.8.3-4", Why: "no-local on a shared subscription"}

// subscribe handles SUBSCRIBE. SUBACK is written after all filters are in the index, so a publish that another client sends
// after having heard of it is delivered. There is one for all filters [MQTT-3.8.4-1], [MQTT-3.8.4-5].
func (s *Session) subscribe(f codec.Frame) error {
	l := s.local
	p := &l.subscribe
	defer l.trimScratch()
	if err := codec.ParseSubscribe(f.Body, s.version, p); err != nil {
		return err
	}
	if err := p.Check(s.version); err != nil {
		return err
	}
	// All filters are checked before the first takes effect: a malformed packet changes nothing.
	for i := range p.Subscriptions {
		sub := &p.Subscriptions[i]
		if err := trie.CheckFilter(sub.Filter, s.settings.TopicMaxDepth); err != nil {
			return err
		}
		if _, _, shared := trie.SplitShare(string(sub.Filter)); shared && sub.NoLocal {
			return errSharedNoLocal
		}
	}
	id := uint32(0)
	if s.version == codec.V5 && p.Props.Has(codec.PropSubscriptionID) {
		id = p.Props.SubscriptionID
	}
	l.codes = l.codes[:0]
	for i := range p.Subscriptions {
		l.codes = append(l.codes, byte(s.subscribeOne(&p.Subscriptions[i], id))) // [MQTT-3.8.4-6]
	}
	ack := codec.Suback{PacketID: p.PacketID, Codes: l.codes} // [MQTT-3.8.4-2]
	if err := s.answer(codec.SUBACK, codec.AppendSuback(nil, s.version, &ack)); err != nil {
		return err
	}
	s.pump() // retained messages follow SUBACK
	return nil
}

// subscribeOne makes one subscription and returns its code for SUBACK: the granted QoS, or why not [MQTT-3.8.4-7]. A filter that is
// there already gets the new options in one step, so that no message falls between [MQTT-3.8.4-3], [MQTT-3.8.4-4].
func (s *Session) subscribeOne(sub *codec.Subscription, id uint32) codec.ReasonCode {
	c := s.client
	filter := string(sub.Filter)
	known := c.subs.has(filter)
	if !known {
		if limit := s.local.Node.Settings().MaxSubscriptionsPerClient; limit > 0 && c.subs.len() >= limit {
			if s.version == codec.V5 {
				return codec.QuotaExceeded
			}
			return codec.V3SubscribeFailure // [MQTT-3.9.3-2 v3.1.1]
		}
		c.subs.add(filter)
	}
	o := trie.Options{
		SubscriptionID: id,
		QoS:            sub.QoS,
		RetainHandling: sub.RetainHandling,
		// A bridge wants messages as they were published, and not its own.
		NoLocal:           sub.NoLocal || s.bridge,
		RetainAsPublished: sub.RetainAsPublished || s.bridge,
	}
	c.Mountpoint.Subscriptions.Subscribe(filter, c, o)
	if _, _, shared := trie.SplitShare(filter); wantsRetained(sub.RetainHandling, shared, known) {
		c.stopFeeds(filter)
		c.feedRetained(filter, o)
	}
	return codec.ReasonCode(sub.QoS)
}

// unsubscribe handles UNSUBSCRIBE [MQTT-3.10.4-1], of any number of filters [MQTT-3.10.4-6]. What the window and the queue hold stays
// there [MQTT-3.10.4-3].
func (s *Session) unsubscribe(f codec.Frame) error {
	l := s.local
	p := &l.unsubscribe
	defer l.trimScratch()
	if err := codec.ParseUnsubscribe(f.Body, s.version, p); err != nil {
		return err
	}
	if err := p.Check(s.version); err != nil {
		return err
	}
	for _, filter := range p.Filters {
		if err := trie.CheckFilter(filter, s.settings.TopicMaxDepth); err != nil {
			return err
		}
	}
	l.codes = l.codes[:0]
	for _, filter := range p.Filters {
		code := codec.Success
		if name := string(filter); s.client.subs.remove(name) {
			s.client.Mountpoint.Subscriptions.Unsubscribe(name, s.client) // [MQTT-3.10.4-2]
			s.client.stopFeeds(name)
		} else {
			code = codec.NoSubscriptionExisted
		}
		l.codes = append(l.codes, byte(code))
	}
	ack := codec.Unsuback{PacketID: p.PacketID, Codes: l.codes} // [MQTT-3.10.4-4], [MQTT-3.10.4-5]
	return s.answer(codec.UNSUBACK, codec.AppendUnsuback(nil, s.version, &ack))
}
