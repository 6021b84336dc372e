package engine_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/vernemq/vmq/internal/bench"
	"github.com/vernemq/vmq/queue/store"
)

// BenchmarkOfflineSessions measures the start of a broker with that many offline sessions on disk, each with one subscription, and the memory
// that one takes: s/op is the start, and the budget is 20 s for a million and 500 bytes each.
func BenchmarkOfflineSessions(b *testing.B) {
	for _, sessions := range []int{100_000, 1_000_000} {
		b.Run(fmt.Sprintf("sessions=%d", sessions), func(b *testing.B) { startWith(b, sessions) })
	}
}

func startWith(b *testing.B, sessions int) {
	b.Chdir(b.TempDir()) // the store of a bench lies in data
	fs := vfs.Default
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
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(sessions), "bytes/session")
		if err := x.Broker.Store().Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/op")
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
		if i%1000 == 999 {
			w.Flush() // as after a turn of a loop, so that the store need not hold all of it at once
		}
	}
	w.Flush()
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
}
