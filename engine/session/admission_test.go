package session_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/hook"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/internal/bench"
)

// TestRegisterRefusals proves what a client gets that auth_on_register does not let in.
func TestRegisterRefusals(t *testing.T) {
	for _, test := range []struct {
		why    string
		answer error
		v3, v5 string
	}{
		{"wrong password", hook.ErrInvalidCredentials, "CONNACK code=0x04", "CONNACK code=0x86"},
		{"another reason", errors.New("x"), "CONNACK code=0x05", "CONNACK code=0x86"},
		{"nobody knows the client", hook.ErrNext, "CONNACK code=0x05", "CONNACK code=0x86"},
		{"a code", &hook.Denial{Code: codec.Banned}, "CONNACK code=0x05", "CONNACK code=0x8a"},
		{"another server", &hook.Denial{Code: codec.UseAnotherServer, ServerReference: "b:1883", Reason: "full"}, "CONNACK code=0x05",
			"CONNACK code=0x9c"},
	} {
		for _, v := range versions {
			b, p := withPlugin(t, nil)
			p.Register = func(context.Context, *hook.Register) (*hook.RegisterMods, error) { return nil, test.answer }
			c := b.Open(v)
			c.Hello("c1")
			want := test.v3
			if v == codec.V5 {
				want = test.v5
			}
			got := c.Take()
			if len(got) != 1 || !strings.HasPrefix(got[0], want) || !c.Peer.Ended() {
				t.Errorf("%s, %s: got %q, want %s and the end", test.why, v, got, want)
			}
			if d, ok := test.answer.(*hook.Denial); ok && v == codec.V5 && d.ServerReference != "" && (!strings.Contains(got[0], "b:1883") || !strings.Contains(got[0], "full")) {
				t.Errorf("%s: the client does not hear where to go: %s", test.why, got[0])
			}
			if b.Broker.Clients() != 0 {
				t.Errorf("%s, %s: a refused client has a record", test.why, v)
			}
		}
	}
}

// TestAnonymousAsksNobody proves that auth_on_register is not called for anonymous access, even with a user name, and that the other hooks are.
func TestAnonymousAsksNobody(t *testing.T) {
	b, p := withPlugin(t, func(s *session.Settings) { s.AllowAnonymous = true })
	p.Register = func(context.Context, *hook.Register) (*hook.RegisterMods, error) { return nil, errors.New("asked") }
	c := b.Connect(codec.V311, "c1", func(p *codec.Connect) { p.HasUsername, p.Username = true, []byte("u") })
	wantCalls(t, "an anonymous CONNECT", p, "on_client_wakeup c1", "on_register c1")
	c.Send(bench.Publish("a", "", 0, 0))
	wantCalls(t, "its PUBLISH", p, `auth_on_publish c1 a "" qos=0 retain=false`, `on_publish c1 a "" qos=0 retain=false`)
}

// TestNoPluginsRefuseAll proves that a broker whose plugins are all disabled lets nobody publish or subscribe, and that one without
// plugins does.
func TestNoPluginsRefuseAll(t *testing.T) {
	b := bench.New(t, 1, nil)
	b.Use()
	c := b.Connect(codec.V5, "c1")
	c.Send(bench.Publish("a", "", 1, 1))
	c.Want("PUBLISH without plugins", "PUBACK id=1 code=0x87")
	c.Send(&codec.Subscribe{PacketID: 2, Subscriptions: []codec.Subscription{{Filter: []byte("a")}, {Filter: []byte("b")}}})
	c.Want("SUBSCRIBE without plugins", "SUBACK id=2 codes=0x8787")
	b.Broker.SetHooks(nil)
	b.Fake.Run()
	c.Send(bench.Publish("a", "", 1, 3))
	c.Want("PUBLISH where nobody is asked", "PUBACK id=3 code=0x00")
}

