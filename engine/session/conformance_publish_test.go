package session_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/internal/bench"
)

// TestDupIsTheSendersOwn proves that DUP of a publisher goes to nobody [MQTT-3.3.1-3], that a first delivery has none [MQTT-4.3.2-2],
// [MQTT-4.3.3-2], [MQTT-4.3.1-1], and that a repeated one has it [MQTT-3.3.1-1], unless it is one of QoS 0, which is never repeated
// [MQTT-3.3.1-2].
func TestDupIsTheSendersOwn(t *testing.T) {
	for _, v := range versions {
		b := bench.New(t, 2, nil)
		pub, sub := b.Connect(v, "pub"), b.Connect(v, "sub", bench.Persistent)
		sub.Subscribe("t", 2)
		again := bench.Publish("t", "1", 1, 1)
		again.Dup = true
		twice := bench.Publish("t", "2", 2, 2)
		twice.Dup = true
		pub.Send(again, twice, bench.Publish("t", "3", 0, 0))
		sub.Want("first", `PUBLISH qos=1 id=1 topic="t" payload="1"`, `PUBLISH qos=2 id=2 topic="t" payload="2"`, `PUBLISH qos=0 topic="t" payload="3"`)
		sub.Hangup()
		sub = b.Open(v)
		sub.Hello("sub", bench.Persistent)
		sub.Want("again", "CONNACK session-present code=0x00", `PUBLISH dup qos=1 id=1 topic="t" payload="1"`, `PUBLISH dup qos=2 id=2 topic="t" payload="2"`)
		bad := bench.Publish("t", "4", 0, 0)
		bad.Dup = true
		pub.Take()
		pub.Send(bad)
		if got := pub.Take(); !pub.Peer.Ended() {
			t.Errorf("DUP with QoS 0 [MQTT-3.3.1-2]: got %q and the connection is open", got)
		}
	}
}

// TestRetainFlag proves what RETAIN does to the store and to deliveries: it replaces [MQTT-3.3.1-5], an empty payload removes
// [MQTT-3.3.1-6] and is not kept [MQTT-3.3.1-7], and without it nothing changes [MQTT-3.3.1-8]. A delivery for a new subscription
// [MQTT-3.3.1-9] has it [MQTT-3.3.1-8 v3.1.1], one for an old subscription has not [MQTT-3.3.1-9 v3.1.1], [MQTT-3.3.1-12]. The session
// of the publisher does not matter [MQTT-3.1.2-7 v3.1.1].
func TestRetainFlag(t *testing.T) {
	for _, v := range versions {
		b := bench.New(t, 2, nil)
		live := b.Connect(v, "live")
		live.Subscribe("t", 2)
		pub := b.Connect(v, "pub")
		stored := func(why string, lines ...string) {
			t.Helper()
			c := b.Connect(v, "late")
			c.Send(subscribe(1, "t"))
			c.Want(why, append([]string{"SUBACK id=1 codes=0x01"}, lines...)...)
			c.Send(&codec.Disconnect{})
		}
		pub.Send(retained("t", "1", 1, 1))
		stored("the first", `PUBLISH retain qos=1 id=1 topic="t" payload="1"`)
		pub.Send(retained("t", "2", 0, 0))
		stored("replaced, with its QoS", `PUBLISH retain qos=0 topic="t" payload="2"`)
		pub.Send(bench.Publish("t", "3", 0, 0))
		stored("a message without RETAIN changes nothing", `PUBLISH retain qos=0 topic="t" payload="2"`)
		pub.Send(bench.Publish("t", "", 0, 0))
		stored("not even an empty one", `PUBLISH retain qos=0 topic="t" payload="2"`)
		pub.Send(&codec.Disconnect{})
		stored("the publisher is gone", `PUBLISH retain qos=0 topic="t" payload="2"`)
		pub = b.Connect(v, "pub")
		pub.Send(retained("t", "", 0, 0))
		stored("removed")
		pub.Send(retained("t", "", 0, 0))
		stored("an empty one is not kept")
		live.Want("all of them, without RETAIN", `PUBLISH qos=1 id=1 topic="t" payload="1"`, `PUBLISH qos=0 topic="t" payload="2"`,
			`PUBLISH qos=0 topic="t" payload="3"`, `PUBLISH qos=0 topic="t" payload=""`, `PUBLISH qos=0 topic="t" payload=""`, `PUBLISH qos=0 topic="t" payload=""`)
	}
}

