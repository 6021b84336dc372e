package session_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/internal/bench"
)

// TestSuback proves that SUBSCRIBE is answered [MQTT-3.8.4-1] with one SUBACK for all its filters [MQTT-3.8.4-5] under its identifier
// [MQTT-3.8.4-2], [MQTT-2.2.1-6], with a code for each [MQTT-3.8.4-6] in their order [MQTT-3.9.3-1]: the granted QoS or a failure
// [MQTT-3.8.4-7] that the version knows [MQTT-3.9.3-2], [MQTT-3.9.3-2 v3.1.1].
func TestSuback(t *testing.T) {
	for _, v := range versions {
		c := bench.New(t, 1, func(s *session.Settings) { s.MaxSubscriptionsPerClient = 3 }).Connect(v, "c")
		p := &codec.Subscribe{PacketID: 0xABCD}
		for i, qos := range []byte{2, 0, 1, 2} {
			p.Subscriptions = append(p.Subscriptions, codec.Subscription{Filter: []byte(fmt.Sprint("f", i)), QoS: qos})
		}
		c.Send(p)
		failure := "80"
		if v == codec.V5 {
			failure = "97"
		}
		c.Want(fmt.Sprint("version ", v), "SUBACK id=43981 codes=0x020001"+failure)
		c.WantNothing("one for all")
	}
}

// TestReplacedSubscription proves that a filter which is there already is replaced, options and all [MQTT-3.8.4-3], also within one
// packet [MQTT-3.8.4-5], that the retained messages come again [MQTT-3.8.4-4], and that what was queued under the old one is not lost.
func TestReplacedSubscription(t *testing.T) {
	for _, v := range versions {
		b := bench.New(t, 1, func(s *session.Settings) { s.MaxInflightMessages, s.ReceiveMaxClient = 1, 1 })
		c, pub := b.Connect(v, "c"), b.Connect(v, "pub")
		pub.Send(retained("t", "r", 0, 0))
		c.Send(subscribe(1, "t"))
		c.Want("retained", "SUBACK id=1 codes=0x01", `PUBLISH retain qos=0 topic="t" payload="r"`)
		pub.Send(bench.Publish("t", "1", 1, 1), bench.Publish("t", "2", 1, 2))
		c.Want("the window is full", `PUBLISH qos=1 id=1 topic="t" payload="1"`)
		c.Subscribe("t", 0)
		pub.Send(bench.Publish("t", "3", 1, 3))
		c.Send(bench.Ack{Type: codec.PUBACK, ID: 1})
		c.Want("the queued one", `PUBLISH qos=1 id=2 topic="t" payload="2"`, `PUBLISH qos=0 topic="t" payload="3"`, `PUBLISH retain qos=0 topic="t" payload="r"`)
		c.Send(bench.Ack{Type: codec.PUBACK, ID: 2})
		c.Send(&codec.Subscribe{PacketID: 2, Subscriptions: []codec.Subscription{{Filter: []byte("u"), QoS: 2}, {Filter: []byte("u"), QoS: 0}}})
		c.Want("twice in one packet", "SUBACK id=2 codes=0x0200")
		pub.Send(bench.Publish("u", "4", 2, 4))
		c.Want("the last one counts", `PUBLISH qos=0 topic="u" payload="4"`)
	}
}

