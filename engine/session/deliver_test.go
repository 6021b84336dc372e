package session_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/internal/bench"
	"github.com/vernemq/vmq/queue"
)

// TestWindow proves that a client gets no more unacknowledged messages than its window holds, that an acknowledgement brings
// the next one at once, and that QoS 0 behind a waiting message waits too.
func TestWindow(t *testing.T) {
	for _, tt := range []struct {
		why     string
		v       codec.Version
		set     func(*session.Settings)
		connect func(*codec.Connect)
	}{
		{"max_inflight_messages", codec.V311, func(s *session.Settings) { s.MaxInflightMessages = 2 }, func(*codec.Connect) {}},
		{"Receive Maximum of the client", codec.V5, nil, func(p *codec.Connect) { p.Props.SetReceiveMaximum(2) }},
		{"receive_max_client", codec.V5, func(s *session.Settings) { s.ReceiveMaxClient = 2 }, func(p *codec.Connect) { p.Props.SetReceiveMaximum(9) }},
	} {
		b := bench.New(t, 2, tt.set)
		sub, pub := b.Connect(tt.v, "sub", tt.connect), b.Connect(codec.V311, "pub")
		sub.Subscribe("t", 2)
		pub.Send(bench.Publish("t", "1", 1, 1), bench.Publish("t", "2", 2, 2), bench.Publish("t", "3", 1, 3), bench.Publish("t", "4", 0, 0), bench.Publish("t", "5", 1, 4))
		sub.Want(tt.why+": two", `PUBLISH qos=1 id=1 topic="t" payload="1"`, `PUBLISH qos=2 id=2 topic="t" payload="2"`)
		sub.Send(bench.Ack{Type: codec.PUBREC, ID: 2})
		sub.Want("PUBREC frees nothing", "PUBREL id=2 code=0x00")
		sub.Send(bench.Ack{Type: codec.PUBACK, ID: 1})
		sub.Want("PUBACK does", `PUBLISH qos=1 id=3 topic="t" payload="3"`, `PUBLISH qos=0 topic="t" payload="4"`)
		sub.Send(bench.Ack{Type: codec.PUBCOMP, ID: 2})
		sub.Want("PUBCOMP does", `PUBLISH qos=1 id=4 topic="t" payload="5"`)
	}
}

// TestRefusedByTheReceiver proves that an MQTT 5 client's refusal ends the exchange, frees the slot and is counted.
func TestRefusedByTheReceiver(t *testing.T) {
	b := bench.New(t, 1, nil)
	sub, pub := b.Connect(codec.V5, "sub", func(p *codec.Connect) { p.Props.SetReceiveMaximum(1) }), b.Connect(codec.V311, "pub")
	sub.Subscribe("t", 2)
	pub.Send(bench.Publish("t", "1", 2, 1), bench.Publish("t", "2", 1, 2), bench.Publish("t", "3", 0, 0))
	sub.Want("first", `PUBLISH qos=2 id=1 topic="t" payload="1"`)
	sub.Send(bench.Ack{Type: codec.PUBREC, ID: 1, Code: codec.QuotaExceeded})
	sub.Want("second", `PUBLISH qos=1 id=2 topic="t" payload="2"`, `PUBLISH qos=0 topic="t" payload="3"`)
	sub.Send(bench.Ack{Type: codec.PUBACK, ID: 2, Code: codec.QuotaExceeded})
	wantDropped(t, b, queue.Refused, 2)
}

// wantDropped fails the test unless that many messages were dropped for that cause and none for another.
func wantDropped(t *testing.T, b *bench.Bench, why queue.Cause, n uint64) {
	t.Helper()
	for cause, got := range b.Counters().Dropped {
		want := uint64(0)
		if queue.Cause(cause) == why {
			want = n
		}
		if got != want {
			t.Errorf("%d messages dropped as %s, want %d", got, queue.Cause(cause), want)
		}
	}
}

