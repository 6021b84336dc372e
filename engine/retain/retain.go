// Package retain keeps the retained message of each topic, for the clients that subscribe later.
//
// A message in the store holds a reference that is never released: readers look at the store without a lock, and one that has just
// read a message must be able to hold it although it is replaced at that moment. The collector takes what nobody knows any
// more, so a retained message's memory is not reused, which at the rate at which retained messages change costs nothing.
package retain

import (
	"github.com/vernemq/vmq/queue"
	"github.com/vernemq/vmq/trie"
)

// Store holds the retained messages of all mountpoints. Its methods are for any goroutine.
type Store struct{ topics *trie.Topics[*queue.Message] }

// New returns an empty store.
func New() *Store { return &Store{topics: trie.NewTopics[*queue.Message]()} }

// Len is the number of retained messages.
func (s *Store) Len() int { return s.topics.Len() }

// Mount returns the part of the store that belongs to a mountpoint; it may be kept.
func (s *Store) Mount(mountpoint string) *Mount { return &Mount{topics: s.topics.Mount(mountpoint)} }

// Mount holds the retained messages of one mountpoint. Its methods are for any goroutine.
type Mount struct {
	topics *trie.TopicMount[*queue.Message]
}

// Set makes m the retained message of its topic, in place of the one before [MQTT-3.3.1-5]. It takes over one reference.
func (s *Mount) Set(m *queue.Message) { s.topics.Set(string(m.Topic()), m) }

// Delete removes the retained message of topic, if it has one [MQTT-3.3.1-6].
func (s *Mount) Delete(topic []byte) { s.topics.Delete(string(topic)) }

// Page calls yield for at most limit messages that match filter, from cursor on, without those that have expired at now (in
// milliseconds of Unix time). It returns the cursor of the next page, and true after the last one. The message is the
// store's: yield holds it to keep it.
func (s *Mount) Page(filter string, cursor trie.Cursor, limit int, now int64, yield func(*queue.Message)) (next trie.Cursor, last bool) {
	return s.topics.Scan(filter, cursor, limit, func(_ string, m *queue.Message) bool {
		if !m.Expired(now) {
			yield(m)
		}
		return true
	})
}
