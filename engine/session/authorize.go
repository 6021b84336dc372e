package session

import (
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/hook"
	"github.com/vernemq/vmq/trie"
)

// outgoing is where a PUBLISH goes beyond what its packet says.
type outgoing struct {
	mount    *Mountpoint
	throttle time.Duration
	alias    uint16 // that the packet defines; 0: none
}

// authorizePublish asks auth_on_publish and puts its changes into p and out.
func (s *Session) authorizePublish(h *hook.Set, p *codec.Publish, out *outgoing) (waiting bool, err error) {
	in := s.publishArgs(p)
	var mods *hook.PublishMods
	if s.version == codec.V5 {
		mods, waiting, err = ask(s, hook.AuthOnPublishM5Point, h.AuthOnPublishM5, in, hook.AuthOnPublishM5.AuthOnPublishM5)
	} else {
		mods, waiting, err = ask(s, hook.AuthOnPublishPoint, h.AuthOnPublish, in, hook.AuthOnPublish.AuthOnPublish)
	}
	if waiting || err != nil || mods == nil {
		return waiting, err
	}
	if err := s.checkMods(mods); err != nil {
		s.local.complain("the answer of auth_on_publish is not valid, so the message is refused", "client", s.client.ID, "reason", err)
		return false, err
	}
	if mods.Topic != nil {
		p.Topic = mods.Topic
		if out.alias > 0 {
			s.extras.aliases.in[out.alias-1] = string(p.Topic) // it stands for the topic as plugins see fit
		}
	}
	if mods.Payload != nil {
		p.Payload = mods.Payload
	}
	p.QoS, p.Retain = mods.QoS.Or(p.QoS), mods.Retain.Or(p.Retain)
	if mods.Props != nil && s.version == codec.V5 {
		p.Props = *mods.Props
	}
	if mods.Mountpoint.Set {
		out.mount = s.local.Node.Mountpoint(mods.Mountpoint.Value)
	}
	out.throttle = mods.Throttle
	return false, nil
}

// checkMods says what is wrong with the changes of auth_on_publish, if anything is.
func (s *Session) checkMods(m *hook.PublishMods) error {
	if m.Topic != nil {
		if err := trie.CheckTopic(m.Topic, s.settings.TopicMaxDepth); err != nil {
			return err
		}
	}
	if m.QoS.Or(0) > 2 {
		return errModQoS
	}
	return nil
}

var errModQoS = &codec.Error{Code: codec.ImplementationSpecificError, Why: "a plugin wants a QoS above 2"}

// publishArgs is p as plugins see it, in scratch that is valid until the next one.
func (s *Session) publishArgs(p *codec.Publish) *hook.Publish {
	in := &s.local.asked
	*in = hook.Publish{Client: s.who(), Topic: p.Topic, Payload: p.Payload, QoS: p.QoS, Retain: p.Retain}
	if s.version == codec.V5 {
		p.Props.Del(codec.PropTopicAlias) // it is resolved, and of no use to anybody else
		in.Props = &p.Props
	}
	return in
}

// denyPublish answers a PUBLISH that plugins do not allow. MQTT 3 has no way to say so: 3.1.1 closes the connection, and 3.1 makes the
// client believe that all is well, as long as the configuration does not say otherwise [MQTT-3.3.5-2 v3.1.1].
func (s *Session) denyPublish(p *codec.Publish, err error) error {
	l := s.local
	l.Counters.PublishAuthError[s.family()]++
	if n, ok := l.refusals.allow(l.Loop.NowUnix()); ok {
		l.Logger.Warn("publish refused", "client", s.client.ID, "mountpoint", s.client.Mountpoint.Name, "peer", s.conn.RemoteAddr(),
			"topic", string(p.Topic), "reason", err, "unlogged", n)
	}
	l.hintNoPlugin(err)
	var ack codec.Ack
	switch {
	case s.version == codec.V5:
		ack.Code = codec.NotAuthorized
		if d := denialOf(err); d != nil {
			if d.Code.Failed() && d.Code.In(codec.PUBACK) {
				ack.Code = d.Code
			}
			if d.Reason != "" {
				ack.Props.SetReasonString([]byte(d.Reason))
			}
		}
	case s.version == codec.V311, s.settings.DisconnectOnUnauthorizedPublishV3:
		return errPublishDenied
	}
	ack.PacketID = p.PacketID
	switch p.QoS {
	case 1:
		s.inTurn(func() { s.sendAckWith(codec.PUBACK, &ack) })
	case 2:
		s.inTurn(func() { s.sendAckWith(codec.PUBREC, &ack) })
	}
	s.countRate()
	return nil
}

// logSubscribeRefused writes the line for a SUBSCRIBE of which nothing is allowed.
func (s *Session) logSubscribeRefused(in *hook.Subscribe, why error) {
	l := s.local
	if n, ok := l.refusals.allow(l.Loop.NowUnix()); ok {
		l.Logger.Error("subscribe refused", "client", s.client.ID, "mountpoint", s.client.Mountpoint.Name, "peer", s.conn.RemoteAddr(),
			"filter", in.Subscriptions[0].Filter, "filters", len(in.Subscriptions), "reason", why, "unlogged", n)
	}
	l.hintNoPlugin(why)
}

