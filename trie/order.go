package trie

import (
	"slices"
	"sync"
	"sync/atomic"
)

// An order holds nodes sorted by topic, in runs of at most runMax. Level by level, a topic stands right before all those
// below it: '/' sorts before any other byte. So what a filter matches is a number of ranges that a reader can step over.
//
//	heads ──► │ "" ─────────► run: a │ a/b │ a/c │ a/c/x
//	          │ "a/d" ──────► run: a/d │ a/d/1 │ a/d/2
//	          │ "b" ────────► run: b/c
//
// Readers take no lock. A run never changes, a writer puts another in its place; and once heads was replaced, because a run
// was divided or two were joined, the old heads never change again. A reader therefore finds each topic that stays,
// in whatever heads it began with.
type order[V any] struct {
	heads atomic.Pointer[[]head[V]] // nil or at least one
	mu    sync.Mutex                // of writers
}

// A head is a run with the text at which it begins: no smaller one is in it, and none in the run before is as large. The
// first run takes all that is smaller.
type head[V any] struct {
	from string
	run  atomic.Pointer[[]*node[retained[V]]]
}

// runMax bounds what an insertion copies, 2 KiB, and how many heads there are: 6,000 to 8,000 for a million topics.
const runMax = 256

// compare orders topics.
func compare[A, B string | []byte](a A, b B) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return int(rank(a[i])) - int(rank(b[i]))
		}
	}
	return len(a) - len(b)
}

// rank puts '/' before all other bytes and leaves their order alone.
func rank(c byte) byte {
	switch {
	case c == '/':
		return 0
	case c < '/':
		return c + 1
	}
	return c
}

// headOf returns the place of the head whose run is the only one that can hold text.
func headOf[V any, T string | []byte](heads []head[V], text T) int {
	low, high := 1, len(heads)
	for low < high {
		mid := int(uint(low+high) / 2)
		if compare(heads[mid].from, text) <= 0 {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low - 1
}

// placeIn returns the place of the first node of run that is not smaller than text.
func placeIn[V any, T string | []byte](run []*node[retained[V]], text T) int {
	low, high := 0, len(run)
	for low < high {
		mid := int(uint(low+high) / 2)
		if compare(run[mid].text, text) < 0 {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low
}

// insert adds n, whose text is not there. Any goroutine.
func (o *order[V]) insert(n *node[retained[V]]) {
	o.mu.Lock()
	defer o.mu.Unlock()
	p := o.heads.Load()
	if p == nil {
		first := make([]head[V], 1)
		first[0].run.Store(&[]*node[retained[V]]{n})
		o.heads.Store(&first)
		return
	}
	heads := *p
	h := headOf(heads, n.text)
	old := *heads[h].run.Load()
	at := placeIn(old, n.text)
	run := make([]*node[retained[V]], len(old)+1)
	copy(run, old[:at])
	run[at] = n
	copy(run[at+1:], old[at:])
	if len(run) <= runMax {
		heads[h].run.Store(&run)
		return
	}
	// Topics often come in order; then the runs that are left behind stay full.
	cut := len(run) / 2
	if h == len(heads)-1 && at == len(old) {
		cut = at
	}
	o.replace(h, 1, slices.Clone(run[:cut]), slices.Clone(run[cut:]))
}

// remove takes n out, which must be there. Any goroutine.
func (o *order[V]) remove(n *node[retained[V]]) {
	o.mu.Lock()
	defer o.mu.Unlock()
	heads := *o.heads.Load()
	h := headOf(heads, n.text)
	old := *heads[h].run.Load()
	at := placeIn(old, n.text)
	run := slices.Concat(old[:at], old[at+1:])
	switch {
	case len(run) == 0 && len(heads) == 1:
		o.heads.Store(nil)
	case len(run) == 0:
		o.replace(h, 1)
	case len(run) < runMax/4 && h+1 < len(heads):
		if next := *heads[h+1].run.Load(); len(run)+len(next) <= runMax/2 {
			o.replace(h, 2, slices.Concat(run, next))
			return
		}
		fallthrough
	default:
		heads[h].run.Store(&run)
	}
}

// replace puts runs in the place of n heads from h on. The writer holds mu.
func (o *order[V]) replace(h, n int, runs ...[]*node[retained[V]]) {
	old := *o.heads.Load()
	heads := make([]head[V], len(old)-n+len(runs))
	move := func(dst, src []head[V]) {
		for i := range src {
			dst[i].from = src[i].from
			dst[i].run.Store(src[i].run.Load())
		}
	}
	move(heads, old[:h])
	for i, run := range runs {
		heads[h+i].from = run[0].text
		heads[h+i].run.Store(&run)
	}
	move(heads[h+len(runs):], old[h+n:])
	o.heads.Store(&heads)
}

// A walk goes through an order forward, in the heads that were current when it began.
type walk[V any] struct {
	heads []head[V]
	h     int // of run
	run   []*node[retained[V]]
	at    int // in run
}

func (o *order[V]) walk() walk[V] {
	w := walk[V]{h: -1}
	if p := o.heads.Load(); p != nil {
		w.heads = *p
	}
	return w
}

// seek goes to the first node that is not smaller than bound, which lies behind the node where the walk stands, and returns
// it, or nil at the end.
func (w *walk[V]) seek(bound []byte) *node[retained[V]] {
	if w.at+1 < len(w.run) {
		w.at++
		if compare(w.run[w.at].text, bound) >= 0 {
			return w.run[w.at] // the next one, as most often
		}
		if compare(w.run[len(w.run)-1].text, bound) >= 0 {
			w.at += placeIn(w.run[w.at:], bound)
			return w.run[w.at]
		}
	}
	from := w.h + 1
	if from == len(w.heads) {
		return nil
	}
	for w.h = from + headOf(w.heads[from:], bound); w.h < len(w.heads); w.h++ {
		w.run = *w.heads[w.h].run.Load()
		if w.at = placeIn(w.run, bound); w.at < len(w.run) {
			return w.run[w.at]
		}
	}
	w.h, w.run = len(w.heads)-1, nil
	return nil
}