// TestRetainAsPublished proves [MQTT-3.3.1-12] and [MQTT-3.3.1-13], for clients that are there and for one that is away.
func TestRetainAsPublished(t *testing.T) {
	for _, asPublished := range []bool{false, true} {
		for _, retain := range []bool{false, true} {
			b := bench.New(t, 1, nil)
			c, pub := b.Connect(codec.V5, "c", bench.Persistent), b.Connect(codec.V5, "pub")
			c.Send(&codec.Subscribe{PacketID: 1, Subscriptions: []codec.Subscription{{Filter: []byte("t"), QoS: 1, RetainAsPublished: asPublished}}})
			c.Take()
			flag := ""
			if asPublished && retain {
				flag = "retain "
			}
			send := func(id uint16) {
				m := bench.Publish("t", "x", 1, id)
				m.Retain = retain
				pub.Send(m)
			}
			send(1)
			c.Want("live", "PUBLISH "+flag+`qos=1 id=1 topic="t" payload="x"`)
			c.Send(bench.Ack{Type: codec.PUBACK, ID: 1})
			c.Hangup()
			send(2)
			c = b.Open(codec.V5)
			c.Hello("c", bench.Persistent)
			c.Want("queued", "CONNACK session-present code=0x00", "PUBLISH "+flag+`qos=1 id=2 topic="t" payload="x"`)
		}
	}
}

// TestTextIsKeptAsItIs proves that a byte order mark is a character like others [MQTT-1.5.4-3] and that matching normalizes nothing
// [MQTT-4.7.3-4]: texts that look alike are different topics, and one gets exactly what its filter says [MQTT-3.3.2-3].
func TestTextIsKeptAsItIs(t *testing.T) {
	topics := []string{"a", "\ufeffa", "A", "/a", "a/", "a//", "é", "e\u0301", "\u212b", "Å", "Å", "a ", " a", "a\u200d", "％", "%61"}
	for _, v := range versions {
		b := bench.New(t, 1, nil)
		pub := b.Connect(v, "pub")
		for i, filter := range topics {
			c := b.Connect(v, fmt.Sprint("c", i))
			c.Send(subscribe(1, filter))
			c.Want("subscribed", "SUBACK id=1 codes=0x01")
			for _, topic := range topics {
				pub.Send(bench.Publish(topic, "x", 0, 0))
			}
			var want []string
			for _, topic := range topics {
				if topic == filter {
					want = append(want, fmt.Sprintf(`PUBLISH qos=0 topic=%q payload="x"`, topic))
				}
			}
			c.Want(fmt.Sprintf("filter %q", filter), want...)
			c.Send(&codec.Disconnect{})
		}
	}
}

// TestDeliveriesMatchTheirFilter proves [MQTT-3.3.2-3] with filters of each kind.
func TestDeliveriesMatchTheirFilter(t *testing.T) {
	for _, v := range versions {
		for filter, want := range map[string][]string{
			"a/b": {"a/b"}, "a/+": {"a/", "a/b"}, "a/#": {"a", "a/", "a/b", "a/b/c"}, "+": {"a", "b"}, "#": {"a", "a/", "a/b", "a/b/c", "b"},
			"+/b": {"a/b"}, "+/+/c": {"a/b/c"}, "$share/g/a/+": {"a/", "a/b"},
		} {
			b := bench.New(t, 1, nil)
			c, pub := b.Connect(v, "c"), b.Connect(v, "pub")
			c.Subscribe(filter, 0)
			for _, topic := range []string{"a", "a/", "a/b", "a/b/c", "b"} {
				pub.Send(bench.Publish(topic, "x", 0, 0))
			}
			for i, topic := range want {
				want[i] = fmt.Sprintf(`PUBLISH qos=0 topic=%q payload="x"`, topic)
			}
			c.Want("filter "+filter, want...)
		}
	}
}

// TestWireOfADelivery looks at the bytes: no packet identifier with QoS 0 [MQTT-2.2.1-2], and in MQTT 5 a property length of 0 where
// there are no properties [MQTT-2.2.2-1].
func TestWireOfADelivery(t *testing.T) {
	for v, want := range map[codec.Version]string{codec.V311: "\x30\x04\x00\x01tx", codec.V5: "\x30\x05\x00\x01t\x00x"} {
		b := bench.New(t, 1, nil)
		c, pub := b.Connect(v, "c"), b.Connect(v, "pub")
		c.Subscribe("t", 2)
		pub.Send(bench.Publish("t", "x", 0, 0))
		if got := string(c.Peer.Take()); got != want {
			t.Errorf("version %s: % x, want % x", v, got, want)
		}
	}
}