var errPublishDenied = &codec.Error{Code: codec.NotAuthorized, Why: "PUBLISH that is not allowed"}

// tellPublish tells plugins of a message that was routed.
func (s *Session) tellPublish(p *codec.Publish) {
	h := s.local.hooks
	switch {
	case s.version == codec.V5 && len(h.OnPublishM5) > 0:
		tell(s.local, s.lane(), hook.OnPublishM5Point, h.OnPublishM5, s.publishArgs(p), hook.OnPublishM5.OnPublishM5)
	case s.version != codec.V5 && len(h.OnPublish) > 0:
		tell(s.local, s.lane(), hook.OnPublishPoint, h.OnPublish, s.publishArgs(p), hook.OnPublish.OnPublish)
	}
}

// subscribeArgs is the SUBSCRIBE at hand as plugins see it.
func (s *Session) subscribeArgs(p *codec.Subscribe, id uint32) *hook.Subscribe {
	in := &hook.Subscribe{Client: s.whoOnce(), Subscriptions: make([]hook.Subscription, len(p.Subscriptions))}
	for i := range p.Subscriptions {
		sub := &p.Subscriptions[i]
		in.Subscriptions[i] = hook.Subscription{
			Filter: string(sub.Filter), QoS: sub.QoS, NoLocal: sub.NoLocal, RetainAsPublished: sub.RetainAsPublished,
			RetainHandling: sub.RetainHandling, ID: id,
		}
	}
	if s.version == codec.V5 {
		in.Props = &p.Props
	}
	return in
}

// authorizeSubscribe asks auth_on_subscribe. It returns what to subscribe to, with what is refused marked so, and the properties for the
// SUBACK.
func (s *Session) authorizeSubscribe(h *hook.Set, in *hook.Subscribe) (subs []hook.Subscription, props *codec.Properties, waiting bool) {
	var mods *hook.SubscribeMods
	var err error
	if s.version == codec.V5 {
		mods, waiting, err = ask(s, hook.AuthOnSubscribeM5Point, h.AuthOnSubscribeM5, in, hook.AuthOnSubscribeM5.AuthOnSubscribeM5)
	} else {
		mods, waiting, err = ask(s, hook.AuthOnSubscribePoint, h.AuthOnSubscribe, in, hook.AuthOnSubscribe.AuthOnSubscribe)
	}
	switch {
	case waiting:
		return nil, nil, true
	case err != nil:
		s.logSubscribeRefused(in, err)
		code := codec.NotAuthorized
		if d := denialOf(err); d != nil && d.Code.Failed() && d.Code.In(codec.SUBACK) {
			code = d.Code
		}
		for i := range in.Subscriptions {
			in.Subscriptions[i].Refused = code
		}
		return in.Subscriptions, nil, false
	case mods == nil:
		return in.Subscriptions, nil, false
	case mods.Subscriptions == nil:
		return in.Subscriptions, mods.Props, false
	}
	for i := range mods.Subscriptions {
		sub := &mods.Subscriptions[i]
		if sub.Refused == 0 && (sub.QoS > 2 || sub.RetainHandling > 2 || trie.CheckFilter([]byte(sub.Filter), s.settings.TopicMaxDepth) != nil) {
			sub.Refused = codec.UnspecifiedError
			s.local.complain("auth_on_subscribe has put something in a subscription's place that cannot be subscribed", "client", s.client.ID, "filter", sub.Filter)
		}
	}
	return mods.Subscriptions, mods.Props, false
}

// rewriteUnsubscribe asks on_unsubscribe which filters to unsubscribe.
func (s *Session) rewriteUnsubscribe(h *hook.Set, p *codec.Unsubscribe) (filters []string, props *codec.Properties, waiting bool) {
	in := &hook.Unsubscribe{Client: s.whoOnce(), Filters: make([]string, len(p.Filters))}
	for i, f := range p.Filters {
		in.Filters[i] = string(f)
	}
	var mods *hook.UnsubscribeMods
	var err error
	if s.version == codec.V5 {
		in.Props = &p.Props
		mods, waiting, err = ask(s, hook.OnUnsubscribeM5Point, h.OnUnsubscribeM5, in, hook.OnUnsubscribeM5.OnUnsubscribeM5)
	} else {
		mods, waiting, err = ask(s, hook.OnUnsubscribePoint, h.OnUnsubscribe, in, hook.OnUnsubscribe.OnUnsubscribe)
	}
	switch {
	case waiting:
		return nil, nil, true
	case err != nil || mods == nil:
		return in.Filters, nil, false
	case mods.Filters == nil:
		return in.Filters, mods.Props, false
	}
	return mods.Filters, mods.Props, false
}
