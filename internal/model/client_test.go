package model

import (
	"maps"
	"slices"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/queue"
)

// client is the model of a session.
type client struct {
	id     string
	serial int

	// Of the present or last connection:
	conn       int // 0: offline
	version    codec.Version
	bridge     bool // wants messages as they were published, and not its own
	sendMax    int
	maxPacket  int // MQTT 5; 0: any
	keepAlive  time.Duration
	repeated   bool // something was sent again, so that answers may come twice
	lastPacket time.Duration
	asked      uint32 // MQTT 5 session expiry interval
	lifetime   time.Duration
	will       *will

	subs       []subscription
	waiting    []item
	window     []flight          // oldest first
	ids        int               // packet ids given out so far
	unreleased map[uint16]string // topics of QoS 2 messages of the client before PUBREL
	feeds      []*feed
	expires    time.Duration // never while online
	delayed    *will         // due at dueAt
	dueAt      time.Duration
}

// item is a message on its way to the client.
type item struct {
	message
	retain bool
	qos    byte
	id     uint32 // subscription identifier
}

// flight is a message that was sent and is not acknowledged.
type flight struct {
	item
	packet uint16
	waits  codec.PacketType // PUBACK, PUBREC or PUBCOMP
	sent   bool             // on this connection
	at     time.Duration    // when it was sent last
}

// feed brings retained messages for one subscription.
type feed struct {
	sub  subscription
	must map[string]bool // topics still to come
	may  map[string]bool // topics that were retained since it began: they may be late
	done map[string]bool // topics delivered
}

func (c *client) clone() *client {
	x := *c
	x.subs, x.waiting, x.window = slices.Clone(c.subs), slices.Clone(c.waiting), slices.Clone(c.window)
	x.unreleased = maps.Clone(c.unreleased)
	x.feeds = nil
	for _, f := range c.feeds {
		x.feeds = append(x.feeds, &feed{f.sub, maps.Clone(f.must), maps.Clone(f.may), maps.Clone(f.done)})
	}
	return &x
}

func (c *client) persistent() bool { return c.lifetime > 0 }

// find returns the place of a filter, as SUBSCRIBE wrote it.
func (c *client) find(filter string) int {
	return slices.IndexFunc(c.subs, func(s subscription) bool {
		return s.group == "" && s.filter == filter || s.group != "" && "$share/"+s.group+"/"+s.filter == filter
	})
}

// deliver gives the client one copy of m.
func (c *client) deliver(b *broker, m message, s subscription) {
	if s.noLocal && m.publisher == c.serial {
		return
	}
	it := item{message: m, retain: m.retain && s.retainAsPublished, qos: b.storedQoS(m, s), id: s.id}
	switch {
	case c.conn == 0 && !c.persistent():
		b.dropped[queue.SessionEnded]++
	case c.conn == 0 && it.qos == 0:
		b.dropped[queue.Offline]++
	case c.conn == 0:
		c.enqueue(b, it, b.set.MaxOfflineMessages)
	case len(c.waiting) == 0 && c.canSend(b, it.qos):
		c.send(b, it)
	default:
		c.enqueue(b, it, b.set.MaxOnlineMessages)
	}
}

func (c *client) enqueue(b *broker, it item, limit int) {
	switch {
	case limit < 0 || len(c.waiting) < limit:
		c.waiting = append(c.waiting, it)
	case limit == 0 || !b.set.QueueLIFO:
		b.dropped[queue.QueueFull]++
	default:
		c.waiting = append(c.waiting[1:], it)
		b.dropped[queue.QueueFull]++
	}
}

// unsent are the messages in flight that this connection has not sent again.
func (c *client) unsent() int {
	n := 0
	for _, f := range c.window {
		if !f.sent {
			n++
		}
	}
	return n
}

func (c *client) canSend(b *broker, qos byte) bool {
	return b.set.MaxOnlineMessages != 0 && c.unsent() == 0 && (qos == 0 || len(c.window) < c.sendMax)
}

// send sends a message for the first time.
func (c *client) send(b *broker, it item) {
	f := flight{item: it, sent: true, at: b.now}
	if c.tooLarge(b, f) {
		b.dropped[queue.TooLarge]++
		return
	}
	if it.qos > 0 {
		c.ids++
		f.packet, f.waits = uint16(c.ids), codec.PUBACK
		if it.qos == 2 {
			f.waits = codec.PUBREC
		}
		c.window = append(c.window, f)
	}
	b.say(c.conn, publishLine(b, c.version, f, false))
}

// tooLarge says whether the client does not take packets of that size.
func (c *client) tooLarge(b *broker, f flight) bool {
	return c.maxPacket > 0 && publishSize(b, f) > c.maxPacket
}

