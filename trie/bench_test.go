package trie

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
)

// client stands for the subscriber of a broker.
type client struct{ id int }

// A family is a way to name filters; filter i matches topic i and no other topic of the family.
type family struct {
	name          string
	filter, topic func(i int) string
}

// All families have one first level only, which is where a lock or a lookup by first level would fail.
var families = []family{
	{"exact", func(i int) string { return fmt.Sprintf("bench/%d/dev/%d/state", i%1000, i) },
		func(i int) string { return fmt.Sprintf("bench/%d/dev/%d/state", i%1000, i) }},
	{"plus", func(i int) string { return fmt.Sprintf("bench/+/dev/%d/state", i) },
		func(i int) string { return fmt.Sprintf("bench/%d/dev/%d/state", i%1000, i) }},
	{"hash", func(i int) string { return fmt.Sprintf("bench/%d/%d/#", i%1000, i) },
		func(i int) string { return fmt.Sprintf("bench/%d/%d/dev/state", i%1000, i) }},
	{"mixed", func(i int) string {
		return fmt.Sprintf([]string{"bench/%[1]d/dev/%[2]d/state", "bench/+/dev/%[2]d/state", "bench/%[1]d/+/%[2]d/#", "bench/+/+/%[2]d/+"}[i%4], i%1000, i)
	}, func(i int) string { return fmt.Sprintf("bench/%d/dev/%d/state", i%1000, i) }},
}

// grown is what grow made last: a benchmark that is repeated need not make it again.
var grown struct {
	name   string
	n      int
	m      *Mount[*client]
	topics [][]byte
}

// grow subscribes a client to each of n filters of f, and returns as many topics as a benchmark needs to miss the caches.
func grow(f family, n int) (m *Mount[*client], topics [][]byte) {
	if grown.name == f.name && grown.n == n {
		return grown.m, grown.topics
	}
	defer func() { grown.name, grown.n, grown.m, grown.topics = f.name, n, m, topics }()
	m = New[*client]().Mount("")
	c := &client{}
	for i := range n {
		m.Subscribe(f.filter(i), c, Options{QoS: 1})
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	// They lie one behind the other: a broker has the topic in its read buffer, hence in its nearest cache.
	topics = make([][]byte, 1<<16)
	buf := make([]byte, 0, 64*len(topics))
	for i := range topics {
		start := len(buf)
		buf = append(buf, f.topic(rnd.IntN(n))...)
		topics[i] = buf[start:]
	}
	return m, topics
}

func BenchmarkMatch(b *testing.B) {
	for _, f := range families {
		for _, subs := range []int{1e3, 1e5, 1e6} {
			b.Run(fmt.Sprintf("kind=%s/subs=%d/levels=5/fanout=1", f.name, subs), func(b *testing.B) {
				m, topics := grow(f, subs)
				var r Result[*client]
				found := 0
				b.ReportAllocs()
				i := 0
				for b.Loop() {
					m.Match(topics[i&(1<<16-1)], &r)
					found += len(r.Direct)
					i++
				}
				b.ReportMetric(float64(found)/float64(i), "matches/op")
			})
		}
	}
}

func BenchmarkMatchParallel(b *testing.B) {
	for _, f := range families {
		b.Run(fmt.Sprintf("kind=%s/subs=1000000/levels=5/fanout=1", f.name), func(b *testing.B) {
			m, topics := grow(f, 1e6)
			var start atomic.Int64
			b.ReportAllocs()
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				var r Result[*client]
				for i := int(start.Add(7919)); pb.Next(); i++ {
					m.Match(topics[i&(1<<16-1)], &r)
				}
			})
		})
	}
}

// BenchmarkFanout is the path of a message to many: impl=memcpy copies as many matches from one slice.
func BenchmarkFanout(b *testing.B) {
	for _, fanout := range []int{1, 10, 100, 1000, 100000, 1000000} {
		all := make([]Match[*client], fanout)
		for i := range all {
			all[i].Subscriber = &client{i}
		}
		b.Run(fmt.Sprintf("impl=memcpy/subs=%d", fanout), func(b *testing.B) {
			var dst []Match[*client]
			for b.Loop() {
				dst = append(dst[:0], all...)
			}
		})
		b.Run(fmt.Sprintf("impl=match/subs=%d", fanout), func(b *testing.B) {
			m := New[*client]().Mount("")
			for _, a := range all {
				m.Subscribe("news", a.Subscriber, a.Options)
			}
			var r Result[*client]
			topic := []byte("news")
			b.ReportAllocs()
			for b.Loop() {
				m.Match(topic, &r)
			}
			if len(r.Direct) != fanout {
				b.Fatalf("%d matches", len(r.Direct))
			}
		})
	}
}

