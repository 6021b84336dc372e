package session_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/hook"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/internal/bench"
)

// TestDeliverRewritten proves that on_deliver can change one delivery of a message and no other, cannot prevent it, and is not asked again when
// the message is repeated.
func TestDeliverRewritten(t *testing.T) {
	for _, v := range versions {
		for _, waiting := range []bool{false, true} {
			b, p := withPlugin(t, nil)
			asked := 0
			p.Deliver = func(ctx context.Context, in *hook.Deliver) (*hook.DeliverMods, error) {
				if waiting && ctx == hook.Loop {
					return nil, hook.ErrWait
				}
				switch in.Client.ClientID {
				case "changed":
					asked++
					return &hook.DeliverMods{Topic: []byte("t"), Payload: fmt.Appendf(nil, "%s!", in.Payload)}, nil
				case "refused":
					return nil, errors.New("no")
				case "nonsense":
					return &hook.DeliverMods{Topic: []byte("#")}, nil
				}
				return nil, nil
			}
			clients := map[string]*bench.Client{}
			for _, id := range []string{"changed", "refused", "nonsense", "plain"} {
				clients[id] = b.Connect(v, id, bench.Persistent)
				clients[id].Subscribe("a", 1)
			}
			b.Connect(codec.V311, "pub").Send(bench.Publish("a", "1", 1, 1), bench.Publish("a", "2", 1, 2))
			b.Settle()
			for id, c := range clients {
				want := []string{`PUBLISH qos=1 id=1 topic="a" payload="1"`, `PUBLISH qos=1 id=2 topic="a" payload="2"`}
				if id == "changed" {
					want = []string{`PUBLISH qos=1 id=1 topic="t" payload="1!"`, `PUBLISH qos=1 id=2 topic="t" payload="2!"`}
				}
				c.Want(id, want...)
			}
			c := clients["changed"]
			c.Hangup()
			c = b.Connect(v, "changed", bench.Persistent)
			b.Settle()
			c.Want("repeated as it was sent", `PUBLISH dup qos=1 id=1 topic="t" payload="1!"`, `PUBLISH dup qos=1 id=2 topic="t" payload="2!"`)
			if asked != 2 {
				t.Errorf("%s: asked %d times about two messages", v, asked)
			}
		}
	}
}

// TestDeliverWaitingSessionEnds proves that a message about which a plugin is still asked stays in the session's queue, as the next one, if
// the connection ends.
func TestDeliverWaitingSessionEnds(t *testing.T) {
	for _, lifo := range []bool{false, true} {
		b, p := withPlugin(t, func(set *session.Settings) { set.QueueLIFO = lifo })
		free := make(chan struct{})
		p.Deliver = func(ctx context.Context, in *hook.Deliver) (*hook.DeliverMods, error) {
			if ctx == hook.Loop {
				return nil, hook.ErrWait
			}
			select {
			case <-free:
			case <-ctx.Done(): // the connection has ended
			}
			return nil, nil
		}
		c := b.Connect(codec.V311, "c1", bench.Persistent)
		c.Subscribe("a", 1)
		b.Connect(codec.V311, "pub").Send(bench.Publish("a", "1", 1, 1), bench.Publish("a", "2", 1, 2), bench.Publish("a", "3", 1, 3))
		c.WantNothing("the plugin has not answered")
		c.Hangup()
		b.Settle()
		close(free)
		c = b.Connect(codec.V311, "c1", bench.Persistent)
		b.Settle()
		second, third := "2", "3"
		if lifo {
			second, third = third, second
		}
		c.Want("all of them, in order", `PUBLISH qos=1 id=1 topic="a" payload="1"`, `PUBLISH qos=1 id=2 topic="a" payload="`+second+`"`,
			`PUBLISH qos=1 id=3 topic="a" payload="`+third+`"`)
	}
}

// TestDeliverRetained proves that on_deliver sees retained messages too, and that none is lost while it waits.
func TestDeliverRetained(t *testing.T) {
	b, p := withPlugin(t, nil)
	pub := b.Connect(codec.V311, "pub")
	for i := range 100 {
		m := bench.Publish(fmt.Sprint("a/", i), "x", 0, 0)
		m.Retain = true
		pub.Send(m)
	}
	p.Deliver = func(ctx context.Context, in *hook.Deliver) (*hook.DeliverMods, error) { return nil, waitOn(ctx) }
	c := b.Connect(codec.V311, "c1")
	c.Send(&codec.Subscribe{PacketID: 1, Subscriptions: []codec.Subscription{{Filter: []byte("a/+")}}})
	n := 0
	for range 20 {
		b.Settle()
		n += len(c.Take())
	}
	if n != 101 {
		t.Errorf("%d packets, want SUBACK and 100 messages", n)
	}
}
