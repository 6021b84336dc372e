package retain

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/vernemq/vmq/queue"
	"github.com/vernemq/vmq/trie"
)

// TestConcurrentUse sets, deletes, expires, pages and sweeps at the same time. What never expires and is never deleted must be on every
// round of pages, nothing that has expired may be, no sweep may take a message that is in force, and the sums must be right in the end.
func TestConcurrentUse(t *testing.T) {
	const stable, topics, rounds, now = 300, 300, 60, int64(100)
	s := New()
	m := s.Mount("")
	var changes atomic.Int64
	s.OnChange(func(*Mount, string) { changes.Add(1) })
	for i := range stable {
		m.Set(message(fmt.Sprintf("s/%d", i), 0, 10))
	}
	var writers, readers sync.WaitGroup
	var stop atomic.Bool
	for w := range 2 {
		writers.Go(func() {
			for round := range rounds {
				for i := range topics {
					topic := fmt.Sprintf("t/%d", i)
					switch (round + i + w) % 4 {
					case 0:
						m.Set(message(topic, now, 10)) // expired already
					case 1:
						m.Set(message(topic, now+1, 10))
					case 2:
						m.Delete([]byte(topic))
					case 3:
						m.Set(message(fmt.Sprintf("s/%d", i%stable), now+1, 20)) // a new value for one that stays
					}
				}
			}
		})
	}
	for _, filter := range []string{"+/+", "s/#", ""} {
		readers.Go(func() {
			for last := false; !last; {
				last = stop.Load()
				found := 0
				var cursor trie.Cursor
				for done := false; !done; {
					cursor, done = m.Page(filter, cursor, 50, now, func(msg *queue.Message) bool {
						if msg.Expired(now) {
							t.Errorf("%s has expired", msg.Topic())
						}
						if msg.Topic()[0] == 's' {
							found++
						}
						return true
					}, func(msg *queue.Message) {
						if !msg.Expired(now) {
							t.Errorf("%s has not expired", msg.Topic())
						}
					})
				}
				if found != stable {
					t.Errorf("%d of %d that stay were found with %q", found, stable, filter)
				}
			}
		})
	}
	readers.Go(func() {
		var cursor trie.Cursor
		for !stop.Load() {
			cursor, _, _ = m.Sweep(cursor, now)
		}
	})
	writers.Wait()
	stop.Store(true)
	readers.Wait()
	for last, cursor := false, (trie.Cursor{}); !last; {
		cursor, last, _ = m.Sweep(cursor, now)
	}
	count, bytes, mortal := 0, int64(0), int64(0)
	m.Page("", trie.Cursor{}, 0, 0, func(msg *queue.Message) bool {
		count++
		bytes += messageHead + int64(msg.Size())
		if msg.Deadline != 0 {
			mortal++
		}
		return true
	}, nil)
	if m.Len() != count || m.Bytes() != bytes || m.mortal.Load() != mortal {
		t.Errorf("%d messages, %d bytes, %d mortal; want %d, %d, %d", m.Len(), m.Bytes(), m.mortal.Load(), count, bytes, mortal)
	}
	if m.Expired() == 0 || changes.Load() < int64(stable)+m.Expired() {
		t.Errorf("%d expired, %d changes told", m.Expired(), changes.Load())
	}
}

// TestMountIsOne proves that all callers of Mount get the same one, and that Find makes none.
func TestMountIsOne(t *testing.T) {
	s := New()
	if m := s.Find("x"); m != nil || len(s.Mounts()) != 0 {
		t.Error("Find made a mountpoint")
	}
	got := make([]*Mount, 8)
	var all sync.WaitGroup
	for i := range got {
		all.Go(func() { got[i] = s.Mount("x") })
	}
	all.Wait()
	for _, m := range got {
		if m != got[0] || m != s.Find("x") {
			t.Error("two mountpoints have one name")
		}
	}
	if len(s.Mounts()) != 1 {
		t.Errorf("%d mountpoints", len(s.Mounts()))
	}
}
