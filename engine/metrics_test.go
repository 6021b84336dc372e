package engine_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine"
	"github.com/vernemq/vmq/engine/hook"
	"github.com/vernemq/vmq/engine/metric"
	"github.com/vernemq/vmq/internal/bench"
	"github.com/vernemq/vmq/queue"
)

// TestMetricsWhileServing reads metrics from several goroutines while messages flow over two loops, and finds at the end what was
// sent, also after the broker was stopped.
func TestMetricsWhileServing(t *testing.T) {
	b, addr := start(t, 2)
	const clients, n = 4, 200
	var serving, reading sync.WaitGroup
	done := make(chan struct{})
	for range 3 {
		reading.Go(func() {
			last := uint64(0)
			for {
				got, found := b.Metrics().Aggregate().Find("mqtt_publish_received")
				if !found || got < last {
					t.Errorf("mqtt_publish_received is %d after %d", got, last)
				}
				last = got
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	for i := range clients {
		c := dial(t, addr, codec.V5, fmt.Sprint("c", i))
		topic := fmt.Sprint("t/", i)
		c.subscribe(topic, 0)
		serving.Go(func() {
			for range n {
				c.publish(topic, "x", 0, 0)
				if f := c.read(); f.Type != codec.PUBLISH {
					t.Errorf("got %s, want PUBLISH", f.Type)
				}
			}
		})
	}
	serving.Wait()
	close(done)
	reading.Wait()
	want := func(when string, s metric.Snapshot) {
		t.Helper()
		sums := s.Aggregate()
		for name, want := range map[string]uint64{
			"mqtt_publish_received": clients * n, "mqtt_publish_sent": clients * n, "queue_setup": clients, "mqtt_connack_sent": clients,
		} {
			if got, _ := sums.Find(name); got != want {
				t.Errorf("%s: %s is %d, want %d", when, name, got, want)
			}
		}
	}
	serve := b.Metrics()
	want("running", serve)
	if in, _ := serve.Find("system_io_in"); in == 0 {
		t.Error("system_io_in is 0 after traffic")
	}
	stop(t, b)
	want("stopped", b.Metrics())
}

// TestResetMetrics proves that counters begin anew and that what is there now stays.
func TestResetMetrics(t *testing.T) {
	b := bench.New(t, 2, nil)
	c := b.Connect(codec.V5, "c")
	c.Subscribe("t", 0)
	c.Send(bench.Publish("t", "x", 0, 0))
	b.Broker.ResetMetrics()
	s := b.Metrics().Aggregate()
	for name, want := range map[string]uint64{
		"mqtt_publish_received": 0, "mqtt_connack_sent": 0, "socket_open": 0, "queue_processes": 1, "router_subscriptions": 1,
	} {
		if got, found := s.Find(name); got != want || !found {
			t.Errorf("%s is %d after a reset, want %d", name, got, want)
		}
	}
	c.Send(bench.Publish("t", "x", 0, 0))
	if got, _ := b.Metrics().Aggregate().Find("mqtt_publish_received"); got != 1 {
		t.Errorf("%d messages after a reset and one message", got)
	}
}

// TestCausesHaveTheirMetrics holds the names of queue's causes to those that the table of metrics asks for.
func TestCausesHaveTheirMetrics(t *testing.T) {
	for name, causes := range map[string][]queue.Cause{
		"queue_message_drop": {queue.QueueFull}, "queue_message_expired": {queue.Expired},
		"queue_message_unhandled": {queue.Offline, queue.SessionEnded},
	} {
		for _, cause := range causes {
			b := bench.New(t, 1, nil)
			b.Broker.Local(b.Broker.Loops()[0]).Counters.Dropped[cause] = 3
			if got, _ := b.Metrics().Find(name); got != 3 {
				t.Errorf("three drops because of %s make %s %d", cause, name, got)
			}
		}
	}
}

// TestMetricsWithoutTraffic proves that a broker which has done nothing shows nothing but what it is.
func TestMetricsWithoutTraffic(t *testing.T) {
	b, err := engine.New(engine.Options{Loops: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Start(); err != nil {
		t.Fatal(err)
	}
	defer stop(t, b)
	for _, x := range b.Metrics() {
		process := len(x.Name) > 3 && (x.Name[:3] == "vm_" || x.Name[:4] == "syst" || x.Name[:4] == "memo" || x.Name == "router_memory" || x.Name == "retain_memory")
		if x.Value != 0 && !process {
			t.Errorf("%s %v is %d", x.Name, x.Labels, x.Value)
		}
	}
}

// BenchmarkMetrics is what a scrape, or a round of the $SYS tree without subscribers, costs.
func BenchmarkMetrics(b *testing.B) {
	x := bench.New(b, 2, nil)
	b.ReportAllocs()
	for b.Loop() {
		if len(x.Metrics()) == 0 {
			b.Fatal("no metrics")
		}
	}
}

// TestDeliveryIsTimed proves that the way of messages is measured on the clock, from the turn that read them to the one that wrote
// them, and that turns which deliver nothing are none.
func TestDeliveryIsTimed(t *testing.T) {
	b := bench.New(t, 1, nil)
	c := b.Connect(codec.V5, "c")
	c.Subscribe("t", 0)
	const every = 32
	for range 3 * every {
		c.Send(bench.Publish("t", "x", 0, 0))
		c.Send(bench.Publish("nobody", "x", 0, 0))
	}
	all := b.Metrics()
	i := slices.IndexFunc(all, func(x metric.Series) bool { return x.Name == "publish_deliver_microseconds" })
	if i < 0 {
		t.Fatal("there is no publish_deliver_microseconds")
	}
	if h := all[i].Histogram; h.Count() != 3 || h.Sum() != 0 {
		t.Errorf("%d samples that took %d µs, want 3 that took no time on the clock of the bench", h.Count(), h.Sum())
	}
}

// busy is a plugin that takes a millisecond to allow a message.
type busy struct{}

const busyTime = time.Millisecond

func (busy) AuthOnPublish(context.Context, *hook.Publish) (*hook.PublishMods, error) {
	for began := time.Now(); time.Since(began) < busyTime; {
		runtime.Gosched()
	}
	return nil, nil
}

// TestHookTimes proves that the time which a plugin takes on a loop, or on a worker for somebody without a session, is shown under the name of
// the hook.
func TestHookTimes(t *testing.T) {
	b, addr := start(t, 1)
	defer stop(t, b)
	b.SetHooks(hook.New(hook.Plugin{Name: "busy", Impl: busy{}}))
	c := dial(t, addr, codec.V311, "c")
	c.publish("a", "x", 1, 1)
	if f := c.read(); f.Type != codec.PUBACK {
		t.Fatalf("got %s, want PUBACK", f.Type)
	}
	if _, err := b.AskPublish(t.Context(), &hook.Publish{Client: &hook.Identity{}, Topic: []byte("a")}); err != nil {
		t.Fatal(err)
	}
	var shown []string
	for _, x := range b.Metrics() {
		if x.Name == "hook_microseconds" {
			shown = append(shown, x.Labels[0].Value)
			if h := x.Histogram; h.Count() != 2 || h.Sum() < 2*uint64(busyTime.Microseconds()) {
				t.Errorf("%d calls of %d µs together, want two of at least %v each", h.Count(), h.Sum(), busyTime)
			}
		}
	}
	if !slices.Equal(shown, []string{"auth_on_publish"}) {
		t.Errorf("hooks with times: %v", shown)
	}
}

// TestStoreMetrics proves that what the store does is shown: its figures, and how long commits, reading and walks took.
func TestStoreMetrics(t *testing.T) {
	fs := vfs.NewCrashableMem()
	b := bench.NewStored(t, 2, fs, nil)
	c := b.Connect(codec.V5, "c", bench.Persistent)
	c.Subscribe("a", 1)
	c.Hangup()
	p := b.Connect(codec.V5, "p")
	p.Send(bench.Publish("a", "x", 1, 1))
	p.Want("stored", "PUBACK id=1 code=0x00")
	s := committed(b)
	for _, name := range []string{"store_entries_written", "store_committed_bytes", "store_logged_bytes", "store_disk_bytes", "store_memtable_bytes"} {
		if n, _ := s.Find(name); n == 0 {
			t.Errorf("%s is 0", name)
		}
	}
	if n, _ := s.Find("memory_bytes", metric.Label{Key: "owner", Value: "store"}); n == 0 {
		t.Error("the store has no memory")
	}
	commits, _ := s.Find("store_commits")
	wantTimes(t, s, "storage_write_microseconds", commits)
	wantTimes(t, s, "storage_scan_microseconds", 2) // sessions, retained messages

	b = bench.NewStored(t, 2, bench.Kill(fs), nil)
	c = b.Open(codec.V5)
	c.Hello("c", bench.Persistent)
	wantTimes(t, committed(b), "storage_read_microseconds", 1)
}

// committed returns metrics that know of a commit. Who asks on a loop gets what somebody else finds out meanwhile.
func committed(b *bench.Bench) metric.Snapshot {
	for {
		s := b.Metrics()
		if n, _ := s.Find("store_commits"); n > 0 {
			return s
		}
		runtime.Gosched()
	}
}

func wantTimes(t *testing.T, s metric.Snapshot, name string, least uint64) {
	t.Helper()
	i := slices.IndexFunc(s, func(x metric.Series) bool { return x.Name == name })
	if i < 0 {
		t.Errorf("%s is missing", name)
	} else if n := s[i].Histogram.Count(); n < least {
		t.Errorf("%s has %d, want at least %d", name, n, least)
	}
}
