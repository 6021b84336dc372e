package queue

import "math/bits"

// Buffers keeps the backing arrays that the rings and windows of one loop gave back. A client whose queue goes from empty
// to one item and back with every message would otherwise allocate each time. It belongs to its loop.
type Buffers struct {
	items arrays[Item]
	slots arrays[slot]
}

// arrays are free slices, by the logarithm of their length.
type arrays[T any] struct {
	free [keptSizes][][]T
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
	return make([]T, n)
}

// put takes back a slice whose elements are zero.
func (a *arrays[T]) put(s []T) {
	if c := arrayClass(len(s)); c < keptSizes && len(a.free[c]) < keptEach {
		a.free[c] = append(a.free[c], s)
	}
}

func arrayClass(n int) int { return bits.Len(uint(n)) - bits.Len(uint(smallestArray)) }
