package netpoll

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// maxVectors is how many pieces one writev takes (IOV_MAX of all systems that we know).
const maxVectors = 1024

// ioVector is a loop's scratch for one writev. Owned by the loop.
type ioVector struct {
	vecs [maxVectors]unix.Iovec
	n    int
}

// gather points the vector to the pending bytes of o, as many as fit and at most limit, and returns their number.
func (v *ioVector) gather(o *output, limit int) (total int) {
	v.n = 0
	for k := o.head; k != nil && v.n < maxVectors && total < limit; k = k.next {
		piece := k.buf[k.off:]
		if len(piece) == 0 {
			continue
		}
		piece = piece[:min(len(piece), limit-total)]
		v.vecs[v.n].Base = unsafe.SliceData(piece)
		v.vecs[v.n].SetLen(len(piece))
		v.n++
		total += len(piece)
	}
	return total
}

// reset drops the pointers, so that payloads are not kept alive by the scratch.
func (v *ioVector) reset() { clear(v.vecs[:v.n]) }

// piece returns the i-th piece.
func (v *ioVector) piece(i int) []byte { return unsafe.Slice(v.vecs[i].Base, int(v.vecs[i].Len)) }
