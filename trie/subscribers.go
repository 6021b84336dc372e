package trie

import (
	"sync/atomic"
	"unsafe"
)

// subscribers are those of one filter. Most filters have one subscriber and no group: it stands in the node itself, and
// sets is nil. Once sets is there, it alone counts.
type subscribers[S comparable] struct {
	one  Match[S] // never changes; another subscriber needs another node
	sets atomic.Pointer[sets[S]]
}

// sets are the subscribers of a filter that has several, or a group. They never change, except what a group does.
type sets[S comparable] struct {
	direct vector[S]
	groups *groups[S] // nil if there are none
}

// A change is what a writer does to a node, with its consequences for the counters.
type change[S comparable] struct {
	node    *node[subscribers[S]] // what shall stand in the table, the same node, another, or nil
	existed bool                  // whether the subscription was there before
	changed bool                  // whether a Match can tell the difference
	bytes   int                   // by which the filter grew, its node and its place in the table not counted
}

// subscribe adds m to n.
func subscribe[S comparable](n *node[subscribers[S]], m Match[S]) change[S] {
	c := change[S]{node: n, changed: true}
	old := n.val.sets.Load()
	switch {
	case old != nil:
		next := *old
		next.direct, c.existed, c.changed = old.direct.with(m)
		if c.changed {
			n.val.sets.Store(&next)
			c.bytes = next.direct.bytes() - old.direct.bytes()
		}
	case n.val.one.Subscriber != m.Subscriber:
		next := &sets[S]{direct: vector[S]{}.push(n.val.one).push(m)}
		n.val.sets.Store(next)
		c.bytes = next.bytes()
	default:
		c.existed, c.changed = true, n.val.one != m
		if c.changed {
			c.node = single(n.hash, n.text, m)
		}
	}
	return c
}

// unsubscribe takes s out of n.
func unsubscribe[S comparable](n *node[subscribers[S]], s S) change[S] {
	c := change[S]{node: n}
	old := n.val.sets.Load()
	if old == nil {
		if n.val.one.Subscriber == s {
			c.existed, c.changed, c.node = true, true, nil
		}
		return c
	}
	i := old.direct.find(s)
	if i < 0 {
		return c
	}
	c.existed, c.changed = true, true
	c.bytes = -old.bytes()
	c.settle(&sets[S]{direct: old.direct.remove(i), groups: old.groups})
	return c
}

// join adds m to the group name of n.
func join[S comparable](n *node[subscribers[S]], name string, m Match[S]) change[S] {
	c := change[S]{node: n, changed: true}
	old := n.val.sets.Load()
	if old == nil {
		old = &sets[S]{direct: vector[S]{}.push(n.val.one)}
		c.bytes = old.bytes()
	}
	if g := old.groups.find(name); g != nil {
		was := g.members.Load()
		next, existed, changed := was.with(m)
		if changed {
			g.members.Store(&next)
			c.bytes += next.bytes() - was.bytes()
		}
		c.existed, c.changed = existed, changed
		return c
	}
	g := newGroup(name, m)
	next := &sets[S]{direct: old.direct, groups: old.groups.with(g)}
	n.val.sets.Store(next)
	c.bytes += next.bytes() - old.bytes() + g.bytes()
	return c
}

// leave takes s out of the group name of n.
func leave[S comparable](n *node[subscribers[S]], name string, s S) change[S] {
	c := change[S]{node: n}
	old := n.val.sets.Load()
	if old == nil {
		return c
	}
	g := old.groups.find(name)
	if g == nil {
		return c
	}
	was := g.members.Load()
	i := was.find(s)
	if i < 0 {
		return c
	}
	c.existed, c.changed = true, true
	if was.n > 1 {
		next := was.remove(i)
		c.bytes = next.bytes() - was.bytes()
		g.members.Store(&next)
		return c
	}
	c.bytes = -old.bytes() - g.bytes()
	c.settle(&sets[S]{direct: old.direct, groups: old.groups.without(g)})
	return c
}

// settle puts next into the node, or goes back to a node with one subscriber, or to none.
func (c *change[S]) settle(next *sets[S]) {
	switch {
	case next.groups != nil || next.direct.n > 1:
		c.bytes += next.bytes()
		c.node.val.sets.Store(next)
	case next.direct.n == 1:
		c.node = single(c.node.hash, c.node.text, next.direct.at(0))
	default:
		c.node = nil
	}
}

// with returns v with m, whether its subscriber was in v, and whether anything differs.
func (v *vector[S]) with(m Match[S]) (next vector[S], existed, changed bool) {
	i := v.find(m.Subscriber)
	switch {
	case i < 0:
		return v.push(m), false, true
	case v.at(i) == m:
		return *v, true, false
	default:
		return v.set(i, m), true, true
	}
}

// single returns a node with one subscriber.
func single[S comparable](hash uint64, text string, m Match[S]) *node[subscribers[S]] {
	return &node[subscribers[S]]{hash: hash, text: text, val: subscribers[S]{one: m}}
}

// shared returns a node with one group of one member.
func shared[S comparable](hash uint64, text, name string, m Match[S]) (n *node[subscribers[S]], bytes int) {
	n = &node[subscribers[S]]{hash: hash, text: text}
	var none *groups[S]
	g := newGroup(name, m)
	s := &sets[S]{groups: none.with(g)}
	n.val.sets.Store(s)
	return n, s.bytes() + g.bytes()
}

// bytes estimates the memory of s, without that of each single group.
func (s *sets[S]) bytes() int { return int(unsafe.Sizeof(*s)) + s.direct.bytes() + s.groups.bytes() }
