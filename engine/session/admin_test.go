package session_test

import (
	"errors"
	"testing"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/internal/bench"
)

var errOperator = errors.New("operator")

// remove lets an operator remove a client on its home loop.
func remove(t *testing.T, b *bench.Bench, id string) {
	t.Helper()
	c, l := record(t, b, id), local(t, b, id)
	b.Do(c.Home().Index(), func() { c.Remove(l, codec.AdministrativeAction, errOperator) })
}

// TestRemoveConnected proves what is left of a persistent session that an operator removes: nothing, and its delayed will is published
// at once, because the session has ended [MQTT-3.1.3-9].
func TestRemoveConnected(t *testing.T) {
	b := bench.New(t, 2, nil)
	watcher := b.Connect(codec.V311, "watcher")
	watcher.Subscribe("will", 0)
	c := b.Connect(codec.V5, "c", bench.Persistent, func(p *codec.Connect) {
		p.HasWill, p.Will = true, codec.Will{Topic: []byte("will"), Payload: []byte("x")}
		p.Will.Props.SetWillDelay(1000)
	})
	c.Subscribe("a", 1)
	remove(t, b, "c")
	c.WantClosed("told why", "DISCONNECT code=0x98")
	watcher.Want("the session has ended", `PUBLISH qos=0 topic="will" payload="x"`)
	if n, subs := b.Broker.Clients(), b.Broker.Index().Subscriptions(); n != 1 || subs != 1 {
		t.Errorf("%d clients and %d subscriptions are left, want those of the watcher", n, subs)
	}
	again := b.Open(codec.V5)
	again.Hello("c", bench.Persistent)
	again.Want("nothing to resume", "CONNACK code=0x00")
}

// TestRemoveOffline proves that stored messages and subscriptions of a client that is away are removed too.
func TestRemoveOffline(t *testing.T) {
	b := bench.New(t, 1, nil)
	c := b.Connect(codec.V311, "c", bench.Persistent)
	c.Subscribe("a", 1)
	c.Hangup()
	p := b.Connect(codec.V311, "p")
	p.Send(bench.Publish("a", "x", 1, 1))
	gone := record(t, b, "c")
	remove(t, b, "c")
	if !gone.Gone() || b.Broker.Clients() != 1 || b.Broker.Index().Subscriptions() != 0 {
		t.Errorf("gone %v, %d clients, %d subscriptions", gone.Gone(), b.Broker.Clients(), b.Broker.Index().Subscriptions())
	}
	if _, ok := gone.Info(b.Broker.Local(gone.Home()), session.Detail{}); ok {
		t.Error("a session that was removed is described")
	}
}

// TestEnd proves that a connection can be ended in every state that it may be in.
func TestEnd(t *testing.T) {
	b := bench.New(t, 1, nil)
	end := func(c *bench.Client) {
		s := c.Peer.Conn().Handler().(*session.Session)
		b.Do(0, func() { s.End(codec.AdministrativeAction, errOperator) })
	}
	silent, half := b.Open(codec.V5), b.Open(codec.V5)
	half.Raw([]byte{0x10, 20, 0, 4})
	for _, c := range []*bench.Client{silent, half} {
		end(c)
		c.WantClosed("no session, so nothing is said")
	}
	five, four := b.Connect(codec.V5, "five"), b.Connect(codec.V311, "four", bench.Persistent)
	end(five)
	five.WantClosed("MQTT 5 is told", "DISCONNECT code=0x98")
	end(four)
	four.WantClosed("MQTT 3 is not")
	if n := b.Broker.Clients(); n != 1 {
		t.Errorf("%d clients are left, want the persistent one", n)
	}
}
