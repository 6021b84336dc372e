package session

import (
	"time"

	"github.com/vernemq/vmq/queue"
	"github.com/vernemq/vmq/trie"
)

// Retained messages for a new subscription are not put into the client's queue, whose limit a filter such as "#" would exceed.
// They are read from the store page by page, as window and socket have room: a feed for each filter, in the order of the
// subscriptions, after whatever waits already. Messages published meanwhile go their own way; a page holds what is retained when it is
// read, so a feed never brings an older value than the client has got from it or from its queue.

const (
	// feedPage is how many retained messages are read at a time.
	feedPage = 64
	// feedPages bounds what one client gets before others have their turn.
	feedPages = 16
	// feedBytes of pending output are enough for a feed: a quarter of what makes a receiver count as behind, so that live messages
	// find room beside it and their publishers are not made to wait, and what a thousand feeds hold stays at 64 MiB.
	feedBytes = behindBytes / 4
)

// retain keeps p for later subscribers, or forgets what was kept if its payload is empty [MQTT-3.3.1-6], [MQTT-3.3.1-7].
func (m *Mountpoint) retain(p *Publication) {
	if len(p.Payload) == 0 {
		m.Retained.Delete(p.Topic)
		return
	}
	m.Retained.Set(p.Keep())
}

// wantsRetained says whether a subscription gets the retained messages [MQTT-3.3.1-9], [MQTT-3.3.1-10], [MQTT-3.3.1-11].
func wantsRetained(handling byte, shared, replaced bool) bool {
	switch {
	case shared:
		return false
	case handling == 1:
		return !replaced
	}
	return handling == 0
}

// feedRetained notes that the client is to get the retained messages for the subscription it made, if it is to. A subscription that
// asks for none leaves the feed of the one it replaces alone: the rest was promised, and comes under the new options.
func (s *Session) feedRetained(filter string, o trie.Options, shared, replaced bool) {
	c, l := s.client, s.local
	if wantsRetained(o.RetainHandling, shared, replaced) {
		c.addFeed(l, filter, o, l.Loop.Now()+l.retainSync())
	} else if f := c.findFeed(filter); f != nil {
		f.options = o
	}
}

// retainPersistInterval is how long, at most, what is retained on one node takes to reach the others in good order.
const retainPersistInterval = time.Second

// retainSync is how long retained messages wait for values that other nodes published a moment before the SUBSCRIBE. The rest of the
// session does not wait with them. A node that is alone has nothing to wait for.
func (l *Local) retainSync() time.Duration {
	if !l.Node.Settings().RetainSyncWait || l.Node.Peers() == 0 {
		return 0
	}
	return 2 * retainPersistInterval
}

// pumpRetained sends retained messages as far as socket and window allow.
func (s *Session) pumpRetained() {
	c, l := s.client, s.local
	for range feedPages {
		if c.feeds == nil {
			return
		}
		f := c.feeds.first
		if c.waiting.Len() > 0 || c.onDisk() || !s.canFeed(f) {
			return
		}
		if wait := f.from - l.Loop.Now(); wait > 0 {
			l.Loop.Schedule(&c.feeds.timer, wait)
			return
		}
		var last bool
		f.cursor, last = c.Mountpoint.Retained.Page(f.filter, f.cursor, feedPage, l.now(), func(m *queue.Message) bool {
			s.sendRetained(m, f.options)
			return s.canFeed(f)
		}, func(m *queue.Message) {
			m.Hold()
			c.drop(l, queue.Item{Msg: m, SubscriptionID: f.options.SubscriptionID, QoS: min(m.QoS, f.options.QoS), Retain: true}, queue.Expired)
		})
		if last {
			c.endFeed(f)
		}
	}
	if c.feeds != nil {
		c.feeds.later()
	}
}

// canFeed says whether a message of f may go out now. If only the socket is in the way, OnDrain will go on.
func (s *Session) canFeed(f *feed) bool {
	if s.conn.Pending() >= feedBytes {
		s.conn.WantDrain()
		return false
	}
	return s.canSend(f.options.QoS)
}

// sendRetained sends one retained message, which the store owns.
func (s *Session) sendRetained(m *queue.Message, o trie.Options) {
	var p Publication
	m.Hold()
	s.local.Counters.QueueIn++
	p.From(m)
	s.sendPublication(&p, s.deliveryQoS(m.QoS, o.QoS), true, o.SubscriptionID) // [MQTT-3.3.1-8 v3.1.1]
	p.Done()
}
