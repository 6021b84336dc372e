package engine

import (
	"github.com/vernemq/vmq/engine/metric"
	"github.com/vernemq/vmq/netpoll"
)

// Stats are what the broker counted since it started.
type Stats struct {
	metric.Counters
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

// Stats sums the counters of all loops, like Metrics and at the same cost, for programs that want numbers rather than names. Any
// goroutine but a loop's; the broker must be started.
func (b *Broker) Stats() Stats {
	return Stats{
		Counters:    b.ask().Counters,
		Connections: b.Connections(), Clients: b.Clients(), Subscriptions: b.index.Subscriptions(), Retained: b.retained.Len(),
		RetainedMemory: b.retained.Memory(),
	}
}

// taskFunc lets a function be posted to a loop.
type taskFunc func(*netpoll.Loop)

func (f taskFunc) Run(l *netpoll.Loop) { f(l) }
