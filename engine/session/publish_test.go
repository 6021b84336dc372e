package session_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/internal/bench"
)

var versions = []codec.Version{codec.V31, codec.V311, codec.V5}

// TestPublishReachesSubscribers delivers between all versions, on one loop and across two, for every pair of QoS: the lower one
// counts [MQTT-3.8.4-8].
func TestPublishReachesSubscribers(t *testing.T) {
	for _, loops := range []int{1, 2} {
		for _, from := range versions {
			for _, to := range versions {
				for published := range byte(3) {
					for granted := range byte(3) {
						why := fmt.Sprintf("%d loops, %s qos %d to %s qos %d", loops, from, published, to, granted)
						b := bench.New(t, loops, nil)
						sub, pub := b.Connect(to, "sub"), b.Connect(from, "pub")
						sub.Subscribe("a/#", granted)
						pub.Send(bench.Publish("a/b", "hello", published, 9))
						switch published {
						case 0:
							pub.WantNothing(why)
						case 1:
							pub.Want(why, "PUBACK id=9 code=0x00")
						case 2:
							pub.Want(why, "PUBREC id=9 code=0x00")
							pub.Send(bench.Ack{Type: codec.PUBREL, ID: 9})
							pub.Want(why, "PUBCOMP id=9 code=0x00")
						}
						switch min(published, granted) {
						case 0:
							sub.Want(why, `PUBLISH qos=0 topic="a/b" payload="hello"`)
						case 1:
							sub.Want(why, `PUBLISH qos=1 id=1 topic="a/b" payload="hello"`)
							sub.Send(bench.Ack{Type: codec.PUBACK, ID: 1})
						case 2:
							sub.Want(why, `PUBLISH qos=2 id=1 topic="a/b" payload="hello"`)
							sub.Send(bench.Ack{Type: codec.PUBREC, ID: 1})
							sub.Want(why, "PUBREL id=1 code=0x00")
							sub.Send(bench.Ack{Type: codec.PUBCOMP, ID: 1})
						}
						sub.WantNothing(why)
						sub.WantOpen(why)
						pub.WantOpen(why)
					}
				}
			}
		}
	}
}

// TestQoS2IsRoutedOnce proves [MQTT-4.3.3-10]: a repeated PUBLISH is answered and not routed, until PUBREL ends the exchange.
func TestQoS2IsRoutedOnce(t *testing.T) {
	b := bench.New(t, 1, nil)
	sub, pub := b.Connect(codec.V311, "sub"), b.Connect(codec.V311, "pub")
	sub.Subscribe("t", 0)
	first := bench.Publish("t", "1", 2, 5)
	again := bench.Publish("t", "1", 2, 5)
	again.Dup = true
	pub.Send(first, again, first)
	pub.Want("each is answered", "PUBREC id=5 code=0x00", "PUBREC id=5 code=0x00", "PUBREC id=5 code=0x00")
	sub.Want("one is routed", `PUBLISH qos=0 topic="t" payload="1"`)
	pub.Send(bench.Ack{Type: codec.PUBREL, ID: 5}, bench.Ack{Type: codec.PUBREL, ID: 5}, first)
	pub.Want("released; the id is free again", "PUBCOMP id=5 code=0x00", "PUBCOMP id=5 code=0x00", "PUBREC id=5 code=0x00")
	sub.Want("a new message", `PUBLISH qos=0 topic="t" payload="1"`)
}

func TestPubrelOfUnknownID(t *testing.T) {
	for v, want := range map[codec.Version]string{
		codec.V31: "PUBCOMP id=5 code=0x00", codec.V311: "PUBCOMP id=5 code=0x00", codec.V5: "PUBCOMP id=5 code=0x92",
	} {
		c := bench.New(t, 1, nil).Connect(v, "c")
		c.Send(bench.Ack{Type: codec.PUBREL, ID: 5})
		c.Want("version "+v.String(), want)
	}
}

// TestReceiveMaximumOfTheBroker proves that an MQTT 5 client with too many unreleased messages is disconnected, that a
// repetition does not count, and that older versions have no such limit.
func TestReceiveMaximumOfTheBroker(t *testing.T) {
	b := bench.New(t, 1, func(s *session.Settings) { s.ReceiveMaxBroker = 2 })
	c := b.Connect(codec.V5, "c")
	c.Send(bench.Publish("t", "", 2, 1), bench.Publish("t", "", 2, 2), bench.Publish("t", "", 2, 2))
	c.Want("two and a repetition", "PUBREC id=1 code=0x00", "PUBREC id=2 code=0x00", "PUBREC id=2 code=0x00")
	c.Send(bench.Publish("t", "", 2, 3))
	c.WantClosed("the third", "DISCONNECT code=0x93")
	c = b.Connect(codec.V311, "d")
	c.Send(bench.Publish("t", "", 2, 1), bench.Publish("t", "", 2, 2), bench.Publish("t", "", 2, 3))
	c.Want("3.1.1", "PUBREC id=1 code=0x00", "PUBREC id=2 code=0x00", "PUBREC id=3 code=0x00")
}

