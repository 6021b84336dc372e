package engine

import (
	"github.com/vernemq/vmq/engine/metric"
	"github.com/vernemq/vmq/engine/session"
)

// Memory by owner. Sockets and queues know what they hold to the byte, each loop for itself; trie and retained store keep count; sessions are
// weighed by their number, because to walk a million of them would cost more than the figure is worth. What no owner claims,
// garbage above all, is the difference to vm_memory_total.

// weigh fills in the memory of the parts that are not the loops'.
func (b *Broker) weigh(r *metric.Reading) {
	m := &r.Memory
	m.Sessions = count(session.Weight(int(r.Clients), int(r.Connections+r.WebSockets), int(r.Subscriptions)))
	m.Trie = count(b.index.Memory())
	m.Retained = count(b.retained.Memory())
}
