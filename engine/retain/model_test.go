package retain

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/vernemq/vmq/queue"
	"github.com/vernemq/vmq/trie"
)

func message(topic string, deadline int64, payload int) *queue.Message {
	m := queue.NewMessage([]byte(topic), make([]byte, payload), nil)
	m.Deadline = deadline
	return m
}

// TestStoreAgainstModel does random things to two mountpoints and to two maps: what a page shows, what a sweep deletes, the sums, and
// that each change is told, with what is in force when it is told.
func TestStoreAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := New()
		empty := s.Memory()
		names := []string{"", "tenant"}
		want := map[string]map[string]*queue.Message{"": {}, "tenant": {}}
		told := map[string]map[string]*queue.Message{"": {}, "tenant": {}} // rebuilt from what OnChange tells
		changes, wantChanges := 0, 0
		s.OnChange(func(m *Mount, topic string) {
			changes++
			if v := m.Get([]byte(topic)); v != nil {
				told[m.Name][topic] = v
			} else {
				delete(told[m.Name], topic)
			}
		})
		for _, name := range names {
			s.Mount(name)
		}
		base := s.Memory() - empty
		now := int64(1000)
		mount := func(t *rapid.T) (*Mount, map[string]*queue.Message) {
			name := rapid.SampledFrom(names).Draw(t, "mountpoint")
			return s.Mount(name), want[name]
		}
		topics := rapid.Custom(func(t *rapid.T) string {
			return strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"", "a", "b", "$c"}), 1, 3).Draw(t, "levels"), "/")
		}).Filter(func(s string) bool { return s != "" })
		// expire takes what has expired and matches out of the model, and returns it.
		expire := func(model map[string]*queue.Message, matches func(string) bool) (gone []string) {
			for topic, m := range model {
				if m.Expired(now) && matches(topic) {
					gone = append(gone, topic)
					delete(model, topic)
					wantChanges++
				}
			}
			slices.Sort(gone)
			return gone
		}
		t.Repeat(map[string]func(*rapid.T){
			"set": func(t *rapid.T) {
				m, model := mount(t)
				topic, deadline := topics.Draw(t, "topic"), int64(0)
				if rapid.Bool().Draw(t, "mortal") {
					deadline = now + rapid.Int64Range(0, 100).Draw(t, "life")
				}
				model[topic] = message(topic, deadline, rapid.SampledFrom([]int{1, 1000, 100000}).Draw(t, "payload"))
				m.Set(model[topic])
				wantChanges++
			},
			"delete": func(t *rapid.T) {
				m, model := mount(t)
				topic := topics.Draw(t, "topic")
				if existed := m.Delete([]byte(topic)); existed != (model[topic] != nil) {
					t.Fatalf("Delete(%q) = %v", topic, existed)
				}
				if model[topic] != nil {
					wantChanges++
				}
				delete(model, topic)
			},
			"wait": func(t *rapid.T) { now += rapid.Int64Range(1, 60).Draw(t, "ms") },
			"sweep": func(t *rapid.T) {
				m, model := mount(t)
				gone := expire(model, func(string) bool { return true })
				deleted := 0
				var cursor trie.Cursor
				for last := false; !last; {
					var n int
					cursor, last, n = m.Sweep(cursor, now)
					deleted += n
				}
				if deleted != len(gone) {
					t.Fatalf("the sweep deleted %d, want %q", deleted, gone)
				}
			},
			"page": func(t *rapid.T) {
				m, model := mount(t)
				filter := rapid.SampledFrom([]string{"", "#", "+", "a/#", "+/b", "a", "$c/#"}).Draw(t, "filter")
				matches := func(topic string) bool { return filter == "" || trie.Matches(filter, topic) }
				gone := expire(model, matches)
				found := map[string]*queue.Message{}
				var expired []string
				limit, stopAt := rapid.IntRange(1, 5).Draw(t, "limit"), rapid.IntRange(1, 5).Draw(t, "stop at")
				var cursor trie.Cursor
				for last := false; !last; {
					seen, yielded := 0, 0
					cursor, last = m.Page(filter, cursor, limit, now, func(msg *queue.Message) bool {
						seen++
						yielded++
						found[string(msg.Topic())] = msg
						return yielded < stopAt
					}, func(msg *queue.Message) {
						seen++
						expired = append(expired, string(msg.Topic()))
					})
					if seen > limit || yielded > stopAt {
						t.Fatalf("a page of %d, stopped at %d, has %d messages, of which %d expired", limit, stopAt, seen, seen-yielded)
					}
				}
				slices.Sort(expired)
				if !slices.Equal(expired, gone) {
					t.Fatalf("filter %q: expired %q, want %q", filter, expired, gone)
				}
				maps.DeleteFunc(found, func(topic string, msg *queue.Message) bool { return model[topic] == msg })
				if len(found) > 0 {
					t.Fatalf("filter %q finds %v, which are not there", filter, slices.Collect(maps.Keys(found)))
				}
			},
			"": func(t *rapid.T) {
				total := 0
				for _, name := range names {
					m, model := s.Mount(name), want[name]
					total += len(model)
					mortal, bytes := int64(0), int64(0)
					for topic, msg := range model {
						if m.Get([]byte(topic)) != msg {
							t.Fatalf("Get(%q) is another message", topic)
						}
						if bytes += messageHead + int64(msg.Size()); msg.Deadline != 0 {
							mortal++
						}
					}
					if m.Len() != len(model) || m.Bytes() != bytes || m.mortal.Load() != mortal {
						t.Fatalf("%d messages, %d bytes, %d mortal; want %d, %d, %d", m.Len(), m.Bytes(), m.mortal.Load(), len(model), bytes, mortal)
					}
					if !maps.Equal(told[name], model) {
						t.Fatalf("told of %v, want %v", told[name], model)
					}
				}
				if s.Len() != total || changes != wantChanges {
					t.Fatalf("%d messages and %d changes, want %d and %d", s.Len(), changes, total, wantChanges)
				}
			},
		})
		for _, name := range names {
			for topic := range want[name] {
				s.Mount(name).Delete([]byte(topic))
			}
		}
		if s.Memory() != empty+base {
			t.Fatalf("%d bytes in an empty store", s.Memory()-empty-base)
		}
	})
}

