package session

import (
	"slices"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/hook"
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
	ack := codec.Suback{PacketID: p.PacketID} // [MQTT-3.8.4-2]
	l.codes = l.codes[:0]
	if h := s.hooks(); h == nil {
		for i := range p.Subscriptions {
			sub := &p.Subscriptions[i]
			l.codes = append(l.codes, byte(s.subscribeOne(string(sub.Filter), s.optionsOf(sub, id)))) // [MQTT-3.8.4-6]
		}
	} else if s.subscribeAsked(h, p, id, &ack) {
		return nil
	}
	ack.Codes = l.codes
	s.answerSubscribe(codec.SUBACK, &ack.Props, &ack.Codes, func() []byte { return codec.AppendSuback(nil, s.version, &ack) })
	return nil
}

// optionsOf is what a client asks for with one filter.
func (s *Session) optionsOf(sub *codec.Subscription, id uint32) trie.Options {
	return trie.Options{
		SubscriptionID: id,
		QoS:            sub.QoS,
		RetainHandling: sub.RetainHandling,
		// A bridge wants messages as they were published, and not its own.
		NoLocal:           sub.NoLocal || s.bridge,
		RetainAsPublished: sub.RetainAsPublished || s.bridge,
	}
}

// subscribeAsked makes the subscriptions that plugins allow. It returns true if the client waits for their answer.
func (s *Session) subscribeAsked(h *hook.Set, p *codec.Subscribe, id uint32, ack *codec.Suback) (waiting bool) {
	l := s.local
	in := s.subscribeArgs(p, id)
	subs, props, waiting := s.authorizeSubscribe(h, in)
	if waiting {
		return true
	}
	if props != nil && s.version == codec.V5 {
		ack.Props = *props.Clone()
		ack.Props.KeepOnly(codec.SUBACK)
	}
	made := make([]hook.Subscription, 0, len(subs))
	for _, sub := range subs {
		code := sub.Refused
		if code == 0 {
			code = s.subscribeOne(sub.Filter, trie.Options{
				SubscriptionID: sub.ID, QoS: sub.QoS, RetainHandling: sub.RetainHandling,
				NoLocal: sub.NoLocal || s.bridge, RetainAsPublished: sub.RetainAsPublished || s.bridge,
			})
		} else {
			l.Counters.SubscribeAuthError[s.family()]++
		}
		if !code.Failed() {
			made = append(made, sub)
		} else if s.version != codec.V5 {
			code = codec.V3SubscribeFailure
		} else if !code.In(codec.SUBACK) {
			code = codec.NotAuthorized
		}
		l.codes = append(l.codes, byte(code))
	}
	in.Subscriptions = made
	if s.version == codec.V5 {
		tell(l, s.lane(), hook.OnSubscribeM5Point, h.OnSubscribeM5, in, hook.OnSubscribeM5.OnSubscribeM5)
	} else {
		tell(l, s.lane(), hook.OnSubscribePoint, h.OnSubscribe, in, hook.OnSubscribe.OnSubscribe)
	}
	return false
}

// subscribeOne makes one subscription and returns its code for SUBACK: the granted QoS, or why not [MQTT-3.8.4-7]. A filter that is
// there already gets the new options in one step, so that no message falls between [MQTT-3.8.4-3], [MQTT-3.8.4-4].
func (s *Session) subscribeOne(filter string, o trie.Options) codec.ReasonCode {
	c := s.client
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
	c.Mountpoint.Subscriptions.Subscribe(filter, c, o)
	c.keepSubscription(s.local, filter, o)
	_, _, shared := trie.SplitShare(filter)
	s.feedRetained(filter, o, shared, known)
	return codec.ReasonCode(o.QoS)
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
	ack := codec.Unsuback{PacketID: p.PacketID} // [MQTT-3.10.4-4], [MQTT-3.10.4-5]
	l.codes = l.codes[:0]
	if h := s.hooks(); h == nil {
		for _, filter := range p.Filters {
			l.codes = append(l.codes, byte(s.unsubscribeOne(string(filter))))
		}
	} else if s.unsubscribeAsked(h, p, &ack) {
		return nil
	}
	ack.Codes = l.codes
	s.answerSubscribe(codec.UNSUBACK, &ack.Props, &ack.Codes, func() []byte { return codec.AppendUnsuback(nil, s.version, &ack) })
	return nil
}

// answerSubscribe sends the SUBACK or UNSUBACK that build makes when what it says is stored. Retained messages follow it.
func (s *Session) answerSubscribe(t codec.PacketType, props *codec.Properties, codes *[]byte, build func() []byte) {
	if s.stored() {
		*codes = slices.Clone(*codes) // the scratch belongs to the next packet by then
	}
	s.answerLater(func() {
		if !s.writeFitting(t, props, build) {
			s.fail(errAnswerTooLarge)
			return
		}
		s.countSent(t)
		s.pump()
	})
}

// unsubscribeAsked ends the subscriptions that the client names, or the ones that plugins put in their place. The UNSUBACK has a code
// for each filter of the packet all the same. It returns true if the client waits for their answer.
func (s *Session) unsubscribeAsked(h *hook.Set, p *codec.Unsubscribe, ack *codec.Unsuback) (waiting bool) {
	l := s.local
	filters, props, waiting := s.rewriteUnsubscribe(h, p)
	if waiting {
		return true
	}
	if props != nil && s.version == codec.V5 {
		ack.Props = *props.Clone()
		ack.Props.KeepOnly(codec.UNSUBACK)
	}
	for range p.Filters {
		l.codes = append(l.codes, byte(codec.Success))
	}
	for i, filter := range filters {
		if code := s.unsubscribeOne(filter); i < len(l.codes) {
			l.codes[i] = byte(code)
		}
	}
	if len(filters) > 0 {
		s.client.tellUnsubscribed(l, filters)
	}
	return false
}

// unsubscribeOne ends one subscription and returns its code for UNSUBACK.
func (s *Session) unsubscribeOne(filter string) codec.ReasonCode {
	if !s.client.subs.remove(filter) {
		return codec.NoSubscriptionExisted
	}
	s.client.Mountpoint.Subscriptions.Unsubscribe(filter, s.client) // [MQTT-3.10.4-2]
	s.client.stopFeed(filter)
	s.client.forgetSubscription(s.local, filter)
	return codec.Success
}
