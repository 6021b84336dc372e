package engine_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/vernemq/vmq/internal/bench"
	"github.com/vernemq/vmq/queue/store"
)

// BenchmarkOfflineSessions measures the start of a broker with that many offline sessions, each with one subscription, and the memory
// that one takes. The budget is 500 bytes and, for a million, 20 s.
func BenchmarkOfflineSessions(b *testing.B) {
	const sessions = 100_000
	fs := vfs.NewMem()
	fill(b, fs, sessions)
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		x := bench.NewStored(b, 2, fs, nil)
		runtime.GC()
		runtime.ReadMemStats(&after)
		if n := x.Broker.Clients(); n != sessions {
			b.Fatalf("%d sessions", n)
		}
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/sessions, "bytes/session")
		if err := x.Broker.Store().Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/sessions, "µs/session")
}

// fill writes that many sessions.
func fill(b *testing.B, fs vfs.FS, sessions int) {
	b.Helper()
	s, err := store.Open(store.Options{Dir: "data", Node: "VerneMQ@127.0.0.1", FS: fs})
	if err != nil {
		b.Fatal(err)
	}
	w := s.NewWriter(nil)
	for i := range sessions {
		c := store.Client{Serial: s.FirstSerial() + uint64(i)}
		w.PutClient(&c, &store.ClientRecord{ID: fmt.Sprintf("client-%08d", i), Serial: c.Serial, Version: 4, OfflineSince: 1, Lifetime: -1})
		w.Subscribe(c.Serial, &store.Subscription{Filter: fmt.Sprintf("fleet/%d/state", i), QoS: 1})
	}
	w.Flush()
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
}