// TestRegisterOverrides proves that each value that auth_on_register may change has its effect, at the next packet that shows it.
func TestRegisterOverrides(t *testing.T) {
	type try struct {
		why   string
		v     codec.Version
		mods  hook.RegisterMods
		proof func(t *testing.T, b *bench.Bench, c *bench.Client)
	}
	pub := func(b *bench.Bench, n int, qos byte) {
		c := b.OpenOn(0, codec.V311)
		c.Hello("publisher")
		for i := range n {
			c.Send(bench.Publish("a", string(rune('0'+i)), qos, uint16(i+1)))
		}
	}
	count := func(c *bench.Client, prefix string) (n int) {
		for _, line := range c.Take() {
			if strings.HasPrefix(line, prefix) {
				n++
			}
		}
		return n
	}
	subscribed := func(c *bench.Client) { c.Subscribe("a", 1) }
	for _, x := range []try{
		{"max_message_size", codec.V311, hook.RegisterMods{MaxMessageSize: hook.Some(10)}, func(t *testing.T, b *bench.Bench, c *bench.Client) {
			c.Send(bench.Publish("a", "12345678", 0, 0))
			c.WantClosed("11 bytes of remaining length")
		}},
		{"max_message_rate", codec.V311, hook.RegisterMods{MaxMessageRate: hook.Some(1)}, func(t *testing.T, b *bench.Bench, c *bench.Client) {
			c.Send(bench.Publish("a", "", 1, 1), bench.Publish("a", "", 1, 2), bench.Publish("a", "", 1, 3))
			if n := count(c, "PUBACK"); n != 2 {
				t.Errorf("%d messages at once, want the one of the second and one beyond", n)
			}
		}},
		{"max_inflight_messages", codec.V311, hook.RegisterMods{MaxInflightMessages: hook.Some(2)}, func(t *testing.T, b *bench.Bench, c *bench.Client) {
			subscribed(c)
			pub(b, 5, 1)
			if n := count(c, "PUBLISH"); n != 2 {
				t.Errorf("%d in flight, want 2", n)
			}
		}},
		{"max_online_messages", codec.V311, hook.RegisterMods{MaxInflightMessages: hook.Some(1), MaxOnlineMessages: hook.Some(2)}, func(t *testing.T, b *bench.Bench, c *bench.Client) {
			subscribed(c)
			pub(b, 5, 1)
			b.Advance(time.Second) // the publisher was held back for a moment
			n := b.Counters()
			if n.Dropped[0] != 2 {
				t.Errorf("%d dropped, want 5 less one in flight and two queued", n.Dropped[0])
			}
		}},
		{"max_offline_messages", codec.V5, hook.RegisterMods{MaxOfflineMessages: hook.Some(3), SessionExpiry: hook.Some[uint32](100)}, func(t *testing.T, b *bench.Bench, c *bench.Client) {
			subscribed(c)
			c.Hangup()
			pub(b, 5, 1)
			n := b.Counters()
			if n.Dropped[0] != 2 {
				t.Errorf("%d dropped, want 5 less 3", n.Dropped[0])
			}
		}},
		{"queue_type", codec.V5, hook.RegisterMods{QueueType: hook.Some("lifo"), SessionExpiry: hook.Some[uint32](100), ReceiveMaxClient: hook.Some[uint16](1)}, func(t *testing.T, b *bench.Bench, c *bench.Client) {
			subscribed(c)
			pub(b, 3, 1)
			c.Want("the window has room for one", `PUBLISH qos=1 id=1 topic="a" payload="0"`)
			c.Send(bench.Ack{Type: codec.PUBACK, ID: 1})
			c.Want("the newest comes first", `PUBLISH qos=1 id=2 topic="a" payload="2"`)
		}},
		{"retry_interval", codec.V311, hook.RegisterMods{RetryInterval: hook.Some(time.Second)}, func(t *testing.T, b *bench.Bench, c *bench.Client) {
			subscribed(c)
			pub(b, 1, 1)
			c.Take()
			b.Advance(1200 * time.Millisecond)
			c.Want("repeated", `PUBLISH dup qos=1 id=1 topic="a" payload="0"`)
		}},
		{"upgrade_qos", codec.V311, hook.RegisterMods{UpgradeQoS: hook.Some(true)}, func(t *testing.T, b *bench.Bench, c *bench.Client) {
			subscribed(c)
			pub(b, 1, 0)
			c.Want("upgraded", `PUBLISH qos=1 id=1 topic="a" payload="0"`)
		}},
		{"clean_session", codec.V311, hook.RegisterMods{CleanStart: hook.Some(false)}, func(t *testing.T, b *bench.Bench, c *bench.Client) {
			c.Hangup()
			if b.Broker.Clients() != 1 {
				t.Error("the session is not persistent")
			}
		}},
		{"max_connection_lifetime", codec.V5, hook.RegisterMods{MaxConnectionLifetime: hook.Some(5 * time.Second)}, func(t *testing.T, b *bench.Bench, c *bench.Client) {
			b.Advance(4 * time.Second)
			c.WantOpen("not yet")
			b.Advance(2 * time.Second)
			c.WantClosed("its time is over", "DISCONNECT code=0x98")
		}},
		{"subscriber_id", codec.V5, hook.RegisterMods{SubscriberID: &hook.SubscriberID{Mountpoint: "m", ClientID: "other"}}, func(t *testing.T, b *bench.Bench, c *bench.Client) {
			if b.Broker.Mountpoint("m").Clients.Find("other") == nil || b.Broker.Mountpoint("").Clients.Len() != 0 {
				t.Error("the session is not where the plugin put it")
			}
		}},
		{"session_expiry_interval", codec.V5, hook.RegisterMods{SessionExpiry: hook.Some[uint32](7)}, func(t *testing.T, b *bench.Bench, c *bench.Client) {
			c.Hangup()
			b.Advance(6 * time.Second)
			if b.Broker.Clients() != 1 {
				t.Error("the session has ended at once")
			}
			b.Advance(2 * time.Second)
			if b.Broker.Clients() != 0 {
				t.Error("the session has not expired")
			}
		}},
		{"fc_receive_max_broker", codec.V5, hook.RegisterMods{ReceiveMaxBroker: hook.Some[uint16](1)}, func(t *testing.T, b *bench.Bench, c *bench.Client) {
			c.Send(bench.Publish("a", "", 2, 1), bench.Publish("a", "", 2, 2))
			c.WantClosed("one too many", "PUBREC id=1 code=0x00", "DISCONNECT code=0x93")
		}},
		{"topic_alias_max", codec.V5, hook.RegisterMods{TopicAliasMaxClient: hook.Some[uint16](1)}, func(t *testing.T, b *bench.Bench, c *bench.Client) {
			p := bench.Publish("a", "", 1, 1)
			p.Props.SetTopicAlias(1)
			c.Send(p)
			c.Want("an alias that was announced", "PUBACK id=1 code=0x00")
		}},
		{"max_packet_size", codec.V5, hook.RegisterMods{MaxPacketSize: hook.Some[uint32](8)}, func(t *testing.T, b *bench.Bench, c *bench.Client) {
			c.Subscribe("a", 0)
			p := b.OpenOn(0, codec.V311)
			p.Hello("p")
			p.Send(bench.Publish("a", "123456", 0, 0))
			c.WantNothing("12 bytes do not fit")
		}},
	} {
		t.Run(x.why, func(t *testing.T) {
			b, p := withPlugin(t, nil)
			p.Register = func(_ context.Context, in *hook.Register) (*hook.RegisterMods, error) {
				if in.Client.ClientID == "c1" {
					return &x.mods, nil
				}
				return nil, nil
			}
			c := b.OpenOn(0, x.v)
			c.Hello("c1")
			if got := c.Take(); len(got) != 1 || !strings.HasPrefix(got[0], "CONNACK code=0x00") {
				t.Fatalf("CONNECT gave %q", got)
			}
			x.proof(t, b, c)
		})
	}
}

