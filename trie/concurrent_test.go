package trie

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
)

// TestMatchDuringChurn lets writers come and go around subscriptions that stay. Each Match must see each of those that stay
// exactly once, with the options it was given, and no one else's options with it.
func TestMatchDuringChurn(t *testing.T) {
	const stable, churners, rounds = 150, 3, 60
	x := New[*client]()
	m := x.Mount("")
	filters := []string{"a/b/c", "a/+/c", "a/#", "+/b/#", "#", "a/b/+", "$share/g/a/b/c", "$share/g/+/b/c", "$share/h/a/b/c"}
	for i := range stable {
		for f, filter := range filters {
			m.Subscribe(filter, &client{i}, Options{SubscriptionID: uint32(i), QoS: byte(f)})
		}
	}
	var writers, readers sync.WaitGroup
	var stop atomic.Bool
	for w := range churners {
		writers.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(w), 1))
			mine := make([]*client, 100)
			for i := range mine {
				mine[i] = &client{-1 - i - w*len(mine)}
			}
			for round := range rounds {
				for _, c := range mine[:rnd.IntN(len(mine))] {
					f := filters[rnd.IntN(len(filters))]
					o := Options{SubscriptionID: uint32(-c.id), QoS: byte(round)}
					m.Subscribe(f, c, o)
					m.Subscribe(fmt.Sprintf("a/b/%d/%d", w, rnd.IntN(300)), c, o)
					m.Subscribe(fmt.Sprintf("a/+/%d/%d/#", w, rnd.IntN(300)), c, o)
					m.Subscribe(fmt.Sprintf("$share/%d/a/b/c", c.id), c, o)
					if rnd.IntN(2) == 0 {
						m.Unsubscribe(f, c)
					}
				}
				for _, c := range mine {
					for _, f := range filters {
						m.Unsubscribe(f, c)
					}
					for i := range 3 {
						m.Unsubscribe(fmt.Sprintf("a/b/%d/%d", w, rnd.IntN(300)), c)
						m.Unsubscribe(fmt.Sprintf("a/+/%d/%d/#", w, (round+i)%300), c)
					}
					m.Unsubscribe(fmt.Sprintf("$share/%d/a/b/c", c.id), c)
				}
			}
		})
	}
	for range max(2, runtime.GOMAXPROCS(0)) {
		readers.Go(func() {
			var r Result[*client]
			for last := false; !last; {
				last = stop.Load() // once more after the writers are through
				m.Match([]byte("a/b/c"), &r)
				var seen [stable]byte
				for _, d := range r.Direct {
					checkMatch(t, d)
					if d.Subscriber.id >= 0 {
						seen[d.Subscriber.id]++
					}
				}
				for i, n := range seen {
					if n != 6 {
						t.Errorf("client %d was seen %d times, want 6", i, n)
						return
					}
				}
				groups := 0
				for _, g := range r.Groups {
					seen := 0
					for i := range g.Members.Len() {
						c := g.Members.At(i)
						checkMatch(t, c)
						if c.Subscriber.id >= 0 {
							seen++
						}
					}
					if g.Name == "g" || g.Name == "h" {
						groups++
						if seen != stable {
							t.Errorf("group %s %s: %d members that stay, want %d", g.Name, g.Filter, seen, stable)
							return
						}
					}
				}
				if groups != 3 {
					t.Errorf("%d groups, want 3", groups)
					return
				}
			}
		})
	}
	writers.Wait()
	stop.Store(true)
	readers.Wait()
}

func checkMatch(t *testing.T, m Match[*client]) {
	t.Helper()
	if id := m.Subscriber.id; int(m.Options.SubscriptionID) != max(id, -id) {
		t.Errorf("client %d came with the options of %d", id, m.Options.SubscriptionID)
	}
}

