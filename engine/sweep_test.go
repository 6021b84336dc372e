package engine_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/internal/bench"
	"github.com/vernemq/vmq/trie"
)

// retain publishes n retained messages below prefix that expire after so many seconds; 0: never.
func retain(c *bench.Client, prefix string, n int, seconds uint32) {
	var packets []any
	for i := range n {
		p := bench.Publish(fmt.Sprintf("%s/%d", prefix, i), "x", 0, 0)
		p.Retain = true
		if seconds > 0 {
			p.Props.SetMessageExpiry(seconds)
		}
		packets = append(packets, p)
	}
	c.Send(packets...)
}

// retainedIn counts the retained messages of a mountpoint.
func retainedIn(b *bench.Bench, mountpoint string) (n int) {
	var cursor trie.Cursor
	for last := false; !last; {
		var page []engine.RetainedMessage
		page, cursor, last = b.Broker.Retained(mountpoint, "", cursor, 1000)
		n += len(page)
	}
	return n
}

// TestSweep proves that expire_retain_cache deletes what has expired in every mountpoint, at its period, and that
// this counts no drop, because nobody was to get the messages.
func TestSweep(t *testing.T) {
	b := bench.NewWith(t, 2, engine.Options{RetainSweep: 10 * time.Second}, nil)
	tenant := b.Through(b.Acceptor(session.ListenerSettings{Mountpoint: "tenant", Versions: bench.AllVersions}), codec.V5)
	tenant.Hello("c")
	c := b.Connect(codec.V5, "c")
	const stay, go5, go15 = 5000, 50, 60
	for _, c := range []*bench.Client{c, tenant} {
		retain(c, "stay", stay, 0)
		retain(c, "five", go5, 5)
		retain(c, "fifteen", go15, 15)
	}
	for _, step := range []struct {
		wait time.Duration
		left int
	}{
		{9900 * time.Millisecond, stay + go5 + go15},
		{2 * time.Second, stay + go15},
		{7 * time.Second, stay + go15},
		{4 * time.Second, stay},
		{time.Hour, stay},
	} {
		b.Advance(step.wait)
		for _, mountpoint := range []string{"", "tenant"} {
			if n := retainedIn(b, mountpoint); n != step.left {
				t.Errorf("%v later mountpoint %q has %d messages, want %d", step.wait, mountpoint, n, step.left)
			}
		}
	}
	if n := b.Counters(); n.Dropped != [len(n.Dropped)]uint64{} {
		t.Errorf("dropped: %v", n.Dropped)
	}
}

// TestSweepIsPaged proves that a sweep which finds little goes through many messages a page at a time, with pauses.
func TestSweepIsPaged(t *testing.T) {
	b := bench.NewWith(t, 1, engine.Options{RetainSweep: 10 * time.Second}, nil)
	c := b.Connect(codec.V5, "c")
	retain(c, "a", 5000, 0)
	retain(c, "z", 1, 5) // on the last page
	b.Advance(10*time.Second + 3*engine.Tick)
	if n := retainedIn(b, ""); n != 5001 {
		t.Errorf("%d messages after three pages", n)
	}
	b.Advance(10 * engine.Tick)
	if n := retainedIn(b, ""); n != 5000 {
		t.Errorf("%d messages after the sweep", n)
	}
}

// TestSweepOfManyExpired proves that a sweep which finds much does not wait between its pages.
func TestSweepOfManyExpired(t *testing.T) {
	b := bench.NewWith(t, 1, engine.Options{RetainSweep: 10 * time.Second}, nil)
	retain(b.Connect(codec.V5, "c"), "e", 20000, 5)
	b.Advance(10*time.Second + 2*engine.Tick)
	if n := retainedIn(b, ""); n != 0 {
		t.Errorf("%d of 20000 are left", n)
	}
}

// TestNoSweep proves that without expire_retain_cache what has expired stays until somebody meets it.
func TestNoSweep(t *testing.T) {
	b := bench.New(t, 1, nil)
	c := b.Connect(codec.V5, "c")
	retain(c, "e", 10, 5)
	b.Advance(time.Hour)
	if n := retainedIn(b, ""); n != 10 {
		t.Errorf("%d of 10 are left", n)
	}
	c.Send(&codec.Subscribe{PacketID: 1, Subscriptions: []codec.Subscription{{Filter: []byte("#")}}})
	c.Want("nothing", "SUBACK id=1 codes=0x00")
	if n := retainedIn(b, ""); n != 0 {
		t.Errorf("%d of 10 are left after a subscription", n)
	}
}

// TestDeleteExpiredRetained proves that an operator can have all that has expired deleted, and that the sums follow.
func TestDeleteExpiredRetained(t *testing.T) {
	b, addr := start(t, 1)
	defer stop(t, b)
	c := dial(t, addr, codec.V5, "c")
	before := b.Stats()
	for i := range 30 {
		p := bench.Publish(fmt.Sprintf("t/%d", i), "x", 1, uint16(i+1))
		p.Retain = true
		if i%3 == 0 {
			p.Props.SetMessageExpiry(0)
		}
		c.write(codec.AppendPublish(nil, codec.V5, p))
		c.read() // PUBACK: it is retained
	}
	full := b.Stats()
	if full.Retained != 30 || full.RetainedMemory < before.RetainedMemory+30*100 {
		t.Errorf("%d messages in %d bytes, %d when empty", full.Retained, full.RetainedMemory, before.RetainedMemory)
	}
	for i, want := range []int{10, 0} {
		if n := b.DeleteExpiredRetained(); n != want {
			t.Errorf("call %d deleted %d, want %d", i+1, n, want)
		}
	}
	if left := b.Stats(); left.Retained != 20 || left.RetainedMemory >= full.RetainedMemory {
		t.Errorf("%d messages in %d bytes are left, of %d bytes", left.Retained, left.RetainedMemory, full.RetainedMemory)
	}
}
