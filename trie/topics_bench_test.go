package trie

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"strconv"
	"testing"
)

func growTopics(n int) (*TopicMount[*client], []string) {
	m := NewTopics[*client]().Mount("")
	topics := make([]string, n)
	for i, j := range rand.New(rand.NewPCG(1, 2)).Perm(n) {
		topics[i] = fmt.Sprintf("site/%d/dev/%d/state", j%1000, j)
		m.Set(topics[i], &client{})
	}
	return m, topics
}

func BenchmarkTopics(b *testing.B) {
	for _, n := range []int{1e3, 1e6} {
		m, topics := growTopics(n)
		v := &client{}
		b.Run(fmt.Sprintf("op=replace/topics=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				m.Set(topics[i%n], v)
			}
		})
		b.Run(fmt.Sprintf("op=delete+set/topics=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				m.Delete(topics[i%n])
				m.Set(topics[i%n], v)
			}
		})
		b.Run(fmt.Sprintf("op=get/topics=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			var buf []byte
			for i := 0; b.Loop(); i++ {
				buf = append(buf[:0], topics[i%n]...)
				m.Get(buf)
			}
		})
	}
}

// BenchmarkScan goes through all topics that match, 100 to a page.
func BenchmarkScan(b *testing.B) {
	m, _ := growTopics(1e6)
	for _, filter := range []string{"#", "site/+/dev/+/state", "site/7/dev/+/state", "site/7/#", "+/+/dev/7/state", "site/7/dev/1007/state", "nothing/+"} {
		b.Run("filter="+colons(filter)+"/topics=1000000", func(b *testing.B) {
			found := 0
			for b.Loop() {
				found = 0
				var c Cursor
				for done := false; !done; {
					c, done = m.Scan(filter, c, 100, func(string, *client) bool { found++; return true })
				}
			}
			b.ReportMetric(float64(found), "topics/op")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*max(found, 1)), "ns/topic")
		})
	}
}

func BenchmarkTopicsMemory(b *testing.B) {
	const n = 1000000
	b.Run("topics=1000000", func(b *testing.B) {
		v := &client{}
		for b.Loop() {
			before := heap()
			t := NewTopics[*client]()
			m := t.Mount("")
			for i := range n {
				m.Set("bench/idle/"+strconv.Itoa(i), v)
			}
			b.ReportMetric(float64(heap()-before)/n, "B/topic")
			b.ReportMetric(float64(t.Memory())/n, "estimated-B/topic")
			runtime.KeepAlive(t)
		}
	})
}