// TestSubscribeIsSeenAtOnce has each goroutine match right after each of its own changes, while others work on the same
// stripes, anchors and shapes.
func TestSubscribeIsSeenAtOnce(t *testing.T) {
	x := New[int]()
	m := x.Mount("")
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			var r Result[int]
			rnd := rand.New(rand.NewPCG(uint64(w), 2))
			for i := range 1500 {
				n := rnd.IntN(8) // few enough for the goroutines to meet
				filter := []string{
					fmt.Sprintf("s/+/%d", n), fmt.Sprintf("s/%d/#", n), fmt.Sprintf("s/%d/%d", n, n), fmt.Sprintf("+/%d/%d", n, n),
					fmt.Sprintf("$share/g/s/+/%d", n), fmt.Sprintf("s/%d/+/#", n),
				}[i%6]
				topic := []byte(fmt.Sprintf("s/%d/%d", n, n))
				has := func() bool {
					m.Match(topic, &r)
					for _, d := range r.Direct {
						if d.Subscriber == w {
							return true
						}
					}
					for _, g := range r.Groups {
						for j := range g.Members.Len() {
							if g.Members.At(j).Subscriber == w {
								return true
							}
						}
					}
					return false
				}
				before := x.Generation()
				m.Subscribe(filter, w, Options{})
				if !has() || x.Generation() == before {
					t.Errorf("subscription to %s was not seen", filter)
				}
				if !m.Unsubscribe(filter, w) || has() {
					t.Errorf("subscription to %s was still seen", filter)
				}
			}
		})
	}
	wg.Wait()
	checkEmpty(t, x)
}

// TestScanDuringChurn checks that topics that stay come exactly once while others come and go around them.
func TestScanDuringChurn(t *testing.T) {
	const stable, rounds = 1000, 5
	m := NewTopics[int]().Mount("")
	for i := range stable {
		m.Set(fmt.Sprintf("a/%d/c", i), i)
	}
	var writers, readers sync.WaitGroup
	var stop atomic.Bool
	for w := range 2 {
		writers.Go(func() {
			for round := range rounds {
				for i := range stable {
					m.Set(fmt.Sprintf("a/%d/c%d", i, w), i)
					m.Set(fmt.Sprintf("a/%d.%d/c", i, w), -1)
					m.Set("a/"+strconv.Itoa(i)+"/c", i) // the value it has
				}
				for i := range stable {
					m.Delete(fmt.Sprintf("a/%d/c%d", i, w))
					if (i+round)%2 == 0 {
						m.Delete(fmt.Sprintf("a/%d.%d/c", i, w))
					}
				}
			}
		})
	}
	for _, filter := range []string{"a/+/c", "#", ""} {
		readers.Go(func() {
			for last := false; !last; {
				last = stop.Load()
				seen := 0
				for topic, v := range scanAll(t, m, filter, 100) {
					if topic == fmt.Sprintf("a/%d/c", v) {
						seen++
					}
				}
				if seen != stable {
					t.Errorf("Scan(%q): %d topics that stay, want %d", filter, seen, stable)
					return
				}
				if v, ok := m.Get([]byte("a/7/c")); !ok || v != 7 {
					t.Errorf("Get = %d, %v", v, ok)
				}
			}
		})
	}
	writers.Wait()
	stop.Store(true)
	readers.Wait()
}

// TestDeleteIfKeepsWhatCameMeanwhile has sweepers delete the values they have seen while writers replace them: the last value that a
// writer set must stay, and each value leaves exactly once, replaced or deleted.
func TestDeleteIfKeepsWhatCameMeanwhile(t *testing.T) {
	const topics, rounds = 50, 400
	m := NewTopics[*int]().Mount("")
	var writers, sweepers sync.WaitGroup
	var stop atomic.Bool
	var left atomic.Int64
	for w := range 2 {
		writers.Go(func() {
			for round := range rounds {
				for i := range topics {
					v := 0
					if round == rounds-1 {
						v = 1 // not swept
					}
					if _, replaced := m.Set(fmt.Sprintf("%d/%d", w, i), &v); replaced {
						left.Add(1)
					}
				}
			}
		})
	}
	for range 2 {
		sweepers.Go(func() {
			for !stop.Load() {
				m.All(Cursor{}, 0, func(topic string, seen *int) bool {
					if _, deleted := m.DeleteIf(topic, func(v *int) bool { return v == seen && *v == 0 }); deleted {
						left.Add(1)
					}
					return true
				})
			}
		})
	}
	writers.Wait()
	stop.Store(true)
	sweepers.Wait()
	for topic, v := range scanAll(t, m, "", 7) {
		if *v != 1 {
			t.Errorf("%s has a value that was replaced", topic)
		}
	}
	if m.Len() != 2*topics || left.Load() != 2*topics*(rounds-1) {
		t.Errorf("%d topics stay and %d values left, want %d and %d", m.Len(), left.Load(), 2*topics, 2*topics*(rounds-1))
	}
}
