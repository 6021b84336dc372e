package trie

import (
	"math/bits"
	"sync/atomic"
	"unsafe"
)

// stripeCount is the number of independent parts of a table, and of the locks that writers take. 128 keeps two of 64
// writers apart most of the time, and the part that one growth copies small: 80,000 nodes of 10 M.
const stripeCount = 128

// slotsPerBucket nodes and one word of tags fill a cache line, so that most probes touch one line of the table.
const slotsPerBucket = 7

// A node is one entry of a table. Hash and text never change.
type node[P any] struct {
	hash uint64
	text string
	val  P
}

// A table maps texts to nodes. Readers take no lock: they see a node from the moment it is put until it is removed, and a
// node that stays is found by every probe, because it never moves within an array of buckets, and an array that was replaced
// by a larger or smaller one never changes again. Writers hold the lock of the stripe of the hash.
type table[P any] struct {
	stripes [stripeCount]atomic.Pointer[array[P]]
}

// An array holds the nodes of one stripe. A node lies in the bucket that its hash chooses or, where that one is full, in one
// of those that follow it.
type array[P any] struct {
	buckets []bucket[P]
	live    int // nodes; writers only
}

// The low seven bytes of tags hold, for each slot, seven bits of its node's hash and 0x80, or 0 if the slot is empty. The
// highest byte counts the nodes that found this bucket full and went on to the next; it sticks at 255. A probe ends at a
// bucket where it is 0, so that removing needs no tombstones.
type bucket[P any] struct {
	tags  atomic.Uint64
	slots [slotsPerBucket]atomic.Pointer[node[P]]
}

const (
	tagLows    = 0x0001010101010101
	tagHighs   = 0x0080808080808080
	passedOne  = 1 << 56
	passedFull = 255
)

func stripeOf(hash uint64) int { return int(hash % stripeCount) }

func tagOf(hash uint64) uint64 { return hash>>8&0x7f | 0x80 }

// home maps a hash to one of n buckets by its upper bits, which the choice of the stripe and the tag left alone.
func home(hash uint64, n int) int {
	hi, _ := bits.Mul64(hash, uint64(n))
	return int(hi)
}

// full is the number of nodes at which an array of n buckets grows: four fifths of its slots. One bucket alone may fill up.
func full(n int) int { return max(n*slotsPerBucket*4/5, slotsPerBucket) }

// A probe walks the nodes that have one hash.
type probe[P any] struct {
	buckets []bucket[P]
	hash    uint64
	at      int
	left    int    // buckets not yet visited
	tags    uint64 // of the bucket at
	hits    uint64 // slots of the bucket that are still to be looked at, a 0x80 in the byte of each
}

// probe begins a walk; it is for any goroutine.
func (t *table[P]) probe(hash uint64) probe[P] {
	a := t.stripes[stripeOf(hash)].Load()
	if a == nil {
		return probe[P]{}
	}
	p := probe[P]{buckets: a.buckets, hash: hash, at: home(hash, len(a.buckets)), left: len(a.buckets) - 1}
	p.load()
	return p
}

func (p *probe[P]) load() {
	p.tags = p.buckets[p.at].tags.Load()
	diff := p.tags ^ tagOf(p.hash)*tagLows
	// Bytes of diff that are zero; a borrow can also mark the byte above one, which costs a comparison and no more.
	p.hits = (diff - tagLows) &^ diff & tagHighs
}

// next returns the next node with the hash, or nil.
func (p *probe[P]) next() *node[P] {
	for {
		for p.hits != 0 {
			slot := bits.TrailingZeros64(p.hits) >> 3
			p.hits &= p.hits - 1
			// The slot may have been emptied or filled anew since its tag was read, so only the node itself counts.
			if n := p.buckets[p.at].slots[slot].Load(); n != nil && n.hash == p.hash {
				return n
			}
		}
		if p.tags < passedOne || p.left == 0 {
			return nil
		}
		p.left--
		if p.at++; p.at == len(p.buckets) {
			p.at = 0
		}
		p.load()
	}
}

// find returns the node of text, or nil. Any goroutine.
func (t *table[P]) find(hash uint64, text string) *node[P] {
	p := t.probe(hash)
	for n := p.next(); n != nil; n = p.next() {
		if n.text == text {
			return n
		}
	}
	return nil
}

