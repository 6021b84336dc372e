package session_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/internal/bench"
	"github.com/vernemq/vmq/queue"
	"github.com/vernemq/vmq/trie"
)

func retained(topic, payload string, qos byte, id uint16) *codec.Publish {
	p := bench.Publish(topic, payload, qos, id)
	p.Retain = true
	return p
}

// TestRetained proves that the last retained message of a topic goes to new subscribers with the retain flag, to current ones without,
// and that an empty one deletes it and is routed all the same.
func TestRetained(t *testing.T) {
	for _, v := range versions {
		b := bench.New(t, 2, nil)
		live, pub := b.Connect(v, "live"), b.Connect(v, "pub")
		live.Subscribe("a/#", 2)
		pub.Send(retained("a/b", "old", 0, 0), retained("a/b", "new", 1, 1), retained("a/c", "c", 0, 0))
		live.Want("routed as usual", `PUBLISH qos=0 topic="a/b" payload="old"`, `PUBLISH qos=1 id=1 topic="a/b" payload="new"`, `PUBLISH qos=0 topic="a/c" payload="c"`)
		late := b.Connect(v, "late")
		late.Send(subscribe(1, "a/b"))
		late.Want("after SUBACK, with the lower QoS", "SUBACK id=1 codes=0x01", `PUBLISH retain qos=1 id=1 topic="a/b" payload="new"`)
		late.Send(subscribe(2, "+/c"))
		late.Want("by wildcard", "SUBACK id=2 codes=0x01", `PUBLISH retain qos=0 topic="a/c" payload="c"`)
		late.Send(subscribe(3, "a/b"))
		late.Want("again when subscribed again", "SUBACK id=3 codes=0x01", `PUBLISH retain qos=1 id=2 topic="a/b" payload="new"`)
		late.Send(subscribe(4, "$share/g/a/b"))
		late.Want("never for shared subscriptions", "SUBACK id=4 codes=0x01")
		pub.Send(retained("a/b", "", 0, 0))
		live.Want("the empty one is routed", `PUBLISH qos=0 topic="a/b" payload=""`)
		late.Take()
		late.Send(subscribe(5, "a/b"))
		late.Want("deleted", "SUBACK id=5 codes=0x01")
	}
}

// TestRetainHandling proves [MQTT-3.3.1-9], [MQTT-3.3.1-10] and [MQTT-3.3.1-11].
func TestRetainHandling(t *testing.T) {
	for handling, want := range []struct{ first, second int }{{1, 1}, {1, 0}, {0, 0}} {
		b := bench.New(t, 1, nil)
		c, pub := b.Connect(codec.V5, "c"), b.Connect(codec.V5, "p")
		pub.Send(retained("t", "x", 0, 0))
		sub := &codec.Subscribe{PacketID: 1, Subscriptions: []codec.Subscription{{Filter: []byte("t"), RetainHandling: byte(handling)}}}
		for i, n := range []int{want.first, want.second} {
			c.Send(sub)
			if got := c.Take(); len(got) != 1+n {
				t.Errorf("retain handling %d, SUBSCRIBE number %d: got %q", handling, i+1, got)
			}
		}
	}
}

// TestRetainedDollarTopics proves that a wildcard in the first level finds no $-topics among the retained ones either.
func TestRetainedDollarTopics(t *testing.T) {
	b := bench.New(t, 1, nil)
	pub, c := b.Connect(codec.V5, "p"), b.Connect(codec.V5, "c")
	pub.Send(retained("$SYS/x", "no", 0, 0), retained("x", "yes", 0, 0))
	c.Send(subscribe(1, "#"))
	c.Want("nothing of $SYS", "SUBACK id=1 codes=0x01", `PUBLISH retain qos=0 topic="x" payload="yes"`)
}

// TestManyRetained proves that a subscription to far more retained topics than the queue may hold delivers all of them, through a
// window of 20 and over a reconnect in the midst, and that what is published meanwhile arrives.
func TestManyRetained(t *testing.T) {
	const n = 5000
	b := bench.New(t, 2, nil)
	pub, sub := b.Connect(codec.V311, "p"), b.Connect(codec.V311, "s", bench.Persistent)
	for i := range n {
		pub.Send(retained(fmt.Sprintf("r/%d/x", i), "x", 1, 1))
	}
	pub.Take()
	sub.Send(subscribe(1, "r/+/x"))
	seen := map[string]bool{}
	lines := sub.Take()[1:]
	for step := 0; len(lines) > 0; step++ {
		if len(lines) > 20 {
			t.Fatalf("%d messages with a window of 20", len(lines))
		}
		for _, line := range lines {
			topic := line[strings.Index(line, "topic="):]
			if seen[topic] && !strings.Contains(line, "dup") {
				t.Fatalf("%s came twice", topic)
			}
			seen[topic] = true
		}
		switch step {
		case 3:
			pub.Send(bench.Publish("r/live/x", "live", 1, 1))
		case 5:
			sub.Hangup()
			sub = b.Open(codec.V311)
			sub.Hello("s", bench.Persistent)
			lines = sub.Take()[1:]
			continue
		}
		var acks []any
		for _, line := range lines {
			var id uint16
			fmt.Sscanf(line[strings.Index(line, "id="):], "id=%d", &id)
			acks = append(acks, bench.Ack{Type: codec.PUBACK, ID: id})
		}
		sub.Send(acks...)
		lines = sub.Take()
	}
	if len(seen) != n+1 {
		t.Errorf("%d of %d topics came", len(seen), n+1)
	}
	if d := b.Counters().Dropped; d != [len(d)]uint64{} {
		t.Errorf("messages were dropped: %v", d)
	}
}