// TestLongestTopic proves that topics and filters of 65535 bytes work [MQTT-4.7.3-3].
func TestLongestTopic(t *testing.T) {
	long := strings.Repeat("x", 65535)
	for _, v := range versions {
		b := bench.New(t, 1, nil)
		c, pub := b.Connect(v, "c"), b.Connect(v, "pub")
		c.Subscribe(long, 0)
		pub.Send(bench.Publish(long, "p", 0, 0))
		c.Want("delivered", fmt.Sprintf(`PUBLISH qos=0 topic=%q payload="p"`, long))
	}
}

// TestProperties proves that what a publisher says about its message reaches all subscribers unaltered: payload format [MQTT-3.3.2-4],
// response topic [MQTT-3.3.2-15], correlation data [MQTT-3.3.2-16], user properties [MQTT-3.3.2-17] in their order [MQTT-3.3.2-18],
// content type [MQTT-3.3.2-20]; live, from the queue and from the retained store.
func TestProperties(t *testing.T) {
	b := bench.New(t, 2, nil)
	live, away, pub := b.Connect(codec.V5, "live"), b.Connect(codec.V5, "away", bench.Persistent), b.Connect(codec.V5, "pub")
	live.Subscribe("t", 1)
	away.Subscribe("t", 1)
	away.Hangup()
	m := retained("t", "x", 1, 1)
	m.Props.SetPayloadFormat(1)
	m.Props.SetContentType([]byte("text/plain"))
	m.Props.SetResponseTopic([]byte("re/ply"))
	m.Props.SetCorrelationData([]byte{0, 255})
	for _, k := range []string{"z", "a", "z"} {
		m.Props.AddUser([]byte(k), []byte("v"))
	}
	pub.Send(m)
	const props = ` {Payload Format Indicator=1, Content Type="text/plain", Response Topic="re/ply", Correlation Data="\x00\xff", ` +
		`User Property "z"="v", User Property "a"="v", User Property "z"="v"}`
	live.Want("live", `PUBLISH qos=1 id=1 topic="t" payload="x"`+props)
	away = b.Open(codec.V5)
	away.Hello("away", bench.Persistent)
	away.Want("queued", "CONNACK session-present code=0x00", `PUBLISH qos=1 id=1 topic="t" payload="x"`+props)
	late := b.Connect(codec.V5, "late")
	late.Send(subscribe(1, "t"))
	late.Want("retained", "SUBACK id=1 codes=0x01", `PUBLISH retain qos=1 id=1 topic="t" payload="x"`+props)
}

// TestExpiryOfWaitingMessages proves that a message whose time passed while it waited is deleted [MQTT-3.3.2-5], that one in time tells
// what is left [MQTT-3.3.2-6], and that one which was sent already is repeated however old it is [MQTT-4.3.3-7].
func TestExpiryOfWaitingMessages(t *testing.T) {
	b := bench.New(t, 1, nil)
	sub, pub := b.Connect(codec.V5, "sub", bench.Persistent, func(p *codec.Connect) { p.Props.SetReceiveMaximum(1) }), b.Connect(codec.V5, "pub")
	sub.Subscribe("t", 2)
	message := func(payload string, id uint16, seconds uint32) *codec.Publish {
		m := bench.Publish("t", payload, 2, id)
		m.Props.SetMessageExpiry(seconds)
		return m
	}
	pub.Send(message("sent", 1, 5), message("short", 2, 5), message("long", 3, 50))
	sub.Want("the window has room for one", `PUBLISH qos=2 id=1 topic="t" payload="sent" {Message Expiry Interval=5}`)
	b.Advance(20 * time.Second)
	sub.Hangup()
	sub = b.Open(codec.V5)
	sub.Hello("sub", bench.Persistent, func(p *codec.Connect) { p.Props.SetReceiveMaximum(1) })
	got := sub.Take()
	if len(got) != 2 || !strings.HasPrefix(got[1], `PUBLISH dup qos=2 id=1 topic="t" payload="sent"`) {
		t.Fatalf("got %q, want the message whose delivery began", got)
	}
	sub.Send(bench.Ack{Type: codec.PUBREC, ID: 1}, bench.Ack{Type: codec.PUBCOMP, ID: 1})
	sub.Want("then the one that is in time", "PUBREL id=1 code=0x00", `PUBLISH qos=2 id=2 topic="t" payload="long" {Message Expiry Interval=30}`)
}

