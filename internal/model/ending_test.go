package model

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/queue"
)

// will is what a client wants published when it is lost.
type will struct {
	topic, payload string
	qos            byte
	retain         bool
	expiry         uint32 // message expiry interval in seconds; 0: none
	delay          time.Duration
}

// ending is how a session ends, as far as the will depends on it.
type ending int

const (
	lost ending = iota
	disconnected
	takenOver
)

// hello is what a CONNECT says.
type hello struct {
	id         string
	version    codec.Version
	bridge     bool
	clean      bool
	expiry     uint32 // MQTT 5: session expiry interval
	receiveMax uint16 // MQTT 5; 0: not said
	maxPacket  uint32 // MQTT 5; 0: not said
	keepAlive  uint16 // seconds
	will       *will
}

// connect is a CONNECT on connection conn.
func (b *broker) connect(conn int, h *hello) {
	c := b.clients[h.id]
	if c != nil && c.conn != 0 {
		old := c.conn
		if c.version == codec.V5 {
			b.say(old, disconnectLine(codec.SessionTakenOver))
		}
		b.closed[old] = true
		b.end(c, takenOver)
		c = b.clients[h.id] // gone if it was for that connection only
	}
	present := c != nil && !h.clean
	if c == nil {
		b.serials++
		c = &client{id: h.id, serial: b.serials, unreleased: map[uint16]string{}}
		b.clients[h.id] = c
	}
	if h.clean {
		b.empty(c)
	}
	c.delayed = nil // the session goes on
	c.expires = never
	c.conn, c.version, c.bridge, c.lastPacket = conn, h.version, h.bridge, b.now
	c.repeated = false
	c.keepAlive = time.Duration(h.keepAlive) * time.Second
	c.asked = h.expiry
	c.lifetime = b.lifetime(c, h.clean)
	c.will = h.will
	var props []string
	if h.version == codec.V5 {
		c.sendMax = int(b.set.ReceiveMaxClient)
		if h.receiveMax > 0 {
			c.sendMax = min(c.sendMax, int(h.receiveMax))
		}
		if b.set.ReceiveMaxBroker < math.MaxUint16 {
			props = append(props, fmt.Sprintf("Receive Maximum=%d", b.set.ReceiveMaxBroker))
		}
	} else if c.sendMax = b.set.MaxInflightMessages; c.sendMax == 0 {
		c.sendMax = math.MaxInt
	}
	b.say(conn, connackLine(present, props...))
	for i := range c.window {
		c.window[i].sent = false
	}
	c.maxPacket = int(h.maxPacket)
	c.window = slices.DeleteFunc(c.window, func(f flight) bool {
		if f.waits == codec.PUBCOMP || !c.tooLarge(b, f) {
			return false
		}
		b.dropped[queue.TooLarge]++
		return true
	})
	if !b.set.OverrideMaxOnlineMessages {
		c.shrink(b, b.set.MaxOnlineMessages)
	}
	c.pump(b)
}

// lifetime is how long the session of c outlives its connection.
func (b *broker) lifetime(c *client, clean bool) time.Duration {
	switch {
	case c.version == codec.V5 && c.asked == math.MaxUint32:
		return never
	case c.version == codec.V5:
		return time.Duration(c.asked) * time.Second
	case clean:
		return 0
	case b.set.PersistentClientExpiration > 0:
		return b.set.PersistentClientExpiration
	}
	return never
}

// shrink drops what a smaller limit has no room for: the youngest, or the oldest if those go last.
func (c *client) shrink(b *broker, limit int) {
	for limit >= 0 && len(c.waiting) > limit {
		if b.set.QueueLIFO {
			c.waiting = c.waiting[1:]
		} else {
			c.waiting = c.waiting[:len(c.waiting)-1]
		}
		b.dropped[queue.QueueFull]++
	}
}

// fail is a breach of the protocol.
func (b *broker) fail(c *client, code codec.ReasonCode) {
	b.shut(c, code)
	b.end(c, lost)
}

