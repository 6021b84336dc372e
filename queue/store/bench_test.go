package store

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/vernemq/vmq/queue"
)

// benchStore is a store on the disk below the temporary folder, as the broker would open it.
func benchStore(b *testing.B, o Options) *Store {
	b.Helper()
	o.Dir, o.Node, o.Logger = b.TempDir(), "bench@host", quiet
	s, err := Open(o)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	return s
}

// BenchmarkEnqueue is QoS 1 from two loops into 50 queues, each loop with 500 messages on their way to the disk at most, as 25 publishers
// with 20 in flight have. impl=pebble writes batches of the same keys and values, 500 to 1000 entries each, one after the
// other: what the database below can do.
func BenchmarkEnqueue(b *testing.B) {
	for _, size := range []int{64, 1024} {
		for _, receivers := range []int{1, 50} {
			name := fmt.Sprintf("payload=%d/receivers=%d", size, receivers)
			b.Run("impl=store/"+name, func(b *testing.B) { enqueue(b, size, receivers, Options{}) })
			b.Run("impl=pebble/"+name, func(b *testing.B) { enqueueRaw(b, size, receivers) })
		}
	}
}

// outstanding is how many entries a loop may have on their way.
const outstanding = 500

func enqueue(b *testing.B, size, receivers int, o Options) {
	s := benchStore(b, o)
	payload := randomBytes(size)
	var wg sync.WaitGroup
	var left atomic.Int64
	left.Store(int64(b.N))
	b.ReportAllocs()
	b.ResetTimer()
	cpu := processCPU()
	for loop := range 2 {
		wg.Go(func() {
			lw := newLoopWriter(s)
			var tickets [outstanding / 50]Ticket // a ring of turns
			for turn := 0; ; turn++ {
				lw.wait(tickets[turn%len(tickets)])
				n := 0
				for ; n < 50; n += receivers {
					if left.Add(-int64(receivers)) <= -int64(receivers) {
						break
					}
					m := queue.NewMessage([]byte("fleet/4711/state"), payload, nil)
					for r := range receivers {
						lw.Add(uint64(1+loop*25+(n+r)%25), queue.Item{Msg: m, QoS: 1})
					}
					m.Release()
				}
				tickets[turn%len(tickets)] = lw.Ticket()
				lw.Flush()
				if n == 0 {
					break
				}
			}
			lw.wait(lw.Ticket())
		})
	}
	wg.Wait()
	report(b, cpu)
	b.ReportMetric(float64(s.counters.Entries.Load())/float64(max(1, s.counters.Batches.Load())), "entries/batch")
	m := s.Metrics()
	b.ReportMetric(m.WriteAmplification(), "write-amp")
}

func report(b *testing.B, cpu int64) {
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "entries/s")
	b.ReportMetric(float64(processCPU()-cpu)/float64(b.N), "cpu-ns/entry")
}

func enqueueRaw(b *testing.B, size, receivers int) {
	o := Options{Dir: b.TempDir(), Node: "n"}
	if err := o.setDefaults(); err != nil {
		b.Fatal(err)
	}
	db, err := pebble.Open(o.Dir, o.forPebble(vfs.Default, &pebbleLog{log: quiet}))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	payload := randomBytes(size)
	batch := db.NewBatch(pebble.WithInitialSizeBytes(1<<20), pebble.WithMaxRetainedSizeBytes(8<<20))
	entry := uint64(0)
	var key, value []byte
	b.ResetTimer()
	cpu := processCPU()
	for done := 0; done < b.N; {
		for n := 0; n < 2*outstanding && done < b.N; n += receivers {
			m := queue.NewMessage([]byte("fleet/4711/state"), payload, nil)
			h := entryHead{qos: 1, inline: receivers == 1}
			if !h.inline {
				entry++
				h.body = entry
				key = appendBodyKey(key[:0], entry)
				value = appendMessage(append(value[:0], recordVersion), m)
				_ = batch.Set(key, value, nil)
			}
			for r := range receivers {
				entry++
				key = appendEntryKey(key[:0], uint64(1+(n+r)%50), rowEntry, Entry(entry))
				value = appendEntryHead(value[:0], &h)
				if h.inline {
					value = appendMessage(value, m)
				}
				_ = batch.Set(key, value, nil)
			}
			m.Release()
			done += receivers
		}
		if err := db.Apply(batch, pebble.Sync); err != nil {
			b.Fatal(err)
		}
		batch.Reset()
	}
	report(b, cpu)
}

