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

// challenge is a method of two steps: the client says "hello", hears "prove", says "proof", hears "welcome".
func challenge(_ context.Context, in *hook.Auth) (*hook.AuthResult, error) {
	switch string(in.Data) {
	case "hello":
		return &hook.AuthResult{Continue: true, Data: []byte("prove")}, nil
	case "proof":
		return &hook.AuthResult{Data: []byte("welcome")}, nil
	case "banned":
		return nil, &hook.Denial{Code: codec.Banned, Reason: "go away"}
	}
	return nil, errors.New("not understood")
}

func withMethod(data string) func(*codec.Connect) {
	return func(p *codec.Connect) {
		p.Props.SetAuthMethod([]byte("CHALLENGE"))
		p.Props.SetAuthData([]byte(data))
	}
}

func auth(code codec.ReasonCode, method, data string) *codec.Auth {
	p := &codec.Auth{Code: code}
	p.Props.SetAuthMethod([]byte(method))
	p.Props.SetAuthData([]byte(data))
	return p
}

// TestEnhancedAuthentication proves the steps before CONNACK, and that the method is repeated in the CONNACK [MQTT-4.12.0-2],
// [MQTT-4.12.0-3], [MQTT-4.12.0-5], [MQTT-3.15.2-1]; whether the plugin answers at once or on a worker makes no difference.
func TestEnhancedAuthentication(t *testing.T) {
	for _, waiting := range []bool{false, true} {
		b, p := withPlugin(t, nil)
		p.Auth = func(ctx context.Context, in *hook.Auth) (*hook.AuthResult, error) {
			if waiting && ctx == hook.Loop {
				return nil, hook.ErrWait
			}
			return challenge(ctx, in)
		}
		c := b.Open(codec.V5)
		c.Hello("c1", withMethod("hello"))
		b.Settle()
		c.Want("the first step", `AUTH code=0x18 {Authentication Method="CHALLENGE", Authentication Data=(5 bytes)}`)
		c.Send(auth(codec.ContinueAuthentication, "CHALLENGE", "proof"))
		b.Settle()
		c.Want("let in", `CONNACK code=0x00 {Authentication Method="CHALLENGE", Authentication Data=(7 bytes)}`)
		calls := p.Calls()
		want := []string{"on_auth_m5  code=0x00 method=CHALLENGE data=hello", "on_auth_m5  code=0x18 method=CHALLENGE data=proof", "auth_on_register_m5 c1"}
		for i, w := range want {
			if len(calls) <= i || !strings.HasPrefix(calls[i], w) {
				t.Fatalf("plugins were called for %q, want %q", calls, want)
			}
		}
		c.Send(auth(codec.ReAuthenticate, "CHALLENGE", "hello"))
		b.Settle()
		c.Want("re-authentication", `AUTH code=0x18 {Authentication Method="CHALLENGE", Authentication Data=(5 bytes)}`)
		c.Send(auth(codec.ContinueAuthentication, "CHALLENGE", "proof"))
		b.Settle()
		c.Want("the last step", `AUTH code=0x00 {Authentication Method="CHALLENGE", Authentication Data=(7 bytes)}`)
		c.Send(auth(codec.ReAuthenticate, "CHALLENGE", "banned"))
		b.Settle()
		c.WantClosed("refused re-authentication [MQTT-4.12.1-2]; 0x8a is none of the codes of a DISCONNECT", `DISCONNECT code=0x87 {Reason String="go away"}`)
	}
}

// TestEnhancedAuthenticationRefused proves what ends an authentication before CONNACK [MQTT-4.12.0-4].
func TestEnhancedAuthenticationRefused(t *testing.T) {
	for _, test := range []struct {
		why  string
		data string
		then any
		want []string
	}{
		{"a code of the plugin", "banned", nil, []string{`CONNACK code=0x8a {Reason String="go away"}`}},
		{"an error without code [MQTT-4.12.0-1]", "nonsense", nil, []string{"CONNACK code=0x8c"}},
		{"another method [MQTT-4.12.0-5]", "hello", auth(codec.ContinueAuthentication, "OTHER", "proof"), []string{"AUTH", "DISCONNECT code=0x82"}},
		{"another packet [MQTT-3.1.2-30]", "hello", bench.Ping{}, []string{"AUTH", "DISCONNECT code=0x82"}},
		{"a publish", "hello", bench.Publish("a", "", 0, 0), []string{"AUTH", "DISCONNECT code=0x82"}},
		{"the wrong code", "hello", auth(codec.ReAuthenticate, "CHALLENGE", "proof"), []string{"AUTH", "DISCONNECT code=0x82"}},
		{"the client gives up", "hello", &codec.Disconnect{}, []string{"AUTH"}},
		{"refused at the second step", "hello", auth(codec.ContinueAuthentication, "CHALLENGE", "banned"), []string{"AUTH", "CONNACK code=0x8a"}},
	} {
		b, p := withPlugin(t, nil)
		p.Auth = challenge
		c := b.Open(codec.V5)
		c.Hello("c1", withMethod(test.data))
		if test.then != nil {
			c.Send(test.then)
		}
		got := c.Take()
		ok := len(got) == len(test.want) && c.Peer.Ended()
		for i := range got {
			ok = ok && strings.HasPrefix(got[i], test.want[i])
		}
		if !ok || b.Broker.Clients() != 0 {
			t.Errorf("%s: got %q, closed %t, want %q", test.why, got, c.Peer.Ended(), test.want)
		}
	}
}

// TestAuthMisuse proves that AUTH is for clients that began with a method [MQTT-4.12.0-6], and that the method stays [MQTT-4.12.1-1].
func TestAuthMisuse(t *testing.T) {
	b, p := withPlugin(t, nil)
	p.Auth = challenge
	c := b.Connect(codec.V5, "c1")
	c.Send(auth(codec.ReAuthenticate, "CHALLENGE", "hello"))
	c.WantClosed("without a method in CONNECT", "DISCONNECT code=0x82")
	for _, bad := range []*codec.Auth{auth(codec.ReAuthenticate, "OTHER", "hello"), auth(codec.ContinueAuthentication, "CHALLENGE", "hello")} {
		c := b.Connect(codec.V5, "c2", withMethod("proof"))
		c.Send(bad)
		c.WantClosed("another method or a step out of order", "DISCONNECT code=0x82")
	}
}

// TestMethodWithoutPlugin proves that a method that nobody knows is refused [MQTT-4.12.0-1].
func TestMethodWithoutPlugin(t *testing.T) {
	b := bench.New(t, 1, nil)
	c := b.Open(codec.V5)
	c.Hello("c1", withMethod("hello"))
	c.WantClosed("nobody knows it", "CONNACK code=0x8c")
}
