package model

import (
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/queue"
)

// broker is the model of a broker: what it knows, and, in out and closed, what it has said since the last comparison.
type broker struct {
	set      session.Settings
	now      time.Duration // since the beginning
	clients  map[string]*client
	retained map[string]message
	serials  int
	dropped  [queue.Causes]uint64

	out    map[int][]string // lines by connection
	closed map[int]bool     // connections that the broker has closed

	// What the specification leaves open comes from the broker that is tested:
	order      func(topic string) []match  // in which order overlapping subscriptions are served
	groupOrder func(topic string) []string // likewise for shared ones: group/filter
	seen       map[int][]string            // what it has sent
	script     []int                       // which way to go where several are possible, as far as that is decided
	ways       []int                       // how many there were each time
}

type message struct {
	topic, payload string
	qos            byte
	retain         bool
	publisher      int           // serial of the client
	deadline       time.Duration // 0: none
}

type subscription struct {
	group, filter     string // group: name of $share, or empty
	qos               byte
	noLocal           bool
	retainAsPublished bool
	id                uint32
}

// match is a client with one of its subscriptions.
type match struct {
	client string
	sub    subscription
}

func newBroker(set session.Settings) *broker {
	return &broker{
		set: set, clients: map[string]*client{}, retained: map[string]message{},
		out: map[int][]string{}, closed: map[int]bool{},
	}
}

// clone returns a copy that can go another way.
func (b *broker) clone() *broker {
	x := *b
	x.clients = make(map[string]*client, len(b.clients))
	for id, c := range b.clients {
		x.clients[id] = c.clone()
	}
	x.retained = maps.Clone(b.retained)
	x.out = make(map[int][]string, len(b.out))
	for n, lines := range b.out {
		x.out[n] = slices.Clone(lines)
	}
	x.closed = maps.Clone(b.closed)
	return &x
}

// choose picks one of n possibilities; which, is decided by who explores them all.
func (b *broker) choose(n int) int {
	at := len(b.ways)
	b.ways = append(b.ways, n)
	if at < len(b.script) {
		return b.script[at]
	}
	return 0
}

// say puts a packet into the output of a connection.
func (b *broker) say(conn int, line string) { b.out[conn] = append(b.out[conn], line) }

// next is what the broker really said where the model says its next line; empty if it said nothing more.
func (b *broker) next(conn int) string {
	if at := len(b.out[conn]); at < len(b.seen[conn]) {
		return b.seen[conn][at]
	}
	return ""
}

// publish is what happens to a message whose publisher may publish it.
func (b *broker) publish(m message) {
	if m.retain {
		b.retain(m)
	}
	for _, x := range b.matches(m.topic) {
		b.clients[x.client].deliver(b, m, x.sub)
	}
	for _, members := range b.groups(m.topic) {
		b.publishToGroup(m, members)
	}
}

// matches are the subscriptions of single clients that want the topic, one for each copy.
func (b *broker) matches(topic string) []match {
	var all []match
	for _, id := range slices.Sorted(maps.Keys(b.clients)) {
		for _, s := range b.clients[id].subs {
			if s.group == "" && matches(s.filter, topic) {
				all = append(all, match{id, s})
			}
		}
	}
	// The index does not say which filter it was; copies with the same options look alike.
	var ordered []match
	for _, next := range b.order(topic) {
		at := slices.IndexFunc(all, func(m match) bool {
			m.sub.filter = ""
			return m == next
		})
		if at >= 0 {
			ordered = append(ordered, all[at])
			all = slices.Delete(all, at, at+1)
		}
	}
	return append(ordered, all...)
}

// groups are the members of each shared subscription that wants the topic.
func (b *broker) groups(topic string) [][]match {
	byGroup := map[string][]match{}
	for _, id := range slices.Sorted(maps.Keys(b.clients)) {
		for _, s := range b.clients[id].subs {
			if s.group != "" && matches(s.filter, topic) {
				name := s.group + "/" + s.filter
				byGroup[name] = append(byGroup[name], match{id, s})
			}
		}
	}
	names := slices.Sorted(maps.Keys(byGroup))
	slices.SortStableFunc(names, func(x, y string) int {
		return slices.Index(b.groupOrder(topic), x) - slices.Index(b.groupOrder(topic), y)
	})
	var all [][]match
	for _, name := range names {
		all = append(all, byGroup[name])
	}
	return all
}

// publishToGroup gives m to one member: any that is online, otherwise any that can store it. One that does not want its own messages does not
// get them here either.
func (b *broker) publishToGroup(m message, members []match) {
	members = slices.DeleteFunc(members, func(x match) bool { return x.sub.noLocal && b.clients[x.client].serial == m.publisher })
	if len(members) == 0 {
		return // it was for nobody
	}
	can := slices.DeleteFunc(slices.Clone(members), func(x match) bool { return b.clients[x.client].conn == 0 })
	if len(can) == 0 {
		can = slices.DeleteFunc(slices.Clone(members), func(x match) bool { return b.storedQoS(m, x.sub) == 0 || !b.clients[x.client].persistent() })
	}
	if len(can) == 0 {
		b.dropped[queue.NoMember]++
		return
	}
	x := can[0]
	if len(can) > 1 {
		x = can[b.choose(len(can))]
	}
	b.clients[x.client].deliver(b, m, x.sub)
}

