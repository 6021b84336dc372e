package loadgen

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// TestBucketsCoverAllValues checks that buckets follow each other without gap or overlap and that none is wider than
// promised.
func TestBucketsCoverAllValues(t *testing.T) {
	low := int64(0)
	for i := range histSize {
		top := bucketTop(i)
		if top < low {
			t.Fatalf("bucket %d ends at %d, before its start %d", i, top, low)
		}
		if bucketOf(low) != i || bucketOf(top) != i {
			t.Fatalf("bucket %d is [%d, %d], but these values belong to %d and %d", i, low, top, bucketOf(low), bucketOf(top))
		}
		if width := top - low; width*64 > low {
			t.Fatalf("bucket %d is [%d, %d]: wider than a 64th of its values", i, low, top)
		}
		low = top + 1
	}
	if low != histMax+1 {
		t.Fatalf("the last bucket ends at %d, want %d", low-1, histMax)
	}
}

func TestHistogramQuantiles(t *testing.T) {
	var h histogram
	rng := rand.New(rand.NewPCG(3, 4))
	values := make([]int64, 10_000)
	for i := range values {
		values[i] = int64(rng.ExpFloat64() * 250_000)
		h.record(values[i])
	}
	slices.Sort(values)
	for _, q := range []float64{0, 0.5, 0.9, 0.99, 0.999, 1} {
		exact := values[max(int(q*float64(len(values)))-1, 0)]
		got := int64(h.quantile(q))
		if got < exact || float64(got) > float64(exact)*65/64+1 {
			t.Errorf("quantile(%g) = %d, want %d or at most a 64th more", q, got, exact)
		}
	}
	if h.min != values[0] || h.max != values[len(values)-1] {
		t.Errorf("min %d, max %d; want %d, %d", h.min, h.max, values[0], values[len(values)-1])
	}
}

func TestHistogramEdges(t *testing.T) {
	var h histogram
	if h.quantile(0.5) != 0 || h.mean() != 0 || quantiles(&h) != nil {
		t.Error("an empty histogram has values")
	}
	h.record(-5)
	h.record(histMax + 1)
	if h.min != 0 || h.max != histMax {
		t.Errorf("min %d, max %d; want values clamped to 0 and %d", h.min, h.max, histMax)
	}
	if got := h.quantile(0.5); got != 0 {
		t.Errorf("median of two = %v, want the first", got)
	}
}

func TestHistogramMergeAndSince(t *testing.T) {
	var a, b, both histogram
	for i := range int64(1000) {
		h := &a
		if i%3 == 0 {
			h = &b
		}
		h.record(i * 977)
		both.record(i * 977)
	}
	sum := a
	sum.merge(&b)
	if sum != both {
		t.Error("merge differs from recording everything in one")
	}
	diff := sum.since(&a)
	if diff.n != b.n || diff.counts != b.counts || diff.mean() != b.mean() {
		t.Error("since does not give back what was merged")
	}
	var empty histogram
	sum.merge(&empty)
	if sum != both {
		t.Error("merging nothing changed something")
	}
	if got := empty.since(&a); got != empty {
		t.Error("since of a histogram that was reset is not the histogram")
	}
}

func BenchmarkHistogramRecord(b *testing.B) {
	var h histogram
	b.ReportAllocs()
	for i := int64(0); b.Loop(); i++ {
		h.record(i & 0xFFFFF)
	}
	if h.mean() < time.Nanosecond {
		b.Fatal("nothing recorded")
	}
}
