package crash

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/vernemq/vmq/codec"
)

const (
	publishers  = 4
	subscribers = 3 // alone
	members     = 2 // of a shared subscription
	// killsShort is what `make test` does.
	killsShort = 10
	// patience is when a test gives up that nothing comes to.
	patience = 2 * time.Minute
)

var versions = []codec.Version{codec.V311, codec.V5}

// TestKill kills the broker at random instants, some of them while it starts or stops, while clients publish and come and go and take over from
// themselves.
//
// After each start a retained message is not older than what was acknowledged. What must hold at the end: every acknowledged message was
// delivered to every subscriber, and to one member of the shared subscription. The messages of one publisher came in order, apart from
// repetitions. A message of QoS 2 came once.
func TestKill(t *testing.T) {
	kills := killsShort
	if text := os.Getenv("VMQ_CRASH_KILLS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		kills = n
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("%d kills, seed %d", kills, seed)
	random := rand.New(rand.NewPCG(seed, 1))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stop, calm := make(chan struct{}), make(chan struct{})

	b := newBroker(t)
	b.start()
	var subs []*subscriber
	var pubs []*publisher
	var receiving, sending sync.WaitGroup
	for i := range subscribers + members {
		filter := "t/+"
		if i >= subscribers {
			filter = "$share/g/t/+"
		}
		s := newSubscriber(b, i, filter, seed)
		subs = append(subs, s)
		receiving.Go(func() {
			if err := s.run(ctx, calm); err != nil {
				t.Error(err)
				cancel()
			}
		})
	}
	for _, s := range subs {
		s.awaitSubscribed(ctx)
	}
	for i := range publishers {
		p := &publisher{broker: b, index: i, qos: byte(1 + i%2), retain: i >= 2, version: versions[i/2%2]}
		pubs = append(pubs, p)
		sending.Go(func() { _ = p.run(ctx, stop) })
	}
	for range kills {
		select {
		case <-time.After(time.Duration(20+random.IntN(300)) * time.Millisecond):
		case <-ctx.Done():
		}
		moment := time.Duration(random.IntN(60)) * time.Millisecond
		var acknowledged []int
		for _, p := range pubs {
			acknowledged = append(acknowledged, p.acknowledged())
		}
		switch random.IntN(4) {
		case 0:
			b.killStopping(moment)
		default:
			b.kill()
		}
		if random.IntN(4) == 0 {
			b.killStarting(moment)
		}
		b.start()
		for i, p := range pubs {
			checkRetained(b, p, acknowledged[i])
		}
	}
	close(stop)
	sending.Wait()
	close(calm)
	await(ctx, t, b, pubs, subs)
	cancel()
	receiving.Wait()
	sent := 0
	for _, p := range pubs {
		sent += p.sent
	}
	t.Logf("%d messages", sent)
	if sent == 0 {
		t.Fatal("nothing was published")
	}
	for _, s := range subs {
		for _, p := range pubs {
			check(t, s, p)
		}
	}
	group := receivers(subs)[subscribers]
	for _, p := range pubs {
		if seen := group.mu.got[p.index]; p.qos == 2 && len(seen) != p.sent {
			t.Errorf("%d messages of publisher %d came to a group, which sent %d", len(seen), p.index, p.sent)
		}
	}
}

// receivers are those who must have got every message: the subscribers, and the members of the group together, as one.
func receivers(subs []*subscriber) []*subscriber {
	group := &subscriber{index: subscribers}
	for _, s := range subs[subscribers:] {
		s.mu.Lock()
		for from, numbers := range s.mu.got {
			for _, n := range numbers {
				group.note(message{from, n})
			}
		}
		s.mu.Unlock()
	}
	return append(subs[:subscribers:subscribers], group)
}

// await returns when everything has come, or ctx is done. It gives up when nothing has come for long: how long all of it takes is up to the disk,
// which a message of QoS 2 waits for twice.
func await(ctx context.Context, t *testing.T, b *broker, pubs []*publisher, subs []*subscriber) {
	t.Helper()
	received, at := -1, time.Now()
	for ctx.Err() == nil && missing(pubs, subs) != "" {
		if n := total(subs); n != received {
			received, at = n, time.Now()
		}
		if time.Since(at) > patience {
			t.Errorf("acknowledged and not delivered: %s", missing(pubs, subs))
			for _, s := range subs {
				t.Logf("subscriber %d waits %v", s.index, s.doing.Load())
			}
			t.Log(b.ask("session show --client_id --is_online --queue_size --offline_messages --online_messages"))
			return
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
		}
	}
}

// total is how many messages have come, to all of them.
func total(subs []*subscriber) (n int) {
	for _, s := range subs {
		s.mu.Lock()
		for _, numbers := range s.mu.got {
			n += len(numbers)
		}
		s.mu.Unlock()
	}
	return n
}

// awaitSubscribed lets the test go on when the first connection of s has its SUBACK.
func (s *subscriber) awaitSubscribed(ctx context.Context) {
	select {
	case <-s.ready:
	case <-ctx.Done():
	}
}

// checkRetained looks whether the retained message of p is the last one that was acknowledged, or one behind it.
func checkRetained(b *broker, p *publisher, acknowledged int) {
	b.t.Helper()
	if !p.retain || acknowledged == 0 {
		return
	}
	c := b.connect(codec.V311, "looks")
	c.subscribe(0, fmt.Sprintf("t/%d", p.index))
	s := &subscriber{}
	s.noteLine(b.t, c.line())
	if n := s.mu.got[p.index][0]; n < acknowledged {
		b.t.Errorf("message %d of publisher %d is retained, %d was acknowledged", n, p.index, acknowledged)
	}
	c.Close()
}

// missing names the first message that did not come; empty: all came.
func missing(pubs []*publisher, subs []*subscriber) string {
	for _, s := range receivers(subs) {
		for _, p := range pubs {
			if n := s.has(p.index, p.sent); n > 0 {
				return fmt.Sprintf("message %d of publisher %d to subscriber %d", n, p.index, s.index)
			}
		}
	}
	return ""
}

// check looks at the order of what s got from p, and at what came twice.
func check(t *testing.T, s *subscriber, p *publisher) {
	seen := make(map[int]bool)
	last, twice := 0, 0
	for _, n := range s.mu.got[p.index] {
		if seen[n] {
			twice++
			if p.qos == 2 && s.qos == 2 {
				t.Errorf("subscriber %d got message %d of publisher %d twice", s.index, n, p.index)
			}
			continue
		}
		seen[n] = true
		// What a publisher repeats may go to another member of a group than at first.
		if repeats := s.index >= subscribers && p.qos == 1; n < last && !repeats {
			t.Errorf("subscriber %d got message %d of publisher %d after %d", s.index, n, p.index, last)
		}
		last = n
	}
	t.Logf("subscriber %d (QoS %d), publisher %d (QoS %d): %d messages, %d of them again", s.index, s.qos, p.index, p.qos, len(seen), twice)
}