// storedQoS is the QoS of a delivery.
func (b *broker) storedQoS(m message, s subscription) byte {
	if b.set.UpgradeOutgoingQoS {
		return s.qos
	}
	return min(m.qos, s.qos)
}

// retain keeps m for later subscribers, or forgets what was kept.
func (b *broker) retain(m message) {
	if m.payload == "" {
		delete(b.retained, m.topic)
	} else {
		b.retained[m.topic] = m
	}
	for _, c := range b.clients {
		for _, f := range c.feeds {
			f.changed(m)
		}
	}
}

// matches says whether a filter matches a topic.
func matches(filter, topic string) bool {
	f, t := strings.Split(filter, "/"), strings.Split(topic, "/")
	if strings.HasPrefix(topic, "$") && f[0] != t[0] {
		return false
	}
	for i, level := range f {
		switch {
		case level == "#":
			return true
		case i >= len(t) || level != "+" && level != t[i]:
			return false
		}
	}
	return len(f) == len(t)
}

// publishFrom is a PUBLISH of a client.
func (b *broker) publishFrom(c *client, p *codec.Publish, expiry uint32) {
	b.alive(c)
	m := message{topic: string(p.Topic), payload: string(p.Payload), qos: p.QoS, retain: p.Retain, publisher: c.serial}
	if expiry > 0 && c.version == codec.V5 {
		m.deadline = b.now + time.Duration(expiry)*time.Second
	}
	code := codec.Success
	switch {
	case p.QoS == 2 && c.unreleased[p.PacketID] != "":
		// a repetition
	case m.topic[0] == '$':
		if c.version == codec.V5 {
			code = codec.TopicNameInvalid
		}
	case p.QoS == 2 && c.version == codec.V5 && len(c.unreleased) >= int(b.set.ReceiveMaxBroker):
		b.fail(c, codec.ReceiveMaximumExceeded)
		return
	default:
		if p.QoS == 2 {
			c.unreleased[p.PacketID] = m.topic
		}
		b.publish(m)
	}
	switch p.QoS {
	case 1:
		b.say(c.conn, ackLine(codec.PUBACK, p.PacketID, code))
	case 2:
		b.say(c.conn, ackLine(codec.PUBREC, p.PacketID, code))
	}
}

// release is a PUBREL of a client.
func (b *broker) release(c *client, id uint16) {
	b.alive(c)
	code := codec.Success
	if c.unreleased[id] == "" && c.version == codec.V5 {
		code = codec.PacketIdentifierNotFound
	}
	delete(c.unreleased, id)
	b.say(c.conn, ackLine(codec.PUBCOMP, id, code))
}

// subscribe is a SUBSCRIBE of a client with one or more filters.
func (b *broker) subscribe(c *client, p *codec.Subscribe, id uint32) {
	b.alive(c)
	var codes []byte
	for _, x := range p.Subscriptions {
		s := subscription{filter: string(x.Filter), qos: x.QoS, id: id}
		s.noLocal, s.retainAsPublished = x.NoLocal || c.bridge, x.RetainAsPublished || c.bridge
		if rest, ok := strings.CutPrefix(s.filter, "$share/"); ok {
			s.group, s.filter, _ = strings.Cut(rest, "/")
		}
		at := c.find(string(x.Filter))
		known := at >= 0
		switch {
		case known:
			c.subs[at] = s
		case b.set.MaxSubscriptionsPerClient > 0 && len(c.subs) >= b.set.MaxSubscriptionsPerClient:
			code := codec.V3SubscribeFailure
			if c.version == codec.V5 {
				code = codec.QuotaExceeded
			}
			codes = append(codes, byte(code))
			continue
		default:
			c.subs = append(c.subs, s)
		}
		codes = append(codes, s.qos)
		if s.group == "" && (x.RetainHandling == 0 || x.RetainHandling == 1 && !known) {
			c.stopFeeds(s.filter)
			c.feeds = append(c.feeds, b.newFeed(s))
			continue
		}
		for _, f := range c.feeds {
			if s.group == "" && f.sub.filter == s.filter {
				f.sub = s // what is still to come of it comes under the new options
			}
		}
	}
	b.say(c.conn, subackLine(p.PacketID, codes))
	c.pump(b)
}

// unsubscribe is an UNSUBSCRIBE of a client.
func (b *broker) unsubscribe(c *client, p *codec.Unsubscribe) {
	b.alive(c)
	var codes []byte
	for _, filter := range p.Filters {
		at := c.find(string(filter))
		if at < 0 {
			codes = append(codes, byte(codec.NoSubscriptionExisted))
			continue
		}
		if c.subs[at].group == "" {
			c.stopFeeds(c.subs[at].filter)
		}
		c.subs = slices.Delete(c.subs, at, at+1)
		codes = append(codes, 0)
	}
	b.say(c.conn, unsubackLine(c.version, p.PacketID, codes))
	c.pump(b) // the retained messages of another filter may have waited behind those of this one
}

// subscriptions counts those of all clients.
func (b *broker) subscriptions() int {
	n := 0
	for _, c := range b.clients {
		n += len(c.subs)
	}
	return n
}

// alive notes that a packet came.
func (b *broker) alive(c *client) { c.lastPacket = b.now }

const never = time.Duration(math.MaxInt64)
