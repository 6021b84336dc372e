package trie

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// A model is the slow truth about an Index: all subscriptions in a map, matched one by one.
type model map[string]map[string]Options // by filter, by subscriber

func (m model) subscribe(filter, s string, o Options) (replaced bool) {
	if m[filter] == nil {
		m[filter] = make(map[string]Options)
	}
	_, replaced = m[filter][s]
	m[filter][s] = o
	return replaced
}

func (m model) unsubscribe(filter, s string) (existed bool) {
	_, existed = m[filter][s]
	delete(m[filter], s)
	if len(m[filter]) == 0 {
		delete(m, filter)
	}
	return existed
}

// match returns the lines that resultLines makes of the Result that is due.
func (m model) match(topic string) []string {
	var r Result[string]
	for filter, subs := range m {
		name, rest, isShared := SplitShare(filter)
		if !levelsMatch(strings.Split(rest, "/"), strings.Split(topic, "/")) {
			continue
		}
		var v vector[string]
		for s, o := range subs {
			v = v.push(Match[string]{s, o})
		}
		if isShared {
			r.Groups = append(r.Groups, GroupMatch[string]{name, rest, Members[string]{&v}})
		} else {
			r.Direct = v.appendTo(r.Direct)
		}
	}
	return resultLines(&r)
}

func (m model) counts() (filters, subscriptions int) {
	texts := make(map[string]bool)
	for filter, subs := range m {
		_, rest, _ := SplitShare(filter)
		texts[rest] = true
		subscriptions += len(subs)
	}
	return len(texts), subscriptions
}

// levelsMatch is the rule of the standard, written once more and differently from Matches.
func levelsMatch(f, t []string) bool {
	if strings.HasPrefix(t[0], "$") && (f[0] == "+" || f[0] == "#") {
		return false
	}
	for i, w := range f {
		if w == "#" {
			return true
		}
		if i == len(t) || w != "+" && w != t[i] {
			return false
		}
		if i == len(t)-1 && len(f) == len(t)+1 && f[i+1] == "#" {
			return true
		}
	}
	return len(f) == len(t)
}

// resultLines prints r in a fixed order: "client options" for each subscription, "name filter: clients" for each group.
func resultLines(r *Result[string]) []string {
	var lines []string
	for _, d := range r.Direct {
		lines = append(lines, d.Subscriber+d.Options.text())
	}
	for _, g := range r.Groups {
		var members []string
		for i := range g.Members.Len() {
			m := g.Members.At(i)
			members = append(members, m.Subscriber+m.Options.text())
		}
		slices.Sort(members)
		lines = append(lines, fmt.Sprintf("%s %s: %s", g.Name, g.Filter, strings.Join(members, ", ")))
	}
	slices.Sort(lines)
	return lines
}

func (o Options) text() string {
	s := fmt.Sprintf(" qos=%d", o.QoS)
	if o.SubscriptionID != 0 {
		s += fmt.Sprintf(" id=%d", o.SubscriptionID)
	}
	if o.NoLocal {
		s += " nl"
	}
	if o.RetainAsPublished {
		s += " rap"
	}
	if o.RetainHandling != 0 {
		s += fmt.Sprintf(" rh=%d", o.RetainHandling)
	}
	return s
}

// Few words and few levels, so that random filters and topics often meet.
var (
	genWord  = rapid.SampledFrom([]string{"a", "b", "c", "", "$x", "a b", "sensors-in-a-long-level"})
	genTopic = rapid.Custom(func(t *rapid.T) string {
		s := strings.Join(rapid.SliceOfN(genWord, 1, 5).Draw(t, "topic"), "/")
		return cmp.Or(s, "a")
	})
	genFilter = rapid.Custom(func(t *rapid.T) string {
		words := rapid.SliceOfN(rapid.OneOf(genWord, rapid.Just("+")), 1, 5).Draw(t, "filter")
		if rapid.Bool().Draw(t, "multi") {
			words[len(words)-1] = "#"
		}
		return cmp.Or(strings.Join(words, "/"), "+")
	})
	genShared = rapid.Custom(func(t *rapid.T) string {
		f := genFilter.Draw(t, "rest")
		if rapid.IntRange(0, 3).Draw(t, "shared") == 0 {
			return "$share/" + rapid.SampledFrom([]string{"g", "h"}).Draw(t, "name") + "/" + f
		}
		return f
	})
	genClient  = rapid.Custom(func(t *rapid.T) string { return fmt.Sprintf("c%d", rapid.IntRange(0, 99).Draw(t, "client")) })
	genOptions = rapid.Custom(func(t *rapid.T) Options {
		return Options{QoS: byte(rapid.IntRange(0, 2).Draw(t, "qos")), NoLocal: rapid.Bool().Draw(t, "nl")}
	})
)

func TestIndexAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := New[string]()
		mounts := []*Mount[string]{x.Mount(""), x.Mount("tenant")}
		models := []model{{}, {}}
		var r Result[string]
		t.Repeat(map[string]func(*rapid.T){
			"subscribe": func(t *rapid.T) {
				i, f, s, o := rapid.IntRange(0, 1).Draw(t, "mount"), genShared.Draw(t, "f"), genClient.Draw(t, "s"), genOptions.Draw(t, "o")
				before, known := x.Generation(), models[i][f][s]
				got, want := mounts[i].Subscribe(f, s, o), models[i].subscribe(f, s, o)
				if got != want {
					t.Fatalf("Subscribe(%q, %s) = %v, want %v", f, s, got, want)
				}
				if moved := x.Generation() != before; moved != (!want || known != o) {
					t.Fatalf("Subscribe(%q, %s): generation moved: %v", f, s, moved)
				}
			},
			"crowd": func(t *rapid.T) {
				i, f := rapid.IntRange(0, 1).Draw(t, "mount"), genShared.Draw(t, "f")
				for c := range rapid.IntRange(1, 150).Draw(t, "n") {
					s := fmt.Sprintf("c%d", c)
					if got, want := mounts[i].Subscribe(f, s, Options{}), models[i].subscribe(f, s, Options{}); got != want {
						t.Fatalf("Subscribe(%q, %s) = %v, want %v", f, s, got, want)
					}
				}
			},
			"unsubscribe": func(t *rapid.T) {
				i := rapid.IntRange(0, 1).Draw(t, "mount")
				f, s := genShared.Draw(t, "f"), genClient.Draw(t, "s")
				before := x.Generation()
				got, want := mounts[i].Unsubscribe(f, s), models[i].unsubscribe(f, s)
				if got != want {
					t.Fatalf("Unsubscribe(%q, %s) = %v, want %v", f, s, got, want)
				}
				if moved := x.Generation() != before; moved != want {
					t.Fatalf("Unsubscribe(%q, %s): generation moved: %v", f, s, moved)
				}
			},
			"leave": func(t *rapid.T) { // all but a few subscribers of a filter that exists
				i := rapid.IntRange(0, 1).Draw(t, "mount")
				if len(models[i]) == 0 {
					return
				}
				f := rapid.SampledFrom(slices.Sorted(maps.Keys(models[i]))).Draw(t, "f")
				subs := slices.Sorted(maps.Keys(models[i][f]))
				for _, s := range subs[rapid.IntRange(0, min(2, len(subs))).Draw(t, "stay"):] {
					if !mounts[i].Unsubscribe(f, s) {
						t.Fatalf("Unsubscribe(%q, %s) = false", f, s)
					}
					models[i].unsubscribe(f, s)
				}
			},
			"": func(t *rapid.T) {
				filters, subscriptions := 0, 0
				for i, m := range mounts {
					topic := genTopic.Draw(t, "topic")
					m.Match([]byte(topic), &r)
					if got, want := resultLines(&r), models[i].match(topic); !slices.Equal(got, want) {
						t.Fatalf("Match(%q):\n%q\nwant\n%q", topic, got, want)
					}
					f, s := models[i].counts()
					filters, subscriptions = filters+f, subscriptions+s
				}
				if x.Filters() != filters || x.Subscriptions() != subscriptions {
					t.Fatalf("%d filters, %d subscriptions, want %d, %d", x.Filters(), x.Subscriptions(), filters, subscriptions)
				}
			},
		})
		for i, m := range models {
			for f, subs := range m {
				for s := range subs {
					mounts[i].Unsubscribe(f, s)
				}
			}
		}
		checkEmpty(t, x)
	})
}

// checkEmpty checks that nothing of what was subscribed once is left over.
func checkEmpty[S comparable](t interface {
	Helper()
	Fatalf(string, ...any)
}, x *Index[S]) {
	t.Helper()
	fresh := New[S]()
	for mp, m := range x.mu.mounts {
		fresh.Mount(mp)
		for i := range stripeCount {
			if m.exact.stripes[i].Load() != nil || m.wild.stripes[i].Load() != nil || m.anchors.table.stripes[i].Load() != nil {
				t.Fatalf("mountpoint %q: stripe %d still has an array", mp, i)
			}
		}
		if n := m.anchors.count.Load(); n != 0 {
			t.Fatalf("mountpoint %q: %d anchors", mp, n)
		}
		for i := range m.anchors.depths {
			if n := m.anchors.depths[i].Load(); n != 0 {
				t.Fatalf("mountpoint %q: %d anchors of %d levels", mp, n, i)
			}
		}
	}
	if x.Filters() != 0 || x.Subscriptions() != 0 || x.Memory() != fresh.Memory() {
		t.Fatalf("%d filters, %d subscriptions, %d bytes (%d when new)", x.Filters(), x.Subscriptions(), x.Memory(), fresh.Memory())
	}
}

func TestTopicsAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := NewTopics[int]()
		m := all.Mount("")
		want := make(map[string]int)
		t.Repeat(map[string]func(*rapid.T){
			"set": func(t *rapid.T) {
				topic, v := genTopic.Draw(t, "topic"), rapid.Int().Draw(t, "v")
				wantOld, wantReplaced := want[topic]
				if old, replaced := m.Set(topic, v); old != wantOld || replaced != wantReplaced {
					t.Fatalf("Set(%q) = %d, %v, want %d, %v", topic, old, replaced, wantOld, wantReplaced)
				}
				want[topic] = v
			},
			"fill": func(t *rapid.T) {
				prefix := genTopic.Draw(t, "prefix")
				for i := range rapid.IntRange(1, 300).Draw(t, "n") {
					topic := fmt.Sprintf("%s/%d", prefix, i)
					m.Set(topic, i)
					want[topic] = i
				}
			},
			"delete": func(t *rapid.T) {
				topic := genTopic.Draw(t, "topic")
				wantOld, wantExisted := want[topic]
				if old, existed := m.Delete(topic); old != wantOld || existed != wantExisted {
					t.Fatalf("Delete(%q) = %d, %v, want %d, %v", topic, old, existed, wantOld, wantExisted)
				}
				delete(want, topic)
			},
			"delete if": func(t *rapid.T) {
				topic, even := genTopic.Draw(t, "topic"), rapid.Bool().Draw(t, "even")
				wantOld, wantDeleted := want[topic]
				if wantDeleted = wantDeleted && (wantOld%2 == 0) == even; !wantDeleted {
					wantOld = 0
				}
				old, deleted := m.DeleteIf(topic, func(v int) bool { return (v%2 == 0) == even })
				if old != wantOld || deleted != wantDeleted {
					t.Fatalf("DeleteIf(%q) = %d, %v, want %d, %v", topic, old, deleted, wantOld, wantDeleted)
				}
				if deleted {
					delete(want, topic)
				}
			},
			"prune": func(t *rapid.T) {
				f := genFilter.Draw(t, "f")
				for _, topic := range slices.Sorted(maps.Keys(want)) {
					if Matches(f, topic) {
						if _, existed := m.Delete(topic); !existed {
							t.Fatalf("Delete(%q): it was not there", topic)
						}
						delete(want, topic)
					}
				}
			},
			"": func(t *rapid.T) {
				topic := genTopic.Draw(t, "topic")
				wantV, wantOK := want[topic]
				if v, ok := m.Get([]byte(topic)); v != wantV || ok != wantOK {
					t.Fatalf("Get(%q) = %d, %v, want %d, %v", topic, v, ok, wantV, wantOK)
				}
				f := genFilter.Draw(t, "f")
				expect := make(map[string]int)
				for topic, v := range want {
					if levelsMatch(strings.Split(f, "/"), strings.Split(topic, "/")) {
						expect[topic] = v
					}
				}
				limit := rapid.IntRange(0, 40).Draw(t, "limit")
				got := scanAll(t, m, f, limit)
				if !maps.Equal(got, expect) {
					t.Fatalf("Scan(%q): %v, want %v", f, got, expect)
				}
				if got := scanAll(t, m, "", limit); !maps.Equal(got, want) {
					t.Fatalf("All: %v, want %v", got, want)
				}
				if m.Len() != len(want) || all.Len() != len(want) {
					t.Fatalf("Len = %d and %d, want %d", m.Len(), all.Len(), len(want))
				}
			},
		})
		for topic := range want {
			m.Delete(topic)
		}
		fresh := NewTopics[int]()
		fresh.Mount("")
		if m.order.heads.Load() != nil || all.Memory() != fresh.Memory() {
			t.Fatalf("empty, and still %d bytes", all.Memory()-fresh.Memory())
		}
	})
}

// scanAll pages through all that matches filter, or through all topics if it is empty, and fails if a topic comes twice or a page is too long.
func scanAll[V any](t interface {
	Helper()
	Fatalf(string, ...any)
}, m *TopicMount[V], filter string, limit int) map[string]V {
	t.Helper()
	got := make(map[string]V)
	var cursor Cursor
	for {
		page := 0
		visit := func(topic string, v V) bool {
			if _, twice := got[topic]; twice {
				t.Fatalf("Scan(%q): %q came twice", filter, topic)
			}
			got[topic] = v
			page++
			return true
		}
		var next Cursor
		var done bool
		if filter == "" {
			next, done = m.All(cursor, limit, visit)
		} else {
			next, done = m.Scan(filter, cursor, limit, visit)
		}
		if limit > 0 && page > limit {
			t.Fatalf("Scan(%q): %d topics on a page of %d", filter, page, limit)
		}
		if done != (next == Cursor{}) {
			t.Fatalf("Scan(%q): done %v with cursor %q", filter, done, next.bound)
		}
		if done {
			return got
		}
		if cursor.bound != "" && compare(next.bound, cursor.bound) <= 0 {
			t.Fatalf("Scan(%q): no progress from %q to %q", filter, cursor.bound, next.bound)
		}
		cursor = next
	}
}
