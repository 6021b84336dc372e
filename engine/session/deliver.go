package session

import (
	"github.com/vernemq/vmq/queue"
	"github.com/vernemq/vmq/trie"
)

// Deliver hands p to the client for one matching subscription: it is sent at once if the client can take it, queued if it
// cannot [MQTT-4.5.0-1], behind what waits already [MQTT-4.6.0-5], dropped if there is no room. Each subscription has a delivery of
// its own, with its QoS and its identifier [MQTT-3.3.4-2], [MQTT-3.3.4-3], [MQTT-3.3.4-5]. On the client's home loop, whose Local l is.
func (c *Client) Deliver(l *Local, p *Publication, o trie.Options) {
	if o.NoLocal && p.Publisher == c.Serial {
		return // [MQTT-3.8.3-3]
	}
	l.Counters.QueueIn++
	s := c.session
	if s == nil {
		c.keepOffline(l, p, o)
		return
	}
	qos := s.deliveryQoS(p.QoS, o.QoS)
	retain := p.Retain && o.RetainAsPublished // [MQTT-3.3.1-12], [MQTT-3.3.1-13], [MQTT-3.3.1-9 v3.1.1]
	if c.waiting.Len() == 0 && s.canSend(qos) && !c.onDisk() {
		s.sendPublication(p, qos, retain, o.SubscriptionID)
		s.checkPace()
		return
	}
	it := queue.Item{Msg: p.Keep(), SubscriptionID: o.SubscriptionID, QoS: qos, Retain: retain}
	c.enqueue(l, it, s.onlineLimit())
	c.checkFull(s.onlineLimit())
	s.checkPace()
}

// Takes says whether Deliver would send p to the client or keep it for it: it is there, or its session is. On the client's home loop.
func (c *Client) Takes(l *Local, p *Publication, o trie.Options) bool {
	return c.session != nil || !c.gone && c.persistent && offlineQoS(l, p, o) > 0
}

// offlineQoS is the QoS with which p is kept for a client that is away.
func offlineQoS(l *Local, p *Publication, o trie.Options) byte {
	if l.Node.Settings().UpgradeOutgoingQoS {
		return o.QoS
	}
	return min(p.QoS, o.QoS)
}

// keepOffline stores p for a client that is away, if it is to be stored at all [MQTT-3.1.2-5 v3.1.1].
func (c *Client) keepOffline(l *Local, p *Publication, o trie.Options) {
	qos := offlineQoS(l, p, o)
	switch {
	case c.gone || !c.persistent:
		c.lose(l, p, qos, queue.SessionEnded)
		return
	case qos == 0:
		c.lose(l, p, qos, queue.Offline)
		return
	}
	c.tellOfflineMessage(l, p, qos, p.Retain && o.RetainAsPublished)
	it := queue.Item{Msg: p.Keep(), SubscriptionID: o.SubscriptionID, QoS: qos, Retain: p.Retain && o.RetainAsPublished}
	c.enqueue(l, it, c.offlineLimit(l))
}

func (s *Session) deliveryQoS(published, granted byte) byte {
	if s.settings.UpgradeOutgoingQoS {
		return granted
	}
	return min(published, granted) // [MQTT-3.8.4-8], [MQTT-4.8.2-3]
}

// canSend says whether a message with that QoS may go out now: the socket takes data and the window has room.
func (s *Session) canSend(qos byte) bool {
	if s.blocked || s.unsent > 0 || s.extras.delivering != nil || s.conn.Full() {
		return false
	}
	if s.held > 0 && qos < 2 {
		return false // order is kept
	}
	return qos == 0 || s.client.inFlight() < int(s.sendMax) // [MQTT-3.3.4-9], [MQTT-4.9.0-2]
}

// pump sends what waits, in order, as far as socket and window allow. It is called whenever one of them has got room.
func (s *Session) pump() {
	if s.state != connected {
		return
	}
	c, l := s.client, s.local
	s.repeatUnsent()
	limit := s.onlineLimit()
	p := Publication{}
	for c.waiting.Len() > 0 && s.canSend(c.waiting.PeekNext(limit).QoS) {
		it := c.waiting.Next(&l.buffers, limit)
		if it.Msg.Deadline != 0 && it.Msg.Expired(l.now()) { // [MQTT-3.3.2-5]
			c.drop(l, it, queue.Expired)
			continue
		}
		p.From(it.Msg)
		p.entry = it.Entry
		s.sendPublication(&p, it.QoS, it.Retain, it.SubscriptionID)
		p.Done()
	}
	if c.Full() {
		c.checkFull(limit)
	}
	if c.onDisk() && c.ringLow() && !s.blocked {
		c.fill(l)
	}
	s.checkCaughtUp() // before a feed fills the output again
	s.pumpRetained()
}

// onlineLimit bounds the queue of a connected client.
func (s *Session) onlineLimit() queue.Limit {
	return queue.Limit{Max: s.settings.MaxOnlineMessages, LIFO: s.settings.QueueLIFO}
}

// offlineLimit bounds the queue of a client that is away, by what auth_on_register said when it last connected.
func (c *Client) offlineLimit(l *Local) queue.Limit {
	set := c.settings
	if set == nil {
		set = l.Node.Settings()
	}
	return queue.Limit{Max: set.MaxOfflineMessages, LIFO: set.QueueLIFO}
}
