package session_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/internal/bench"
)

// TestPublisherWaitsForAReceiverThatReads proves that nothing is lost between a fast publisher and a receiver that takes what it
// gets a little later, with any QoS, on one loop and across two, far beyond the limits of queue and output.
func TestPublisherWaitsForAReceiverThatReads(t *testing.T) {
	for _, loops := range []int{1, 2} {
		for _, qos := range []byte{0, 1} {
			b := bench.New(t, loops, nil)
			sub, pub := b.Connect(codec.V311, "sub"), b.Connect(codec.V311, "pub")
			sub.Subscribe("t", qos)
			sub.Peer.Block(true)
			const n, batch = 3000, 20
			pad := strings.Repeat("x", 1000)
			received := 0
			for i := 0; i < n; i += batch {
				for k := range batch {
					pub.Peer.Deliver(codec.AppendPublish(nil, codec.V311, bench.Publish("t", fmt.Sprintf("%05d%s", i+k, pad), qos, uint16(i+k+1))))
				}
				b.Fake.Run()
				pub.Take()
				if i%(10*batch) == 0 {
					sub.Peer.Accept(1 << 20)
					received = readOn(t, sub, received)
				}
			}
			sub.Peer.Block(false)
			b.Fake.Run()
			for before := -1; before != received; {
				before = received
				received = readOn(t, sub, received)
			}
			if received != n {
				t.Errorf("%d loops, QoS %d: %d of %d messages came, dropped %v", loops, qos, received, n, b.Counters().Dropped)
			}
		}
	}
}

// readOn takes what has come, checks the order, and acknowledges it.
func readOn(t *testing.T, sub *bench.Client, received int) int {
	t.Helper()
	for _, line := range sub.Take() {
		if !strings.Contains(line, fmt.Sprintf(`payload="%05d`, received)) {
			t.Fatalf("got %.80s, want message %d", line, received)
		}
		received++
		if strings.Contains(line, "qos=1") {
			var id uint16
			fmt.Sscanf(line[strings.Index(line, "id="):], "id=%d", &id)
			sub.Send(bench.Ack{Type: codec.PUBACK, ID: id})
		}
	}
	return received
}

// TestOneWhoNeverReadsHoldsNobodyUp proves that a receiver is waited for once, and not again before it has taken everything.
func TestOneWhoNeverReadsHoldsNobodyUp(t *testing.T) {
	b := bench.New(t, 2, func(s *session.Settings) { s.MaxOnlineMessages = 10 })
	sub, pub := b.Connect(codec.V311, "sub"), b.Connect(codec.V311, "pub")
	sub.Subscribe("t", 1)
	fill := func() (holds int) {
		for i := range 100 {
			pub.Send(bench.Publish("t", "x", 1, uint16(i+1)))
			if len(pub.Take()) == 0 {
				holds++
				b.Advance(100 * time.Millisecond)
				if got := pub.Take(); len(got) != 1 {
					t.Fatalf("message %d is still waiting: got %q", i, got)
				}
			}
		}
		return holds
	}
	if holds := fill(); holds != 1 {
		t.Errorf("held up %d times, want once", holds)
	}
	if holds := fill(); holds != 0 {
		t.Errorf("a slow receiver held the publisher up %d times more", holds)
	}
	for got := sub.Take(); len(got) > 0; got = sub.Take() {
		for _, line := range got {
			var id uint16
			fmt.Sscanf(line[strings.Index(line, "id="):], "id=%d", &id)
			sub.Send(bench.Ack{Type: codec.PUBACK, ID: id})
		}
	}
	if holds := fill(); holds != 1 {
		t.Errorf("held up %d times after the receiver had caught up, want once", holds)
	}
}

// TestPaceOfASteadyReceiver proves that a receiver is waited for as long as it takes enough, and not if it takes less.
func TestPaceOfASteadyReceiver(t *testing.T) {
	for _, tt := range []struct {
		takes  int // messages in each 20 ms
		missed bool
	}{{30, false}, {10, true}} {
		b := bench.New(t, 2, func(s *session.Settings) { s.MaxOnlineMessages, s.MaxInflightMessages = 400, 100 })
		sub, pub := b.Connect(codec.V311, "sub"), b.Connect(codec.V311, "pub")
		sub.Subscribe("t", 1)
		const n = 2000
		pad := strings.Repeat("x", 500)
		for i := range n {
			pub.Send(bench.Publish("t", fmt.Sprintf("%05d%s", i, pad), 1, uint16(i+1))) // what is not read stays in the socket
		}
		var unacked []uint16
		received := 0
		for step := 0; step < 10*n/tt.takes && received < n; step++ {
			for _, line := range sub.Take() {
				received++
				var id uint16
				fmt.Sscanf(line[strings.Index(line, "id="):], "id=%d", &id)
				unacked = append(unacked, id)
			}
			var acks []any
			for range min(tt.takes, len(unacked)) {
				acks = append(acks, bench.Ack{Type: codec.PUBACK, ID: unacked[0]})
				unacked = unacked[1:]
			}
			if len(acks) > 0 {
				sub.Send(acks...)
			}
			b.Advance(20 * time.Millisecond)
		}
		if (received < n) != tt.missed {
			t.Errorf("%d messages in 20 ms: %d of %d came", tt.takes, received, n)
		}
	}
}

// TestLoopThatHasTooMuch proves that publishers wait for a loop whose mailbox is full, those of other receivers do not, and that
// they go on when it has caught up.
func TestLoopThatHasTooMuch(t *testing.T) {
	b := bench.New(t, 2, nil)
	near, far, pub := b.Connect(codec.V311, "near"), b.Connect(codec.V311, "far"), b.Connect(codec.V311, "pub")
	near.Subscribe("near", 0)
	far.Subscribe("far", 0) // near and pub are at home on loop 0, far on loop 1
	busy := b.Broker.Local(b.Fake.Loop(1))
	const much = 1 << 30
	b.Do(0, func() { busy.Posted(much) })
	pub.Send(bench.Publish("near", "1", 1, 1), bench.Publish("far", "1", 1, 2), bench.Publish("near", "2", 1, 3))
	pub.Want("the message to the busy loop is the last", "PUBACK id=1 code=0x00", "PUBACK id=2 code=0x00")
	b.Do(1, func() { busy.Handled(much) })
	pub.Want("then it goes on", "PUBACK id=3 code=0x00")
	near.Want("both", `PUBLISH qos=0 topic="near" payload="1"`, `PUBLISH qos=0 topic="near" payload="2"`)
	far.Want("delivered", `PUBLISH qos=0 topic="far" payload="1"`)
}

// TestWhoWaitsMayLeave proves that a held publisher and a receiver that is behind can both go away.
func TestWhoWaitsMayLeave(t *testing.T) {
	b := bench.New(t, 2, func(s *session.Settings) { s.MaxOnlineMessages = 10 })
	sub, first, second := b.Connect(codec.V311, "sub"), b.Connect(codec.V311, "p1"), b.Connect(codec.V311, "p2")
	sub.Subscribe("t", 1)
	for i := range 30 {
		first.Send(bench.Publish("t", "x", 1, uint16(i+1)))
		second.Send(bench.Publish("t", "x", 1, uint16(i+1)))
	}
	first.Take()
	second.Take()
	first.Peer.Reset()
	sub.Peer.Reset()
	b.Fake.Run()
	second.Send(bench.Ping{})
	got := second.Take()
	if len(got) == 0 || got[len(got)-1] != "PINGRESP" {
		t.Errorf("nobody is behind any more: got %q", got)
	}
}
