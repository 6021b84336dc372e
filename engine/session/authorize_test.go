package session_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/hook"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/internal/bench"
)

// TestPublishRefused proves what becomes of a PUBLISH that is not allowed, for each version and QoS.
func TestPublishRefused(t *testing.T) {
	for _, test := range []struct {
		v      codec.Version
		qos    byte
		strict bool // disconnect_on_unauthorized_publish_v3
		answer error
		want   string // nothing if empty
		closed bool
	}{
		{codec.V31, 0, false, hook.ErrNext, "", false},
		{codec.V31, 1, false, hook.ErrNext, "PUBACK id=7 code=0x00", false},
		{codec.V31, 2, false, hook.ErrNext, "PUBREC id=7 code=0x00", false},
		{codec.V31, 1, true, hook.ErrNext, "", true},
		{codec.V311, 0, false, hook.ErrNext, "", true},
		{codec.V311, 1, false, hook.ErrNext, "", true},
		{codec.V311, 2, false, hook.ErrNext, "", true},
		{codec.V5, 0, false, hook.ErrNext, "", false},
		{codec.V5, 1, false, hook.ErrNext, "PUBACK id=7 code=0x87", false},
		{codec.V5, 2, false, hook.ErrNext, "PUBREC id=7 code=0x87", false},
		{codec.V5, 1, false, &hook.Denial{Code: codec.QuotaExceeded, Reason: "enough"}, `PUBACK id=7 code=0x97 {Reason String="enough"}`, false},
	} {
		b, p := withPlugin(t, func(s *session.Settings) { s.DisconnectOnUnauthorizedPublishV3 = test.strict })
		sub := b.Connect(codec.V311, "sub")
		sub.Subscribe("#", 0)
		p.Publish = func(context.Context, *hook.Publish) (*hook.PublishMods, error) { return nil, test.answer }
		c := b.Connect(test.v, "c1")
		c.Send(bench.Publish("a", "x", test.qos, 7*uint16(min(test.qos, 1))))
		var want []string
		if test.want != "" {
			want = append(want, test.want)
		}
		got := c.Take()
		if !slices.Equal(got, want) || c.Peer.Ended() != test.closed {
			t.Errorf("%s QoS %d, %v: got %q, closed %t; want %q, %t", test.v, test.qos, test.answer, got, c.Peer.Ended(), want, test.closed)
		}
		sub.WantNothing("a message that is not allowed is not routed")
		if test.qos == 2 && !test.closed {
			c.Send(bench.Ack{Type: codec.PUBREL, ID: 7})
			want := "PUBCOMP id=7 code=0x00"
			if test.v == codec.V5 {
				want = "PUBCOMP id=7 code=0x92" // the id of a refused message is not remembered
			}
			c.Want("PUBREL", want)
		}
	}
}

// TestPublishRewritten proves that the changes of auth_on_publish reach receivers and the retained store, and that the publisher is
// answered as it asked.
func TestPublishRewritten(t *testing.T) {
	b, p := withPlugin(t, nil)
	p.Publish = func(context.Context, *hook.Publish) (*hook.PublishMods, error) {
		props := new(codec.Properties)
		props.AddUser([]byte("k"), []byte("v"))
		return &hook.PublishMods{Topic: []byte("new"), Payload: []byte("y"), QoS: hook.Some[byte](1), Retain: hook.Some(true), Props: props}, nil
	}
	sub := b.Connect(codec.V5, "sub")
	sub.Subscribe("#", 2)
	c := b.Connect(codec.V5, "c1")
	c.Send(bench.Publish("old", "x", 2, 9))
	c.Want("the answer has QoS and id of the packet", "PUBREC id=9 code=0x00")
	sub.Want("the changed message", `PUBLISH qos=1 id=1 topic="new" payload="y" {User Property "k"="v"}`)
	late := b.Connect(codec.V311, "late")
	late.Send(&codec.Subscribe{PacketID: 1, Subscriptions: []codec.Subscription{{Filter: []byte("#"), QoS: 0}}})
	late.Want("it was retained", "SUBACK id=1 codes=0x00", `PUBLISH retain qos=0 topic="new" payload="y"`)
}