// TestStrayAcknowledgements proves what each version gets for an acknowledgement of nothing.
func TestStrayAcknowledgements(t *testing.T) {
	for _, v := range versions {
		b := bench.New(t, 1, nil)
		c := b.Connect(v, "a")
		c.Send(bench.Ack{Type: codec.PUBACK, ID: 7})
		c.WantNothing("PUBACK is ignored")
		c.WantOpen("PUBACK is ignored")
		c.Send(bench.Ack{Type: codec.PUBREC, ID: 7})
		if v == codec.V5 {
			c.Want("PUBREC of nothing", "PUBREL id=7 code=0x92")
			c.Send(bench.Ack{Type: codec.PUBCOMP, ID: 7})
			c.WantClosed("PUBCOMP of nothing", "DISCONNECT code=0x82")
			continue
		}
		c.WantClosed("PUBREC of nothing")
		c = b.Connect(v, "b")
		c.Send(bench.Ack{Type: codec.PUBCOMP, ID: 7})
		c.WantClosed("PUBCOMP of nothing")
	}
}

// TestSlowReader proves that a client that does not read gets what its queue holds when it reads again, in order, that the
// rest is dropped by the policy, and that others notice nothing.
func TestSlowReader(t *testing.T) {
	for _, lifo := range []bool{false, true} {
		b := bench.New(t, 1, func(s *session.Settings) { s.MaxOnlineMessages, s.QueueLIFO = 10, lifo })
		slow, fast, pub := b.Connect(codec.V311, "slow"), b.Connect(codec.V311, "fast"), b.Connect(codec.V311, "pub")
		slow.Subscribe("t", 0)
		fast.Subscribe("t", 0)
		slow.Peer.Block(true)
		pad := strings.Repeat("x", 10000)
		const n = 200 // far beyond what a connection's output may hold
		for i := range n {
			pub.Send(bench.Publish("t", fmt.Sprintf("%03d%s", i, pad), 0, 0))
			if got := fast.Take(); len(got) != 1 {
				t.Fatalf("the fast one got %d messages for number %d: half of the receivers are no reason to wait", len(got), i)
			}
		}
		slow.Peer.Block(false)
		b.Fake.Run()
		got := slow.Take()
		if len(got) <= 10 || len(got) >= n {
			t.Fatalf("the slow one got %d of %d messages", len(got), n)
		}
		wantDropped(t, b, queue.QueueFull, uint64(n-len(got)))
		out := len(got) - 10 // what the output took before it was full
		for i, line := range got {
			want := i
			if lifo && i >= out {
				want = n - 1 - (i - out) // the last ten, newest first
			}
			if !strings.Contains(line, fmt.Sprintf(`payload="%03d`, want)) {
				t.Fatalf("lifo=%v: message %d is %.60s, want number %d", lifo, i, line, want)
			}
		}
		pub.Send(bench.Publish("t", "after", 0, 0))
		slow.Want("nothing waits any more", `PUBLISH qos=0 topic="t" payload="after"`)
	}
}

// TestMaxOnlineMessagesZero proves that 0 means that nothing is delivered.
func TestMaxOnlineMessagesZero(t *testing.T) {
	b := bench.New(t, 1, func(s *session.Settings) { s.MaxOnlineMessages = 0 })
	sub, pub := b.Connect(codec.V311, "sub"), b.Connect(codec.V311, "pub")
	sub.Subscribe("t", 1)
	pub.Send(bench.Publish("t", "1", 0, 0), bench.Publish("t", "2", 1, 1))
	pub.Want("acknowledged all the same", "PUBACK id=1 code=0x00")
	sub.WantNothing("max_online_messages = 0")
	wantDropped(t, b, queue.QueueFull, 2)
}

// TestUpgradeOutgoingQoS proves that the subscription's QoS is used then, also for a client that is away.
func TestUpgradeOutgoingQoS(t *testing.T) {
	b := bench.New(t, 1, func(s *session.Settings) { s.UpgradeOutgoingQoS = true })
	sub, pub := b.Connect(codec.V311, "sub", bench.Persistent), b.Connect(codec.V311, "pub")
	sub.Subscribe("t", 1)
	pub.Send(bench.Publish("t", "1", 0, 0))
	sub.Want("online", `PUBLISH qos=1 id=1 topic="t" payload="1"`)
	sub.Send(bench.Ack{Type: codec.PUBACK, ID: 1})
	sub.Hangup()
	pub.Send(bench.Publish("t", "2", 0, 0))
	sub = b.Open(codec.V311)
	sub.Hello("sub", bench.Persistent)
	sub.Want("offline", "CONNACK session-present code=0x00", `PUBLISH qos=1 id=2 topic="t" payload="2"`)
}