// pump sends what can be sent: first what an earlier connection has sent, then what waits, then retained messages.
func (c *client) pump(b *broker) {
	if c.conn == 0 {
		return
	}
	for i := range c.window {
		f := &c.window[i]
		if f.sent {
			continue
		}
		if b.set.MaxOnlineMessages == 0 || len(c.window)-c.unsent() >= c.sendMax {
			return
		}
		f.sent, f.at = true, b.now
		if f.waits == codec.PUBCOMP {
			b.say(c.conn, ackLine(codec.PUBREL, f.packet, codec.Success))
		} else {
			b.say(c.conn, publishLine(b, c.version, *f, true))
		}
	}
	for len(c.waiting) > 0 {
		next := 0
		if b.set.QueueLIFO {
			next = len(c.waiting) - 1
		}
		it := c.waiting[next]
		if !c.canSend(b, it.qos) {
			return
		}
		c.waiting = slices.Delete(c.waiting, next, next+1)
		if it.deadline > 0 && b.now >= it.deadline {
			b.dropped[queue.Expired]++
			continue
		}
		c.send(b, it)
	}
	for len(c.feeds) > 0 {
		f := c.feeds[0]
		if !c.canSend(b, f.sub.qos) {
			// With nothing left that must come, the broker may know that this feed has ended, or may still have to look.
			if len(f.must) == 0 && (len(c.feeds) > 1 || len(f.may) > 0) && b.choose(2) == 1 {
				c.feeds = c.feeds[1:]
				continue
			}
			return
		}
		topic := f.next(b, c)
		if topic == "" {
			c.feeds = c.feeds[1:]
			continue
		}
		c.send(b, f.take(b, topic))
	}
}

// drain is what may happen when the output of a client has been written: in a lifo queue a QoS 0 message may have become the next one while
// one before it waits for room in the window. It need not be sent at once.
func (b *broker) drain() {
	for _, id := range slices.Sorted(maps.Keys(b.clients)) {
		c := b.clients[id]
		if c.conn != 0 && b.set.QueueLIFO && len(c.waiting) > 0 && c.canSend(b, c.waiting[len(c.waiting)-1].qos) && b.choose(2) == 1 {
			c.pump(b)
		}
	}
}

// newFeed begins with what is retained now.
func (b *broker) newFeed(s subscription) *feed {
	f := &feed{sub: s, must: map[string]bool{}, may: map[string]bool{}, done: map[string]bool{}}
	for topic := range b.retained {
		if matches(s.filter, topic) {
			f.must[topic] = true
		}
	}
	return f
}

// next is the topic that the broker has chosen, any that must come if it made no legal choice, or nothing if the feed may end here.
func (f *feed) next(b *broker, c *client) string {
	for _, topics := range []map[string]bool{f.must, f.may} {
		for _, topic := range slices.Sorted(maps.Keys(topics)) {
			if c.tooLarge(b, flight{item: f.item(b, topic)}) && b.choose(2) == 1 {
				return topic // nothing shows when it is met, but that it is counted
			}
		}
	}
	line := b.next(c.conn)
	for _, topics := range []map[string]bool{f.must, f.may} {
		for _, topic := range slices.Sorted(maps.Keys(topics)) {
			it := f.item(b, topic)
			x := flight{item: it}
			if it.qos > 0 {
				x.packet = uint16(c.ids + 1)
			}
			if publishLine(b, c.version, x, false) == line && (f.must[topic] || b.choose(2) == 1) {
				return topic // what need not come may be the same line as what another feed brings
			}
		}
	}
	if len(f.must) > 0 {
		return slices.Min(slices.Collect(maps.Keys(f.must)))
	}
	return ""
}

func (f *feed) item(b *broker, topic string) item {
	m := b.retained[topic]
	return item{message: m, retain: true, qos: b.storedQoS(m, f.sub), id: f.sub.id}
}

func (f *feed) take(b *broker, topic string) item {
	it := f.item(b, topic)
	f.done[topic] = true
	delete(f.must, topic)
	delete(f.may, topic)
	return it
}

// changed notes a change of a retained message while the feed is under way.
func (f *feed) changed(m message) {
	switch {
	case m.payload == "":
		delete(f.must, m.topic)
		delete(f.may, m.topic)
	case !f.must[m.topic] && !f.done[m.topic] && matches(f.sub.filter, m.topic):
		f.may[m.topic] = true
	}
}

func (c *client) stopFeeds(filter string) {
	c.feeds = slices.DeleteFunc(c.feeds, func(f *feed) bool { return f.sub.filter == filter })
}

// acknowledge is PUBACK, PUBREC or PUBCOMP of the client.
func (b *broker) acknowledge(c *client, t codec.PacketType, id uint16, code codec.ReasonCode) {
	b.alive(c)
	at := slices.IndexFunc(c.window, func(f flight) bool { return f.packet == id })
	waits := codec.PacketType(0)
	if at >= 0 {
		waits = c.window[at].waits
	}
	switch {
	case t == codec.PUBACK && waits != codec.PUBACK, t == codec.PUBREC && code.Failed() && waits != codec.PUBREC:
		return
	case t == codec.PUBCOMP && waits != codec.PUBCOMP && c.repeated:
		return
	case t == codec.PUBCOMP && waits != codec.PUBCOMP:
		b.fail(c, codec.ProtocolError)
		return
	case t == codec.PUBREC && waits != codec.PUBREC && waits != codec.PUBCOMP:
		if c.version != codec.V5 {
			b.fail(c, codec.ProtocolError)
			return
		}
		b.say(c.conn, ackLine(codec.PUBREL, id, codec.PacketIdentifierNotFound))
		return
	case t == codec.PUBREC && !code.Failed():
		f, behind := &c.window[at], c.unsent() > 0
		if waits == codec.PUBREC || !f.sent {
			f.at = b.now
		}
		f.waits, f.sent = codec.PUBCOMP, true
		b.say(c.conn, ackLine(codec.PUBREL, id, codec.Success))
		if behind && c.unsent() == 0 {
			c.pump(b)
		}
		return
	case code.Failed() && t != codec.PUBCOMP:
		b.dropped[queue.Refused]++
	}
	c.window = slices.Delete(c.window, at, at+1)
	c.pump(b)
}
