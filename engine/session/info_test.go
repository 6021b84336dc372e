package session_test

import (
	"testing"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/internal/bench"
)

// info describes a client of the bench, whose loops run on the test's goroutine.
func info(t testing.TB, b *bench.Bench, id string, d session.Detail) session.Info {
	t.Helper()
	got, ok := record(t, b, id).Info(local(t, b, id), d)
	if !ok {
		t.Fatalf("client %s has no session", id)
	}
	return got
}

func record(t testing.TB, b *bench.Bench, id string) *session.Client {
	t.Helper()
	var found *session.Client
	b.Broker.Each(func(c *session.Client) {
		if c.ID == id {
			found = c
		}
	})
	if found == nil {
		t.Fatalf("client %s is not known", id)
	}
	return found
}

func local(t testing.TB, b *bench.Bench, id string) *session.Local {
	return b.Broker.Local(record(t, b, id).Home())
}

func TestInfoOfConnectedClient(t *testing.T) {
	b := bench.New(t, 1, nil)
	b.Advance(time.Hour)
	begin := b.Fake.Loop(0).WallTime()
	c := b.Connect(codec.V5, "c1", bench.Persistent, func(p *codec.Connect) { p.HasUsername, p.Username = true, []byte("ann") },
		func(p *codec.Connect) { p.Props.SetReceiveMaximum(2) })
	c.Send(&codec.Subscribe{PacketID: 1, Subscriptions: []codec.Subscription{
		{Filter: []byte("a/#"), QoS: 1, NoLocal: true}, {Filter: []byte("$share/g/b"), QoS: 2, RetainAsPublished: true}}})
	c.Take()
	b.Advance(10 * time.Second)
	p := b.Connect(codec.V311, "p")
	for i := range 5 {
		p.Send(bench.Publish("a/b", "payload", 1, uint16(i+1)))
	}
	got := info(t, b, "c1", session.Detail{Subscriptions: 10, Messages: 4})
	record(t, b, "c1").Complete(&got)
	if got.ClientID != "c1" || got.State != session.QueueOnline || !got.Online() || got.State.String() != "online" || got.CleanSession ||
		got.OnlineMessages != 3 || got.OfflineMessages != 0 || got.WaitingAcks != 2 || got.User != "ann" || !got.HasUser ||
		got.Peer != c.Peer.Conn().RemoteAddr() || got.Protocol != 5 || got.Listener != "bench" || got.Serial == 0 {
		t.Errorf("got %+v", got)
	}
	if !got.SessionStarted.Equal(begin) || !got.QueueStarted.Equal(begin) {
		t.Errorf("started %v, queue %v; want %v", got.SessionStarted, got.QueueStarted, begin)
	}
	if len(got.Subscriptions) != 2 || got.Subscriptions[0] != (session.Subscription{Filter: "a/#", QoS: 1, NoLocal: true}) ||
		got.Subscriptions[1] != (session.Subscription{Filter: "$share/g/b", QoS: 2, RetainAsPublished: true}) {
		t.Errorf("subscriptions %+v", got.Subscriptions)
	}
	if len(got.Messages) != 4 {
		t.Fatalf("%d messages, want as many as were asked for, 4", len(got.Messages))
	}
	refs := map[uint64]bool{}
	for i, m := range got.Messages {
		refs[m.Ref] = true
		if m.Topic != "a/b" || string(m.Payload) != "payload" || m.QoS != 1 || m.Duplicate != (i < 2) {
			t.Errorf("message %d: %+v", i, m)
		}
	}
	if len(refs) != 4 {
		t.Errorf("4 messages have %d references", len(refs))
	}
	if brief := info(t, b, "c1", session.Detail{Subscriptions: 1}); len(brief.Subscriptions) != 1 || brief.Messages != nil {
		t.Errorf("asked for one subscription: %+v, %+v", brief.Subscriptions, brief.Messages)
	}
}

// TestInfoAfterSubscriptionEnded proves that a filter which ended between the two steps of a look is left out.
func TestInfoAfterSubscriptionEnded(t *testing.T) {
	b := bench.New(t, 1, nil)
	c := b.Connect(codec.V311, "c1")
	c.Subscribe("a", 0)
	c.Subscribe("b", 1)
	got := info(t, b, "c1", session.Detail{Subscriptions: 10})
	c.Send(&codec.Unsubscribe{PacketID: 2, Filters: [][]byte{[]byte("a")}})
	record(t, b, "c1").Complete(&got)
	if len(got.Subscriptions) != 1 || got.Subscriptions[0] != (session.Subscription{Filter: "b", QoS: 1}) {
		t.Errorf("subscriptions %+v, want b only", got.Subscriptions)
	}
}

