package session_test

import (
	"context"
	"testing"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/hook"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/internal/bench"
	"github.com/vernemq/vmq/queue"
)

// TestDropsAreTold proves that each cause for which a receiver does not get a message is counted and told to plugins, with the message.
func TestDropsAreTold(t *testing.T) {
	for _, test := range []struct {
		cause queue.Cause
		who   string
		cut   func(*session.Settings)
		lose  func(b *bench.Bench, pub *bench.Client)
	}{
		{queue.QueueFull, "c1", func(s *session.Settings) { s.MaxOfflineMessages = 0 }, func(b *bench.Bench, pub *bench.Client) {
			c := b.Connect(codec.V311, "c1", bench.Persistent)
			c.Subscribe("a", 1)
			c.Hangup()
			pub.Send(bench.Publish("a", "x", 1, 1))
		}},
		{queue.Expired, "c1", nil, func(b *bench.Bench, pub *bench.Client) {
			c := b.Connect(codec.V5, "c1", bench.Persistent)
			c.Subscribe("a", 1)
			c.Hangup()
			m := bench.Publish("a", "x", 1, 1)
			m.Props.SetMessageExpiry(1)
			pub.Send(m)
			b.Advance(2 * time.Second)
			b.Connect(codec.V5, "c1", bench.Persistent)
		}},
		{queue.TooLarge, "c1", nil, func(b *bench.Bench, pub *bench.Client) {
			c := b.Connect(codec.V5, "c1", func(p *codec.Connect) { p.Props.SetMaximumPacketSize(8) })
			c.Subscribe("a", 1)
			pub.Send(bench.Publish("a", "x", 1, 1))
		}},
		{queue.Offline, "c1", nil, func(b *bench.Bench, pub *bench.Client) {
			c := b.Connect(codec.V311, "c1", bench.Persistent)
			c.Subscribe("a", 0)
			c.Hangup()
			pub.Send(bench.Publish("a", "x", 1, 1))
		}},
		{queue.SessionEnded, "c1", nil, func(b *bench.Bench, pub *bench.Client) {
			c := b.Connect(codec.V311, "c1")
			c.Subscribe("a", 1)
			pub.Send(bench.Publish("a", "x", 1, 1))
			c.Hangup()
		}},
		{queue.Refused, "c1", nil, func(b *bench.Bench, pub *bench.Client) {
			c := b.Connect(codec.V5, "c1")
			c.Subscribe("a", 1)
			pub.Send(bench.Publish("a", "x", 1, 1))
			c.Send(bench.Ack{Type: codec.PUBACK, ID: 1, Code: codec.QuotaExceeded})
		}},
		{queue.NoMember, "", nil, func(b *bench.Bench, pub *bench.Client) {
			c := b.Connect(codec.V311, "c1", bench.Persistent)
			c.Subscribe("$share/g/a", 0)
			c.Hangup()
			pub.Send(bench.Publish("a", "x", 1, 1))
		}},
	} {
		b, p := withPlugin(t, test.cut)
		pub := b.Connect(codec.V5, "pub")
		test.lose(b, pub)
		counted := b.Counters()
		if counted.Dropped[test.cause] != 1 {
			t.Errorf("%s: counted %v", test.cause, counted.Dropped)
		}
		qos := "1"
		if test.cause == queue.Offline {
			qos = "0"
		}
		told := 0
		for _, call := range p.Calls() {
			if call == "on_message_drop "+test.who+` a "x" qos=`+qos+" "+test.cause.String() {
				told++
			}
		}
		if told != 1 {
			t.Errorf("%s: told %d times", test.cause, told)
		}
	}
}

// TestExpiredSessionIsTold proves the order in which plugins hear of a session whose client stayed away, and that its delayed will goes
// out after it.
func TestExpiredSessionIsTold(t *testing.T) {
	b, p := withPlugin(t, nil)
	c := b.Connect(codec.V5, "c1", func(p *codec.Connect) {
		p.Props.SetSessionExpiry(2)
		p.HasWill, p.Will.Topic = true, []byte("will")
		p.Will.Props.SetWillDelay(100)
	})
	c.Subscribe("a", 1)
	c.Hangup()
	p.Calls()
	b.Advance(3 * time.Second)
	wantCalls(t, "expiry", p, "on_topic_unsubscribed c1 (all)", "on_session_expired c1", `on_publish_m5 c1 will "" qos=0 retain=false`)
}

// TestOfflineMessageIsTold proves that plugins hear of what is stored for a client that is away.
func TestOfflineMessageIsTold(t *testing.T) {
	b, p := withPlugin(t, nil)
	c := b.OpenOn(0, codec.V311)
	c.Hello("c1", bench.Persistent)
	c.Take()
	c.Subscribe("a", 1)
	c.Hangup()
	pub := b.OpenOn(0, codec.V311)
	pub.Hello("pub")
	p.Calls()
	pub.Send(bench.Publish("a", "x", 1, 1))
	wantCalls(t, "a message for a client that is away", p,
		`auth_on_publish pub a "x" qos=1 retain=false`, `on_offline_message c1 a "x" qos=1 retain=false`, `on_publish pub a "x" qos=1 retain=false`)
}

// TestEventsAreBounded proves that what plugins have not been told about one client is bounded, that what is beyond is counted, and that other
// clients do not pay for it.
func TestEventsAreBounded(t *testing.T) {
	b, p := withPlugin(t, nil)
	free := make(chan struct{})
	c := b.Connect(codec.V311, "c1")
	other := b.Connect(codec.V311, "c2")
	p.Calls()
	p.Event = func(ctx context.Context, _ hook.Name) error {
		if ctx == hook.Loop {
			return hook.ErrWait
		}
		<-free
		return nil
	}
	const n = hook.LaneMax + 50
	for range n {
		c.Send(bench.Publish("a", "", 0, 0))
	}
	other.Send(bench.Publish("b", "", 0, 0))
	lost := b.Counters().HookEventsLost
	if lost == 0 || lost > 50 {
		t.Errorf("%d events of %d lost, want what %d have no room for", lost, n, hook.LaneMax)
	}
	close(free)
	b.Settle()
	told := map[string]uint64{}
	for _, call := range p.Calls() {
		told[call]++
	}
	if got := told[`on_publish c1 a "" qos=0 retain=false`]; got != n-lost {
		t.Errorf("%d events told, want %d less %d", got, n, lost)
	}
	if told[`on_publish c2 b "" qos=0 retain=false`] != 1 {
		t.Error("the other client's event is missing")
	}
}
