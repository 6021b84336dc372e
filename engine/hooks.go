package engine

import (
	"sync"
	"time"

	"github.com/vernemq/vmq/engine/hook"
	"github.com/vernemq/vmq/netpoll"
)

// hookWorkers is how many plugin calls may wait at a time. Most of them wait for a web server or a database, which has fewer connections.
const hookWorkers = 512

// SetHooks puts chains in force, on each loop with its next task, and returns when all loops of a running broker have them: from then
// on a plugin that is not in h is not called any more, but for calls that wait on a worker already. nil: no plugins. Any goroutine but a
// loop's.
func (b *Broker) SetHooks(h *hook.Set) {
	b.hooks.Store(h)
	var taken sync.WaitGroup
	for i, loop := range b.loops {
		taken.Add(1)
		local := b.locals[i]
		loop.Post(taskFunc(func(*netpoll.Loop) {
			local.SetHooks(h)
			taken.Done()
		}))
	}
	if b.server != nil {
		taken.Wait()
	}
}

// HookTook counts a call of a hook that was made on a worker. Any goroutine.
func (b *Broker) HookTook(point hook.Point, d time.Duration) { b.hookTimes[point].Observe(d) }

// Workers run the calls of plugins that have to wait. Any goroutine.
func (b *Broker) Workers() *hook.Pool { return b.workers }
