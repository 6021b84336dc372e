package retain

import (
	"sync/atomic"
	"unsafe"

	"github.com/vernemq/vmq/queue"
	"github.com/vernemq/vmq/trie"
)

// Mount holds the retained messages of one mountpoint. Its methods are for any goroutine.
type Mount struct {
	// Name of the mountpoint.
	Name string

	store   *Store
	topics  *trie.TopicMount[*queue.Message]
	bytes   atomic.Int64 // of the messages
	mortal  atomic.Int64 // messages that expire some day
	expired atomic.Int64 // messages deleted because they had expired, ever
}

// Len is the number of retained messages, expired ones that nobody has met included.
func (s *Mount) Len() int { return s.topics.Len() }

// Bytes is the memory of the messages, without that of the index, which the mountpoints share.
func (s *Mount) Bytes() int64 { return s.bytes.Load() }

// Mortal is the number of messages that expire some day, or have already. While it is 0 there is nothing to sweep.
func (s *Mount) Mortal() int { return int(s.mortal.Load()) }

// Expired is how many messages have been deleted because they had expired, since the start.
func (s *Mount) Expired() int64 { return s.expired.Load() }

// Set makes m the retained message of its topic [MQTT-3.3.1-5]. It takes over one reference.
func (s *Mount) Set(m *queue.Message) {
	topic := string(m.Topic())
	old, replaced := s.topics.Set(topic, m)
	s.count(m, 1)
	if replaced {
		s.count(old, -1)
	}
	s.tell(topic)
}

// Get returns the retained message of topic, expired or not, or nil. The message is the store's: it may be read for as long as the
// caller knows it, and must be held before it is handed to anybody who releases it.
func (s *Mount) Get(topic []byte) *queue.Message {
	m, _ := s.topics.Get(topic)
	return m
}

// Delete removes the retained message of topic [MQTT-3.3.1-6] and reports whether there was one.
func (s *Mount) Delete(topic []byte) bool {
	name := string(topic)
	old, existed := s.topics.Delete(name)
	if existed {
		s.count(old, -1)
		s.tell(name)
	}
	return existed
}

// Page calls yield for at most limit messages that match filter, from cursor on, until yield returns false. It returns the cursor of
// the next page, and true after the last one. The message is the store's: yield holds it to keep it.
//
// A message that has expired at now (in milliseconds of Unix time) is deleted, if it is still the one that is stored, and expired is
// called with it instead of yield; nil: nobody wants to know. It counts for the limit, because it was work.
//
// An empty filter stands for every topic, also for those that begin with '$'.
func (s *Mount) Page(filter string, cursor trie.Cursor, limit int, now int64,
	yield func(*queue.Message) bool, expired func(*queue.Message)) (next trie.Cursor, last bool) {
	visit := func(topic string, m *queue.Message) bool {
		if !m.Expired(now) {
			return yield(m)
		}
		s.expire(topic, m)
		if expired != nil {
			expired(m)
		}
		return true
	}
	if filter == "" {
		return s.topics.All(cursor, limit, visit)
	}
	return s.topics.Scan(filter, cursor, limit, visit)
}

// messageHead is the memory of a Message beside its slab: the struct, as Go's allocator rounds it up, and the pointer to it that the
// index keeps on the heap.
const messageHead = (int64(unsafe.Sizeof(queue.Message{}))+15)&^15 + 8

// count adds m to the sums, or takes it out of them. A reader may see them between the two halves of a replacement.
func (s *Mount) count(m *queue.Message, sign int64) {
	s.bytes.Add(sign * (messageHead + int64(m.Size())))
	if m.Deadline != 0 {
		s.mortal.Add(sign)
	}
}

// tell says that the topic has changed.
func (s *Mount) tell(topic string) {
	if f := s.store.changed; f != nil {
		f(s, topic)
	}
}
