package session_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/internal/bench"
	"github.com/vernemq/vmq/queue"
)

func subscribe(id uint16, filters ...string) *codec.Subscribe {
	p := &codec.Subscribe{PacketID: id}
	for _, f := range filters {
		p.Subscriptions = append(p.Subscriptions, codec.Subscription{Filter: []byte(f), QoS: 1})
	}
	return p
}

func unsubscribe(id uint16, filters ...string) *codec.Unsubscribe {
	p := &codec.Unsubscribe{PacketID: id}
	for _, f := range filters {
		p.Filters = append(p.Filters, []byte(f))
	}
	return p
}

// TestSubscriptionsOverlap proves that each matching subscription gives a copy, with its own QoS and identifier.
func TestSubscriptionsOverlap(t *testing.T) {
	b := bench.New(t, 1, nil)
	c, pub := b.Connect(codec.V311, "c"), b.Connect(codec.V311, "p")
	c.Send(subscribe(3, "a/+", "a/b", "#", "b"))
	c.Want("a code for each [MQTT-3.8.4-6]", "SUBACK id=3 codes=0x01010101")
	pub.Send(bench.Publish("a/b", "x", 0, 0))
	if got := c.Take(); len(got) != 3 {
		t.Errorf("three subscriptions match: got %q", got)
	}
}

// TestSubscribeAgainReplaces proves [MQTT-3.8.4-3]: one entry remains, with the new options.
func TestSubscribeAgainReplaces(t *testing.T) {
	b := bench.New(t, 1, nil)
	c, pub := b.Connect(codec.V311, "c"), b.Connect(codec.V311, "p")
	c.Subscribe("t", 1)
	c.Subscribe("t", 0)
	pub.Send(bench.Publish("t", "x", 1, 1))
	c.Want("once, with QoS 0", `PUBLISH qos=0 topic="t" payload="x"`)
}

func TestUnsubscribe(t *testing.T) {
	for v, codes := range map[codec.Version]string{codec.V31: "", codec.V311: "", codec.V5: "0x0011"} {
		b := bench.New(t, 1, nil)
		c, pub := b.Connect(v, "c"), b.Connect(codec.V311, "p")
		c.Subscribe("a/+", 1)
		c.Send(unsubscribe(4, "a/+", "never"))
		got := c.Take()
		if want := "UNSUBACK id=4 codes=" + codes; len(got) != 1 || v == codec.V5 && got[0] != want {
			t.Fatalf("version %s: got %q, want %s", v, got, want)
		}
		pub.Send(bench.Publish("a/b", "x", 0, 0))
		c.WantNothing("unsubscribed [MQTT-3.10.4-1]")
	}
}

func TestSubscribeWithABadFilterChangesNothing(t *testing.T) {
	for _, bad := range []string{"a/#/b", "a+", "$share/g", "1/2/3/4/5/6/7/8/9/10/11"} {
		b := bench.New(t, 1, nil)
		c, pub := b.Connect(codec.V311, "c", bench.Persistent), b.Connect(codec.V311, "p")
		c.Send(subscribe(1, "t", bad))
		c.WantClosed("filter " + bad)
		c = b.Open(codec.V311)
		c.Hello("c", bench.Persistent)
		c.Want("back", "CONNACK session-present code=0x00")
		pub.Send(bench.Publish("t", "x", 1, 1))
		c.WantNothing("the good filter of the packet was not subscribed either")
	}
	c := bench.New(t, 1, nil).Connect(codec.V5, "c")
	c.Send(subscribe(1, "a/#/b"))
	c.WantClosed("wildcard in the wrong place", "DISCONNECT code=0x8f")
	c = bench.New(t, 1, nil).Connect(codec.V5, "c")
	c.Send(&codec.Subscribe{PacketID: 1, Subscriptions: []codec.Subscription{{Filter: []byte("$share/g/t"), NoLocal: true}}})
	c.WantClosed("no-local on a shared subscription [MQTT-3.8.3-4]", "DISCONNECT code=0x82")
}

