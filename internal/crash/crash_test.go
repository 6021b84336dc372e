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
	subscribers = 3
	// killsShort is what `make test` does.
	killsShort = 10
	// patience bounds the wait for the rest when nobody is killed any more.
	patience = 2 * time.Minute
)

var versions = []codec.Version{codec.V311, codec.V5}

// TestKill kills the broker at random instants while clients publish and come and go.
//
// What must hold at the end: every acknowledged message was delivered to every subscriber. The messages of one publisher came in order,
// apart from repetitions. A message of QoS 2 came once.
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
	for i := range subscribers {
		s := newSubscriber(b, i, seed)
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
		p := &publisher{broker: b, index: i, qos: byte(1 + i%2), version: versions[i/2%2]}
		pubs = append(pubs, p)
		sending.Go(func() { _ = p.run(ctx, stop) })
	}
	for range kills {
		select {
		case <-time.After(time.Duration(20+random.IntN(300)) * time.Millisecond):
		case <-ctx.Done():
		}
		b.kill()
		b.start()
	}
	close(stop)
	sending.Wait()
	close(calm)
	deadline := time.After(patience)
	for ctx.Err() == nil && missing(pubs, subs) != "" {
		select {
		case <-deadline:
			t.Errorf("acknowledged and not delivered: %s", missing(pubs, subs))
			cancel()
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
		}
	}
	cancel()
	receiving.Wait()
	total := 0
	for _, p := range pubs {
		total += p.sent
	}
	t.Logf("%d messages", total)
	if total == 0 {
		t.Fatal("nothing was published")
	}
	for _, s := range subs {
		for _, p := range pubs {
			check(t, s, p)
		}
	}
}

// awaitSubscribed lets the test go on when the first connection of s has its SUBACK.
func (s *subscriber) awaitSubscribed(ctx context.Context) {
	select {
	case <-s.ready:
	case <-ctx.Done():
	}
}

// missing names the first message that did not come; empty: all came.
func missing(pubs []*publisher, subs []*subscriber) string {
	for _, s := range subs {
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
		if n < last {
			t.Errorf("subscriber %d got message %d of publisher %d after %d", s.index, n, p.index, last)
		}
		last = n
	}
	t.Logf("subscriber %d (QoS %d), publisher %d (QoS %d): %d messages, %d of them again", s.index, s.qos, p.index, p.qos, len(seen), twice)
}
