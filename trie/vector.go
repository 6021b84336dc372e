package trie

import (
	"slices"
	"unsafe"
)

// A vector holds the members of a large or small set of subscriptions: the subscribers of a filter, or of a shared group.
//
//	           ┌ page ┐    ┌ leaf ┐
//	pages ───► │ leaf ├──► │ 64 × │           all leaves of pages are full
//	           │  ×64 │    │Match │
//	           └──────┘    └──────┘
//	tail ────────────────► │ 1–64 │           the last ones, and the only ones of a small set
//
// A vector never changes once it was published: push, set and remove return another that shares most of its parts. So a
// reader takes no lock, sees each member exactly once, and may keep the vector. A change copies a leaf and a page (1.5 KiB)
// at most, whatever the size; all but the first few pages of a million members are left alone. Adding is cheaper still: what
// lies behind the end of tail, page and pages belongs to the newest vector alone, which fills it in place.
//
// The zero vector is empty. Only one writer at a time works on the newest vector of a set.
type vector[S comparable] struct {
	pages []*page[S]
	tail  []Match[S]
	n     int
	// index holds the places of the members of a set of more than indexFrom. It belongs to the writer of the newest
	// vector, who changes it in place; no reader looks at it.
	index map[S]uint32
}

type (
	page[S comparable] [pageLen]*leaf[S]
	leaf[S comparable] [leafLen]Match[S]
)

const (
	leafLen = 64
	pageLen = 64
	// Up to indexFrom members a search walks them all. The map is dropped at half of that, so that a set that changes
	// by one to and fro does not build it each time.
	indexFrom = 64
)

// at returns member i.
func (v *vector[S]) at(i int) Match[S] {
	if at := i - (v.n - len(v.tail)); at >= 0 {
		return v.tail[at]
	}
	return v.pages[i/(leafLen*pageLen)][i/leafLen%pageLen][i%leafLen]
}

// appendTo appends all members to dst.
func (v *vector[S]) appendTo(dst []Match[S]) []Match[S] {
	if v.n > len(v.tail) {
		dst = slices.Grow(dst, v.n)
		left := (v.n - len(v.tail)) / leafLen
		for _, p := range v.pages {
			for _, l := range p[:min(left, pageLen)] {
				dst = append(dst, l[:]...)
			}
			left -= pageLen
		}
	}
	return append(dst, v.tail...)
}

// find returns the place of s, or -1.
func (v *vector[S]) find(s S) int {
	if v.index != nil {
		if i, ok := v.index[s]; ok {
			return int(i)
		}
		return -1
	}
	for i := range v.n {
		if v.at(i).Subscriber == s {
			return i
		}
	}
	return -1
}

// push returns v with m, whose subscriber is not in it.
func (v vector[S]) push(m Match[S]) vector[S] {
	if len(v.tail) == leafLen {
		v = v.shelve()
	}
	if len(v.tail) == cap(v.tail) {
		tail := make([]Match[S], len(v.tail), min(max(2*len(v.tail), 2), leafLen))
		copy(tail, v.tail)
		v.tail = tail
	}
	v.tail = append(v.tail, m)
	v.n++
	switch {
	case v.index != nil:
		v.index[m.Subscriber] = uint32(v.n - 1)
	case v.n > indexFrom:
		v.index = make(map[S]uint32, 2*v.n)
		for i := range v.n {
			v.index[v.at(i).Subscriber] = uint32(i)
		}
	}
	return v
}

// shelve moves the full tail into the pages.
func (v vector[S]) shelve() vector[S] {
	at := v.n/leafLen - 1
	if at%pageLen == 0 {
		v.pages = append(v.pages, new(page[S]))
	}
	v.pages[at/pageLen][at%pageLen] = (*leaf[S])(v.tail)
	v.tail = nil
	return v
}

// set returns v with m in place i.
func (v vector[S]) set(i int, m Match[S]) vector[S] {
	if at := i - (v.n - len(v.tail)); at >= 0 {
		v.tail = cloneTail(v.tail)
		v.tail[at] = m
		return v
	}
	p := *v.pages[i/(leafLen*pageLen)]
	l := *p[i/leafLen%pageLen]
	l[i%leafLen] = m
	p[i/leafLen%pageLen] = &l
	v.pages = slices.Clone(v.pages)
	v.pages[i/(leafLen*pageLen)] = &p
	return v
}

// remove returns v without the member in place i, which the last member takes over.
func (v vector[S]) remove(i int) vector[S] {
	gone, last := v.at(i), v.at(v.n-1)
	at := i - (v.n - len(v.tail))
	if at < 0 {
		v = v.set(i, last)
	}
	// The tail is copied, because a later push must not write into a place that readers of older vectors may look at.
	v.tail = cloneTail(v.tail[:len(v.tail)-1])
	v.n--
	if at >= 0 && at < len(v.tail) {
		v.tail[at] = last
	}
	if v.index != nil {
		v.index[last.Subscriber] = uint32(i)
		delete(v.index, gone.Subscriber)
	}
	if len(v.tail) == 0 && v.n > 0 {
		v = v.unshelve()
	}
	if v.n < indexFrom/2 {
		v.index = nil
	}
	return v
}

// unshelve makes the last leaf of the pages the tail.
func (v vector[S]) unshelve() vector[S] {
	at := v.n/leafLen - 1
	last := *v.pages[at/pageLen]
	v.tail = last[at%pageLen][:]
	v.pages = slices.Clone(v.pages[:at/pageLen])
	if at%pageLen > 0 {
		last[at%pageLen] = nil
		v.pages = append(v.pages, &last)
	}
	return v
}

// cloneTail copies a tail, with room for the few that may come next.
func cloneTail[S comparable](tail []Match[S]) []Match[S] {
	if len(tail) == 0 {
		return nil
	}
	c := make([]Match[S], len(tail), min(max(len(tail)+len(tail)/4, 2), leafLen))
	copy(c, tail)
	return c
}

// indexEntry is about what a map spends on a member: its key and place, a control byte, and free slots.
const indexEntry = 28

// bytes estimates the memory behind v, not v itself.
func (v *vector[S]) bytes() int {
	leaves := (v.n - len(v.tail)) / leafLen
	b := cap(v.tail)*int(unsafe.Sizeof(Match[S]{})) + leaves*int(unsafe.Sizeof(leaf[S]{})) +
		len(v.pages)*int(unsafe.Sizeof(page[S]{})) + cap(v.pages)*8
	if v.index != nil {
		b += v.n * indexEntry
	}
	return b
}
