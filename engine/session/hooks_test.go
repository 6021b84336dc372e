package session_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/hook"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/internal/bench"
)

// withPlugin is a bench that is closed to anonymous clients, with a plugin that agrees with everything.
func withPlugin(t *testing.T, change func(*session.Settings)) (*bench.Bench, *bench.Plugin) {
	t.Helper()
	b := bench.New(t, 2, func(s *session.Settings) {
		s.AllowAnonymous = false
		if change != nil {
			change(s)
		}
	})
	p := new(bench.Plugin)
	b.Use(p)
	return b, p
}

func wantCalls(t *testing.T, why string, p *bench.Plugin, want ...string) {
	t.Helper()
	if got := p.Calls(); !slices.Equal(got, want) {
		t.Fatalf("%s:\n got %q\nwant %q", why, got, want)
	}
}

// onWorkers makes every call wait for a worker first.
func onWorkers(p *bench.Plugin) {
	p.Register = func(ctx context.Context, _ *hook.Register) (*hook.RegisterMods, error) { return nil, waitOn(ctx) }
	p.Auth = func(ctx context.Context, _ *hook.Auth) (*hook.AuthResult, error) { return nil, waitOn(ctx) }
	p.Publish = func(ctx context.Context, _ *hook.Publish) (*hook.PublishMods, error) { return nil, waitOn(ctx) }
	p.Subscribe = func(ctx context.Context, _ *hook.Subscribe) (*hook.SubscribeMods, error) { return nil, waitOn(ctx) }
	p.Unsubscribe = func(ctx context.Context, _ *hook.Unsubscribe) (*hook.UnsubscribeMods, error) { return nil, waitOn(ctx) }
	p.Deliver = func(ctx context.Context, _ *hook.Deliver) (*hook.DeliverMods, error) { return nil, waitOn(ctx) }
	p.Event = func(ctx context.Context, _ hook.Name) error { return waitOn(ctx) }
}

func waitOn(ctx context.Context) error {
	if ctx == hook.Loop {
		return hook.ErrWait
	}
	return nil
}

// TestHookSequences proves which hooks are called in which order in the life of a session, for each version, and that the order is the
// same whether plugins answer at once or have to wait.
func TestHookSequences(t *testing.T) {
	for _, v := range versions {
		for _, waiting := range []bool{false, true} {
			m5 := ""
			if v == codec.V5 {
				m5 = "_m5"
			}
			b, p := withPlugin(t, nil)
			if waiting {
				onWorkers(p)
			}
			c := b.Open(v)
			c.Hello("c1", bench.Persistent, func(p *codec.Connect) {
				p.HasUsername, p.HasPassword, p.Username, p.Password = true, true, []byte("u"), []byte("pw")
			})
			b.Settle()
			c.Take()
			calls := p.Calls()
			if len(calls) != 3 || !strings.HasPrefix(calls[0], "auth_on_register"+m5+" c1 user=u password=pw clean=false") ||
				calls[1] != "on_client_wakeup c1" || calls[2] != "on_register"+m5+" c1" {
				t.Fatalf("%s, waiting %t: CONNECT called %q", v, waiting, calls)
			}
			c.Send(&codec.Subscribe{PacketID: 1, Subscriptions: []codec.Subscription{{Filter: []byte("a/+"), QoS: 1}}})
			b.Settle()
			wantCalls(t, "SUBSCRIBE", p, "auth_on_subscribe"+m5+" c1 a/+:1", "on_subscribe"+m5+" c1 a/+:1")
			c.Send(bench.Publish("a/b", "x", 1, 7))
			b.Settle()
			got := p.Calls()
			slices.Sort(got) // delivery to oneself and on_publish have no order
			want := []string{
				"auth_on_publish" + m5 + ` c1 a/b "x" qos=1 retain=false`,
				"on_deliver" + m5 + ` c1 a/b "x" qos=1 retain=false`,
				"on_publish" + m5 + ` c1 a/b "x" qos=1 retain=false`,
			}
			if !slices.Equal(got, want) {
				t.Fatalf("%s, waiting %t: PUBLISH called %q, want %q", v, waiting, got, want)
			}
			c.Send(&codec.Unsubscribe{PacketID: 2, Filters: [][]byte{[]byte("a/+")}})
			b.Settle()
			wantCalls(t, "UNSUBSCRIBE", p, "on_unsubscribe"+m5+" c1 a/+", "on_topic_unsubscribed c1 a/+")
			c.Send(bench.Ack{Type: codec.PUBACK, ID: 1})
			c.Hangup()
			b.Settle()
			wantCalls(t, "a persistent session loses its connection", p, "on_client_offline c1")
			c = b.Open(v)
			c.Hello("c1")
			b.Settle()
			got = p.Calls()
			for i := range got {
				got[i], _, _ = strings.Cut(got[i], " user=")
			}
			want = []string{"auth_on_register" + m5 + " c1", "on_topic_unsubscribed c1 (all)", "on_client_gone c1", "on_client_wakeup c1", "on_register" + m5 + " c1"}
			if !slices.Equal(got, want) {
				t.Fatalf("%s, waiting %t: a clean start called %q, want %q", v, waiting, got, want)
			}
			c.Hangup()
			b.Settle()
			wantCalls(t, "a clean session ends", p, "on_topic_unsubscribed c1 (all)", "on_client_gone c1")
		}
	}
}

