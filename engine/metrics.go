package engine

import (
	"sync"

	"github.com/vernemq/vmq/engine/hook"
	"github.com/vernemq/vmq/engine/metric"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/netpoll"
	"github.com/vernemq/vmq/queue"
)

// dropCauses are the names under which metrics show the causes of drops.
var dropCauses = func() (names []string) {
	for c := range queue.Causes {
		names = append(names, c.String())
	}
	return names
}()

// hookNames are the names of the hooks by their points.
var hookNames = func() (names []string) {
	for p := range hook.Points {
		names = append(names, string(p.Name()))
	}
	return names
}()

// Metrics returns every metric as it is now. It asks each loop, so it returns when the slowest has finished its turn, and none of
// them waits. Any goroutine but a loop's; the broker must be started.
func (b *Broker) Metrics() metric.Snapshot {
	r := b.ask()
	b.complete(r, true)
	return r.Snapshot(b.providers.Series()...)
}

// CollectMetrics is Metrics for those who cannot wait: done is called later, on one of the loops, and must not block. Not at all, if
// the broker is stopped before. Any goroutine.
func (b *Broker) CollectMetrics(done func(metric.Snapshot)) {
	b.collect(func(r *metric.Reading) {
		b.complete(r, false)
		done(r.Snapshot(b.providers.Series()...))
	})
}

// AddMetrics shows what a plugin or another part counts, until remove is called. Any goroutine.
func (b *Broker) AddMetrics(p metric.Provider) (remove func()) { return b.providers.Add(p) }

// ResetMetrics sets all counters of the loops to 0, each in its own time. What is read elsewhere, such as gauges and figures of the
// process, stays. Any goroutine.
func (b *Broker) ResetMetrics() {
	for i, loop := range b.loops {
		local := b.locals[i]
		loop.Post(taskFunc(func(*netpoll.Loop) { local.Counters.Reset() }))
	}
}

// ask returns what the loops have, when all have answered.
func (b *Broker) ask() *metric.Reading {
	answer := make(chan *metric.Reading, 1)
	b.collect(func(r *metric.Reading) { answer <- r })
	select {
	case r := <-answer:
		return r
	case <-b.stopped:
		// The loops have ended: nobody writes what they counted any more.
		a := &assembly{}
		for i, loop := range b.loops {
			a.add(b.routers[i], loop)
		}
		return a.reading()
	}
}

// collect lets each loop add its part to a reading, and calls done on the loop that does so last.
func (b *Broker) collect(done func(*metric.Reading)) {
	a := &assembly{left: len(b.loops), done: done}
	for i, loop := range b.loops {
		loop.Post(&contribution{assembly: a, router: b.routers[i]})
	}
}

// assembly is a reading that the loops add to.
type assembly struct {
	done func(*metric.Reading)

	mu              sync.Mutex // guards the following fields
	left            int        // loops that have not answered
	sum             metric.Reading
	connections     session.Connections
	sockets, queues int // bytes; parts may be negative, the sum is not
}

// contribution is the part of one loop.
type contribution struct {
	assembly *assembly
	router   *router
}

func (c *contribution) Run(loop *netpoll.Loop) {
	a := c.assembly
	a.mu.Lock()
	a.add(c.router, loop)
	a.left--
	last := a.left == 0
	a.mu.Unlock()
	if last {
		a.done(a.reading())
	}
}

func (a *assembly) add(r *router, loop *netpoll.Loop) {
	local := r.local
	a.sum.Add(&local.Counters)
	a.connections.Add(local.Connections)
	a.sockets += loop.Memory()
	a.queues += local.QueueBytes()
	a.sum.Latency[metric.PublishDeliver].Add(&r.delivery.took)
	local.AddHookTimes(&a.sum.Hooks)
	io := loop.Stats()
	a.sum.IOReceived += io.BytesReceived
	a.sum.IOSent += io.BytesSent
}

// reading is the sum, once all have answered.
func (a *assembly) reading() *metric.Reading {
	r := &a.sum
	r.Connections, r.WebSockets = count(a.connections.Plain), count(a.connections.WebSocket)
	r.Memory.Sockets, r.Memory.Queues = count(a.sockets), count(a.queues)
	return r
}

// complete adds what is not the loops'. wait says that it may, because it is called on none of them.
func (b *Broker) complete(r *metric.Reading, wait bool) {
	r.Causes, r.HookNames = dropCauses, hookNames
	for point := range b.hookTimes {
		b.hookTimes[point].AddTo(&r.Hooks[point])
	}
	r.Process = b.process.Read()
	r.Clients, r.Subscriptions, r.Retained = count(b.Clients()), count(b.index.Subscriptions()), count(b.retained.Len())
	b.weigh(r)
	b.storeWatch.fill(b.store, r, wait)
}

// count makes a metric of a number that is not negative but for a reading in between.
func count[N int | int64](n N) uint64 { return uint64(max(n, 0)) }
