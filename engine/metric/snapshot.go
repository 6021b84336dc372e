package metric

import (
	"slices"
	"strings"
)

// Series is one value of a metric, or one histogram.
type Series struct {
	// Name without any prefix.
	Name string
	Type Type
	// Help is one line of text, the same for all series of a name.
	Help string
	// Labels in the order in which outputs show them; not to be changed.
	Labels []Label
	// Value is meaningless for a histogram.
	Value uint64
	// Histogram is nil but for Type HistogramGroup; not to be changed.
	Histogram *Histogram
}

// Values calls yield with the names and numbers of the series: one for a counter or gauge; count, sum and buckets for a histogram,
// whose last bucket is called inf. Use it as a range-over-func.
func (x *Series) Values(inf string) func(yield func(name string, value uint64) bool) {
	return func(yield func(string, uint64) bool) {
		h := x.Histogram
		if h == nil {
			yield(x.Name, x.Value)
			return
		}
		if !yield(x.Name+"_count", h.Count()) || !yield(x.Name+"_sum", h.Sum()) {
			return
		}
		for bound, n := range h.Buckets(inf) {
			if !yield(x.Name+"_bucket_"+bound, n) {
				return
			}
		}
	}
}

// has tells whether the series carries the label.
func (x *Series) has(l Label) bool { return slices.Contains(x.Labels, l) }

// Snapshot is every series at one time, sorted by name; the series of one name stand together.
type Snapshot []Series

// sort looks first, because the table is in order already, but for numbers in names and for what providers add.
func (s Snapshot) sort() {
	byName := func(a, b Series) int { return strings.Compare(a.Name, b.Name) }
	if !slices.IsSortedFunc(s, byName) {
		slices.SortStableFunc(s, byName)
	}
}

// Filter returns the series that carry all of the labels.
func (s Snapshot) Filter(labels ...Label) Snapshot {
	kept := make(Snapshot, 0, len(s))
next:
	for _, x := range s {
		for _, l := range labels {
			if !x.has(l) {
				continue next
			}
		}
		kept = append(kept, x)
	}
	return kept
}

// Aggregate returns one series without labels for each name: the sum.
func (s Snapshot) Aggregate() Snapshot {
	sums := make(Snapshot, 0, len(s))
	for _, x := range s {
		x.Labels = nil
		n := len(sums)
		if n == 0 || sums[n-1].Name != x.Name {
			sums = append(sums, x)
			continue
		}
		sum := &sums[n-1]
		sum.Value += x.Value
		if sum.Histogram != nil && x.Histogram != nil {
			both := *sum.Histogram
			both.Add(x.Histogram)
			sum.Histogram = &both
		}
	}
	return sums
}

// Find returns the value of the counter or gauge with that name and exactly these labels.
func (s Snapshot) Find(name string, labels ...Label) (value uint64, found bool) {
	i, found := slices.BinarySearchFunc(s, name, func(x Series, name string) int { return strings.Compare(x.Name, name) })
	for ; found && i < len(s) && s[i].Name == name; i++ {
		if slices.Equal(s[i].Labels, labels) {
			return s[i].Value, true
		}
	}
	return 0, false
}