// TestOverlappingSubscriptions proves that a message arrives with the highest QoS of all matching subscriptions [MQTT-3.3.4-2], a copy
// for each, with that one's identifier [MQTT-3.3.4-3], [MQTT-3.3.4-5] and QoS.
func TestOverlappingSubscriptions(t *testing.T) {
	for _, v := range versions {
		b := bench.New(t, 1, nil)
		c, pub := b.Connect(v, "c"), b.Connect(v, "pub")
		for i, filter := range []string{"a/b", "a/+", "#", "none"} {
			s := &codec.Subscribe{PacketID: uint16(i + 1), Subscriptions: []codec.Subscription{{Filter: []byte(filter), QoS: byte(i % 3)}}}
			if v == codec.V5 && i != 2 {
				s.Props.AddSubscriptionID(uint32(10 + i))
			}
			c.Send(s)
		}
		c.Take()
		pub.Send(bench.Publish("a/b", "x", 2, 1))
		var got []string
		for _, line := range c.Take() {
			head, props, _ := strings.Cut(line, ` topic="a/b" payload="x"`)
			qos, _, _ := strings.Cut(strings.TrimPrefix(head, "PUBLISH "), " id=")
			got = append(got, qos+props)
		}
		slices.Sort(got)
		want := []string{"qos=0", "qos=1", "qos=2"}
		if v == codec.V5 {
			want = []string{"qos=0 {Subscription Identifier=10}", "qos=1 {Subscription Identifier=11}", "qos=2"}
		}
		if !slices.Equal(got, want) {
			t.Errorf("version %s: got %q, want %q", v, got, want)
		}
	}
}

// TestAliasesUpToTheMaximum proves that every alias from 1 to the announced maximum serves [MQTT-3.3.2-12], 0 and the next one do not
// [MQTT-3.3.2-8], [MQTT-3.3.2-9], and a new connection knows none of them [MQTT-3.3.2-7].
func TestAliasesUpToTheMaximum(t *testing.T) {
	const maximum = 300
	b := bench.New(t, 1, func(s *session.Settings) { s.TopicAliasMaxClient = maximum })
	sub := b.Connect(codec.V311, "sub")
	sub.Subscribe("#", 0)
	alias := func(topic string, n uint16) *codec.Publish {
		p := bench.Publish(topic, "x", 0, 0)
		p.Props.SetTopicAlias(n)
		return p
	}
	pub := b.Connect(codec.V5, "pub")
	for n := uint16(maximum); n > 0; n-- {
		pub.Send(alias(fmt.Sprint("t", n), n))
	}
	sub.Take()
	for n := uint16(1); n <= maximum; n++ {
		pub.Send(alias("", n))
		sub.Want("resolved", fmt.Sprintf(`PUBLISH qos=0 topic="t%d" payload="x"`, n))
	}
	for n, code := range map[uint16]string{0: "0x94", maximum + 1: "0x94", 1: "0x82"} {
		pub = b.Connect(codec.V5, "pub")
		topic := "t"
		if n == 1 {
			topic = "" // defined on the connection before, not on this one
		}
		pub.Send(alias(topic, n))
		pub.WantClosed(fmt.Sprint("alias ", n), "DISCONNECT code="+code)
	}
}

