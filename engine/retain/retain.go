// Package retain keeps the retained message of each topic, for the clients that subscribe later.
//
// A message in the store holds a reference that is never released: readers look at the store without a lock, and one that has just
// read a message must be able to hold it although it is replaced at that moment. The collector takes what nobody knows any
// more, so a retained message's memory is not reused, which at the rate at which retained messages change costs nothing.
// It also means that a message which was read from the store is never another one that took its place in memory, so that
// comparing pointers tells whether it is still the one that is stored.
//
//	retain.go   Store: all mountpoints, their sums
//	mount.go    Mount: the messages of one mountpoint
//	sweep.go    what has expired goes, when somebody meets it or in a sweep
package retain

import (
	"sync"

	"github.com/vernemq/vmq/queue"
	"github.com/vernemq/vmq/trie"
)

// Store holds the retained messages of all mountpoints. Its methods are for any goroutine, but for OnChange.
type Store struct {
	topics  *trie.Topics[*queue.Message]
	changed func(m *Mount, topic string) // nil: nobody wants to know

	// mu guards the table of mountpoints, not what is in them.
	mu struct {
		sync.RWMutex
		mounts map[string]*Mount
	}
}

// New returns an empty store.
func New() *Store {
	s := &Store{topics: trie.NewTopics[*queue.Message]()}
	s.mu.mounts = make(map[string]*Mount)
	return s
}

// OnChange has f told of each topic that was set, deleted, or found expired and deleted, after readers can see it. f runs on the
// goroutine that made the change, without a lock, and must not block; of two changes of one topic at the same moment the
// calls may come in either order, so what f wants to keep or to pass on it reads with m.Get. It must be called before
// anybody else uses the store, or right after it was filled.
func (s *Store) OnChange(f func(m *Mount, topic string)) { s.changed = f }

// Mount returns the part of the store that belongs to a mountpoint, which is made on first use, may be kept, and stays for good.
func (s *Store) Mount(mountpoint string) *Mount {
	if m := s.Find(mountpoint); m != nil {
		return m
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.mu.mounts[mountpoint]
	if m == nil {
		m = &Mount{Name: mountpoint, store: s, topics: s.topics.Mount(mountpoint)}
		s.mu.mounts[mountpoint] = m
	}
	return m
}

// Find returns what Mount does, or nil if nobody has asked Mount for it yet.
func (s *Store) Find(mountpoint string) *Mount {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.mu.mounts[mountpoint]
}

// Mounts returns all mountpoints that there are; the slice is the caller's.
func (s *Store) Mounts() []*Mount {
	s.mu.RLock()
	defer s.mu.RUnlock()
	all := make([]*Mount, 0, len(s.mu.mounts))
	for _, m := range s.mu.mounts {
		all = append(all, m)
	}
	return all
}

// Len is the number of retained messages, expired ones that nobody has met included.
func (s *Store) Len() int { return s.topics.Len() }

// Memory estimates the bytes that the store holds: the messages, whole slabs as they are allocated, and the index.
// BenchmarkMemory compares it with the heap.
func (s *Store) Memory() int64 {
	n := s.topics.Memory()
	for _, m := range s.Mounts() {
		n += m.bytes.Load()
	}
	return n
}
