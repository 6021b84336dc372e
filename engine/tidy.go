package engine

import (
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// A burst of connects leaves about as much garbage as it leaves connections, and the collector is content with a heap twice
// the size of what lives in it. On a node with a million idle connections that is memory for another million, so once the
// burst is over, one collection gives it back to the system.
const (
	tidyEvery = time.Second
	// quietBytes is what a node that has nothing to do allocates in that time, with room for logs and metrics.
	quietBytes = 256 << 10
	// burstBytes of allocations since the last collection are worth another one.
	burstBytes = 4 << 20
)

// tidy returns memory to the system when a burst of allocations has ended, until stop is closed.
func tidy(stop <-chan struct{}) {
	tick := time.NewTicker(tidyEvery)
	defer tick.Stop()
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	var last, tidied uint64
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		metrics.Read(sample)
		allocated := sample[0].Value.Uint64()
		if allocated-last < quietBytes && allocated-tidied > burstBytes {
			debug.FreeOSMemory()
			tidied = allocated
		}
		last = allocated
	}
}
