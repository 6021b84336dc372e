package session

import (
	"hash/maphash"
	"sync"
	"sync/atomic"

	"github.com/vernemq/vmq/netpoll"
)

// Registry finds the record of a client id [MQTT-3.1.3-2]. It is the one table that all loops write to, once for each CONNECT and for each
// session that ends, so it is split into shards with a lock each; nothing else is locked while one is held.
type Registry struct {
	seed   maphash.Seed
	shards [registryShards]registryShard
}

// registryShards is far above the number of loops, so that two loops rarely want the same one in a storm of connects.
const registryShards = 64

type registryShard struct {
	mu struct {
		sync.Mutex
		clients map[string]*Client
	}
	_ [48]byte // a shard fills its cache line
}

// serials numbers all records of the process; 0 is the broker's own.
var serials atomic.Uint64

func newRegistry() *Registry { return &Registry{seed: maphash.MakeSeed()} }

func (r *Registry) shard(id string) *registryShard {
	return &r.shards[maphash.String(r.seed, id)%registryShards]
}

// Claim returns the record of id, and makes one that is at home on loop if there is none; made says which. Any goroutine. The record may end
// before the caller reaches its home loop; Client.gone then says so, and the caller claims again.
func (r *Registry) Claim(m *Mountpoint, id string, loop *netpoll.Loop) (c *Client, made bool) {
	s := r.shard(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	if c = s.mu.clients[id]; c != nil {
		return c, false
	}
	if s.mu.clients == nil {
		s.mu.clients = make(map[string]*Client)
	}
	c = &Client{ID: id, Mountpoint: m, Serial: serials.Add(1), home: loop}
	s.mu.clients[id] = c
	return c, true
}

// Find returns the record of id, or nil. Any goroutine.
func (r *Registry) Find(id string) *Client {
	s := r.shard(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mu.clients[id]
}

// remove takes out the record, which ends. On its home loop.
func (r *Registry) remove(c *Client) {
	s := r.shard(c.ID)
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.mu.clients, c.ID)
}

// Len is the number of records. Any goroutine.
func (r *Registry) Len() int {
	n := 0
	for i := range r.shards {
		s := &r.shards[i]
		s.mu.Lock()
		n += len(s.mu.clients)
		s.mu.Unlock()
	}
	return n
}

// Each calls f for each record, a shard at a time and outside the locks. Records that come or go meanwhile may be missed.
// Any goroutine; f may only use what a Client allows on it.
func (r *Registry) Each(f func(*Client)) {
	var page []*Client
	for i := range r.shards {
		s := &r.shards[i]
		s.mu.Lock()
		page = page[:0]
		for _, c := range s.mu.clients {
			page = append(page, c)
		}
		s.mu.Unlock()
		for _, c := range page {
			f(c)
		}
	}
}
