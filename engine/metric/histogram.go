package metric

import (
	"math/bits"
	"strconv"
)

// bounds are the upper bounds of the buckets, inclusive, in microseconds. What is above the last falls into one more bucket.
var bounds = [...]uint64{10, 100, 1_000, 10_000, 100_000, 1_000_000}

// Histogram counts durations in microseconds. It belongs to one goroutine; others get copies that it made. The zero value is
// empty.
type Histogram struct {
	buckets [len(bounds) + 1]uint64 // not cumulative
	sum     uint64
}

// firstBucket is the bucket of the smallest value with that number of bits, so that Observe looks at two bounds at most.
var firstBucket = func() (first [65]uint8) {
	for n := range first {
		smallest := uint64(0)
		if n > 0 {
			smallest = 1 << (n - 1)
		}
		for int(first[n]) < len(bounds) && smallest > bounds[first[n]] {
			first[n]++
		}
	}
	return first
}()

// Observe counts one duration.
func (h *Histogram) Observe(microseconds uint64) { h.ObserveMany(microseconds, 1) }

// ObserveMany counts one that stands for n.
func (h *Histogram) ObserveMany(microseconds, n uint64) {
	b := firstBucket[bits.Len64(microseconds)]
	for int(b) < len(bounds) && microseconds > bounds[b] {
		b++
	}
	h.buckets[b] += n
	h.sum += n * microseconds
}

// Add sums other into h.
func (h *Histogram) Add(other *Histogram) {
	add(h.buckets[:], other.buckets[:])
	h.sum += other.sum
}

// Count is the number of durations.
func (h *Histogram) Count() (n uint64) {
	for _, c := range h.buckets {
		n += c
	}
	return n
}

// Sum is the sum of all durations, in microseconds.
func (h *Histogram) Sum() uint64 { return h.sum }

// Buckets calls yield with each bound and the number of durations that are not above it. The last bound is inf, which outputs spell
// differently. Use it as a range-over-func.
func (h *Histogram) Buckets(inf string) func(yield func(bound string, count uint64) bool) {
	return func(yield func(string, uint64) bool) {
		n := uint64(0)
		for i, c := range h.buckets {
			bound := inf
			if i < len(bounds) {
				bound = strconv.FormatUint(bounds[i], 10)
			}
			if n += c; !yield(bound, n) {
				return
			}
		}
	}
}

// Latency is an operation whose duration is measured.
type Latency uint8

// The operations: on metadata that nodes share, on the message store, and the way of a message from its publisher to a receiver.
const (
	MetadataPut Latency = iota
	MetadataGet
	MetadataDelete
	MetadataFold
	StorageWrite
	StorageRead
	StorageDelete
	StorageScan
	PublishDeliver

	// Latencies is their number.
	Latencies
)

var latencyNames = [Latencies]string{
	"metadata_put", "metadata_get", "metadata_delete", "metadata_fold", "storage_write", "storage_read", "storage_delete", "storage_scan",
	"publish_deliver",
}

func latencyHelp(kind Latency) string {
	switch kind {
	case PublishDeliver:
		return "Microseconds from reading a PUBLISH until it was written to a receiver, of a sample of the messages."
	case StorageWrite:
		return "Microseconds that a commit to the message store took, with the fsync. Acknowledgements wait for it."
	case StorageRead:
		return "Microseconds that a look into the stored queue of one client took."
	case StorageScan:
		return "Microseconds that a walk over the message store took: at the start, and when it is swept."
	}
	return "Microseconds that an operation of this kind took."
}

// latencyFamilies exist from the first sample on.
func latencyFamilies() (all []family) {
	for kind, name := range latencyNames {
		all = append(all, family{
			name: name + "_microseconds", typ: HistogramGroup, help: latencyHelp(Latency(kind)),
			some: func(r *Reading) []Series {
				if h := r.Latency[kind]; h.Count() > 0 {
					return []Series{{Histogram: &h}}
				}
				return nil
			},
		})
	}
	return all
}