// BenchmarkPassing is QoS 1 between connected sessions: an entry is sent when it comes, and acknowledged a turn later, as by clients on the same
// network. Without patience it is written if the committer is faster than the client.
func BenchmarkPassing(b *testing.B) {
	for _, p := range []time.Duration{-1, patienceMost} {
		b.Run(fmt.Sprintf("patience=%v", max(0, p)), func(b *testing.B) {
			s := benchStore(b, Options{Patience: p})
			lw := newLoopWriter(s)
			payload := randomBytes(64)
			var turns [outstanding / 50]Ticket
			var unanswered []Entry
			b.ReportAllocs()
			b.ResetTimer()
			cpu := processCPU()
			for done := 0; done < b.N; done += 50 {
				turn := &turns[done/50%len(turns)]
				lw.wait(*turn)
				for _, e := range unanswered {
					lw.Remove(1, e)
				}
				unanswered = unanswered[:0]
				for i := range 50 {
					m := queue.NewMessage([]byte("fleet/4711/state"), payload, nil)
					unanswered = append(unanswered, lw.AddSent(1, queue.Item{Msg: m, QoS: 1}, uint64(done+i)))
					m.Release()
				}
				*turn = lw.Ticket()
				lw.Flush()
			}
			for _, e := range unanswered {
				lw.Remove(1, e)
			}
			lw.commit()
			report(b, cpu)
			b.ReportMetric(float64(s.counters.Entries.Load())/float64(b.N), "written/entry")
		})
	}
}

// BenchmarkDraining sends what waits in a queue, 20 at a time with 500 under way at most, and removes it when it is acknowledged, a turn later.
func BenchmarkDraining(b *testing.B) {
	s := benchStore(b, Options{})
	lw := newLoopWriter(s)
	payload := randomBytes(64)
	entries := make([]Entry, b.N)
	for i := range entries {
		m := queue.NewMessage([]byte("fleet/4711/state"), payload, nil)
		entries[i] = lw.Add(1, queue.Item{Msg: m, QoS: 1})
		m.Release()
		if i%1000 == 999 {
			lw.Flush()
		}
	}
	lw.commit()
	b.ReportAllocs()
	b.ResetTimer()
	cpu := processCPU()
	var turns [outstanding / 20]Ticket
	for at := 0; at < len(entries)+20; at += 20 {
		turn := &turns[at/20%len(turns)]
		lw.wait(*turn)
		for i := max(0, at-20); i < min(at, len(entries)); i++ {
			lw.Remove(1, entries[i])
		}
		for i := at; i < min(at+20, len(entries)); i++ {
			entries[i] = lw.Sent(1, entries[i], uint64(i))
		}
		*turn = lw.Ticket()
		lw.Flush()
	}
	lw.commit()
	report(b, cpu)
}

// randomBytes is not compressible, so that the disk gets all of it.
func randomBytes(n int) []byte {
	p := make([]byte, n)
	x := uint64(88172645463325252)
	for i := range p {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		p[i] = byte(x)
	}
	return p
}