// TestMaximumPacketSizeOfTheClient proves [MQTT-3.1.2-25]: a larger message is dropped for that client and takes no slot.
func TestMaximumPacketSizeOfTheClient(t *testing.T) {
	b := bench.New(t, 1, nil)
	sub := b.Connect(codec.V5, "sub", func(p *codec.Connect) {
		p.Props.SetMaximumPacketSize(20)
		p.Props.SetReceiveMaximum(1)
	})
	pub := b.Connect(codec.V311, "pub")
	sub.Subscribe("t", 1)
	pub.Send(bench.Publish("t", strings.Repeat("x", 30), 1, 1), bench.Publish("t", "fits", 1, 2))
	sub.Want("the small one", `PUBLISH qos=1 id=1 topic="t" payload="fits"`)
	wantDropped(t, b, queue.TooLarge, 1)
}

// TestLargePayloadsAreShared sends payloads beyond the size at which they go by reference, to many, and blocks some of them.
func TestLargePayloadsAreShared(t *testing.T) {
	b := bench.New(t, 2, nil)
	pub := b.Connect(codec.V311, "pub")
	var subs []*bench.Client
	for i := range 4 {
		c := b.Connect(versions[i%3], fmt.Sprint("s", i))
		c.Subscribe("t", byte(i%3))
		subs = append(subs, c)
	}
	subs[0].Peer.Block(true)
	for n := range 20 {
		pub.Send(bench.Publish("t", strings.Repeat(string(rune('a'+n)), 50000), 1, uint16(n+1)))
	}
	subs[0].Peer.Block(false)
	b.Fake.Run()
	for i, c := range subs {
		for n, line := range c.Take() {
			if !strings.Contains(line, "50000 bytes") || !strings.Contains(line, strings.Repeat(string(rune('a'+n)), 20)) {
				t.Fatalf("subscriber %d, message %d: %.100s", i, n, line)
			}
		}
	}
}

// TestMessageExpiry proves that a message which waited too long is dropped, and that one in time carries what is left.
func TestMessageExpiry(t *testing.T) {
	b := bench.New(t, 1, nil)
	sub, pub := b.Connect(codec.V5, "sub", bench.Persistent), b.Connect(codec.V5, "pub")
	sub.Subscribe("t", 1)
	sub.Hangup()
	short, long := bench.Publish("t", "short", 1, 1), bench.Publish("t", "long", 1, 2)
	short.Props.SetMessageExpiry(5)
	long.Props.SetMessageExpiry(100)
	pub.Send(short, long)
	b.Advance(10 * time.Second)
	sub = b.Open(codec.V5)
	sub.Hello("sub", bench.Persistent)
	got := sub.Take()
	if len(got) != 2 || !strings.Contains(got[1], `payload="long"`) || !strings.Contains(got[1], "90") {
		t.Fatalf("got %q, want the long-lived message with 90 seconds left", got)
	}
	wantDropped(t, b, queue.Expired, 1)
}

// TestPubcompIsNoRefusal proves that a message that the client took with PUBREC does not count as dropped, whatever comes later.
func TestPubcompIsNoRefusal(t *testing.T) {
	b := bench.New(t, 1, nil)
	pub, sub := b.Connect(codec.V311, "pub"), b.Connect(codec.V5, "sub")
	sub.Subscribe("t", 2)
	pub.Send(bench.Publish("t", "x", 2, 1))
	sub.Send(bench.Ack{Type: codec.PUBREC, ID: 1}, bench.Ack{Type: codec.PUBCOMP, ID: 1, Code: codec.PacketIdentifierNotFound})
	wantDropped(t, b, queue.Refused, 0)
}
