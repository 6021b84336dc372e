package session_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/hook"
	"github.com/vernemq/vmq/internal/bench"
)

// TestPropertiesThatDoNotFit proves that no reason string and no user property makes a packet larger than the client takes: they are left out,
// the reason string first, and the packet goes out without them. [MQTT-3.2.2-19], [MQTT-3.2.2-20], [MQTT-3.4.2-2], [MQTT-3.5.2-2],
// [MQTT-3.9.2-1], [MQTT-3.9.2-2], [MQTT-3.11.2-1], [MQTT-3.11.2-2], [MQTT-3.14.2-3].
func TestPropertiesThatDoNotFit(t *testing.T) {
	props := func() *codec.Properties {
		p := new(codec.Properties)
		p.SetReasonString([]byte(strings.Repeat("r", 30)))
		p.AddUser([]byte("k"), []byte("v"))
		return p
	}
	denial := &hook.Denial{Code: codec.QuotaExceeded, Reason: strings.Repeat("r", 30)}
	const long = `Reason String="rrrrrrrrrrrrrrrrrrrrrrrrrrrrrr"`
	for _, test := range []struct {
		why       string
		set       func(*bench.Plugin)
		send      any    // nil: CONNECT alone
		all       string // without a limit
		some, non string // with a limit of 20 bytes, and of 10 bytes
	}{
		{"CONNACK", func(p *bench.Plugin) {
			p.Register = func(context.Context, *hook.Register) (*hook.RegisterMods, error) {
				return &hook.RegisterMods{Props: props()}, nil
			}
		}, nil, `CONNACK code=0x00 {` + long + `, User Property "k"="v"}`, `CONNACK code=0x00 {User Property "k"="v"}`, `CONNACK code=0x00`},
		{"refused CONNECT", func(p *bench.Plugin) {
			p.Register = func(context.Context, *hook.Register) (*hook.RegisterMods, error) { return nil, denial }
		}, nil, `CONNACK code=0x97 {` + long + `}`, `CONNACK code=0x97`, `CONNACK code=0x97`},
		{"PUBACK", func(p *bench.Plugin) {
			p.Publish = func(context.Context, *hook.Publish) (*hook.PublishMods, error) { return nil, denial }
		}, bench.Publish("a", "", 1, 1), `PUBACK id=1 code=0x97 {` + long + `}`, `PUBACK id=1 code=0x97`, `PUBACK id=1 code=0x97`},
		{"PUBREC", func(p *bench.Plugin) {
			p.Publish = func(context.Context, *hook.Publish) (*hook.PublishMods, error) { return nil, denial }
		}, bench.Publish("a", "", 2, 1), `PUBREC id=1 code=0x97 {` + long + `}`, `PUBREC id=1 code=0x97`, `PUBREC id=1 code=0x97`},
		{"SUBACK", func(p *bench.Plugin) {
			p.Subscribe = func(context.Context, *hook.Subscribe) (*hook.SubscribeMods, error) {
				return &hook.SubscribeMods{Props: props()}, nil
			}
		}, &codec.Subscribe{PacketID: 1, Subscriptions: []codec.Subscription{{Filter: []byte("a")}}},
			`SUBACK id=1 codes=0x00 {` + long + `, User Property "k"="v"}`, `SUBACK id=1 codes=0x00 {User Property "k"="v"}`, `SUBACK id=1 codes=0x00`},
		{"UNSUBACK", func(p *bench.Plugin) {
			p.Unsubscribe = func(context.Context, *hook.Unsubscribe) (*hook.UnsubscribeMods, error) {
				return &hook.UnsubscribeMods{Props: props()}, nil
			}
		}, &codec.Unsubscribe{PacketID: 1, Filters: [][]byte{[]byte("a")}},
			`UNSUBACK id=1 codes=0x11 {` + long + `, User Property "k"="v"}`, `UNSUBACK id=1 codes=0x11 {User Property "k"="v"}`, `UNSUBACK id=1 codes=0x11`},
	} {
		for _, limit := range []struct {
			bytes uint32
			want  string
		}{{0, test.all}, {20, test.some}, {10, test.non}} {
			b, p := withPlugin(t, nil)
			test.set(p)
			c := b.Open(codec.V5)
			c.Hello("c1", func(p *codec.Connect) {
				if limit.bytes > 0 {
					p.Props.SetMaximumPacketSize(limit.bytes)
				}
			})
			if test.send != nil {
				c.Take()
				c.Send(test.send)
			}
			got := c.Take()
			if len(got) != 1 || got[0] != limit.want {
				t.Errorf("%s with a limit of %d: got %q, want %s", test.why, limit.bytes, got, limit.want)
			}
		}
	}
	b, p := withPlugin(t, nil)
	p.Auth = func(_ context.Context, in *hook.Auth) (*hook.AuthResult, error) {
		if in.Code == codec.ReAuthenticate {
			return nil, denial
		}
		return nil, nil
	}
	c := b.Connect(codec.V5, "c1", withMethod("x"), func(p *codec.Connect) { p.Props.SetMaximumPacketSize(30) })
	c.Send(auth(codec.ReAuthenticate, "CHALLENGE", "y"))
	c.WantClosed("DISCONNECT", "DISCONNECT code=0x97")
}

// TestNoProblemInformation proves that a client that does not want reason strings and user properties gets them on CONNACK and
// DISCONNECT only [MQTT-3.1.2-29].
func TestNoProblemInformation(t *testing.T) {
	b, p := withPlugin(t, nil)
	p.Publish = func(context.Context, *hook.Publish) (*hook.PublishMods, error) {
		return nil, &hook.Denial{Reason: "why"}
	}
	p.Auth = func(_ context.Context, in *hook.Auth) (*hook.AuthResult, error) {
		if in.Code == codec.ReAuthenticate {
			return nil, &hook.Denial{Reason: "why"}
		}
		return nil, nil
	}
	c := b.Connect(codec.V5, "c1", withMethod("x"), func(p *codec.Connect) { p.Props.SetRequestProblemInfo(0) })
	c.Send(bench.Publish("a", "", 1, 1))
	c.Want("PUBACK", "PUBACK id=1 code=0x87")
	c.Send(auth(codec.ReAuthenticate, "CHALLENGE", "y"))
	c.WantClosed("DISCONNECT", `DISCONNECT code=0x87 {Reason String="why"}`)
	p.Register = func(context.Context, *hook.Register) (*hook.RegisterMods, error) {
		return nil, errors.Join(&hook.Denial{Reason: "why"})
	}
	c = b.Open(codec.V5)
	c.Hello("c2", func(p *codec.Connect) { p.Props.SetRequestProblemInfo(0) })
	c.WantClosed("CONNACK", `CONNACK code=0x86 {Reason String="why"}`)
}