// TestDollarTopicsAreNotRouted proves that clients cannot publish to $-topics, and that their packet ids are not left hanging.
func TestDollarTopicsAreNotRouted(t *testing.T) {
	for _, v := range versions {
		b := bench.New(t, 1, nil)
		sub, pub := b.Connect(codec.V5, "sub"), b.Connect(v, "pub")
		sub.Subscribe("$SYS/#", 0)
		code := "0x00"
		if v == codec.V5 {
			code = "0x90"
		}
		pub.Send(bench.Publish("$SYS/a", "x", 0, 0), bench.Publish("$SYS/a", "x", 1, 1), bench.Publish("$foo", "x", 2, 2))
		pub.Want("answered in "+v.String(), "PUBACK id=1 code="+code, "PUBREC id=2 code="+code)
		sub.WantNothing("not routed")
		pub.WantOpen("no reason to close")
	}
}

// TestPropertiesTravel proves that the properties for the receiver arrive unchanged and in order at MQTT 5 subscribers, and that
// others get the message without.
func TestPropertiesTravel(t *testing.T) {
	b := bench.New(t, 2, nil)
	sub5, sub4, pub := b.Connect(codec.V5, "s5"), b.Connect(codec.V311, "s4"), b.Connect(codec.V5, "p")
	sub4.Subscribe("t", 0)
	sub5.Send(&codec.Subscribe{PacketID: 1, Subscriptions: []codec.Subscription{{Filter: []byte("t")}}, Props: props(func(p *codec.Properties) { p.AddSubscriptionID(77) })})
	sub5.Want("subscribed", "SUBACK id=1 codes=0x00")
	m := bench.Publish("t", "x", 0, 0)
	m.Props.SetContentType([]byte("text/plain"))
	m.Props.SetResponseTopic([]byte("reply/to"))
	m.Props.SetCorrelationData([]byte{1, 2})
	m.Props.AddUser([]byte("k"), []byte("2"))
	m.Props.AddUser([]byte("k"), []byte("1"))
	m.Props.SetMessageExpiry(10)
	pub.Send(m)
	sub4.Want("3.1.1", `PUBLISH qos=0 topic="t" payload="x"`)
	got := sub5.Take()
	if len(got) != 1 {
		t.Fatalf("got %q", got)
	}
	for _, part := range []string{"text/plain", "reply/to", "77", "10"} {
		if !strings.Contains(got[0], part) {
			t.Errorf("%q is missing in %s", part, got[0])
		}
	}
	if first, second := strings.Index(got[0], `"2"`), strings.Index(got[0], `"1"`); first < 0 || second < first {
		t.Errorf("user properties out of order in %s", got[0])
	}
}

func props(fill func(*codec.Properties)) codec.Properties {
	var p codec.Properties
	fill(&p)
	return p
}

// TestTopicAlias proves that a client may define, use and redefine aliases within the announced maximum, on each connection anew.
func TestTopicAlias(t *testing.T) {
	b := bench.New(t, 2, func(s *session.Settings) { s.TopicAliasMaxClient = 2 })
	sub, pub := b.Connect(codec.V311, "sub"), b.Open(codec.V5)
	sub.Subscribe("#", 0)
	pub.Hello("pub")
	if got := pub.Take(); len(got) != 1 || !strings.Contains(got[0], "2") {
		t.Fatalf("the maximum is announced: got %q", got)
	}
	alias := func(topic string, n uint16) *codec.Publish {
		p := bench.Publish(topic, "x", 0, 0)
		p.Props.SetTopicAlias(n)
		return p
	}
	pub.Send(alias("a", 2), alias("", 2), alias("b", 2), alias("", 2), alias("c", 1), alias("", 2))
	want := []string{"a", "a", "b", "b", "c", "b"}
	for i := range want {
		want[i] = fmt.Sprintf(`PUBLISH qos=0 topic=%q payload="x"`, want[i])
	}
	sub.Want("resolved", want...)
	pub.Send(alias("d", 3))
	pub.WantClosed("above the maximum", "DISCONNECT code=0x94")
	pub = b.Connect(codec.V5, "pub")
	pub.Send(alias("", 2))
	pub.WantClosed("not defined on this connection", "DISCONNECT code=0x82")
}

