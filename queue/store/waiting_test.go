package store

import "testing"

// TestWaiting proves that counting sees what reading in pages does: without what is in flight, within a span, and without the messages of
// QoS 0 that came before their client went away.
func TestWaiting(t *testing.T) {
	ts := openTest(t, nil)
	a := ts.add(1, 1, "a")
	ts.add(1, 0, "gone")
	c := ts.add(1, 2, "c")
	d := ts.add(1, 0, "d")
	e := ts.add(1, 1, "e")
	ts.w.Sent(1, c, 1)
	ts.w.commit()
	for _, x := range []struct {
		why   string
		in    Span
		limit int
		want  int
	}{
		{"all but what was sent", Span{}, 9, 4},
		{"up to the limit", Span{}, 2, 2},
		{"after the first", Span{After: a}, 9, 3},
		{"through the last but one", Span{Through: d}, 9, 3},
		{"both", Span{After: a, Through: d}, 9, 2},
		{"away after c", Span{Gone: c}, 9, 3},
		{"away after all", Span{Gone: e}, 9, 2},
	} {
		if n, err := ts.Waiting(1, x.in, x.limit); n != x.want || err != nil {
			t.Errorf("%s: %d, %v; want %d", x.why, n, err, x.want)
		}
	}
}
