package engine

import (
	"time"

	"github.com/vernemq/vmq/queue"
	"github.com/vernemq/vmq/trie"
)

// RetainedMessage is what an operator sees of a retained message. Its slices are the store's: they never change, may be kept, and must
// not be written to.
type RetainedMessage struct {
	Topic, Payload []byte
	// Properties as codec's AppendForward writes them; empty for one that an MQTT 3 client published.
	Properties []byte
	QoS        byte
	// Expires is when the message expires; zero: never.
	Expires time.Time
}

// Retained returns a page of the retained messages of a mountpoint whose topics match filter, at most limit (at least 1), from cursor
// on. A page may be shorter, even empty, and not be the last: next goes on behind it until last is true. An empty filter
// stands for every topic, also for those that begin with '$'; another one must have passed trie.CheckFilter. A mountpoint that
// nobody uses has none. Any goroutine.
func (b *Broker) Retained(mountpoint, filter string, cursor trie.Cursor, limit int) (page []RetainedMessage, next trie.Cursor, last bool) {
	m := b.retained.Find(mountpoint)
	if m == nil {
		return nil, trie.Cursor{}, true
	}
	next, last = m.Page(filter, cursor, max(limit, 1), time.Now().UnixMilli(), func(m *queue.Message) bool {
		r := RetainedMessage{Topic: m.Topic(), Payload: m.Payload(), Properties: m.Forward(), QoS: m.QoS}
		if m.Deadline != 0 {
			r.Expires = time.UnixMilli(m.Deadline)
		}
		page = append(page, r)
		return true
	}, nil)
	return page, next, last
}

// DeleteRetained deletes the retained message of a topic, which is taken as it is, without wildcards, and reports whether there was
// one. Subscribers are not told. Any goroutine.
func (b *Broker) DeleteRetained(mountpoint, topic string) bool {
	m := b.retained.Find(mountpoint)
	return m != nil && m.Delete([]byte(topic))
}

// DeleteExpiredRetained deletes the retained messages of all mountpoints that have expired, and returns their number. It looks at
// every message that there is, so it is for any goroutine but a loop's.
func (b *Broker) DeleteExpiredRetained() int {
	now, total := time.Now().UnixMilli(), 0
	for _, m := range b.retained.Mounts() {
		var cursor trie.Cursor
		for last := m.Mortal() == 0; !last; {
			var n int
			cursor, last, n = m.Sweep(cursor, now)
			total += n
		}
	}
	return total
}

// RetainedMessages is the number of retained messages of all mountpoints. Any goroutine.
func (b *Broker) RetainedMessages() int { return b.retained.Len() }
