package queue

import (
	"math/bits"
	"unsafe"
)

// Buffers keeps the backing arrays that the rings and windows of one loop gave back. A client whose queue goes from empty
// to one item and back with every message would otherwise allocate each time. It belongs to its loop.
type Buffers struct {
	items arrays[Item]
	slots arrays[slot]
	held  int // bytes of the messages in the rings and windows, counted once for each that holds them
}

// Bytes is the memory of the rings and windows that use these buffers, of what they hold, and of arrays that are kept for more. A
// message counts for each of them that holds it, although its bytes are there once.
func (b *Buffers) Bytes() int { return b.held + b.items.made + b.slots.made }

// hold counts it as held by a ring or window, drop as not held any more.
func (b *Buffers) hold(it Item) {
	if it.Msg != nil {
		b.held += it.Msg.Size() + messageHead
	}
}

func (b *Buffers) drop(it Item) {
	if it.Msg != nil {
		b.held -= it.Msg.Size() + messageHead
	}
}

// messageHead is what a message takes beside its slab.
const messageHead = int(unsafe.Sizeof(Message{}))

// arrays are free slices, by the logarithm of their length.
type arrays[T any] struct {
	free [keptSizes][][]T
	made int // bytes of the arrays, free or in use
}

const (
	smallestArray = 8  // items: 128 bytes, two cache lines
	keptSizes     = 8  // 8 … 1024: the default limits fit
	keptEach      = 64 // of each length; more than that at once is a burst whose memory the collector may have back
)

// get returns a cleared slice of at least n elements, a power of two long.
func (a *arrays[T]) get(n int) []T {
	n = max(n, smallestArray)
	if c := arrayClass(n); c < keptSizes {
		if k := len(a.free[c]); k > 0 {
			s := a.free[c][k-1]
			a.free[c] = a.free[c][:k-1]
			return s
		}
	}
	a.made += arrayBytes[T](n)
	return make([]T, n)
}

func arrayBytes[T any](n int) int { return n * int(unsafe.Sizeof(*new(T))) }

// put takes back a slice whose elements are zero.
func (a *arrays[T]) put(s []T) {
	if c := arrayClass(len(s)); c < keptSizes && len(a.free[c]) < keptEach {
		a.free[c] = append(a.free[c], s)
		return
	}
	a.made -= arrayBytes[T](len(s))
}

func arrayClass(n int) int { return bits.Len(uint(n)) - bits.Len(uint(smallestArray)) }
