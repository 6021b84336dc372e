package engine

import (
	"sync"
	"time"

	"github.com/vernemq/vmq/engine/metric"
	"github.com/vernemq/vmq/queue/store"
)

// storeWatch has the metrics of the store. Asking the database takes a lock of its own, which a loop must not wait for, so readers on a loop
// get what was found last.
type storeWatch struct {
	// times is how long operations took, for those who ask without waiting too.
	times [store.Operations]metric.Shared

	mu      sync.Mutex // guards the following fields
	last    metric.Store
	at      time.Time // of last
	looking bool
}

// storeWatchAge is how old last may be before a loop's question makes somebody look.
const storeWatchAge = time.Second

// latencyOf are the histograms of the operations.
var latencyOf = [store.Operations]metric.Latency{
	store.OpWrite: metric.StorageWrite, store.OpRead: metric.StorageRead, store.OpScan: metric.StorageScan,
}

func (w *storeWatch) took(what store.Operation, d time.Duration) { w.times[what].Observe(d) }

// fill completes r. wait says that this is no loop.
func (w *storeWatch) fill(s *store.Store, r *metric.Reading, wait bool) {
	if s == nil {
		return
	}
	for what := range w.times {
		w.times[what].AddTo(&r.Latency[latencyOf[what]])
	}
	if wait {
		w.look(s)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if !wait && !w.looking && time.Since(w.at) > storeWatchAge {
		w.looking = true
		go w.look(s)
	}
	last := w.last
	r.Store = &last
	r.Memory.Store = last.MemTableBytes + last.CacheBytes
}

// look asks the store.
func (w *storeWatch) look(s *store.Store) {
	m, c := s.Metrics(), s.Counters()
	found := metric.Store{
		Commits: c.Batches.Load(), CommittedBytes: c.BatchBytes.Load(), Entries: c.Entries.Load(), Bodies: c.Bodies.Load(),
		Removed: c.Removed.Load(), Expired: c.Expired.Load(), SweptBodies: c.Swept.Load(),
		Faults: c.Faults.Load(), Unreadable: c.Unreadable.Load(), Corruptions: count(m.Corruptions),
		PendingBytes: count(m.Pending), DiskBytes: m.DiskBytes, LogBytes: m.LogBytes,
		MemTableBytes: m.MemTableBytes, CacheBytes: count(m.CacheBytes), CacheHits: count(m.CacheHits), CacheMisses: count(m.CacheMisses),
		Flushes: count(m.Flushes), Compactions: count(m.Compactions), CompactionDebt: m.CompactionDebt, Level0Tables: count(m.Level0Tables),
		LoggedBytes: m.LoggedBytes, FlushedBytes: m.FlushedBytes, CompactedBytes: m.CompactedBytes, Stalls: count(m.Stalls),
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last, w.at, w.looking = found, time.Now(), false
}