// shut tells the client why and closes its connection.
func (b *broker) shut(c *client, code codec.ReasonCode) {
	if c.version == codec.V5 {
		b.say(c.conn, disconnectLine(code))
	}
	b.closed[c.conn] = true
}

// disconnect is a DISCONNECT of the client; expiry is nil if it does not say a session expiry interval.
func (b *broker) disconnect(c *client, code codec.ReasonCode, expiry *uint32) {
	how := disconnected
	if code != codec.NormalDisconnection {
		how = lost
	}
	if expiry != nil {
		if c.asked == 0 && *expiry > 0 {
			b.shut(c, codec.ProtocolError)
			b.end(c, how)
			return
		}
		c.asked = *expiry
		c.lifetime = b.lifetime(c, false)
	}
	b.closed[c.conn] = true
	b.end(c, how)
}

// end takes the connection away from the client.
func (b *broker) end(c *client, how ending) {
	c.conn = 0
	w := c.will
	c.will = nil
	switch {
	case w == nil || how == disconnected || how == takenOver && b.set.SuppressWillOnTakeover:
	case w.delay > 0 && c.persistent():
		c.delayed, c.dueAt = w, b.now+w.delay
	default:
		b.publishWill(c, w)
	}
	if !c.persistent() {
		b.remove(c)
		return
	}
	if how == takenOver {
		return // it is back already
	}
	// What is kept for a client that is away is QoS 1 and 2 only.
	c.waiting = slices.DeleteFunc(c.waiting, func(it item) bool {
		if it.qos == 0 {
			b.dropped[queue.Offline]++
		}
		return it.qos == 0
	})
	c.shrink(b, b.set.MaxOfflineMessages)
	c.expires = never
	if c.lifetime != never {
		c.expires = b.now + c.lifetime
	}
}

// empty forgets all that a session has. A will that was waiting is due at its end, when its own subscriptions are gone.
func (b *broker) empty(c *client) {
	b.dropped[queue.SessionEnded] += uint64(len(c.waiting))
	for _, f := range c.window {
		if f.waits != codec.PUBCOMP {
			b.dropped[queue.SessionEnded]++
		}
	}
	c.subs, c.waiting, c.window, c.ids, c.feeds = nil, nil, nil, 0, nil
	c.unreleased = map[uint16]string{}
	if w := c.delayed; w != nil {
		c.delayed = nil
		b.publishWill(c, w)
	}
}

func (b *broker) remove(c *client) {
	b.empty(c)
	delete(b.clients, c.id)
}

func (b *broker) publishWill(c *client, w *will) {
	m := message{topic: w.topic, payload: w.payload, qos: w.qos, retain: w.retain, publisher: c.serial}
	if w.expiry > 0 {
		m.deadline = b.now + time.Duration(w.expiry)*time.Second
	}
	b.publish(m)
}

// deadlines are the times at which something happens by itself.
func (b *broker) deadlines() []time.Duration {
	var all []time.Duration
	for _, c := range b.clients {
		all = append(all, c.deadline())
	}
	return slices.DeleteFunc(all, func(d time.Duration) bool { return d == never })
}

func (c *client) deadline() time.Duration {
	at := never
	switch {
	case c.conn != 0 && c.keepAlive > 0:
		at = c.lastPacket + c.keepAlive*3/2
	case c.conn == 0:
		at = c.expires
		if c.delayed != nil {
			at = min(at, c.dueAt)
		}
	}
	return at
}

// advance lets time pass.
func (b *broker) advance(to time.Duration) {
	for {
		var first *client
		for _, c := range b.clients {
			if first == nil || c.deadline() < first.deadline() {
				first = c
			}
		}
		if first == nil || first.deadline() > to {
			break
		}
		b.now = first.deadline()
		switch {
		case first.conn != 0:
			b.fail(first, codec.KeepAliveTimeout)
		case first.delayed != nil && first.dueAt <= first.expires:
			w := first.delayed
			first.delayed = nil
			b.publishWill(first, w)
		default:
			b.remove(first)
		}
	}
	b.now = to
}