// TestOverridesInConnack proves that an MQTT 5 client is told what auth_on_register changed and what the plugin wants it to know.
func TestOverridesInConnack(t *testing.T) {
	b, p := withPlugin(t, nil)
	p.Register = func(context.Context, *hook.Register) (*hook.RegisterMods, error) {
		props := new(codec.Properties)
		props.SetResponseInfo([]byte("r"))
		props.SetTopicAlias(1) // of no meaning in a CONNACK
		props.SetSessionExpiry(9)
		return &hook.RegisterMods{ReceiveMaxBroker: hook.Some[uint16](4), TopicAliasMaxClient: hook.Some[uint16](3), Props: props}, nil
	}
	c := b.Open(codec.V5)
	c.Hello("c1", func(p *codec.Connect) { p.Props.SetRequestResponseInfo(1) })
	c.Want("CONNACK", `CONNACK code=0x00 {Session Expiry Interval=9, Response Information="r", Receive Maximum=4, Topic Alias Maximum=3}`)
	c = b.Open(codec.V5)
	c.Hello("c2")
	c.Want("without asking for Response Information [MQTT-3.1.2-28]", `CONNACK code=0x00 {Session Expiry Interval=9, Receive Maximum=4, Topic Alias Maximum=3}`)
}

// TestInvalidOverrides proves that a client is refused whose plugin answers with values that do not exist.
func TestInvalidOverrides(t *testing.T) {
	for _, mods := range []*hook.RegisterMods{
		{QueueType: hook.Some("stack")}, {SharedSubscriptionPolicy: hook.Some("mine")}, {RegView: hook.Some("mine")},
		{SubscriberID: &hook.SubscriberID{Mountpoint: "m"}},
	} {
		b, p := withPlugin(t, nil)
		p.Register = func(context.Context, *hook.Register) (*hook.RegisterMods, error) { return mods, nil }
		c := b.Open(codec.V311)
		c.Hello("c1")
		c.WantClosed("refused", "CONNACK code=0x05")
	}
}