// TestAliasesOfTheBroker proves that the broker uses no alias above the client's maximum [MQTT-3.1.2-26], [MQTT-3.3.2-11], none without one
// [MQTT-3.1.2-27], and starts anew with each connection [MQTT-3.3.2-7].
func TestAliasesOfTheBroker(t *testing.T) {
	for _, tt := range []struct {
		why     string
		maximum int // -1: not sent
		want    int
	}{{"absent", -1, 0}, {"0", 0, 0}, {"1", 1, 1}, {"3", 3, 3}, {"more than the broker wants", 100, 5}} {
		b := bench.New(t, 1, func(s *session.Settings) { s.TopicAliasMaxBroker = 5 })
		pub := b.Connect(codec.V311, "pub")
		for range 2 {
			sub := b.Connect(codec.V5, "sub", func(p *codec.Connect) {
				if tt.maximum >= 0 {
					p.Props.SetTopicAliasMaximum(uint16(tt.maximum))
				}
			})
			sub.Subscribe("#", 0)
			used := map[string]bool{}
			for i := range 20 {
				pub.Send(bench.Publish(fmt.Sprint("t", i%10), "x", 0, 0))
				line := strings.Join(sub.Take(), "\n")
				if i < 10 && !strings.Contains(line, fmt.Sprintf(`topic="t%d"`, i)) {
					t.Errorf("%s: message %d of a connection is %s", tt.why, i, line)
				}
				if _, alias, has := strings.Cut(line, "Topic Alias="); has {
					used[strings.TrimSuffix(alias, "}")] = true
				}
			}
			for alias := range used {
				var n int
				if fmt.Sscan(alias, &n); n < 1 || n > tt.want {
					t.Errorf("%s: alias %s", tt.why, alias)
				}
			}
			if len(used) != tt.want {
				t.Errorf("%s: %d aliases used, want %d", tt.why, len(used), tt.want)
			}
		}
	}
}

// TestMaximumPacketSizeHoldsForAll proves that no packet is larger than the client takes [MQTT-3.1.2-24]: a message that an earlier
// connection was sent and this one does not take counts as delivered [MQTT-3.1.2-25]; an answer that cannot be sent ends the connection.
func TestMaximumPacketSizeHoldsForAll(t *testing.T) {
	size := func(n uint32) func(*codec.Connect) { return func(p *codec.Connect) { p.Props.SetMaximumPacketSize(n) } }
	b := bench.New(t, 1, nil)
	pub, sub := b.Connect(codec.V5, "pub"), b.Connect(codec.V5, "sub", bench.Persistent, func(p *codec.Connect) { p.Props.SetReceiveMaximum(2) })
	sub.Subscribe("t", 1)
	pub.Send(bench.Publish("t", strings.Repeat("x", 50), 1, 1), bench.Publish("t", "small", 1, 2), bench.Publish("t", "next", 1, 3))
	sub.Take()
	sub.Hangup()
	sub = b.Open(codec.V5)
	sub.Hello("sub", bench.Persistent, size(30), func(p *codec.Connect) { p.Props.SetReceiveMaximum(2) })
	sub.Want("the large one is given up and takes no place", "CONNACK session-present code=0x00",
		`PUBLISH dup qos=1 id=2 topic="t" payload="small"`, `PUBLISH qos=1 id=3 topic="t" payload="next"`)

	var filters []string
	for i := range 40 {
		filters = append(filters, fmt.Sprint("f", i))
	}
	c := b.Connect(codec.V5, "c", size(30))
	c.Send(subscribe(1, filters[:10]...), unsubscribe(2, filters[:10]...))
	c.Want("these fit", "SUBACK id=1 codes=0x01010101010101010101", "UNSUBACK id=2 codes=0x00000000000000000000")
	c.Send(subscribe(3, filters...))
	c.WantClosed("SUBACK of 45 bytes", "DISCONNECT code=0x95")
	c = b.Connect(codec.V5, "c", size(30))
	c.Send(unsubscribe(3, filters...))
	c.WantClosed("UNSUBACK of 45 bytes", "DISCONNECT code=0x95")
	c = b.Open(codec.V5)
	c.Hello("", size(30))
	c.WantClosed("CONNACK with the identifier that the client must know")
	if n := b.Broker.Clients(); n != 2 {
		t.Errorf("%d clients, want pub and sub", n)
	}
}

// TestRefusedPublishOfMQTT3 proves that a PUBLISH which is not allowed is acknowledged as usual, because the version knows no other
// answer [MQTT-3.3.5-2 v3.1.1].
func TestRefusedPublishOfMQTT3(t *testing.T) {
	for _, v := range []codec.Version{codec.V31, codec.V311} {
		b := bench.New(t, 1, nil)
		watch, c := b.Connect(v, "watch"), b.Connect(v, "c")
		watch.Subscribe("$SYS/#", 0)
		c.Send(bench.Publish("$SYS/x", "0", 0, 0), bench.Publish("$SYS/x", "1", 1, 1), bench.Publish("$SYS/x", "2", 2, 2), bench.Ack{Type: codec.PUBREL, ID: 2})
		c.Want("as usual", "PUBACK id=1 code=0x00", "PUBREC id=2 code=0x00", "PUBCOMP id=2 code=0x00")
		watch.WantNothing("not routed")
	}
}
