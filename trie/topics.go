package trie

import "sync"

// Topics maps topics to values and finds the topics that match a filter: the index of retained messages. All its methods
// may be called on any goroutine.
type Topics[V any] struct {
	mu     sync.Mutex
	mounts map[string]*TopicMount[V]
}

// TopicMount is the part of a Topics that belongs to one mountpoint.
type TopicMount[V any] struct {
	t    *Topics[V]
	vals map[string]V
}

// Cursor says where a Scan goes on. Its zero value is the beginning.
type Cursor struct{ bound string }

// NewTopics returns an empty Topics.
func NewTopics[V any]() *Topics[V] { return &Topics[V]{mounts: map[string]*TopicMount[V]{}} }

// Mount returns the handle for a mountpoint, which is created on first use and may be kept.
func (t *Topics[V]) Mount(mountpoint string) *TopicMount[V] {
	t.mu.Lock()
	defer t.mu.Unlock()
	m := t.mounts[mountpoint]
	if m == nil {
		m = &TopicMount[V]{t: t, vals: map[string]V{}}
		t.mounts[mountpoint] = m
	}
	return m
}

// Len returns the number of topics, over all mountpoints.
func (t *Topics[V]) Len() int { return 0 }

// Set gives topic the value v and returns the one it had. The string topic is kept.
func (m *TopicMount[V]) Set(topic string, v V) (old V, replaced bool) {
	m.t.mu.Lock()
	defer m.t.mu.Unlock()
	old, replaced = m.vals[topic]
	m.vals[topic] = v
	return old, replaced
}

// Get returns the value of topic.
func (m *TopicMount[V]) Get(topic []byte) (V, bool) {
	m.t.mu.Lock()
	defer m.t.mu.Unlock()
	v, ok := m.vals[string(topic)]
	return v, ok
}

// Delete removes topic and returns the value it had.
func (m *TopicMount[V]) Delete(topic string) (old V, existed bool) {
	m.t.mu.Lock()
	defer m.t.mu.Unlock()
	old, existed = m.vals[topic]
	delete(m.vals, topic)
	return old, existed
}

// Len returns the number of topics of the mountpoint.
func (m *TopicMount[V]) Len() int { return len(m.vals) }

// Scan calls yield for the topics that match filter, beginning at cursor, until limit of them were delivered (0: no limit),
// yield returned false, or there are no more. It returns the cursor for the next page, and whether this was the last.
//
// A page may hold fewer than limit topics, even none, without being the last, because Scan also limits how many topics it
// looks at. No lock is held while yield runs.
func (m *TopicMount[V]) Scan(filter string, cursor Cursor, limit int, yield func(topic string, v V) bool) (next Cursor, done bool) {
	for t, v := range m.vals {
		if Matches(filter, t) && !yield(t, v) {
			break
		}
	}
	return Cursor{}, true
}