// TestPublishElsewhere proves that auth_on_publish can send one message to another mountpoint.
func TestPublishElsewhere(t *testing.T) {
	b, p := withPlugin(t, nil)
	p.Publish = func(context.Context, *hook.Publish) (*hook.PublishMods, error) {
		return &hook.PublishMods{Mountpoint: hook.Some("m")}, nil
	}
	here, there := b.Connect(codec.V311, "sub"), b.Through(b.Acceptor(session.ListenerSettings{Versions: bench.AllVersions, Mountpoint: "m"}), codec.V311)
	there.Hello("sub")
	there.Take()
	here.Subscribe("#", 0)
	there.Subscribe("#", 0)
	b.Connect(codec.V311, "c1").Send(bench.Publish("a", "x", 0, 0))
	here.WantNothing("the message went elsewhere")
	there.Want("there", `PUBLISH qos=0 topic="a" payload="x"`)
}

// TestSubscribeRefused proves that each filter gets its code, that those refused are not made, and that plugins hear of the others only.
func TestSubscribeRefused(t *testing.T) {
	for _, test := range []struct {
		answer func(in *hook.Subscribe) (*hook.SubscribeMods, error)
		v3, v5 string
		made   string
	}{
		{func(*hook.Subscribe) (*hook.SubscribeMods, error) { return nil, hook.ErrNext }, "8080", "8787", ""},
		{func(*hook.Subscribe) (*hook.SubscribeMods, error) {
			return nil, &hook.Denial{Code: codec.QuotaExceeded}
		}, "8080", "9797", ""},
		{func(*hook.Subscribe) (*hook.SubscribeMods, error) { return nil, nil }, "0102", "0102", "a:1 b:2"},
		{func(in *hook.Subscribe) (*hook.SubscribeMods, error) {
			in.Subscriptions[0].Refused = codec.ClientIdentifierNotValid
			return &hook.SubscribeMods{Subscriptions: in.Subscriptions}, nil
		}, "8002", "8702", "b:2"},
		{func(in *hook.Subscribe) (*hook.SubscribeMods, error) {
			in.Subscriptions[0].QoS = 0
			in.Subscriptions[1].Filter = "c"
			return &hook.SubscribeMods{Subscriptions: in.Subscriptions}, nil
		}, "0002", "0002", "a:0 c:2"},
		{func(in *hook.Subscribe) (*hook.SubscribeMods, error) {
			return &hook.SubscribeMods{Subscriptions: []hook.Subscription{{Filter: "x/#/y"}}}, nil
		}, "80", "80", ""},
	} {
		for _, v := range versions {
			b, p := withPlugin(t, nil)
			p.Subscribe = func(_ context.Context, in *hook.Subscribe) (*hook.SubscribeMods, error) {
				return test.answer(in.Clone())
			}
			c := b.Connect(v, "c1")
			p.Calls()
			c.Send(&codec.Subscribe{PacketID: 1, Subscriptions: []codec.Subscription{{Filter: []byte("a"), QoS: 1}, {Filter: []byte("b"), QoS: 2}}})
			want, m5 := test.v3, ""
			if v == codec.V5 {
				want, m5 = test.v5, "_m5"
			}
			c.Want("SUBSCRIBE", "SUBACK id=1 codes=0x"+want)
			told := strings.TrimSpace("on_subscribe" + m5 + " c1 " + test.made)
			wantCalls(t, "what plugins hear", p, "auth_on_subscribe"+m5+" c1 a:1 b:2", told)
			if n := b.Broker.Index().Subscriptions(); n != strings.Count(test.made, ":") {
				t.Errorf("%s: %d subscriptions, want %q", v, n, test.made)
			}
		}
	}
}

