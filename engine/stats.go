package engine

import (
	"sync"

	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/netpoll"
)

// Stats are what the broker counted since it started.
type Stats struct {
	session.Counters
	// Connections open now.
	Connections int
	// Clients known now, online or not.
	Clients int
	// Subscriptions in the index now.
	Subscriptions int
	// Retained messages now, and the bytes they take with their index.
	Retained       int
	RetainedMemory int64
}

// Stats sums the counters of all loops. It asks each loop, so it returns when the slowest has finished its turn. Any goroutine
// but a loop's; the broker must be running.
func (b *Broker) Stats() Stats {
	var st Stats
	var mu sync.Mutex
	var answered sync.WaitGroup
	for i, loop := range b.loops {
		answered.Add(1)
		local := b.locals[i]
		loop.Post(taskFunc(func(*netpoll.Loop) {
			mu.Lock()
			st.Add(&local.Counters)
			mu.Unlock()
			answered.Done()
		}))
	}
	answered.Wait()
	st.Connections = b.Connections()
	st.Clients, st.Subscriptions, st.Retained = b.Clients(), b.index.Subscriptions(), b.retained.Len()
	st.RetainedMemory = b.retained.Memory()
	return st
}

// taskFunc lets a function be posted to a loop.
type taskFunc func(*netpoll.Loop)

func (f taskFunc) Run(l *netpoll.Loop) { f(l) }
