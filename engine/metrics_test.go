package engine_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine"
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
