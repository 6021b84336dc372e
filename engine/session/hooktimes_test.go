package session_test

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/hook"
	"github.com/vernemq/vmq/engine/metric"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/internal/bench"
)

// hookTime is the histogram of a hook; empty if it has none.
func hookTime(b *bench.Bench, name hook.Name) (h metric.Histogram) {
	for _, x := range b.Metrics() {
		if x.Name == "hook_microseconds" && x.Labels[0].Value == string(name) {
			h = *x.Histogram
		}
	}
	return h
}

// TestHookTimesOnLoops proves that calls which a plugin answers at once are all accounted for, although few of them are measured.
func TestHookTimesOnLoops(t *testing.T) {
	b := bench.New(t, 1, nil)
	b.Use(&bench.Plugin{})
	c := b.Connect(codec.V311, "c")
	const first, n = 20, 3200
	for range first {
		c.Send(bench.Publish("a", "x", 0, 0))
	}
	if h := hookTime(b, hook.AuthOnPublishName); h.Count() != first {
		t.Errorf("%d calls, want %d", h.Count(), first)
	}
	for range n - first {
		c.Send(bench.Publish("a", "x", 0, 0))
	}
	if h := hookTime(b, hook.AuthOnPublishName); h.Count() < n-40 || h.Count() > n {
		t.Errorf("%d calls, want about %d", h.Count(), n)
	}
	if h := hookTime(b, hook.OnPublishName); h.Count() < n-40 {
		t.Errorf("%d calls of on_publish, want about %d", h.Count(), n)
	}
	if h := hookTime(b, hook.AuthOnPublishM5Name); h.Count() != 0 {
		t.Errorf("%d calls of a hook that nobody called", h.Count())
	}
}

// TestHookTimesOnWorkers proves that each call which has to wait is measured, once, with the time that it waits.
func TestHookTimesOnWorkers(t *testing.T) {
	b := bench.New(t, 1, func(s *session.Settings) { s.AllowAnonymous = false })
	const takes = time.Millisecond
	slow := func(ctx context.Context) error {
		if ctx == hook.Loop {
			return hook.ErrWait
		}
		for began := time.Now(); time.Since(began) < takes; {
			runtime.Gosched()
		}
		return nil
	}
	b.Use(&bench.Plugin{
		Register:  func(ctx context.Context, _ *hook.Register) (*hook.RegisterMods, error) { return nil, slow(ctx) },
		Subscribe: func(ctx context.Context, _ *hook.Subscribe) (*hook.SubscribeMods, error) { return nil, slow(ctx) },
		Deliver:   func(ctx context.Context, _ *hook.Deliver) (*hook.DeliverMods, error) { return nil, slow(ctx) },
		Event:     func(ctx context.Context, _ hook.Name) error { return slow(ctx) },
	})
	c := b.Open(codec.V5)
	c.Hello("c")
	b.Settle()
	c.Send(&codec.Subscribe{PacketID: 1, Subscriptions: []codec.Subscription{{Filter: []byte("a")}}})
	b.Settle()
	c.Send(bench.Publish("a", "x", 0, 0))
	b.Settle()
	for _, name := range []hook.Name{hook.AuthOnRegisterM5Name, hook.AuthOnSubscribeM5Name, hook.OnDeliverM5Name, hook.OnPublishM5Name, hook.OnRegisterM5Name, hook.OnSubscribeM5Name} {
		if h := hookTime(b, name); h.Count() != 1 || h.Sum() < uint64(takes.Microseconds()) {
			t.Errorf("%s: %d calls of %d µs together, want one of at least %d", name, h.Count(), h.Sum(), takes.Microseconds())
		}
	}
}

// TestHookTimesOfTheShortWay proves that the short way counts as the hook in whose place it is.
func TestHookTimesOfTheShortWay(t *testing.T) {
	for v, name := range map[codec.Version]hook.Name{codec.V311: hook.AuthOnPublishName, codec.V5: hook.AuthOnPublishM5Name} {
		b := bench.New(t, 1, nil)
		b.Broker.SetHooks(hook.New(hook.Plugin{Name: "short", Impl: &short{may: func(string) bool { return true }}}))
		c := b.Connect(v, "c")
		c.Send(bench.Publish("a", "x", 0, 0), bench.Publish("a", "x", 0, 0), bench.Publish("b", "x", 0, 0))
		if h := hookTime(b, name); h.Count() != 2 {
			t.Errorf("MQTT %d: %d calls, want 2: one topic is remembered", v, h.Count())
		}
	}
}
