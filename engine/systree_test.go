package engine_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/metric"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/internal/bench"
)

const tree = "$SYS/VerneMQ@127.0.0.1/"

// onSystree makes a bench whose $SYS tree is as change says, every ten seconds at first.
func onSystree(t *testing.T, loops int, change func(*session.Systree)) *bench.Bench {
	t.Helper()
	return bench.New(t, loops, func(s *session.Settings) {
		s.Systree.Interval = 10 * time.Second
		if change != nil {
			change(&s.Systree)
		}
	})
}

// apply changes the settings of the running broker.
func apply(b *bench.Bench, change func(*session.Settings)) {
	set := *b.Broker.Settings()
	change(&set)
	b.Broker.Apply(&set)
	b.Fake.Run()
}

// messages takes what a client has got and returns the payloads by topic, and how many messages there were.
func messages(t *testing.T, c *bench.Client) (byTopic map[string]string, n int) {
	t.Helper()
	byTopic = map[string]string{}
	line := regexp.MustCompile(`^PUBLISH .*topic="([^"]*)".* payload="([^"]*)"`)
	for _, got := range c.Take() {
		m := line.FindStringSubmatch(got)
		if m == nil {
			t.Fatalf("%q is not a message", got)
		}
		byTopic[m[1]] = m[2]
		n++
	}
	return byTopic, n
}

// TestSystreePublishesEachMetric compares a round with the metrics: each name once, as topic, with the value as decimal number, for
// subscribers on every loop.
func TestSystreePublishesEachMetric(t *testing.T) {
	b := onSystree(t, 2, nil)
	var clients []*bench.Client
	for i := range 4 {
		c := b.Connect(codec.V5, fmt.Sprint("c", i))
		c.Subscribe("$SYS/#", 0)
		clients = append(clients, c)
	}
	all := b.Metrics().Aggregate()
	b.Advance(time.Second)
	for i, c := range clients {
		got, n := messages(t, c)
		if n != len(all) || len(got) != len(all) {
			t.Errorf("client %d got %d messages to %d topics, want %d", i, n, len(got), len(all))
		}
		for _, x := range all {
			value, found := got[tree+strings.ReplaceAll(x.Name, "_", "/")]
			if !found {
				t.Errorf("client %d got nothing for %s", i, x.Name)
			}
			steady := !strings.HasPrefix(x.Name, "system_") && !strings.HasPrefix(x.Name, "vm_") && !strings.HasPrefix(x.Name, "memory_")
			if steady && value != fmt.Sprint(x.Value) {
				t.Errorf("%s is published as %q, want %d", x.Name, value, x.Value)
			}
		}
		if v := got[tree+"mqtt/subscribe/received"]; v != "4" {
			t.Errorf("mqtt/subscribe/received is %q, want the sum over versions and loops, 4", v)
		}
	}
}

// TestSystreeKeepsItsInterval proves when rounds come: soon after the start, then at the interval, which can be changed and ended at
// run time.
func TestSystreeKeepsItsInterval(t *testing.T) {
	b := onSystree(t, 2, nil)
	c := b.Connect(codec.V311, "c")
	c.Subscribe(tree+"queue/setup", 0)
	rounds := func(why string, d time.Duration, want int) {
		t.Helper()
		b.Advance(d)
		if _, n := messages(t, c); n != want {
			t.Errorf("%s: %d rounds in %s, want %d", why, n, d, want)
		}
	}
	rounds("before the first", 900*time.Millisecond, 0)
	rounds("the first", 200*time.Millisecond, 1)
	rounds("before the second", 9*time.Second, 0)
	rounds("the second and the third", 11*time.Second, 2)
	apply(b, func(s *session.Settings) { s.Systree.Interval = 2 * time.Second })
	rounds("shorter from now on", 9*time.Second, 4)
	apply(b, func(s *session.Settings) { s.Systree.Interval = 0 })
	rounds("switched off", time.Hour, 0)
	apply(b, func(s *session.Settings) { s.Systree.Interval = 20 * time.Second })
	rounds("on again, overdue", 10*time.Millisecond, 1)
	rounds("and then", 60*time.Second, 3)
}

func TestSystreeOff(t *testing.T) {
	b := onSystree(t, 1, func(s *session.Systree) { s.Interval = -1 })
	c := b.Connect(codec.V5, "c")
	c.Subscribe("$SYS/#", 0)
	b.Advance(time.Hour)
	c.WantNothing("the tree is off")
	apply(b, func(s *session.Settings) { s.Systree.Interval = time.Minute })
	b.Advance(time.Second)
	if _, n := messages(t, c); n == 0 {
		t.Error("switched on, the tree publishes nothing")
	}
}

// TestSystreeRetainAndQoS proves that messages are what systree_qos and systree_retain say.
func TestSystreeRetainAndQoS(t *testing.T) {
	b := onSystree(t, 2, func(s *session.Systree) { s.QoS, s.Retain = 1, true })
	c := b.Connect(codec.V5, "c")
	c.Subscribe(tree+"queue/setup", 2)
	b.Advance(time.Second)
	c.Want("QoS 1", `PUBLISH qos=1 id=1 topic="`+tree+`queue/setup" payload="1"`)
	late := b.Connect(codec.V5, "late")
	late.Send(&codec.Subscribe{PacketID: 1, Subscriptions: []codec.Subscription{{Filter: []byte(tree + "queue/setup")}}})
	late.Want("the last value is retained", `SUBACK id=1 codes=0x00`,
		`PUBLISH retain qos=0 topic="`+tree+`queue/setup" payload="1"`)

	b = onSystree(t, 2, nil)
	b.Advance(time.Minute)
	c = b.Connect(codec.V5, "c")
	c.Subscribe("$SYS/#", 0)
	c.WantNothing("nothing is retained by default")
}

