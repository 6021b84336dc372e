package trie

import (
	"hash/maphash"
	"unsafe"

	"github.com/vernemq/vmq/internal/invariants"
)

// Subscribe adds the subscription of s to filter, or gives it the options o if it is there already: replaced tells which.
// The filter may be a shared one; it must have passed CheckFilter. When Subscribe has returned, every later Match on any
// goroutine sees the subscription. The Index keeps the string filter, which should not be a part of something large, for as
// long as the filter or another that begins like it has subscribers, and s for as long as it is one.
func (m *Mount[S]) Subscribe(filter string, s S, o Options) (replaced bool) {
	if invariants.Enabled {
		if err := CheckFilter([]byte(filter), 0); err != nil {
			invariants.Failf("Subscribe to topic filter %q: %v", filter, err)
		}
	}
	name, text, isShared := SplitShare(filter)
	t, p, isWild := m.place(text)
	st := &m.x.filterLocks[stripeOf(p.hash)]
	st.mu.Lock()
	defer st.mu.Unlock()
	match := Match[S]{s, o}
	n := t.find(p.hash, text)
	if n == nil {
		bytes := 0
		if isShared {
			n, bytes = shared(p.hash, text, name, match)
		} else {
			n = single(p.hash, text, match)
		}
		if isWild {
			m.anchors.acquire(&p)
		}
		st.bytes += bytes + t.put(n) + nodeBytes(n)
		st.filters++
		st.subscriptions++
		m.x.generation.Add(1)
		return false
	}
	var c change[S]
	if isShared {
		c = join(n, name, match)
	} else {
		c = subscribe(n, match)
	}
	if c.node != n {
		t.replace(n, c.node)
	}
	st.bytes += c.bytes
	if !c.existed {
		st.subscriptions++
	}
	if c.changed {
		// Only now: a Match that missed the change must have been preceded by an older generation.
		m.x.generation.Add(1)
	}
	return c.existed
}

// Unsubscribe removes the subscription of s to filter, which is the same text that was given to Subscribe, and tells
// whether there was one. It keeps nothing. A Match that runs meanwhile may still find the subscription; one that begins
// after Unsubscribe returned does not.
func (m *Mount[S]) Unsubscribe(filter string, s S) (existed bool) {
	name, text, isShared := SplitShare(filter)
	t, p, isWild := m.place(text)
	st := &m.x.filterLocks[stripeOf(p.hash)]
	st.mu.Lock()
	defer st.mu.Unlock()
	n := t.find(p.hash, text)
	if n == nil {
		return false
	}
	var c change[S]
	if isShared {
		c = leave(n, name, s)
	} else {
		c = unsubscribe(n, s)
	}
	if !c.existed {
		return false
	}
	st.bytes += c.bytes
	st.subscriptions--
	switch {
	case c.node == nil:
		st.bytes += t.remove(n) - nodeBytes(n)
		st.filters--
		if isWild {
			m.anchors.release(&p)
		}
	case c.node != n:
		t.replace(n, c.node)
	}
	m.x.generation.Add(1)
	return true
}

// place returns the table that text belongs into and its hash there; for a filter with wildcards all else about it too.
func (m *Mount[S]) place(text string) (t *table[subscribers[S]], p pattern, isWild bool) {
	if hasWildcard(text) {
		if p, isWild = m.x.keys.parse(text); isWild {
			return &m.wild, p, true
		}
	}
	p.hash = maphash.String(m.x.seed, text)
	return &m.exact, p, false
}

// nodeBytes estimates the memory of a node and its text, which the allocator rounds up.
func nodeBytes[S comparable](n *node[subscribers[S]]) int {
	return int(unsafe.Sizeof(*n)) + (len(n.text)+7)&^7
}
