package trie

import (
	"slices"
	"sync/atomic"
	"unsafe"
)

// A pattern is a filter with wildcards, taken apart by a writer.
type pattern struct {
	text       string
	hash       uint64
	shape      shape
	anchor     string // the text before the first wildcard: whole levels, each with its slash
	anchorLen  int    // levels of anchor
	anchorHash uint64
}

// parse takes filter apart; ok is false if it has no wildcard.
func (k *keys) parse(filter string) (p pattern, ok bool) {
	var buf [16]level
	ls := k.split(buf[:0], []byte(filter))
	p.text, p.anchorLen = filter, -1
	var far []byte
	for i, l := range ls {
		switch {
		case filter[l.start:l.end] == "+" && i < 64:
			p.shape.near |= 1 << i
		case filter[l.start:l.end] == "+":
			far = append(far, byte(i>>8), byte(i))
		case filter[l.start:l.end] == "#" && i == len(ls)-1:
			p.shape.depth = 1
			ls = ls[:i]
		default:
			continue
		}
		if p.anchorLen < 0 {
			p.anchor, p.anchorLen = filter[:l.start], i
		}
	}
	if p.anchorLen < 0 {
		return p, false
	}
	p.shape.far = string(far)
	p.shape.depth |= uint32(len(ls)) << 1
	p.hash = finish(sumOf(ls), p.shape.depth)
	p.anchorHash = hashAnchor(sumOf(ls[:p.anchorLen]), p.anchorLen)
	return p, true
}

func sumOf(ls []level) uint64 {
	if len(ls) == 0 {
		return 0
	}
	return ls[len(ls)-1].sum
}

func hashAnchor(sum uint64, levels int) uint64 { return finish(sum, uint32(levels)<<1) }

// An anchor lists the shapes of the filters that have the same text before their first wildcard. It is there for as long as
// one of them is. Most anchors have a single shape, which therefore needs no list.
type anchor struct {
	first shape
	more  atomic.Pointer[[]*shape] // each list is replaced, never changed
}

// depths counts the anchors of each number of levels; all from the last on share one count. A Match skips the lengths
// that have none.
type depths [32]atomic.Int32

func (d *depths) at(levels int) *atomic.Int32 { return &d[min(levels, len(d)-1)] }

// anchors is the table of anchors of a mountpoint, with the locks of its Index. Any of them may be taken while the lock of
// a filter's stripe is held, never the other way round.
type anchors struct {
	table  table[anchor]
	depths depths
	count  atomic.Int64
	locks  *[stripeCount]stripe
}

// acquire makes the anchor of p list its shape, before p itself can be found: a reader that comes for p finds the way.
//
// Where all filters share their first level, all writers of new filters come here for the same anchor. So the usual case,
// one more filter of a shape that is there, takes no lock: a shape that is in use cannot go away while its count is raised.
func (a *anchors) acquire(p *pattern) {
	if n := a.table.find(p.anchorHash, p.anchor); n != nil {
		if s := n.val.find(&p.shape); s != nil && s.acquire() {
			return
		}
	}
	st := &a.locks[stripeOf(p.anchorHash)]
	st.mu.Lock()
	defer st.mu.Unlock()
	n := a.table.find(p.anchorHash, p.anchor)
	if n == nil {
		n = &node[anchor]{hash: p.anchorHash, text: p.anchor}
		n.val.first = p.shape
		n.val.first.filters = 1
		a.depths.at(p.anchorLen).Add(1)
		a.count.Add(1)
		st.bytes += int(unsafe.Sizeof(*n)) + a.table.put(n)
		return
	}
	if s := n.val.find(&p.shape); s != nil {
		atomic.AddInt32(&s.filters, 1) // from 0 too, which acquire refuses
		return
	}
	s := p.shape
	s.filters = 1
	list := append(slices.Clone(n.val.others()), &s)
	n.val.more.Store(&list)
	st.bytes += shapeBytes
}

// release undoes acquire, after p can no longer be found.
func (a *anchors) release(p *pattern) {
	n := a.table.find(p.anchorHash, p.anchor)
	s := n.val.find(&p.shape)
	for c := atomic.LoadInt32(&s.filters); c > 1; c = atomic.LoadInt32(&s.filters) {
		if atomic.CompareAndSwapInt32(&s.filters, c, c-1) {
			return
		}
	}
	st := &a.locks[stripeOf(p.anchorHash)]
	st.mu.Lock()
	defer st.mu.Unlock()
	if atomic.AddInt32(&s.filters, -1) > 0 {
		return // somebody acquired it meanwhile
	}
	others := n.val.others()
	if i := slices.Index(others, s); i >= 0 {
		others = slices.Delete(slices.Clone(others), i, i+1)
		if len(others) == 0 {
			n.val.more.Store(nil)
		} else {
			n.val.more.Store(&others)
		}
		st.bytes -= shapeBytes
	}
	if len(others) == 0 && atomic.LoadInt32(&n.val.first.filters) == 0 {
		st.bytes += a.table.remove(n) - int(unsafe.Sizeof(*n))
		a.count.Add(-1)
		a.depths.at(p.anchorLen).Add(-1)
	}
}

// shapeBytes is a shape in a list, with its place there.
const shapeBytes = int(unsafe.Sizeof(shape{}) + unsafe.Sizeof((*shape)(nil)))

// acquire counts one more filter unless there is none, in which case s may be on its way out.
func (s *shape) acquire() bool {
	for {
		c := atomic.LoadInt32(&s.filters)
		if c <= 0 {
			return false
		}
		if atomic.CompareAndSwapInt32(&s.filters, c, c+1) {
			return true
		}
	}
}

// others are the shapes besides the first.
func (a *anchor) others() []*shape {
	if l := a.more.Load(); l != nil {
		return *l
	}
	return nil
}

// find returns the shape that is the same as s, or nil.
func (a *anchor) find(s *shape) *shape {
	if a.first.same(s) {
		return &a.first
	}
	for _, o := range a.others() {
		if o.same(s) {
			return o
		}
	}
	return nil
}

// match returns the anchor whose levels are the first n of topic, or nil.
func (a *anchors) match(topic []byte, ls []level, n int) *anchor {
	size := 0 // of the anchor's text, which ends with a slash even where the topic ends
	if n > 0 {
		size = ls[n-1].end + 1
	}
	p := a.table.probe(hashAnchor(sumOf(ls[:n]), n))
	for nd := p.next(); nd != nil; nd = p.next() {
		if len(nd.text) == size && (size == 0 || nd.text[:size-1] == string(topic[:size-1])) {
			return &nd.val
		}
	}
	return nil
}