// BenchmarkMember adds and removes one subscriber of a filter that has many others.
func BenchmarkMember(b *testing.B) {
	for _, filter := range []string{"news", "$share/g/jobs"} {
		for _, others := range []int{1, 100, 10000, 1000000} {
			b.Run(fmt.Sprintf("filter=%s/subs=%d", colons(filter), others), func(b *testing.B) {
				m := New[*client]().Mount("")
				all := make([]*client, others)
				for i := range all {
					all[i] = &client{i}
					m.Subscribe(filter, all[i], Options{})
				}
				rnd := rand.New(rand.NewPCG(1, 2))
				b.ReportAllocs()
				for b.Loop() {
					c := all[rnd.IntN(others)]
					m.Unsubscribe(filter, c)
					m.Subscribe(filter, c, Options{})
				}
			})
		}
	}
}

// BenchmarkSubscribe is one Subscribe and one Unsubscribe among 100,000 other filters, on all cores: with one first level
// for all, and with a first level for each filter.
func BenchmarkSubscribe(b *testing.B) {
	for _, kind := range []string{"bench/%d/state", "%d/bench/state", "bench/+/%d/state", "%d/+/state"} {
		for _, procs := range []int{1, runtime.NumCPU()} {
			b.Run(fmt.Sprintf("filter=%s/procs=%d", colons(fmt.Sprintf(kind, 0)), procs), func(b *testing.B) {
				defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
				m := New[*client]().Mount("")
				c := &client{}
				filters := make([]string, 200000)
				for i := range filters {
					filters[i] = fmt.Sprintf(kind, i)
					if i < 100000 {
						m.Subscribe(filters[i], c, Options{})
					}
				}
				var start atomic.Int64
				b.ReportAllocs()
				b.ResetTimer()
				b.RunParallel(func(pb *testing.PB) {
					me := &client{}
					for i := int(start.Add(7919)); pb.Next(); i++ {
						f := filters[100000+i%100000]
						m.Subscribe(f, me, Options{})
						m.Unsubscribe(f, me)
					}
				})
			})
		}
	}
}

// BenchmarkShapes is the worst case of the design: an anchor with very many shapes, none of which has a match.
func BenchmarkShapes(b *testing.B) {
	for _, levels := range []int{5, 10} {
		b.Run(fmt.Sprintf("subs=%d/levels=%d/fanout=0", 1<<(levels-1)-1, levels), func(b *testing.B) {
			m := New[*client]().Mount("")
			for mask := range 1<<(levels-1) - 1 { // without the last one, all '+', which would match
				filter := "x"
				for l := range levels - 1 {
					filter += map[bool]string{true: "/+", false: "/never"}[mask>>l&1 != 0]
				}
				m.Subscribe(filter+"/#", &client{}, Options{})
			}
			topic := []byte("x" + strings.Repeat("/w", levels-1))
			var r Result[*client]
			for b.Loop() {
				m.Match(topic, &r)
			}
			if len(r.Direct) != 0 {
				b.Fatalf("%d matches", len(r.Direct))
			}
		})
	}
}

// colons writes a filter so that it does not look like several parts of a benchmark's name.
func colons(filter string) string { return strings.ReplaceAll(filter, "/", ":") }

// BenchmarkMemory reports the heap that filters take, with their texts, beside a client that exists anyway.
func BenchmarkMemory(b *testing.B) {
	shapes := []family{
		{name: "bench:idle:N", filter: func(i int) string { return "bench/idle/" + strconv.Itoa(i) }},
		{name: "fleet:+:N:state", filter: func(i int) string { return "fleet/+/" + strconv.Itoa(i) + "/state" }},
		{name: "devices:N:#", filter: func(i int) string { return "devices/" + strconv.Itoa(i) + "/#" }},
		{name: "devices:N:+:state", filter: func(i int) string { return "devices/" + strconv.Itoa(i) + "/+/state" }},
		{name: "deep", filter: func(i int) string {
			return fmt.Sprintf("a/b/%d/c/%d/d/%d/e/f", i%10, i%1000, i)
		}},
		{name: "deep+", filter: func(i int) string {
			return fmt.Sprintf("a/b/%d/c/+/d/%d/e/#", i%10, i)
		}},
	}
	const n = 1000000
	for _, f := range shapes {
		b.Run(fmt.Sprintf("shape=%s/subs=%d", f.name, n), func(b *testing.B) {
			c := &client{}
			for b.Loop() {
				before := heap()
				x := New[*client]()
				m := x.Mount("")
				for i := range n {
					m.Subscribe(f.filter(i), c, Options{})
				}
				b.ReportMetric(float64(heap()-before)/n, "B/filter")
				b.ReportMetric(float64(x.Memory())/n, "estimated-B/filter")
				runtime.KeepAlive(x)
			}
		})
	}
}

// heap returns the bytes of live objects.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.HeapAlloc
}