// TestIdentityExpires proves that a session ends with the identity that a plugin gave its client.
func TestIdentityExpires(t *testing.T) {
	b, p := withPlugin(t, nil)
	p.Register = func(context.Context, *hook.Register) (*hook.RegisterMods, error) {
		return &hook.RegisterMods{Expires: b.Fake.Loop(0).WallTime().Add(3 * time.Second), Claims: map[string]string{"role": "guest"}}, nil
	}
	var role string
	p.Publish = func(_ context.Context, in *hook.Publish) (*hook.PublishMods, error) {
		role = in.Client.Claims["role"]
		return nil, nil
	}
	c := b.Connect(codec.V5, "c1")
	c.Send(bench.Publish("a", "", 0, 0))
	if role != "guest" {
		t.Errorf("the claim is %q", role)
	}
	b.Advance(4 * time.Second)
	c.WantClosed("the identity is over", "DISCONNECT code=0x98")
}

// TestWillAuthorised proves that a will is asked about like a PUBLISH, that a refusal is a refused CONNECT without a session, and
// that changes are kept.
func TestWillAuthorised(t *testing.T) {
	withWill := func(p *codec.Connect) {
		p.HasWill, p.Will.Topic, p.Will.Payload = true, []byte("will"), []byte("bye")
	}
	for _, v := range versions {
		for _, waiting := range []bool{false, true} {
			b, p := withPlugin(t, nil)
			if waiting {
				onWorkers(p)
			}
			answer := p.Publish
			p.Publish = func(ctx context.Context, in *hook.Publish) (*hook.PublishMods, error) {
				if answer != nil && ctx == hook.Loop {
					return nil, hook.ErrWait
				}
				if in.Client.ClientID == "bad" {
					return nil, hook.ErrNext
				}
				return &hook.PublishMods{Topic: []byte("changed")}, nil
			}
			c := b.Open(v)
			c.Hello("bad", withWill)
			b.Settle()
			want := "CONNACK code=0x05"
			if v == codec.V5 {
				want = "CONNACK code=0x87"
			}
			c.WantClosed("the will may not be published", want)
			if b.Broker.Clients() != 0 {
				t.Error("the client has a session all the same")
			}
			sub := b.Open(codec.V311)
			sub.Hello("sub")
			b.Settle()
			sub.Take()
			sub.Send(&codec.Subscribe{PacketID: 1, Subscriptions: []codec.Subscription{{Filter: []byte("#")}}})
			b.Settle()
			sub.Take()
			c = b.Open(v)
			c.Hello("good", withWill)
			b.Settle()
			c.Take()
			p.Calls()
			c.Hangup()
			b.Settle()
			sub.Want("the will as changed", `PUBLISH qos=0 topic="changed" payload="bye"`)
			if calls := p.Calls(); !slices.ContainsFunc(calls, func(s string) bool { return strings.HasPrefix(s, "on_publish") && strings.Contains(s, "good changed") }) {
				t.Errorf("plugins do not hear of the will: %q", calls)
			}
		}
	}
}

// TestListenerChains proves that a listener can name the plugins that are asked, and their order.
func TestListenerChains(t *testing.T) {
	b := bench.New(t, 1, func(s *session.Settings) { s.AllowAnonymous = false })
	first, second := new(bench.Plugin), new(bench.Plugin)
	b.Use(first, second)
	accept := b.Acceptor(session.ListenerSettings{Versions: bench.AllVersions, AuthPlugins: []string{"plugin2"}, AuthzPlugins: []string{"plugin2", "plugin1"}})
	c := b.Through(accept, codec.V311)
	c.Hello("c1")
	c.Want("let in", "CONNACK code=0x00")
	c.Send(bench.Publish("a", "", 0, 0))
	for _, call := range first.Calls() {
		if strings.HasPrefix(call, "auth_") {
			t.Errorf("the first plugin was asked: %s", call)
		}
	}
	if calls := second.Calls(); len(calls) < 2 || !strings.HasPrefix(calls[0], "auth_on_register") {
		t.Errorf("the second plugin was called for %q", calls)
	}
}
