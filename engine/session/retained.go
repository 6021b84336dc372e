package session

import (
	"github.com/vernemq/vmq/netpoll"
	"github.com/vernemq/vmq/queue"
	"github.com/vernemq/vmq/trie"
)

// Retained messages for a new subscription are not put into the client's queue, whose limit a filter such as "#" would exceed.
// They are read from the store page by page, as window and socket have room: a feed for each filter, in the order of the
// subscriptions, after whatever waits already. Messages published meanwhile go their own way; a page holds what is retained when it is
// read, so a feed never brings an older value after a newer one.
type feed struct {
	filter  string
	options trie.Options
	cursor  trie.Cursor
	next    *feed
}

const (
	// feedPage is how many retained messages are read at a time.
	feedPage = 64
	// feedPages bounds what one client gets before others have their turn.
	feedPages = 16
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

// feedRetained notes that the client is to get the retained messages that match filter.
func (c *Client) feedRetained(filter string, o trie.Options) {
	end := &c.feed
	for *end != nil {
		end = &(*end).next
	}
	*end = &feed{filter: filter, options: o}
}

// stopFeeds forgets the feeds of a filter that was unsubscribed or subscribed anew.
func (c *Client) stopFeeds(filter string) {
	for at := &c.feed; *at != nil; {
		if (*at).filter == filter {
			*at = (*at).next
		} else {
			at = &(*at).next
		}
	}
}

// pumpRetained sends retained messages as far as socket and window allow.
func (s *Session) pumpRetained() {
	c, l := s.client, s.local
	for range feedPages {
		f := c.feed
		if f == nil || c.waiting.Len() > 0 || !s.canSend(f.options.QoS) {
			return
		}
		limit := feedPage
		if f.options.QoS > 0 {
			limit = min(limit, int(s.sendMax)-c.inFlight())
		}
		var last bool
		f.cursor, last = c.Mountpoint.Retained.Page(f.filter, f.cursor, limit, l.now(), func(m *queue.Message) {
			var p Publication
			m.Hold()
			p.From(m)
			s.sendPublication(&p, s.deliveryQoS(m.QoS, f.options.QoS), true, f.options.SubscriptionID) // [MQTT-3.3.1-8 v3.1.1]
			p.Done()
		})
		if last {
			c.feed = f.next
		}
	}
	if c.feed != nil {
		l.Loop.Post(&goOn{s})
	}
}

// goOn continues to feed a client after the others have had their turn.
type goOn struct{ session *Session }

func (g *goOn) Run(*netpoll.Loop) { g.session.pump() }
