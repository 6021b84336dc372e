package trie

import (
	"hash/maphash"
	"sync"
	"sync/atomic"
	"unsafe"
)

// Options are the subscription options that come back with each match.
type Options struct {
	SubscriptionID    uint32 // 0: none
	QoS               byte   // 0, 1 or 2
	RetainHandling    byte   // 0, 1 or 2
	NoLocal           bool
	RetainAsPublished bool
}

var _ [8]byte = [unsafe.Sizeof(Options{})]byte{} // one for each subscription of the broker

// Index holds the subscriptions of a broker. All its methods may be called on any goroutine.
type Index[S comparable] struct {
	seed maphash.Seed // of filters without wildcards
	keys keys         // of those with wildcards

	_          [64]byte // what follows changes often, what stands above is read by each Match
	generation atomic.Uint64
	_          [64]byte

	// Locks of writers, by the hash of a filter and of an anchor. The mountpoints share them, so that one more
	// mountpoint costs little. A writer may take one of anchorLocks while it holds one of filterLocks.
	filterLocks [stripeCount]stripe
	anchorLocks [stripeCount]stripe

	mu struct {
		sync.RWMutex
		mounts map[string]*Mount[S]
	}
}

// A stripe is a lock for the parts of all tables that have its number.
type stripe struct {
	mu sync.Mutex
	// Guarded by mu:
	filters       int
	subscriptions int
	bytes         int

	_ [32]byte // a cache line for each, as neighbours are taken by different cores
}

// Mount is the part of an Index that belongs to one mountpoint. All its methods may be called on any goroutine.
type Mount[S comparable] struct {
	x       *Index[S]
	exact   table[subscribers[S]] // filters without wildcards
	wild    table[subscribers[S]] // filters with wildcards
	anchors anchors               // the ways to those of wild
}

// New returns an empty Index.
func New[S comparable]() *Index[S] {
	x := &Index[S]{seed: maphash.MakeSeed(), keys: newKeys()}
	x.mu.mounts = make(map[string]*Mount[S])
	return x
}

// Mount returns the handle for a mountpoint, which is created on first use, may be kept, and stays for good.
func (x *Index[S]) Mount(mountpoint string) *Mount[S] {
	x.mu.RLock()
	m := x.mu.mounts[mountpoint]
	x.mu.RUnlock()
	if m != nil {
		return m
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if m = x.mu.mounts[mountpoint]; m == nil {
		m = &Mount[S]{x: x}
		m.anchors.locks = &x.anchorLocks
		x.mu.mounts[mountpoint] = m
	}
	return m
}

// Generation changes whenever a subscription changed. A caller that reads it before a Match may use the result again for
// the next message on the same topic for as long as Generation stays the same.
func (x *Index[S]) Generation() uint64 { return x.generation.Load() }

// Filters returns the number of different filters over all mountpoints. Subscriptions of single clients and of shared
// groups to the same filter count as one.
func (x *Index[S]) Filters() int {
	n := 0
	for i := range x.filterLocks {
		st := &x.filterLocks[i]
		st.mu.Lock()
		n += st.filters
		st.mu.Unlock()
	}
	return n
}

// Subscriptions returns the number of subscriptions over all mountpoints.
func (x *Index[S]) Subscriptions() int {
	n := 0
	for i := range x.filterLocks {
		st := &x.filterLocks[i]
		st.mu.Lock()
		n += st.subscriptions
		st.mu.Unlock()
	}
	return n
}

// Memory estimates the bytes that the Index holds, texts of filters included and subscribers not.
func (x *Index[S]) Memory() int64 {
	x.mu.RLock()
	n := int64(unsafe.Sizeof(*x)) + int64(len(x.mu.mounts))*int64(unsafe.Sizeof(Mount[S]{}))
	x.mu.RUnlock()
	for _, locks := range []*[stripeCount]stripe{&x.filterLocks, &x.anchorLocks} {
		for i := range locks {
			locks[i].mu.Lock()
			n += int64(locks[i].bytes)
			locks[i].mu.Unlock()
		}
	}
	return n
}