// TestMaxSubscriptionsPerClient proves that filters beyond the limit are refused one by one, and replacing is always possible.
func TestMaxSubscriptionsPerClient(t *testing.T) {
	for v, refused := range map[codec.Version]string{codec.V311: "80", codec.V5: "97"} {
		c := bench.New(t, 1, func(s *session.Settings) { s.MaxSubscriptionsPerClient = 2 }).Connect(v, "c")
		c.Send(subscribe(1, "a", "b", "c"))
		c.Want("the third of a packet", "SUBACK id=1 codes=0x0101"+refused)
		c.Send(subscribe(2, "b", "d"))
		c.Want("replaced, refused", "SUBACK id=2 codes=0x01"+refused)
		c.Send(unsubscribe(3, "a"))
		c.Take()
		c.Send(subscribe(4, "d"))
		c.Want("room again", "SUBACK id=4 codes=0x01")
	}
}

// TestSharedSubscription proves that each message goes to one member, that all get some, and that one who is away gets none
// while another is there.
func TestSharedSubscription(t *testing.T) {
	b := bench.New(t, 2, nil)
	pub := b.Connect(codec.V311, "p")
	var members []*bench.Client
	for i := range 3 {
		m := b.Connect(codec.V311, fmt.Sprint("m", i), bench.Persistent)
		m.Subscribe("$share/g/t", 1)
		members = append(members, m)
	}
	const n = 60
	for i := range n {
		pub.Send(bench.Publish("t", fmt.Sprint(i), 0, 0))
	}
	sum := 0
	for i, m := range members {
		got := len(m.Take())
		if got == 0 {
			t.Errorf("member %d got nothing of %d messages", i, n)
		}
		sum += got
	}
	if sum != n {
		t.Errorf("%d deliveries of %d messages", sum, n)
	}
	members[0].Hangup()
	members[1].Hangup()
	for i := range 10 {
		pub.Send(bench.Publish("t", fmt.Sprint(i), 0, 0))
	}
	if got := members[2].Take(); len(got) != 10 {
		t.Errorf("the only one online got %d of 10", len(got))
	}
	members[2].Hangup()
	pub.Send(bench.Publish("t", "stored", 1, 1))
	pub.Want("taken", "PUBACK id=1 code=0x00")
	stored := 0
	for i := range members {
		c := b.Open(codec.V311)
		c.Hello(fmt.Sprint("m", i), bench.Persistent)
		stored += len(c.Take()) - 1
	}
	if stored != 1 {
		t.Errorf("a message for members that are all away was stored %d times", stored)
	}
}

// TestManySubscriptionsOfOneClient passes the point where the client's list gets an index, both ways.
func TestManySubscriptionsOfOneClient(t *testing.T) {
	b := bench.New(t, 1, nil)
	c, pub := b.Connect(codec.V311, "c"), b.Connect(codec.V311, "p")
	const n = 200
	for i := range n {
		c.Subscribe(fmt.Sprint("t/", i), 0)
	}
	for i := 0; i < n; i += 2 {
		c.Send(unsubscribe(1, fmt.Sprint("t/", i)))
	}
	c.Take()
	for i := range n {
		pub.Send(bench.Publish(fmt.Sprint("t/", i), "x", 0, 0))
		if got := c.Take(); len(got) != i%2 {
			t.Fatalf("filter %d: got %q", i, got)
		}
	}
	c.Hangup()
	if st := b.Broker.Index().Subscriptions(); st != 0 {
		t.Errorf("%d subscriptions are left after a clean session", st)
	}
}

// TestMountpointsAreApart proves that clients of different mountpoints do not meet, not even with the same id.
func TestMountpointsAreApart(t *testing.T) {
	b := bench.New(t, 1, nil)
	other := b.Acceptor(session.ListenerSettings{Name: "m", Mountpoint: "m", Versions: bench.AllVersions})
	a, c := b.Connect(codec.V311, "same"), b.Through(other, codec.V311)
	c.Hello("same")
	c.Want("a client of its own", "CONNACK code=0x00")
	a.WantOpen("not taken over")
	a.Subscribe("#", 0)
	c.Subscribe("#", 0)
	c.Send(bench.Publish("t", "x", 0, 0))
	c.Want("own mountpoint", `PUBLISH qos=0 topic="t" payload="x"`)
	a.WantNothing("another mountpoint")
}