func TestInfoOfOfflineClient(t *testing.T) {
	b := bench.New(t, 1, nil)
	begin := b.Fake.Loop(0).WallTime()
	c := b.Connect(codec.V311, "c1", bench.Persistent)
	c.Subscribe("a", 1)
	p := b.Connect(codec.V311, "p")
	p.Send(bench.Publish("a", "sent", 1, 1))
	b.Advance(time.Minute)
	c.Hangup()
	p.Send(bench.Publish("a", "stored", 1, 2), bench.Publish("a", "lost", 0, 0))
	got := info(t, b, "c1", session.Detail{Messages: 10})
	if got.State != session.QueueOffline || got.Online() || got.State.String() != "offline" || got.CleanSession || got.OnlineMessages != 0 ||
		got.OfflineMessages != 2 || got.WaitingAcks != 0 || got.HasUser || got.Peer.IsValid() || got.Protocol != 0 || !got.SessionStarted.IsZero() {
		t.Errorf("got %+v", got)
	}
	if len(got.Messages) != 2 || string(got.Messages[0].Payload) != "sent" || !got.Messages[0].Duplicate ||
		string(got.Messages[1].Payload) != "stored" || got.Messages[1].Duplicate {
		t.Errorf("messages %+v", got.Messages)
	}
	b.Connect(codec.V311, "c1", bench.Persistent)
	again := info(t, b, "c1", session.Detail{})
	if !again.QueueStarted.Equal(begin) || again.SessionStarted.Sub(begin) != time.Minute {
		t.Errorf("back: queue since %v, session since %v, first connected at %v", again.QueueStarted, again.SessionStarted, begin)
	}
	b.Advance(time.Minute)
	b.Connect(codec.V311, "c1")
	if fresh := info(t, b, "c1", session.Detail{}); fresh.QueueStarted.Sub(begin) != 2*time.Minute || !fresh.CleanSession {
		t.Errorf("after a clean start the queue is since %v, clean %v", fresh.QueueStarted, fresh.CleanSession)
	}
}

func TestInfoProtocols(t *testing.T) {
	b := bench.New(t, 1, nil)
	for _, x := range []struct {
		id     string
		v      codec.Version
		bridge bool
		level  byte
	}{{"v31", codec.V31, false, 3}, {"v311", codec.V311, false, 4}, {"v5", codec.V5, false, 5}, {"b31", codec.V31, true, 131}, {"b311", codec.V311, true, 132}} {
		b.Connect(x.v, x.id, func(p *codec.Connect) { p.Bridge = x.bridge })
		if got := info(t, b, x.id, session.Detail{}); got.Protocol != x.level {
			t.Errorf("%s has protocol %d, want %d", x.id, got.Protocol, x.level)
		}
	}
	for state, name := range map[session.QueueState]string{session.QueueWaitForOffline: "wait_for_offline", session.QueueDrain: "drain"} {
		if state.String() != name {
			t.Errorf("state %d is called %s, want %s", state, state, name)
		}
	}
}

// TestSlowPeerLosesConnection proves that a client which takes no data for 30 s is closed, and its will published; the session stays.
func TestSlowPeerLosesConnection(t *testing.T) {
	b := bench.New(t, 1, nil)
	c := b.Connect(codec.V5, "slow", bench.Persistent, func(p *codec.Connect) {
		p.HasWill, p.Will = true, codec.Will{Topic: []byte("will"), Payload: []byte("gone")}
	})
	c.Subscribe("a", 0)
	watcher, p := b.Connect(codec.V311, "watcher"), b.Connect(codec.V311, "p")
	watcher.Subscribe("will", 0)
	c.Peer.Block(true)
	p.Send(bench.Publish("a", "x", 0, 0))
	b.Advance(29 * time.Second)
	c.WantOpen("29 s are not 30")
	watcher.WantNothing("no will yet")
	b.Advance(2 * time.Second)
	if !c.Peer.Closed() {
		t.Error("the connection is open after 31 s")
	}
	watcher.Want("the will of a client that was lost", `PUBLISH qos=0 topic="will" payload="gone"`)
	if got := info(t, b, "slow", session.Detail{}); got.Online() {
		t.Errorf("the session is %s", got.State)
	}
}