// TestThrottle proves that a client is not read from for as long as auth_on_publish wants.
func TestThrottle(t *testing.T) {
	b, p := withPlugin(t, nil)
	p.Publish = func(context.Context, *hook.Publish) (*hook.PublishMods, error) {
		return &hook.PublishMods{Throttle: time.Second}, nil
	}
	c := b.Connect(codec.V311, "c1")
	c.Send(bench.Publish("a", "", 1, 1), bench.Publish("a", "", 1, 2))
	c.Want("the first", "PUBACK id=1 code=0x00")
	b.Advance(900 * time.Millisecond)
	c.WantNothing("the pause is not over")
	b.Advance(200 * time.Millisecond)
	c.Want("the second", "PUBACK id=2 code=0x00")
}

// TestSlowHookDelaysItsClientOnly proves that a hook that waits stops the reading of its client, in order, and of nobody else, and that
// the answer goes nowhere if the client has gone.
func TestSlowHookDelaysItsClientOnly(t *testing.T) {
	b, p := withPlugin(t, nil)
	free := make(chan struct{})
	p.Publish = func(ctx context.Context, m *hook.Publish) (*hook.PublishMods, error) {
		if m.Client.ClientID == "slow" {
			if ctx == hook.Loop {
				return nil, hook.ErrWait
			}
			<-free
		}
		return nil, nil
	}
	slow, fast := b.Connect(codec.V311, "slow"), b.Connect(codec.V311, "fast")
	slow.Send(bench.Publish("a", "1", 1, 1), bench.Publish("a", "2", 1, 2), bench.Ping{})
	fast.Send(bench.Publish("a", "", 1, 1), bench.Ping{})
	slow.WantNothing("the plugin has not answered")
	fast.Want("another client", "PUBACK id=1 code=0x00", "PINGRESP")
	close(free)
	b.Settle()
	slow.Want("all in order", "PUBACK id=1 code=0x00", "PUBACK id=2 code=0x00", "PINGRESP")

	free = make(chan struct{})
	watcher := b.Connect(codec.V311, "watcher")
	watcher.Subscribe("a", 0)
	slow.Send(bench.Publish("a", "3", 1, 3))
	again := b.Connect(codec.V311, "slow")
	close(free)
	b.Settle()
	slow.WantClosed("taken over")
	again.WantNothing("the answer belongs to the old connection")
	watcher.WantNothing("the old connection's message went with it")
}

// TestKeepAliveWhileAHookWaits proves that a client is not called silent while it is not read from.
func TestKeepAliveWhileAHookWaits(t *testing.T) {
	b, p := withPlugin(t, nil)
	free := make(chan struct{})
	p.Publish = func(ctx context.Context, m *hook.Publish) (*hook.PublishMods, error) {
		if ctx == hook.Loop {
			return nil, hook.ErrWait
		}
		<-free
		return nil, nil
	}
	c := b.Connect(codec.V311, "c1", func(p *codec.Connect) { p.KeepAlive = 1 })
	c.Send(bench.Publish("a", "", 1, 1))
	b.Advance(10 * time.Second)
	c.WantOpen("it may have sent PINGREQ, but nobody reads")
	close(free)
	b.Settle()
	c.Want("the answer", "PUBACK id=1 code=0x00")
	b.Advance(2 * time.Second)
	c.WantClosed("now it is silent")
}

// TestPanickingPlugin proves that a plugin that panics has refused, and that the broker lives on.
func TestPanickingPlugin(t *testing.T) {
	b, p := withPlugin(t, nil)
	p.Publish = func(context.Context, *hook.Publish) (*hook.PublishMods, error) { panic("x") }
	c := b.Connect(codec.V5, "c1")
	c.Send(bench.Publish("a", "", 1, 1))
	c.Want("refused", "PUBACK id=1 code=0x87")
	p.Publish = nil
	c.Send(bench.Publish("a", "", 1, 2))
	c.Want("the next one", "PUBACK id=2 code=0x00")
}
