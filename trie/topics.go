package trie

import (
	"hash/maphash"
	"sync"
	"sync/atomic"
	"unsafe"
)

// Topics maps topics to values and finds the topics that match a filter: the index of retained messages. All its methods
// may be called on any goroutine.
type Topics[V any] struct {
	seed  maphash.Seed
	locks [stripeCount]stripe // of writers, by the hash of a topic; shared by the mountpoints

	mu struct {
		sync.RWMutex
		mounts map[string]*TopicMount[V]
	}
}

// TopicMount is the part of a Topics that belongs to one mountpoint. All its methods may be called on any goroutine.
//
// A topic lies in two places: in a table, where its value is found and changed with one probe, and in an order, where Scan
// finds those that a filter matches. A new value for a known topic, which is what most retained messages are, leaves
// both alone.
type TopicMount[V any] struct {
	t     *Topics[V]
	table table[retained[V]]
	order order[V]
	count atomic.Int64
}

// retained is the value of a topic; nil once the topic was deleted, for readers who still come across its node.
type retained[V any] struct{ value atomic.Pointer[V] }

// NewTopics returns an empty Topics.
func NewTopics[V any]() *Topics[V] {
	t := &Topics[V]{seed: maphash.MakeSeed()}
	t.mu.mounts = make(map[string]*TopicMount[V])
	return t
}

// Mount returns the handle for a mountpoint, which is created on first use, may be kept, and stays for good.
func (t *Topics[V]) Mount(mountpoint string) *TopicMount[V] {
	t.mu.RLock()
	m := t.mu.mounts[mountpoint]
	t.mu.RUnlock()
	if m != nil {
		return m
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if m = t.mu.mounts[mountpoint]; m == nil {
		m = &TopicMount[V]{t: t}
		t.mu.mounts[mountpoint] = m
	}
	return m
}

// Len returns the number of topics over all mountpoints.
func (t *Topics[V]) Len() int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	n := 0
	for _, m := range t.mu.mounts {
		n += m.Len()
	}
	return n
}

// Memory estimates the bytes that the Topics holds, topics included; of the values only what fits into a V.
func (t *Topics[V]) Memory() int64 {
	t.mu.RLock()
	n := int64(unsafe.Sizeof(*t)) + int64(len(t.mu.mounts))*int64(unsafe.Sizeof(TopicMount[V]{}))
	t.mu.RUnlock()
	for i := range t.locks {
		t.locks[i].mu.Lock()
		n += int64(t.locks[i].bytes)
		t.locks[i].mu.Unlock()
	}
	return n
}

// Len returns the number of topics of the mountpoint.
func (m *TopicMount[V]) Len() int { return int(m.count.Load()) }

// Set gives topic the value v, and returns the value that it replaced. The string topic is kept while the topic is there.
func (m *TopicMount[V]) Set(topic string, v V) (old V, replaced bool) {
	hash := maphash.String(m.t.seed, topic)
	st := &m.t.locks[stripeOf(hash)]
	st.mu.Lock()
	defer st.mu.Unlock()
	if n := m.table.find(hash, topic); n != nil {
		return *n.val.value.Swap(&v), true
	}
	n := &node[retained[V]]{hash: hash, text: topic}
	n.val.value.Store(&v)
	m.order.insert(n)
	st.bytes += m.table.put(n) + topicBytes(n)
	m.count.Add(1)
	return old, false
}

// Get returns the value of topic, and whether it has one. It takes no lock.
func (m *TopicMount[V]) Get(topic []byte) (v V, ok bool) {
	if n := m.table.findBytes(maphash.Bytes(m.t.seed, topic), topic); n != nil {
		return n.val.get()
	}
	return v, false
}

// Delete removes topic, and returns the value it had.
func (m *TopicMount[V]) Delete(topic string) (old V, existed bool) { return m.delete(topic, nil) }

// DeleteIf removes topic if condition holds for its value, and returns the value that it removed. No Set or Delete of the topic comes
// between the two, so a value that was found earlier is removed only as long as no other one took its place. condition
// must not use the Topics.
func (m *TopicMount[V]) DeleteIf(topic string, condition func(V) bool) (old V, deleted bool) {
	return m.delete(topic, condition)
}

func (m *TopicMount[V]) delete(topic string, condition func(V) bool) (old V, deleted bool) {
	hash := maphash.String(m.t.seed, topic)
	st := &m.t.locks[stripeOf(hash)]
	st.mu.Lock()
	defer st.mu.Unlock()
	n := m.table.find(hash, topic)
	if n == nil || condition != nil && !condition(*n.val.value.Load()) {
		return old, false
	}
	st.bytes += m.table.remove(n) - topicBytes(n)
	m.order.remove(n)
	m.count.Add(-1)
	return *n.val.value.Swap(nil), true
}

func (r *retained[V]) get() (v V, ok bool) {
	if p := r.value.Load(); p != nil {
		return *p, true
	}
	return v, false
}

// topicBytes estimates the memory of a topic: node, text, value, and a place in a run that is two thirds full.
func topicBytes[V any](n *node[retained[V]]) int {
	var v V
	return int(unsafe.Sizeof(*n)+unsafe.Sizeof(v)) + (len(n.text)+7)&^7 + int(unsafe.Sizeof(n))*3/2
}

func (m *TopicMount[V]) find(topic string) *node[retained[V]] {
	return m.table.find(maphash.String(m.t.seed, topic), topic)
}
