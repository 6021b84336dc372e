package session_test

import (
	"fmt"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/internal/bench"
)

// BenchmarkLongQueue fills the queue of a client that is away, and drains it; in-memory is the largest number of its messages that was seen in
// memory meanwhile, which does not grow with the queue. For the million alone:
//
//	go test ./engine/session -run - -bench LongQueue/messages=1000000 -benchtime 1x
func BenchmarkLongQueue(b *testing.B) {
	for _, n := range []int{10_000, 100_000, 1_000_000} {
		for _, lifo := range []bool{false, true} {
			b.Run(fmt.Sprintf("messages=%d/lifo=%v", n, lifo), func(b *testing.B) {
				most := 0
				for b.Loop() {
					x := bench.NewStored(b, 2, vfs.NewMem(), unlimited(lifo))
					fillQueue(x, n)
					s := x.Open(codec.V311)
					s.Hello("s", bench.Persistent)
					steps := 0
					got := drain(s, n+1, func() {
						if steps++; steps%20 == 0 {
							most = max(most, len(info(b, x, "s", session.Detail{Messages: n}).Messages))
						}
					})
					if len(got) != n {
						b.Fatalf("%d messages came", len(got))
					}
				}
				b.ReportMetric(float64(most), "in-memory")
				b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "messages/s")
			})
		}
	}
}
