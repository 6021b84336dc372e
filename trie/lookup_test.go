package trie

import (
	"fmt"
	"testing"
)

// TestLookup finds each of many subscriptions with its own options: alone at its filter, beside others, in groups, replaced, and
// not after its end.
func TestLookup(t *testing.T) {
	const subscribers = 200 // far beyond where a filter's subscribers get an index
	filters := []string{"a/b", "a/+", "#", "$share/g/a/b", "$share/h/a/b", "$share/g/a/+", "alone/%d"}
	m := New[int]().Mount("")
	name := func(filter string, s int) string {
		if filter == "alone/%d" {
			return fmt.Sprintf(filter, s)
		}
		return filter
	}
	options := func(i, s int) Options { return Options{SubscriptionID: uint32(i*1000 + s), QoS: byte(s % 3)} }
	for i, f := range filters {
		for s := range subscribers {
			m.Subscribe(name(f, s), s, Options{})
			m.Subscribe(name(f, s), s, options(i, s))
		}
	}
	for i, f := range filters {
		for s := range subscribers {
			if o, found := m.Lookup(name(f, s), s); !found || o != options(i, s) {
				t.Fatalf("%s of %d: %+v, %v; want %+v", name(f, s), s, o, found, options(i, s))
			}
		}
		for _, stranger := range []int{-1, subscribers} {
			if o, found := m.Lookup(name(f, 0), stranger); found {
				t.Errorf("%s of %d, who never subscribed: %+v", name(f, 0), stranger, o)
			}
		}
		m.Unsubscribe(name(f, 7), 7)
		if o, found := m.Lookup(name(f, 7), 7); found {
			t.Errorf("%s of 7 after its end: %+v", name(f, 7), o)
		}
	}
	for _, f := range []string{"a", "a/b/c", "+", "$share/x/a/b", "$share/g/alone/1", ""} {
		if o, found := m.Lookup(f, 1); found {
			t.Errorf("%q, to which nobody subscribed: %+v", f, o)
		}
	}
}
