package trie

import (
	"sync/atomic"
	"unsafe"
)

// A group is a shared subscription: the members that subscribed to one filter under one share name.
type group[S comparable] struct {
	name    string
	members atomic.Pointer[vector[S]] // replaced by the holder of the filter's stripe; never empty
}

// groups are the shared groups of one filter. They never change, so that a reader may walk them; but names belongs to the
// writer of the newest ones. A nil *groups is empty.
type groups[S comparable] struct {
	all   vector[*group[S]] // its options mean nothing
	names map[string]*group[S]
}

// namesFrom is the number of groups up to which a search by name walks them all.
const namesFrom = 16

// find returns the group name, or nil.
func (gs *groups[S]) find(name string) *group[S] {
	if gs == nil {
		return nil
	}
	if gs.names != nil {
		return gs.names[name]
	}
	for i := range gs.all.n {
		if g := gs.all.at(i).Subscriber; g.name == name {
			return g
		}
	}
	return nil
}

// with returns gs and g, whose name is not in it.
func (gs *groups[S]) with(g *group[S]) *groups[S] {
	next := new(groups[S])
	if gs != nil {
		*next = *gs
	}
	next.all = next.all.push(Match[*group[S]]{Subscriber: g})
	switch {
	case next.names != nil:
		next.names[g.name] = g
	case next.all.n > namesFrom:
		next.names = make(map[string]*group[S], 2*next.all.n)
		for i := range next.all.n {
			g := next.all.at(i).Subscriber
			next.names[g.name] = g
		}
	}
	return next
}

// without returns gs without g, which is in it; nil if nothing is left.
func (gs *groups[S]) without(g *group[S]) *groups[S] {
	if gs.all.n == 1 {
		return nil
	}
	next := &groups[S]{all: gs.all.remove(gs.all.find(g)), names: gs.names}
	if next.names != nil {
		delete(next.names, g.name)
	}
	if next.all.n < namesFrom/2 {
		next.names = nil
	}
	return next
}

func newGroup[S comparable](name string, m Match[S]) *group[S] {
	g := &group[S]{name: name}
	v := vector[S]{}.push(m)
	g.members.Store(&v)
	return g
}

// bytes estimates the memory of g with its name.
func (g *group[S]) bytes() int {
	v := g.members.Load()
	return int(unsafe.Sizeof(*g)+unsafe.Sizeof(*v)) + len(g.name) + v.bytes()
}

// bytes estimates the memory of gs, without that of each single group.
func (gs *groups[S]) bytes() int {
	if gs == nil {
		return 0
	}
	b := int(unsafe.Sizeof(*gs)) + gs.all.bytes()
	if gs.names != nil {
		b += gs.all.n * (indexEntry + 8) // not of len(names), which may have changed since gs was the newest
	}
	return b
}