// findBytes is find for a text that lies in a buffer.
func (t *table[P]) findBytes(hash uint64, text []byte) *node[P] {
	p := t.probe(hash)
	for n := p.next(); n != nil; n = p.next() {
		if n.text == string(text) {
			return n
		}
	}
	return nil
}

// put adds n, whose text is not in the table. It returns by how many bytes the table grew. Holder of the stripe.
func (t *table[P]) put(n *node[P]) (grown int) {
	s := &t.stripes[stripeOf(n.hash)]
	a := s.Load()
	if a == nil || a.live >= full(len(a.buckets)) {
		old := a
		size := 1
		if old != nil {
			size = len(old.buckets) + (len(old.buckets)+1)/2 // half as many again: doubling would leave more slots empty
		}
		a = old.resized(size)
		a.place(n)
		s.Store(a)
		return a.bytes() - old.bytes()
	}
	a.place(n)
	return 0
}

// replace puts n in the place of old, which has the same text. Holder of the stripe.
func (t *table[P]) replace(old, n *node[P]) {
	a := t.stripes[stripeOf(old.hash)].Load()
	at, slot := a.locate(old)
	a.buckets[at].slots[slot].Store(n)
}

// remove takes n out. It returns by how many bytes the table grew: none or a negative number. Holder of the stripe.
func (t *table[P]) remove(n *node[P]) (grown int) {
	s := &t.stripes[stripeOf(n.hash)]
	a := s.Load()
	at, slot := a.locate(n)
	b := &a.buckets[at]
	b.tags.Store(b.tags.Load() &^ (0xff << (8 * slot)))
	b.slots[slot].Store(nil)
	for i := home(n.hash, len(a.buckets)); i != at; {
		if b := &a.buckets[i]; b.tags.Load()>>56 != passedFull {
			b.tags.Store(b.tags.Load() - passedOne)
		}
		if i++; i == len(a.buckets) {
			i = 0
		}
	}
	a.live--
	switch size := len(a.buckets); {
	case a.live == 0:
		s.Store(nil)
		return -a.bytes()
	case size > 1 && a.live < full(size)/3:
		smaller := a.resized(max(size/2, 1))
		s.Store(smaller)
		return smaller.bytes() - a.bytes()
	}
	return 0
}

// place puts n into the first free slot from its home on. The tag is stored last: a reader that sees it finds the node.
func (a *array[P]) place(n *node[P]) {
	for i := home(n.hash, len(a.buckets)); ; {
		b := &a.buckets[i]
		tags := b.tags.Load()
		if free := ^tags & tagHighs; free != 0 {
			slot := bits.TrailingZeros64(free) >> 3
			b.slots[slot].Store(n)
			b.tags.Store(tags | tagOf(n.hash)<<(8*slot))
			a.live++
			return
		}
		if tags>>56 != passedFull {
			b.tags.Store(tags + passedOne)
		}
		if i++; i == len(a.buckets) {
			i = 0
		}
	}
}

// locate returns the bucket and the slot of n, which must be there.
func (a *array[P]) locate(n *node[P]) (at, slot int) {
	for at = home(n.hash, len(a.buckets)); ; {
		for slot := range a.buckets[at].slots {
			if a.buckets[at].slots[slot].Load() == n {
				return at, slot
			}
		}
		if at++; at == len(a.buckets) {
			at = 0
		}
	}
}

// resized returns a new array of size buckets with the nodes of a, which may be nil.
func (a *array[P]) resized(size int) *array[P] {
	b := &array[P]{buckets: make([]bucket[P], size)}
	if a != nil {
		for i := range a.buckets {
			for j := range a.buckets[i].slots {
				if n := a.buckets[i].slots[j].Load(); n != nil {
					b.place(n)
				}
			}
		}
	}
	return b
}

// bytes returns the memory of an array without that of its nodes.
func (a *array[P]) bytes() int {
	if a == nil {
		return 0
	}
	return int(unsafe.Sizeof(*a)) + len(a.buckets)*int(unsafe.Sizeof(bucket[P]{}))
}