// TestSubscribeProps proves that the properties of auth_on_subscribe_m5 reach the SUBACK, those that fit in there.
func TestSubscribeProps(t *testing.T) {
	b, p := withPlugin(t, nil)
	p.Subscribe = func(context.Context, *hook.Subscribe) (*hook.SubscribeMods, error) {
		props := new(codec.Properties)
		props.SetReasonString([]byte("why"))
		props.SetContentType([]byte("not here"))
		return &hook.SubscribeMods{Props: props}, nil
	}
	one := []codec.Subscription{{Filter: []byte("a"), QoS: 1}}
	c := b.Connect(codec.V5, "c1")
	c.Send(&codec.Subscribe{PacketID: 1, Subscriptions: one})
	c.Want("with reason string", `SUBACK id=1 codes=0x01 {Reason String="why"}`)
	c = b.Connect(codec.V5, "c2", func(p *codec.Connect) { p.Props.SetRequestProblemInfo(0) })
	c.Send(&codec.Subscribe{PacketID: 1, Subscriptions: one})
	c.Want("the client wants none [MQTT-3.1.2-29]", `SUBACK id=1 codes=0x01`)
	c = b.Connect(codec.V5, "c3", func(p *codec.Connect) { p.Props.SetMaximumPacketSize(11) })
	c.Send(&codec.Subscribe{PacketID: 1, Subscriptions: one})
	c.Want("the client has no room for it [MQTT-3.9.2-1]", `SUBACK id=1 codes=0x01`)
}

// TestUnsubscribeRewritten proves that on_unsubscribe can change the filters, and cannot forbid anything.
func TestUnsubscribeRewritten(t *testing.T) {
	for _, v := range versions {
		b, p := withPlugin(t, nil)
		c := b.Connect(v, "c1")
		c.Subscribe("real", 0)
		c.Subscribe("kept", 0)
		p.Unsubscribe = func(context.Context, *hook.Unsubscribe) (*hook.UnsubscribeMods, error) {
			return &hook.UnsubscribeMods{Filters: []string{"real"}}, nil
		}
		c.Send(&codec.Unsubscribe{PacketID: 2, Filters: [][]byte{[]byte("alias")}})
		p.Unsubscribe = func(context.Context, *hook.Unsubscribe) (*hook.UnsubscribeMods, error) { return nil, errors.New("no") }
		c.Send(&codec.Unsubscribe{PacketID: 3, Filters: [][]byte{[]byte("kept")}})
		if got := c.Take(); len(got) != 2 {
			t.Errorf("%s: got %q", v, got)
		}
		if n := b.Broker.Index().Subscriptions(); n != 0 {
			t.Errorf("%s: %d subscriptions are left", v, n)
		}
	}
}

// TestAliasOfARewrittenTopic proves that a topic alias stands for the topic that a plugin has put in the place of the client's.
func TestAliasOfARewrittenTopic(t *testing.T) {
	b, p := withPlugin(t, func(s *session.Settings) { s.TopicAliasMaxClient = 5 })
	p.Publish = func(_ context.Context, in *hook.Publish) (*hook.PublishMods, error) {
		if string(in.Topic) == "old" {
			return &hook.PublishMods{Topic: []byte("new")}, nil
		}
		return nil, nil
	}
	sub := b.Connect(codec.V311, "sub")
	sub.Subscribe("#", 0)
	c := b.Connect(codec.V5, "c1")
	first, second := bench.Publish("old", "1", 0, 0), bench.Publish("", "2", 0, 0)
	first.Props.SetTopicAlias(3)
	second.Props.SetTopicAlias(3)
	c.Send(first, second)
	sub.Want("both go to the new topic", `PUBLISH qos=0 topic="new" payload="1"`, `PUBLISH qos=0 topic="new" payload="2"`)
}

// TestInvalidAnswersAreRefusals proves that changes that make no sense are not used.
func TestInvalidAnswersAreRefusals(t *testing.T) {
	for _, mods := range []*hook.PublishMods{{Topic: []byte("a/+")}, {Topic: []byte("")}, {QoS: hook.Some[byte](3)}} {
		b, p := withPlugin(t, nil)
		p.Publish = func(context.Context, *hook.Publish) (*hook.PublishMods, error) { return mods, nil }
		c := b.Connect(codec.V5, "c1")
		c.Send(bench.Publish("a", "", 1, 1))
		c.Want("refused", "PUBACK id=1 code=0x87")
	}
}