// TestGrantedQoS proves that a message arrives with the lower one of both QoS [MQTT-3.8.4-8], live, from the queue and from the retained
// store, and that only upgrade_outgoing_qos makes it otherwise.
func TestGrantedQoS(t *testing.T) {
	for _, v := range versions {
		for _, upgrade := range []bool{false, true} {
			for published := range byte(3) {
				for granted := range byte(3) {
					b := bench.New(t, 1, func(s *session.Settings) { s.UpgradeOutgoingQoS = upgrade })
					qos := min(published, granted)
					if upgrade {
						qos = granted
					}
					id := ""
					if qos > 0 {
						id = " id=1"
					}
					line := fmt.Sprintf(`qos=%d%s topic="t" payload="x"`, qos, id)
					pub, live, away := b.Connect(v, "pub"), b.Connect(v, "live"), b.Connect(v, "away", bench.Persistent)
					live.Subscribe("t", granted)
					away.Subscribe("t", granted)
					away.Hangup()
					pub.Send(retained("t", "x", published, 1))
					live.Want("live", "PUBLISH "+line)
					away = b.Open(v)
					away.Hello("away", bench.Persistent)
					want := []string{"CONNACK session-present code=0x00"}
					if qos > 0 {
						want = append(want, "PUBLISH "+line)
					}
					away.Want("queued", want...)
					late := b.Connect(v, "late")
					late.Send(&codec.Subscribe{PacketID: 1, Subscriptions: []codec.Subscription{{Filter: []byte("t"), QoS: granted}}})
					late.Want("retained", fmt.Sprintf("SUBACK id=1 codes=0x%02x", granted), "PUBLISH retain "+line)
				}
			}
		}
	}
}

// TestUnsuback proves that UNSUBSCRIBE is answered [MQTT-3.10.4-4] with one UNSUBACK for all its filters [MQTT-3.10.4-6] under its
// identifier [MQTT-2.2.1-6], also if nothing was subscribed [MQTT-3.10.4-5]; in MQTT 5 with a code for each [MQTT-3.11.3-1] out of
// its own ones [MQTT-3.11.3-2].
func TestUnsuback(t *testing.T) {
	for _, v := range versions {
		c := bench.New(t, 1, nil).Connect(v, "c")
		c.Subscribe("a", 0)
		c.Subscribe("b", 0)
		for _, tt := range []struct {
			filters []string
			codes   string
		}{{[]string{"x", "a", "y", "b", "a"}, "0x1100110011"}, {[]string{"a"}, "0x11"}} {
			if v != codec.V5 {
				tt.codes = ""
			}
			c.Send(unsubscribe(0xABCD, tt.filters...))
			c.Want(fmt.Sprint("version ", v), "UNSUBACK id=43981 codes="+tt.codes)
		}
	}
}

// TestUnsubscribeIsExact proves that only a filter with the same characters is deleted [MQTT-3.10.4-1], and that from then on no new
// messages come for it [MQTT-3.10.4-2].
func TestUnsubscribeIsExact(t *testing.T) {
	for _, v := range versions {
		b := bench.New(t, 1, nil)
		c, pub := b.Connect(v, "c"), b.Connect(v, "pub")
		c.Subscribe("a/+", 0)
		for _, other := range []string{"a/b", "a/#", "+/+", "A/+", "a/+/", "/a/+", "$share/g/a/+"} {
			c.Send(unsubscribe(1, other))
			c.Take()
			pub.Send(bench.Publish("a/b", other, 0, 0))
			c.Want("unsubscribed from "+other, fmt.Sprintf(`PUBLISH qos=0 topic="a/b" payload=%q`, other))
		}
		c.Send(unsubscribe(2, "a/+"))
		c.Take()
		pub.Send(bench.Publish("a/b", "x", 0, 0))
		c.WantNothing("deleted")
	}
}

// TestUnsubscribeEndsNoDelivery proves that QoS 1 and 2 deliveries which have begun go on to their end, also over a reconnect
// [MQTT-3.10.4-3].
func TestUnsubscribeEndsNoDelivery(t *testing.T) {
	for _, v := range versions {
		b := bench.New(t, 1, nil)
		c, pub := b.Connect(v, "c", bench.Persistent), b.Connect(v, "pub")
		c.Subscribe("t", 2)
		pub.Send(bench.Publish("t", "1", 1, 1), bench.Publish("t", "2", 2, 2))
		c.Take()
		c.Send(unsubscribe(1, "t"))
		c.Take()
		c.Hangup()
		c = b.Open(v)
		c.Hello("c", bench.Persistent)
		c.Want("still under way", "CONNACK session-present code=0x00", `PUBLISH dup qos=1 id=1 topic="t" payload="1"`, `PUBLISH dup qos=2 id=2 topic="t" payload="2"`)
		c.Send(bench.Ack{Type: codec.PUBREC, ID: 2}, bench.Ack{Type: codec.PUBACK, ID: 1}, bench.Ack{Type: codec.PUBCOMP, ID: 2})
		c.Want("to the end", "PUBREL id=2 code=0x00")
	}
}