// BenchmarkReadBack reads queues of 100,000 messages in pages of 1000.
func BenchmarkReadBack(b *testing.B) {
	for _, receivers := range []int{1, 10} {
		b.Run(fmt.Sprintf("payload=256/receivers=%d", receivers), func(b *testing.B) {
			const depth = 100_000
			s := benchStore(b, Options{Sync: SyncNever})
			lw := newLoopWriter(s)
			payload := randomBytes(256)
			for i := range depth {
				m := queue.NewMessage([]byte("fleet/4711/state"), payload, nil)
				for r := range receivers {
					lw.Add(uint64(r+1), queue.Item{Msg: m, QoS: 1})
				}
				m.Release()
				if i%1000 == 999 {
					lw.commit()
				}
			}
			b.ReportAllocs()
			b.ResetTimer()
			n := 0
			for after, more := Entry(0), true; n < b.N; {
				if !more {
					after = 0
				}
				var err error
				after, more, err = s.Page(1, after, upTo(1000, func(q Queued) {
					n++
					q.Item.Msg.Release()
				}))
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "entries/s")
		})
	}
}

// BenchmarkOpen opens a store with sessions of one subscription each, and keeps of each what a broker must: its handle and its
// expiry. bytes/session is the growth of the heap.
func BenchmarkOpen(b *testing.B) {
	for _, sessions := range []int{100_000, 1_000_000} {
		b.Run(fmt.Sprintf("sessions=%d", sessions), func(b *testing.B) {
			dir := b.TempDir()
			o := Options{Dir: dir, Node: "n", Logger: quiet}
			s, err := Open(o)
			if err != nil {
				b.Fatal(err)
			}
			lw := newLoopWriter(s)
			for i := range sessions {
				c := Client{Serial: uint64(i + 1)}
				lw.PutClient(&c, &ClientRecord{Serial: c.Serial, ID: fmt.Sprintf("sensor-%08d", i), Version: 5, OfflineSince: 1, Expiry: int64(1e12 + i), Lifetime: 1e9})
				lw.Subscribe(c.Serial, &Subscription{Filter: fmt.Sprintf("fleet/%d/+/command", i), QoS: 1})
				if i%1000 == 999 {
					lw.commit()
				}
			}
			if err := s.Close(); err != nil {
				b.Fatal(err)
			}
			type kept struct {
				client Client
				id     string
				expiry int64
				filter string
			}
			for b.Loop() {
				var all []kept
				before := heap()
				s, err := Open(o)
				if err != nil {
					b.Fatal(err)
				}
				if err := s.Clients(func(c *Stored) bool {
					all = append(all, kept{c.Client, c.Record.ID, c.Record.Expiry, c.Subscriptions[0].Filter})
					return true
				}); err != nil {
					b.Fatal(err)
				}
				if len(all) != sessions {
					b.Fatalf("%d sessions", len(all))
				}
				b.ReportMetric(float64(heap()-before)/float64(sessions), "bytes/session")
				runtime.KeepAlive(all)
				if err := s.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// BenchmarkRemove takes 1000 messages at a time out of a queue in order, as a client does that drains it.
func BenchmarkRemove(b *testing.B) {
	for _, through := range []bool{false, true} {
		b.Run(fmt.Sprintf("through=%v", through), func(b *testing.B) {
			s := benchStore(b, Options{Sync: SyncNever})
			lw := newLoopWriter(s)
			payload := randomBytes(256)
			cpu := int64(0)
			for done := 0; done < b.N; done += 1000 {
				b.StopTimer()
				var entries []Entry
				for range 1000 {
					m := queue.NewMessage([]byte("fleet/4711/state"), payload, nil)
					entries = append(entries, lw.Add(1, queue.Item{Msg: m, QoS: 1}))
					m.Release()
				}
				lw.commit()
				b.StartTimer()
				start := processCPU()
				for i := 0; i < len(entries); i += 20 { // a turn brings a window of acknowledgements
					if through {
						lw.RemoveThrough(1, entries[i+19])
					} else {
						for _, e := range entries[i : i+20] {
							lw.Remove(1, e)
						}
					}
					lw.Flush()
				}
				lw.commit()
				// The next page is part of the price: a range deletion makes reading dearer.
				if _, _, err := s.Page(1, entries[999], upTo(10, func(q Queued) { q.Item.Msg.Release() })); err != nil {
					b.Fatal(err)
				}
				cpu += processCPU() - start
			}
			b.ReportMetric(float64(cpu)/float64(b.N), "cpu-ns/entry")
		})
	}
}
