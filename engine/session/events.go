package session

import (
	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/hook"
	"github.com/vernemq/vmq/queue"
)

// What plugins are told about a client. Each costs one look at a pointer if there are no plugins.

func (c *Client) tellWakeup(l *Local) {
	if h := l.hooks; h != nil && len(h.OnClientWakeup) > 0 {
		tell(l, c.Serial, hook.OnClientWakeupPoint, h.OnClientWakeup, &hook.Client{SubscriberID: c.subscriberID()}, hook.OnClientWakeup.OnClientWakeup)
	}
}

func (c *Client) tellOffline(l *Local) {
	if h := l.hooks; h != nil && len(h.OnClientOffline) > 0 {
		tell(l, c.Serial, hook.OnClientOfflinePoint, h.OnClientOffline, &hook.Client{SubscriberID: c.subscriberID()}, hook.OnClientOffline.OnClientOffline)
	}
}

func (c *Client) tellGone(l *Local) {
	if h := l.hooks; h != nil && len(h.OnClientGone) > 0 {
		tell(l, c.Serial, hook.OnClientGonePoint, h.OnClientGone, &hook.Client{SubscriberID: c.subscriberID()}, hook.OnClientGone.OnClientGone)
	}
}

func (c *Client) tellExpired(l *Local) {
	if h := l.hooks; h != nil && len(h.OnSessionExpired) > 0 {
		tell(l, c.Serial, hook.OnSessionExpiredPoint, h.OnSessionExpired, &hook.Client{SubscriberID: c.subscriberID()}, hook.OnSessionExpired.OnSessionExpired)
	}
}

// tellUnsubscribed tells which filters are gone; nil: all of them, with the session.
func (c *Client) tellUnsubscribed(l *Local, filters []string) {
	if h := l.hooks; h != nil && len(h.OnTopicUnsubscribed) > 0 {
		in := &hook.TopicsUnsubscribed{SubscriberID: c.subscriberID(), All: filters == nil, Filters: filters}
		tell(l, c.Serial, hook.OnTopicUnsubscribedPoint, h.OnTopicUnsubscribed, in, hook.OnTopicUnsubscribed.OnTopicUnsubscribed)
	}
}

// tellRegister tells that the session is registered; ack is what its client is about to get.
func (s *Session) tellRegister(ack *codec.Connack) {
	h := s.local.hooks
	if h == nil {
		return
	}
	in := hook.Registered{Client: s.whoOnce()}
	if s.version == codec.V5 {
		in.Props = &ack.Props
		tell(s.local, s.lane(), hook.OnRegisterM5Point, h.OnRegisterM5, &in, hook.OnRegisterM5.OnRegisterM5)
	} else {
		tell(s.local, s.lane(), hook.OnRegisterPoint, h.OnRegister, &in, hook.OnRegister.OnRegister)
	}
}

// tellOfflineMessage tells of a message that is stored for a client that is away.
func (c *Client) tellOfflineMessage(l *Local, p *Publication, qos byte, retain bool) {
	if h := l.hooks; h != nil && len(h.OnOfflineMessage) > 0 {
		tell(l, c.Serial, hook.OnOfflineMessagePoint, h.OnOfflineMessage, l.message(c.Mountpoint, c, p, qos, retain), hook.OnOfflineMessage.OnOfflineMessage)
	}
}

// Lose counts that a receiver does not get p, and why, and tells plugins. c is nil where no client was chosen. On the loop.
func (l *Local) Lose(m *Mountpoint, c *Client, p *Publication, qos byte, why queue.Cause) {
	l.Counters.Dropped[why]++
	if h := l.hooks; h != nil && len(h.OnMessageDrop) > 0 {
		in := l.message(m, c, p, qos, p.Retain)
		in.Cause = why.String()
		lane := uint64(0)
		if c != nil {
			lane = c.Serial
		}
		tell(l, lane, hook.OnMessageDropPoint, h.OnMessageDrop, in, hook.OnMessageDrop.OnMessageDrop)
	}
}

// lose is Lose for one client.
func (c *Client) lose(l *Local, p *Publication, qos byte, why queue.Cause) {
	l.Lose(c.Mountpoint, c, p, qos, why)
}

// drop gives up a queued message that does not reach its receiver. An exchange whose message the receiver has already got is none.
func (c *Client) drop(l *Local, it queue.Item, why queue.Cause) {
	if it.Msg == nil {
		return
	}
	var p Publication
	p.From(it.Msg)
	c.lose(l, &p, it.QoS, why)
	p.Done()
	c.forgetEntry(l, it.Entry)
}

// message describes p to plugins, in scratch that is valid until the next one.
func (l *Local) message(m *Mountpoint, c *Client, p *Publication, qos byte, retain bool) *hook.Message {
	in := &l.lost
	*in = hook.Message{SubscriberID: hook.SubscriberID{Mountpoint: m.Name}, Topic: p.Topic, Payload: p.Payload, QoS: qos, Retain: retain}
	if c != nil {
		in.ClientID = c.ID
	}
	in.Props = l.propsOf(p)
	return in
}

// propsOf is the properties of p as plugins see them, in scratch that is valid until the next call; nil if there are none.
func (l *Local) propsOf(p *Publication) *codec.Properties {
	if len(p.Forward) == 0 && p.Deadline == 0 {
		return nil
	}
	l.props.ParseForward(p.Forward)
	if p.Deadline != 0 {
		l.props.SetMessageExpiry(uint32(max(1, (p.Deadline-l.now())/1000)))
	}
	return &l.props
}