// TestTopicAliasToTheClient proves that the broker defines aliases as far as both sides allow.
func TestTopicAliasToTheClient(t *testing.T) {
	b := bench.New(t, 2, func(s *session.Settings) { s.TopicAliasMaxBroker = 5 })
	pub := b.Connect(codec.V311, "pub")
	sub := b.Connect(codec.V5, "sub", func(p *codec.Connect) { p.Props.SetTopicAliasMaximum(2) })
	sub.Subscribe("#", 0)
	for _, topic := range []string{"a", "b", "c", "a", "b", "c"} {
		pub.Send(bench.Publish(topic, "x", 0, 0))
	}
	got := sub.Take()
	if len(got) != 6 {
		t.Fatalf("got %q", got)
	}
	for i, want := range []string{`topic="a"`, `topic="b"`, `topic="c"`, `topic=""`, `topic=""`, `topic="c"`} {
		if !strings.Contains(got[i], want) || strings.Contains(got[i], "alias") == strings.Contains(want, "c") {
			t.Errorf("message %d: %s, want %s", i, got[i], want)
		}
	}
}

// TestMaxMessageRate proves that a client above its rate loses nothing and is read from more slowly.
func TestMaxMessageRate(t *testing.T) {
	b := bench.New(t, 1, func(s *session.Settings) { s.MaxMessageRate = 2 })
	pub := b.Connect(codec.V311, "pub")
	for i := range 10 {
		pub.Send(bench.Publish("t", "x", 1, uint16(i+1)))
	}
	acked := len(pub.Take())
	if acked != 3 {
		t.Errorf("%d messages at once with a rate of 2, want the two that it may send and one that has to pay", acked)
	}
	for range 7 {
		pub.WantNothing("no token")
		b.Advance(520 * time.Millisecond)
		if got := pub.Take(); len(got) != 1 {
			t.Fatalf("after half a second: got %q", got)
		}
	}
	b.Advance(time.Hour)
	pub.Send(bench.Publish("t", "x", 1, 11), bench.Publish("t", "x", 1, 12))
	pub.Want("rested", "PUBACK id=11 code=0x00", "PUBACK id=12 code=0x00")
}

// TestTopicAliasIsNotGranted proves that a client that uses aliases nobody offered is told so.
func TestTopicAliasIsNotGranted(t *testing.T) {
	b := bench.New(t, 1, nil)
	c := b.Connect(codec.V5, "c")
	m := bench.Publish("t", "", 0, 0)
	m.Props.SetTopicAlias(1)
	c.Send(m)
	c.WantClosed("alias", "DISCONNECT code=0x94")
	c = b.Connect(codec.V5, "c")
	c.Send(bench.Publish("", "", 0, 0))
	c.WantClosed("neither topic nor alias", "DISCONNECT code=0x82")
}

// TestNoLocalAndBridges proves [MQTT-3.8.3-3], for the option of MQTT 5 and for what bridges of level 131 and 132 get without
// asking; they also see the retain flag as published.
func TestNoLocalAndBridges(t *testing.T) {
	for _, tt := range []struct {
		v       codec.Version
		connect func(*codec.Connect)
		sub     codec.Subscription
		own     int
		retain  string
	}{
		{codec.V5, func(*codec.Connect) {}, codec.Subscription{Filter: []byte("t")}, 1, ""},
		{codec.V5, func(*codec.Connect) {}, codec.Subscription{Filter: []byte("t"), NoLocal: true}, 0, ""},
		{codec.V5, func(*codec.Connect) {}, codec.Subscription{Filter: []byte("t"), NoLocal: true, RetainAsPublished: true}, 0, "retain "},
		{codec.V31, func(p *codec.Connect) { p.Bridge, p.Level = true, 131 }, codec.Subscription{Filter: []byte("t")}, 0, "retain "},
		{codec.V311, func(p *codec.Connect) { p.Bridge, p.Level = true, 132 }, codec.Subscription{Filter: []byte("t")}, 0, "retain "},
	} {
		b := bench.New(t, 2, nil)
		c, other := b.Connect(tt.v, "c", tt.connect), b.Connect(codec.V311, "other")
		c.Send(&codec.Subscribe{PacketID: 1, Subscriptions: []codec.Subscription{tt.sub}})
		c.Want("subscribed", "SUBACK id=1 codes=0x00")
		c.Send(bench.Publish("t", "own", 0, 0))
		if got := c.Take(); len(got) != tt.own {
			t.Errorf("%s no-local=%v: own message gave %q", tt.v, tt.sub.NoLocal, got)
		}
		m := bench.Publish("t", "foreign", 0, 0)
		m.Retain = true
		other.Send(m)
		c.Want("the other's message", "PUBLISH "+tt.retain+`qos=0 topic="t" payload="foreign"`)
	}
}