// TestRetainedExpiry proves that a retained message whose time is over is not sent, and one in time carries what is left.
func TestRetainedExpiry(t *testing.T) {
	b := bench.New(t, 1, nil)
	pub, c := b.Connect(codec.V5, "p"), b.Connect(codec.V5, "c")
	for topic, seconds := range map[string]uint32{"short": 5, "long": 100} {
		m := retained(topic, "x", 0, 0)
		m.Props.SetMessageExpiry(seconds)
		pub.Send(m)
	}
	b.Advance(10 * time.Second)
	c.Send(subscribe(1, "+"))
	got := c.Take()
	if len(got) != 2 || !strings.Contains(got[1], "long") || !strings.Contains(got[1], "90") {
		t.Errorf("got %q", got)
	}
}

// TestRetainedExpired proves that a retained message whose time is over is deleted when a subscriber would have got it, counted as a drop
// for that subscriber alone, and that a newer one of its topic is not touched.
func TestRetainedExpired(t *testing.T) {
	b := bench.New(t, 2, nil)
	pub, first, second := b.Connect(codec.V5, "p"), b.Connect(codec.V5, "c1"), b.Connect(codec.V311, "c2")
	const n = 300
	for i := range n {
		m := retained(fmt.Sprintf("e/%d", i), "x", 1, 1)
		m.Props.SetMessageExpiry(5)
		pub.Send(m)
	}
	pub.Take()
	b.Advance(5 * time.Second)
	pub.Send(retained("e/7", "new", 1, 1))
	for i, c := range []*bench.Client{first, second} {
		c.Send(subscribe(1, "e/+"))
		c.Want("the new one", "SUBACK id=1 codes=0x01", `PUBLISH retain qos=1 id=1 topic="e/7" payload="new"`)
		if got := b.Counters().Dropped; got[queue.Expired] != n-1 {
			t.Errorf("subscriber %d: %d drops counted as expired, want %d", i+1, got[queue.Expired], n-1)
		}
	}
	if page, _, _ := b.Broker.Retained("", "", trie.Cursor{}, n); len(page) != 1 {
		t.Errorf("%d messages are left", len(page))
	}
}

// TestRetainedQoS proves [MQTT-3.8.4-8] for retained messages, that upgrade_outgoing_qos overrules it, and that they carry the retain flag
// whether or not the subscription wants it as published.
func TestRetainedQoS(t *testing.T) {
	for _, upgrade := range []bool{false, true} {
		for published := range byte(3) {
			for granted := range byte(3) {
				b := bench.New(t, 1, func(s *session.Settings) { s.UpgradeOutgoingQoS = upgrade })
				pub, c := b.Connect(codec.V5, "p"), b.Connect(codec.V5, "c")
				pub.Send(retained("t", "x", published, min(uint16(published), 1)))
				c.Send(&codec.Subscribe{PacketID: 1, Subscriptions: []codec.Subscription{
					{Filter: []byte("t"), QoS: granted}, {Filter: []byte("+"), QoS: granted, RetainAsPublished: true},
				}})
				want := min(published, granted)
				if upgrade {
					want = granted
				}
				got := c.Take()
				if len(got) != 3 {
					t.Fatalf("qos %d to %d: got %q", published, granted, got)
				}
				for _, line := range got[1:] {
					if !strings.HasPrefix(line, fmt.Sprintf("PUBLISH retain qos=%d ", want)) {
						t.Errorf("qos %d to %d, upgrade %v: got %s", published, granted, upgrade, line)
					}
				}
			}
		}
	}
}

// TestRetainedDeletion proves that the empty message reaches a subscriber that wants it as published with the retain flag, and that
// neither a refused PUBLISH nor the repetition of a QoS 2 one retains anything.
func TestRetainedDeletion(t *testing.T) {
	b := bench.New(t, 1, nil)
	pub, c := b.Connect(codec.V5, "p"), b.Connect(codec.V5, "c")
	c.Send(&codec.Subscribe{PacketID: 1, Subscriptions: []codec.Subscription{{Filter: []byte("t"), RetainAsPublished: true}}})
	c.Take()
	pub.Send(retained("t", "x", 2, 5), retained("t", "", 0, 0))
	c.Want("both as published", `PUBLISH retain qos=0 topic="t" payload="x"`, `PUBLISH retain qos=0 topic="t" payload=""`)
	again := retained("t", "x", 2, 5)
	again.Dup = true
	pub.Send(again, retained("$t", "x", 0, 0))
	c.WantNothing("repeated, and refused")
	if page, _, _ := b.Broker.Retained("", "", trie.Cursor{}, 10); len(page) != 0 {
		t.Errorf("retained: %q", page[0].Topic)
	}
}

// TestRetainedFollowSuback proves that SUBACK comes first, then the retained messages of its filters, in their order, each with the
// subscription identifier of the packet.
func TestRetainedFollowSuback(t *testing.T) {
	b := bench.New(t, 1, nil)
	pub, c := b.Connect(codec.V5, "p"), b.Connect(codec.V5, "c")
	pub.Send(retained("a", "1", 0, 0), retained("b", "2", 0, 0))
	p := subscribe(1, "b", "$share/g/a", "nothing/+", "a")
	p.Props.AddSubscriptionID(9)
	c.Send(p)
	c.Want("in order", "SUBACK id=1 codes=0x01010101",
		`PUBLISH retain qos=0 topic="b" payload="2" {Subscription Identifier=9}`, `PUBLISH retain qos=0 topic="a" payload="1" {Subscription Identifier=9}`)
}