// TestSharedSubscriptionSparesWhoIsBehind proves that a member that does not read gets no more while another one does.
func TestSharedSubscriptionSparesWhoIsBehind(t *testing.T) {
	b := bench.New(t, 2, func(s *session.Settings) { s.MaxOnlineMessages, s.MaxInflightMessages = 8, 1 })
	stuck, fine, pub := b.Connect(codec.V311, "stuck"), b.Connect(codec.V311, "fine"), b.Connect(codec.V311, "pub")
	stuck.Subscribe("$share/g/t", 1)
	fine.Subscribe("$share/g/t", 1)
	const n = 200
	received := 0
	for i := range n {
		pub.Send(bench.Publish("t", fmt.Sprint(i), 1, uint16(i+1)))
		for _, line := range fine.Take() {
			received++
			var id uint16
			fmt.Sscanf(line[strings.Index(line, "id="):], "id=%d", &id)
			fine.Send(bench.Ack{Type: codec.PUBACK, ID: id})
		}
	}
	if d := b.Counters().Dropped; d != [len(d)]uint64{} || received < n-8 {
		t.Errorf("the one that reads got %d of %d messages, dropped %v", received, n, d)
	}
}

// TestSharedSubscriptionStoresWhereItCan proves that a message for a group whose members are all away goes to one that can store it:
// by the QoS of its own subscription, and with upgrade_outgoing_qos by that alone.
func TestSharedSubscriptionStoresWhereItCan(t *testing.T) {
	for _, upgrade := range []bool{false, true} {
		b := bench.New(t, 2, func(s *session.Settings) { s.UpgradeOutgoingQoS = upgrade })
		pub := b.Connect(codec.V311, "pub")
		for id, qos := range map[string]byte{"never": 0, "stores": 1, "never too": 0} {
			c := b.Connect(codec.V311, id, bench.Persistent)
			c.Subscribe("$share/g/t", qos)
			c.Hangup()
		}
		for i := range 10 {
			pub.Send(bench.Publish("t", "x", 1, uint16(i+1)))
		}
		pub.Send(bench.Publish("t", "y", 0, 0))
		c := b.Open(codec.V311)
		c.Hello("stores", bench.Persistent)
		want := 1 + 10
		if upgrade {
			want++
		}
		if got := c.Take(); len(got) != want {
			t.Errorf("upgrade %v: %d packets, want %d: %q", upgrade, len(got), want, got)
		}
	}
}

// TestSharedSubscriptionOfABridge proves that what a bridge has published goes to the other members of its group, and to nobody if there are
// none.
func TestSharedSubscriptionOfABridge(t *testing.T) {
	b := bench.New(t, 2, nil)
	bridge := b.Connect(codec.V311, "bridge", func(p *codec.Connect) { p.Bridge = true })
	bridge.Subscribe("$share/g/t", 0)
	bridge.Send(bench.Publish("t", "alone", 0, 0))
	other := b.Connect(codec.V311, "other")
	other.Subscribe("$share/g/t", 0)
	for range 10 {
		bridge.Send(bench.Publish("t", "x", 0, 0))
	}
	if got := other.Take(); len(got) != 10 {
		t.Errorf("the other member got %d of 10: %q", len(got), got)
	}
	bridge.WantNothing("its own")
	wantDropped(t, b, queue.NoMember, 0)
}

// TestSharedSkipsFullMembers proves that a member whose queue has no room gets nothing while another one has, although it is slow and nobody
// waits for it any more.
func TestSharedSkipsFullMembers(t *testing.T) {
	b := bench.New(t, 1, func(s *session.Settings) { s.MaxInflightMessages, s.MaxOnlineMessages = 1, 2 })
	slow := b.Connect(codec.V311, "slow")
	slow.Subscribe("$share/g/a", 1)
	pub := b.Connect(codec.V311, "pub")
	for i := range 3 {
		pub.Send(bench.Publish("a", "", 1, uint16(i+1)))
		b.Advance(time.Second) // publishers wait for a moment, and then no more
	}
	free := b.Connect(codec.V311, "free")
	free.Subscribe("$share/g/a", 1)
	for i := range 20 {
		pub.Send(bench.Publish("a", "", 1, uint16(i+10)))
		if got := free.Take(); len(got) != 1 {
			t.Fatalf("message %d: the free member got %q", i, got)
		}
		free.Send(bench.Ack{Type: codec.PUBACK, ID: uint16(i + 1)})
	}
	if n := b.Counters(); n.Dropped[queue.QueueFull] != 0 {
		t.Errorf("%d messages were dropped", n.Dropped[queue.QueueFull])
	}
}

