package loadgen

import (
	"math/bits"
	"time"
)

// A histogram has buckets of equal width up to subBuckets and from there subBuckets/2 buckets for each doubling, so that
// a value is off by at most 1/64, about 1.6 %. It ends at histMax, some 18 minutes; what is above counts as histMax.
const (
	subBits    = 7
	subBuckets = 1 << subBits
	histMax    = int64(1)<<40 - 1
	histSize   = subBuckets + (40-subBits)*subBuckets/2
)

// histogram counts durations in nanoseconds. Recording is a shift and an addition; it allocates nothing and takes 18 KiB.
// It is not safe for several goroutines: each loop has its own, and they are merged when they are read.
type histogram struct {
	counts [histSize]uint64
	n      uint64
	sum    float64
	min    int64
	max    int64
}

// bucketOf is the index of the bucket that v belongs to; v lies between 0 and histMax.
func bucketOf(v int64) int {
	exp := bits.Len64(uint64(v)) - subBits
	if exp <= 0 {
		return int(v)
	}
	// The top subBits bits of v, of which the highest is 1: they lie in [subBuckets/2, subBuckets).
	return exp*subBuckets/2 + int(v>>exp)
}

// bucketTop is the largest value of bucket i.
func bucketTop(i int) int64 {
	if i < subBuckets {
		return int64(i)
	}
	exp := i/(subBuckets/2) - 1
	top := int64(i%(subBuckets/2)+subBuckets/2+1) << exp
	return top - 1
}

// record counts one value of v nanoseconds. A negative one, from a clock of another machine, counts as 0.
func (h *histogram) record(v int64) {
	v = min(max(v, 0), histMax)
	if h.n == 0 || v < h.min {
		h.min = v
	}
	h.max = max(h.max, v)
	h.n++
	h.sum += float64(v)
	h.counts[bucketOf(v)]++
}

// merge adds what other has counted.
func (h *histogram) merge(other *histogram) {
	if other.n == 0 {
		return
	}
	if h.n == 0 || other.min < h.min {
		h.min = other.min
	}
	h.max = max(h.max, other.max)
	h.n += other.n
	h.sum += other.sum
	for i, c := range other.counts {
		h.counts[i] += c
	}
}

// since is what h has counted beyond earlier, an older copy of it. Its extremes are those of h: the buckets do not tell.
// A histogram that was reset meanwhile is returned as it is.
func (h *histogram) since(earlier *histogram) histogram {
	out := *h
	if earlier.n > h.n {
		return out
	}
	out.n -= earlier.n
	out.sum -= earlier.sum
	for i, c := range earlier.counts {
		out.counts[i] -= c
	}
	return out
}

// quantile is the value that the share q of all values does not exceed, at most one bucket above the truth. 0 without values.
func (h *histogram) quantile(q float64) time.Duration {
	if h.n == 0 {
		return 0
	}
	// The rank is rounded up: the median of two values is the first, the maximum is never exceeded.
	rank := uint64(q * float64(h.n))
	if float64(rank) < q*float64(h.n) || rank == 0 {
		rank++
	}
	seen := uint64(0)
	for i, c := range h.counts {
		if seen += c; seen >= rank {
			return time.Duration(min(bucketTop(i), h.max))
		}
	}
	return time.Duration(h.max)
}

// mean is the arithmetic mean. 0 without values.
func (h *histogram) mean() time.Duration {
	if h.n == 0 {
		return 0
	}
	return time.Duration(h.sum / float64(h.n))
}
