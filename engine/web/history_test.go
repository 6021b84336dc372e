package web

import (
	"slices"
	"testing"
	"time"
)

// TestPointBetween proves how rates come from counters, also where a counter was reset.
func TestPointBetween(t *testing.T) {
	begin := time.UnixMilli(1_000_000)
	before := totals{at: begin, in: 100, out: 1000, bytesIn: 10, bytesOut: 20, cpu: 500, latency: timing{sum: 100, count: 1}}
	now := totals{
		at: begin.Add(2 * time.Second), in: 300, out: 10, bytesIn: 30, bytesOut: 21, dropped: 4, cpu: 2500, connections: 7, memory: 8,
		latency: timing{400, 4, []uint64{0, 0, 4, 4, 4, 4, 4}}, commit: timing{6_000, 3, []uint64{0, 0, 0, 0, 3, 3, 3}},
	}
	got := pointBetween(&before, &now)
	want := point{
		Time: 1_002_000, Connections: 7, In: 100, Out: 0, BytesIn: 10, BytesOut: 0.5, Dropped: 2, CPU: 1, Memory: 8, Latency: 100, Slow: 991, Commit: 2000, CommitSlow: 99_100,
	}
	if got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if idle := pointBetween(&now, &now); idle.Latency >= 0 || idle.Slow >= 0 || idle.Commit >= 0 || idle.In != 0 {
		t.Errorf("nothing happened: %+v", idle)
	}
}

// TestSlowest proves where 99 of 100 samples end.
func TestSlowest(t *testing.T) {
	for _, test := range []struct {
		before, now []uint64
		want        float64
	}{
		{nil, []uint64{100, 100, 100, 100, 100, 100, 100}, 9.9},
		{nil, []uint64{50, 99, 100, 100, 100, 100, 100}, 100},
		{nil, []uint64{0, 0, 0, 0, 0, 0, 1}, 9_910_000},
		{[]uint64{100, 100, 100, 100, 100, 100, 100}, []uint64{100, 100, 100, 200, 200, 200, 200}, 9_910},
	} {
		if got := slowest(test.before, test.now); got < 0.999*test.want || got > 1.001*test.want {
			t.Errorf("%v to %v: %v, want %v", test.before, test.now, got, test.want)
		}
	}
}

// TestHistoryIsBounded proves that only the last points are kept, and that who has some already gets the rest.
func TestHistoryIsBounded(t *testing.T) {
	h := newHistory(nil)
	begin := time.UnixMilli(0)
	for i := range historyLength + 20 {
		h.add(totals{at: begin.Add(time.Duration(i) * time.Second)})
	}
	all := h.since(0)
	if len(all) != historyLength || all[0].Time != 20_000 {
		t.Fatalf("%d points from %d on, want %d from 20000 on", len(all), all[0].Time, historyLength)
	}
	if rest := h.since(all[historyLength-3].Time); !slices.Equal(rest, all[historyLength-2:]) {
		t.Errorf("after the third last: %v", rest)
	}
	if rest := h.since(all[historyLength-1].Time); rest == nil || len(rest) != 0 {
		t.Errorf("after the last: %v, want an empty list", rest)
	}
}

// TestLongestQueues proves that the table keeps the longest ones, in order.
func TestLongestQueues(t *testing.T) {
	var table queueTable
	for i := range 3 * queuesShown {
		table.offer(queueInfo{Messages: i * 7 % 31})
	}
	var got []int
	for _, q := range table.Longest {
		got = append(got, q.Messages)
	}
	want := []int{30, 29, 28, 27, 26, 25, 23, 22, 21, 20} // 24 is 7*30 % 31: one too many
	slices.Sort(want)
	slices.Reverse(want)
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