// TestSharedMembers proves what binds the server about the members of a shared subscription: each has its own granted QoS
// [MQTT-4.8.2-3]; one that is cut off gets the rest of its QoS 2 delivery when it is back [MQTT-4.8.2-4]; what it was sent goes to no
// other when its session ends [MQTT-4.8.2-5] or it refuses the message [MQTT-4.8.2-6].
func TestSharedMembers(t *testing.T) {
	for _, tt := range []struct {
		why string
		end func(b *bench.Bench, member *bench.Client, id string)
	}{
		{"cut off", func(b *bench.Bench, m *bench.Client, id string) {
			m.Hangup()
			m = b.Open(codec.V5)
			m.Hello(id, expiry(100))
			m.Want("back", "CONNACK session-present code=0x00", `PUBLISH dup qos=2 id=1 topic="t" payload="x"`)
			m.Send(bench.Ack{Type: codec.PUBREC, ID: 1}, bench.Ack{Type: codec.PUBCOMP, ID: 1})
			m.Want("to the end", "PUBREL id=1 code=0x00")
		}},
		{"its session expires", func(b *bench.Bench, m *bench.Client, _ string) { m.Hangup(); b.Advance(200 * time.Second) }},
		{"it starts anew", func(b *bench.Bench, m *bench.Client, id string) { b.Open(codec.V5).Hello(id) }},
		{"it refuses", func(b *bench.Bench, m *bench.Client, _ string) {
			m.Send(bench.Ack{Type: codec.PUBREC, ID: 1, Code: codec.UnspecifiedError})
		}},
	} {
		b := bench.New(t, 2, nil)
		pub := b.Connect(codec.V5, "pub")
		ids := []string{"m0", "m1", "m2"}
		var members []*bench.Client
		for _, id := range ids {
			m := b.Connect(codec.V5, id, expiry(100))
			m.Subscribe("$share/g/t", 2)
			members = append(members, m)
		}
		pub.Send(bench.Publish("t", "x", 2, 1))
		chosen := -1
		for i, m := range members {
			if got := m.Take(); len(got) == 1 && chosen < 0 {
				chosen = i
			} else if len(got) > 0 {
				t.Fatalf("member %d got %q as well", i, got)
			}
		}
		if chosen < 0 {
			t.Fatal("no member got the message")
		}
		tt.end(b, members[chosen], ids[chosen])
		for i, m := range members {
			if i != chosen {
				m.WantNothing(tt.why + ": another member")
			}
		}
	}

	b := bench.New(t, 1, nil)
	pub := b.Connect(codec.V5, "pub")
	var members []*bench.Client
	for qos := range byte(3) {
		m := b.Connect(codec.V5, fmt.Sprint("m", qos))
		m.Subscribe("$share/g/t", qos)
		members = append(members, m)
	}
	for i := range uint16(60) {
		pub.Send(bench.Publish("t", "x", 2, i+1))
	}
	for qos, m := range members {
		got := m.Take()
		if len(got) == 0 {
			t.Errorf("the member with QoS %d got nothing", qos)
		}
		for _, line := range got {
			var have int
			if fmt.Sscanf(line, "PUBLISH qos=%d", &have); have != qos {
				t.Errorf("the member with QoS %d got %s", qos, line)
			}
		}
	}
}