// TestSystreeMountpoint proves that the tree is published in its own mountpoint only, which may change.
func TestSystreeMountpoint(t *testing.T) {
	b := onSystree(t, 2, func(s *session.Systree) { s.Mountpoint = "m" })
	inside := b.Through(b.Acceptor(session.ListenerSettings{Name: "m", Mountpoint: "m", Versions: bench.AllVersions}), codec.V5)
	inside.Hello("in")
	inside.Take()
	inside.Subscribe(tree+"queue/setup", 0)
	outside := b.Connect(codec.V5, "out")
	outside.Subscribe(tree+"queue/setup", 0)
	counts := func(why string, in, out int) {
		t.Helper()
		_, i := messages(t, inside)
		_, o := messages(t, outside)
		if i != in || o != out {
			t.Errorf("%s: %d messages inside, %d outside; want %d and %d", why, i, o, in, out)
		}
	}
	b.Advance(time.Second)
	counts("mountpoint m", 1, 0)
	apply(b, func(s *session.Settings) { s.Systree.Mountpoint = "" })
	b.Advance(10 * time.Second)
	counts("the default one", 0, 1)
}

// TestSystreeTopics proves that only filters which begin with $SYS match, that clients cannot publish below it, and that no client
// hears of what was tried.
func TestSystreeTopics(t *testing.T) {
	b := onSystree(t, 1, nil)
	all := b.Connect(codec.V5, "all")
	all.Subscribe("#", 0)
	all.Subscribe("+/VerneMQ@127.0.0.1/queue/setup", 0)
	some := b.Connect(codec.V5, "some")
	some.Subscribe("$SYS/+/queue/+", 0)
	member := b.Connect(codec.V5, "member")
	member.Subscribe("$share/g/"+tree+"queue/setup", 0)
	all.Send(bench.Publish(tree+"queue/setup", "forged", 0, 0))
	some.WantNothing("clients do not publish below $SYS")
	b.Advance(time.Second)
	all.WantNothing("a wildcard in the first level does not match $SYS")
	if _, n := messages(t, some); n != 3 { // queue/setup, queue/teardown, queue/processes
		t.Errorf("$SYS/+/queue/+ brought %d messages, want 3", n)
	}
	member.Want("a shared subscription gets it", `PUBLISH qos=0 topic="`+tree+`queue/setup" payload="3"`)
}

// TestSystreeShowsProviders proves that what plugins count appears too, histograms with all their numbers, and that a provider that
// panics costs the others nothing.
func TestSystreeShowsProviders(t *testing.T) {
	b := onSystree(t, 1, nil)
	h := new(metric.Histogram)
	h.Observe(7)
	h.Observe(2_000_000)
	remove := b.Broker.AddMetrics(func() []metric.Series {
		return []metric.Series{
			{Name: "plugin_calls", Value: 3, Labels: []metric.Label{{Key: "group", Value: "a"}}},
			{Name: "plugin_calls", Value: 4, Labels: []metric.Label{{Key: "group", Value: "b"}}},
			{Name: "plugin_microseconds", Type: metric.HistogramGroup, Histogram: h},
		}
	})
	b.Broker.AddMetrics(func() []metric.Series { panic("a plugin has a bad day") })
	c := b.Connect(codec.V5, "c")
	c.Subscribe(tree+"plugin/#", 0)
	b.Advance(time.Second)
	got, _ := messages(t, c)
	for topic, want := range map[string]string{
		"calls": "7", "microseconds/count": "2", "microseconds/sum": "2000007", "microseconds/bucket/10": "1",
		"microseconds/bucket/1000000": "1", "microseconds/bucket/inf": "2",
	} {
		if got[tree+"plugin/"+topic] != want {
			t.Errorf("%s is %q, want %s", topic, got[tree+"plugin/"+topic], want)
		}
	}
	remove()
	b.Advance(10 * time.Second)
	c.WantNothing("the plugin has gone")
}

// TestSystreeOverSockets proves that a broker on real loops begins to publish by itself, and hears of new settings.
func TestSystreeOverSockets(t *testing.T) {
	b, addr := start(t, 2)
	defer stop(t, b)
	set := *b.Settings()
	set.Systree.Interval = 5 * time.Millisecond
	b.Apply(&set)
	c := dial(t, addr, codec.V311, "c")
	c.subscribe(tree+"queue/setup", 0)
	for range 3 {
		f := c.read()
		var p codec.Publish
		if err := codec.ParsePublish(f.Body, c.v, f.Flags, &p); err != nil || f.Type != codec.PUBLISH || string(p.Payload) != "1" {
			t.Fatalf("got %s with payload %q, %v; want one queue", f.Type, p.Payload, err)
		}
	}
}
