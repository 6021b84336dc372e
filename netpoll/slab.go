package netpoll

import (
	"math/bits"

	"github.com/vernemq/vmq/internal/invariants"
)

// Byte buffers of a loop come in four sizes. 256 B holds the torn packet of a quiet client, 2 KiB a turn's acknowledgements,
// 16 KiB and 64 KiB what a stream gathers in a turn. What is larger comes from the heap and goes back to it.
var slabSizes = [...]int{256, 2 << 10, 16 << 10, 64 << 10}

// slabKeep is how many free slabs of each size a loop keeps: at most 256 KiB + 4 MiB + 16 MiB + 4 MiB, for the seconds until
// trim. 16 KiB slabs are many because a fan-out to a thousand receivers takes one for each.
var slabKeep = [len(slabSizes)]int{1024, 2048, 1024, 64}

// slabPool keeps buffers that connections of one loop have given back. Owned by the loop.
type slabPool struct {
	free [len(slabSizes)][][]byte
	low  [len(slabSizes)]int // fewest free ones since the last trim: these nobody needed
	out  int                 // bytes that connections have; what moved here from another loop goes below 0
}

// slabClass returns the smallest class with at least n bytes, len(slabSizes) if there is none.
func slabClass(n int) int {
	for i, size := range slabSizes {
		if n <= size {
			return i
		}
	}
	return len(slabSizes)
}

// get returns a slice of length 0 and capacity at least n, with any contents.
func (p *slabPool) get(n int) []byte {
	class := slabClass(n)
	if class == len(slabSizes) {
		size := 1 << bits.Len(uint(n-1))
		p.out += size
		return make([]byte, 0, size)
	}
	p.out += slabSizes[class]
	free := p.free[class]
	if len(free) == 0 {
		return make([]byte, 0, slabSizes[class])
	}
	last := len(free) - 1
	b := free[last]
	free[last] = nil
	p.free[class] = free[:last]
	p.low[class] = min(p.low[class], last)
	return b[:0]
}

// put gives b back. The caller must not use it any more.
func (p *slabPool) put(b []byte) {
	invariants.Mangle(b[:cap(b)])
	p.out -= cap(b)
	class := slabClass(cap(b))
	if class == len(slabSizes) || cap(b) != slabSizes[class] || len(p.free[class]) >= slabKeep[class] {
		return
	}
	p.free[class] = append(p.free[class], b)
}

// trim gives half of what nobody needed since the last trim to the garbage collector, and reports whether anything is left.
func (p *slabPool) trim() (left bool) {
	for class := range p.free {
		free := p.free[class]
		keep := len(free) - (p.low[class]+1)/2
		clear(free[keep:])
		p.free[class] = free[:keep]
		p.low[class] = keep
		left = left || keep > 0
	}
	return left
}

// bytes is the memory of all slabs, in use or not.
func (p *slabPool) bytes() int {
	n := p.out
	for class, free := range p.free {
		n += len(free) * slabSizes[class]
	}
	return n
}
