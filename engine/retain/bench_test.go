package retain

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/vernemq/vmq/queue"
	"github.com/vernemq/vmq/trie"
)

// filled is a store with n retained messages of 32 bytes; one in each mortal expires at 1. 0: none.
func filled(n, mortal int) (*Store, *Mount) {
	s := New()
	m := s.Mount("")
	for i := range n {
		deadline := int64(0)
		if mortal > 0 && i%mortal == 0 {
			deadline = 1
		}
		m.Set(message(fmt.Sprintf("site/%d/dev/%d/state", i%1000, i), deadline, 32))
	}
	return s, m
}

const million = 1000000

// BenchmarkPage goes through a million messages as a subscription to # does, and through a thousand of them.
func BenchmarkPage(b *testing.B) {
	_, m := filled(million, 0)
	for name, filter := range map[string]string{"all": "#", "site": "site/7/#"} {
		for _, limit := range []int{1, 64} {
			b.Run(fmt.Sprintf("filter=%s/limit=%d", name, limit), func(b *testing.B) {
				b.ReportAllocs()
				found := 0
				var cursor trie.Cursor
				for b.Loop() {
					cursor, _ = m.Page(filter, cursor, limit, 1, func(*queue.Message) bool { found++; return true }, nil)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(max(found, 1)), "ns/message")
			})
		}
	}
}

// BenchmarkSweep has the time of one page of a sweep: how long a loop is held up.
func BenchmarkSweep(b *testing.B) {
	for _, mortal := range []int{1, 100, million} {
		b.Run(fmt.Sprintf("messages=%d/expired=1in%d", million, mortal), func(b *testing.B) {
			_, m := filled(million, mortal)
			m.Set(message("mortal", 1000, 1)) // so that a sweep that has deleted the others looks at the rest again
			deleted := 0
			var cursor trie.Cursor
			for b.Loop() {
				var n int
				if cursor, _, n = m.Sweep(cursor, 2); n == 0 && m.Len() == 1 {
					b.Fatal("all are deleted; run it for a shorter time")
				}
				deleted += n
			}
			b.ReportMetric(float64(deleted)/float64(b.N), "deleted/op")
		})
	}
}

func BenchmarkSet(b *testing.B) {
	_, m := filled(million, 0)
	for name, n := range map[string]int{"one": 1, "many": million} {
		all := make([]*queue.Message, 0, n)
		m.Page("", trie.Cursor{}, n, 0, func(msg *queue.Message) bool { all = append(all, msg); return true }, nil)
		b.Run("topics="+name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				m.Set(all[i*7919%n])
			}
		})
	}
}

// BenchmarkMemory compares what Memory estimates with the heap.
func BenchmarkMemory(b *testing.B) {
	for _, payload := range []int{32, 300, 3000} {
		b.Run(fmt.Sprintf("payload=%d", payload), func(b *testing.B) {
			const n = 100000
			for b.Loop() {
				before := heap()
				s := New()
				m := s.Mount("")
				for i := range n {
					m.Set(message(fmt.Sprintf("site/%d/dev/%d/state", i%1000, i), 0, payload))
				}
				b.ReportMetric(float64(heap()-before)/n, "B/message")
				b.ReportMetric(float64(s.Memory())/n, "estimated-B/message")
				runtime.KeepAlive(s)
			}
		})
	}
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.HeapAlloc
}
