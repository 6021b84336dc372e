package metric

import (
	"reflect"
	"testing"
)

func TestSnapshotOps(t *testing.T) {
	v4, v5, ok := Label{"mqtt_version", "4"}, Label{"mqtt_version", "5"}, Label{"reason_code", "success"}
	h := new(Histogram)
	h.Observe(10)
	s := Snapshot{
		{Name: "a", Value: 1, Labels: []Label{v4}},
		{Name: "a", Value: 2, Labels: []Label{v5, ok}},
		{Name: "b", Value: 4},
		{Name: "c", Type: HistogramGroup, Histogram: h, Labels: []Label{v4}},
		{Name: "c", Type: HistogramGroup, Histogram: h, Labels: []Label{v5}},
	}
	if got := s.Filter(v5, ok); len(got) != 1 || got[0].Value != 2 {
		t.Errorf("filtered by version 5 and success: %v", got)
	}
	if got := s.Filter(Label{"mqtt_version", "3"}); len(got) != 0 {
		t.Errorf("filtered by a value that nothing has: %v", got)
	}
	if got := s.Filter(); len(got) != len(s) {
		t.Errorf("filtered by nothing: %v", got)
	}
	sums := s.Aggregate()
	if len(sums) != 3 || sums[0].Value != 3 || sums[0].Labels != nil || sums[1].Value != 4 || sums[2].Histogram.Count() != 2 {
		t.Errorf("aggregated: %v", sums)
	}
	if h.Count() != 1 || s[0].Value != 1 {
		t.Error("aggregating changes what it was made from")
	}
	if got := s.Filter(ok).Aggregate(); len(got) != 1 || got[0].Value != 2 {
		t.Errorf("filtered and aggregated: %v", got)
	}
	if n, found := s.Find("a", v5, ok); !found || n != 2 {
		t.Errorf("found %d, %v", n, found)
	}
	if _, found := s.Find("a"); found {
		t.Error("a without labels was found")
	}
}

func TestHistogram(t *testing.T) {
	var h Histogram
	for _, x := range []uint64{0, 1, 9, 10, 11, 100, 101, 1_000, 999_999, 1_000_000, 1_000_001, 1 << 63} {
		h.Observe(x)
	}
	type bucket struct {
		bound string
		count uint64
	}
	var got []bucket
	for bound, n := range h.Buckets("+Inf") {
		got = append(got, bucket{bound, n})
	}
	want := []bucket{{"10", 4}, {"100", 6}, {"1000", 8}, {"10000", 8}, {"100000", 8}, {"1000000", 10}, {"+Inf", 12}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("buckets %v, want %v", got, want)
	}
	sum := h
	sum.Add(&h)
	if sum.Count() != 24 || sum.Sum() != 2*h.Sum() {
		t.Errorf("two histograms have %d values and sum %d", sum.Count(), sum.Sum())
	}
	var names []string
	x := Series{Name: "m", Type: HistogramGroup, Histogram: &h}
	for name := range x.Values("inf") {
		names = append(names, name)
	}
	if want := []string{"m_count", "m_sum", "m_bucket_10", "m_bucket_100", "m_bucket_1000", "m_bucket_10000", "m_bucket_100000",
		"m_bucket_1000000", "m_bucket_inf"}; !reflect.DeepEqual(names, want) {
		t.Errorf("a histogram shows as %q", names)
	}
}

// TestLatenciesAppearWithTheirFirstSample proves that an operation nobody has done is not shown.
func TestLatenciesAppearWithTheirFirstSample(t *testing.T) {
	var r Reading
	r.Latency[StorageWrite].Observe(50)
	n := 0
	for _, x := range r.Snapshot() {
		if x.Histogram == nil {
			continue
		}
		n++
		if x.Name != "storage_write_microseconds" || x.Type != HistogramGroup || x.Histogram.Count() != 1 {
			t.Errorf("%s has %d samples", x.Name, x.Histogram.Count())
		}
	}
	if n != 1 {
		t.Errorf("%d histograms, want 1", n)
	}
}

func TestProviders(t *testing.T) {
	var p Providers
	one := p.Add(func() []Series { return []Series{{Name: "one"}} })
	p.Add(func() []Series { panic("no") })
	p.Add(func() []Series { return []Series{{Name: "two"}} })
	if got := p.Series(); len(got) != 2 || got[0].Name != "one" || got[1].Name != "two" {
		t.Errorf("got %v", got)
	}
	one()
	one()
	if got := p.Series(); len(got) != 1 || got[0].Name != "two" {
		t.Errorf("after one has gone: %v", got)
	}
}

func BenchmarkCountSent(b *testing.B) {
	var c Counters
	for b.Loop() {
		c.CountSent(V5, puback, 0x87)
	}
}

func BenchmarkSnapshot(b *testing.B) {
	p := NewProcess(2)
	b.ReportAllocs()
	for b.Loop() {
		r := Reading{Process: p.Read()}
		if len(r.Snapshot().Aggregate()) < 80 {
			b.Fatal("series are missing")
		}
	}
}