// TestWillDoesNotGoToItsOwnGroupMember proves that the will of a client with a clean session is not given to that client, which is gone.
func TestWillDoesNotGoToItsOwnGroupMember(t *testing.T) {
	b := bench.New(t, 1, nil)
	away := b.Connect(codec.V311, "away", bench.Persistent)
	away.Subscribe("$share/g/will", 1)
	away.Hangup()
	for i := range 10 {
		c := b.Connect(codec.V311, "c1", func(p *codec.Connect) {
			p.HasWill, p.Will.Topic, p.Will.QoS = true, []byte("will"), 1
		})
		c.Subscribe("$share/g/will", 1)
		c.Hangup()
		if n := b.Counters(); n.Dropped[queue.SessionEnded] != 0 {
			t.Fatalf("will %d went to the client that left it", i)
		}
	}
	away = b.Connect(codec.V311, "away", bench.Persistent)
	if got := away.Take(); len(got) != 10 {
		t.Errorf("the other member got %d wills of 10", len(got))
	}
}

// TestSharedMemberGoneMeanwhile proves that a message whose member ends its session before the message has crossed to its loop goes to another
// one, wherever that is, and into the queue of one that is away; and that it is lost, and counted, only if there is none.
func TestSharedMemberGoneMeanwhile(t *testing.T) {
	at := func(b *bench.Bench, loop int, id string, change ...func(*codec.Connect)) *bench.Client {
		c := b.OpenOn(loop, codec.V5)
		c.Hello(id, change...)
		c.Want(id+" is let in", "CONNACK code=0x00")
		c.Subscribe("$share/g/a", 1)
		return c
	}
	for _, test := range []struct {
		what  string
		other func(b *bench.Bench) *bench.Client // beside the one that goes
	}{
		{"on its own loop", func(b *bench.Bench) *bench.Client { return at(b, 1, "other") }},
		{"on the publisher's loop", func(b *bench.Bench) *bench.Client { return at(b, 0, "other") }},
		{"on a third loop", func(b *bench.Bench) *bench.Client { return at(b, 2, "other") }},
		{"away", func(b *bench.Bench) *bench.Client {
			at(b, 2, "other", bench.Persistent).Hangup()
			return nil
		}},
		{"nobody", nil},
	} {
		lost := uint64(0)
		for try := range 10 { // one of them is chosen at random
			b := bench.NewStored(t, 3, vfs.NewMem(), nil)
			if try%2 == 0 {
				at(b, 1, "leaves")
			} else {
				at(b, 1, "leaves", bench.Persistent) // what goes to it is part of a group of writes
			}
			var other *bench.Client
			if test.other != nil {
				other = test.other(b)
			}
			pub := b.OpenOn(0, codec.V5)
			pub.Hello("pub")
			pub.Want("let in", "CONNACK code=0x00")
			b.Fake.Together(func() { // loop 1 removes the member before the batch of loop 0 has come
				remove(t, b, "leaves")
				pub.Peer.Send(codec.AppendPublish(nil, codec.V5, bench.Publish("a", "x", 1, 1)))
			})
			b.Advance(0) // until what was written is durable
			pub.Want(test.what, "PUBACK id=1 code=0x00")
			dropped := b.Counters().Dropped
			lost += dropped[queue.NoMember]
			switch {
			case test.other == nil:
			case other == nil:
				other = b.Open(codec.V5)
				other.Hello("other", bench.Persistent)
				other.Want("it is back", present, `PUBLISH qos=1 id=1 topic="a" payload="x"`)
			default:
				other.Want(test.what, `PUBLISH qos=1 id=1 topic="a" payload="x"`)
			}
			if n := dropped[queue.SessionEnded]; n != 0 {
				t.Errorf("%s, try %d: %d messages ended with the session", test.what, try, n)
			}
		}
		// Builds with invariants may read the message after the subscription is gone too, and then there is nobody to lose it.
		if (lost > 0) != (test.other == nil) {
			t.Errorf("%s: %d of 10 messages lost because there is no member", test.what, lost)
		}
	}
}