// TestPageFindsAll proves that pages that stop early lose nothing: each message comes exactly once.
func TestPageFindsAll(t *testing.T) {
	m := New().Mount("")
	for i := range 1000 {
		m.Set(message(fmt.Sprintf("a/%d", i), 0, 1))
	}
	seen := map[string]int{}
	var cursor trie.Cursor
	for last := false; !last; {
		n := 0
		cursor, last = m.Page("a/+", cursor, 64, 0, func(msg *queue.Message) bool {
			seen[string(msg.Topic())]++
			n++
			return n < 7
		}, nil)
	}
	for topic, n := range seen {
		if n != 1 {
			t.Errorf("%s came %d times", topic, n)
		}
	}
	if len(seen) != 1000 {
		t.Errorf("%d of 1000 came", len(seen))
	}
}

// TestSweepIsBounded proves that no page looks at, or deletes, more than its share.
func TestSweepIsBounded(t *testing.T) {
	const n = 20000
	for _, expiring := range []bool{false, true} {
		m := New().Mount("")
		m.Set(message("mortal", 5, 1))
		for i := range n {
			deadline := int64(0)
			if expiring {
				deadline = 5
			}
			m.Set(message(fmt.Sprintf("a/%d", i), deadline, 1))
		}
		pages, deleted, most := 0, 0, 0
		var cursor trie.Cursor
		for last := false; !last; pages++ {
			var k int
			cursor, last, k = m.Sweep(cursor, 5)
			deleted, most = deleted+k, max(most, k)
		}
		want := 1
		if expiring {
			want = n + 1
		}
		if deleted != want || most > SweepMost || pages < n/sweepPage {
			t.Errorf("expiring %v: %d deleted on %d pages, at most %d on one", expiring, deleted, pages, most)
		}
		if left := n + 1 - want; m.Len() != left || m.Expired() != int64(want) {
			t.Errorf("expiring %v: %d are left, %d counted as expired", expiring, m.Len(), m.Expired())
		}
	}
}
