package loadgen

import (
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

func TestStreamTellsWhatASequenceMeans(t *testing.T) {
	tests := []struct {
		name string
		seqs []uint64
		want []arrival
		sent uint64
		lost uint64
	}{
		{"in order", []uint64{0, 1, 2}, []arrival{fresh, fresh, fresh}, 3, 0},
		{"the last ones lost", []uint64{0, 1}, []arrival{fresh, fresh}, 5, 3},
		{"all lost", nil, nil, 4, 4},
		{"the first one lost", []uint64{1, 2}, []arrival{fresh, fresh}, 3, 1},
		{"a gap", []uint64{0, 5}, []arrival{fresh, fresh}, 6, 4},
		{"swapped", []uint64{1, 0, 2}, []arrival{fresh, late, fresh}, 3, 0},
		{"a duplicate at once", []uint64{0, 0}, []arrival{fresh, duplicate}, 1, 0},
		{"a duplicate of a late one", []uint64{1, 0, 0}, []arrival{fresh, late, duplicate}, 2, 0},
		{"a duplicate with gaps around it", []uint64{0, 4, 2, 2}, []arrival{fresh, fresh, late, duplicate}, 5, 2},
		{"the start of a gap", []uint64{4, 0}, []arrival{fresh, late}, 5, 3},
		{"the end of a gap", []uint64{4, 3}, []arrival{fresh, late}, 5, 3},
		{"a gap split and closed", []uint64{4, 1, 2, 0, 3}, []arrival{fresh, late, late, late, late}, 5, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var s stream
			for i, seq := range tt.seqs {
				if got := s.arrive(seq); got != tt.want[i] {
					t.Errorf("arrive(%d), number %d: %d, want %d", seq, i, got, tt.want[i])
				}
			}
			if got := s.lost(tt.sent); got != tt.lost {
				t.Errorf("lost(%d) = %d, want %d", tt.sent, got, tt.lost)
			}
			if s.inexact() {
				t.Error("inexact without too many gaps")
			}
		})
	}
}

// TestStreamAgreesWithASet compares a stream with the obvious way of counting, on random arrivals with losses, duplicates and
// reorderings.
func TestStreamAgreesWithASet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sent := rapid.Uint64Range(1, 60).Draw(t, "sent")
		var s stream
		seen, top := map[uint64]bool{}, uint64(0)
		for _, seq := range rapid.SliceOfN(rapid.Uint64Range(0, sent-1), 0, 200).Draw(t, "seqs") {
			want := fresh
			switch {
			case seen[seq]:
				want = duplicate
			case seq < top:
				want = late
			}
			seen[seq] = true
			top = max(top, seq+1)
			if got := s.arrive(seq); got != want {
				t.Fatalf("arrive(%d) = %d, want %d", seq, got, want)
			}
		}
		if got, want := s.lost(sent), sent-uint64(len(seen)); got != want {
			t.Fatalf("lost(%d) = %d, want %d", sent, got, want)
		}
	})
}

func TestStreamGivesUpTheOldestGaps(t *testing.T) {
	var s stream
	const n = gapsMax + 1
	for i := range uint64(n) {
		s.arrive(2*i + 1) // every even one is missing
	}
	if got := len(s.gaps.missing); got > gapsMax {
		t.Fatalf("%d ranges are kept, the limit is %d", got, gapsMax)
	}
	if !s.inexact() {
		t.Error("gaps were given up and the stream calls itself exact")
	}
	if got := s.lost(2 * n); got != n {
		t.Errorf("lost = %d, want %d: what is given up still counts", got, n)
	}
	if got := s.arrive(0); got != duplicate {
		t.Errorf("arrive of a message that was given up: %d, want it to count as seen", got)
	}
}

func TestSeenSet(t *testing.T) {
	var a, b seenSet
	for _, seq := range []uint64{0, 63, 64, pageBits - 1, pageBits, 5 * pageBits} {
		if !a.add(seq) {
			t.Errorf("add(%d): there before it came", seq)
		}
		if a.add(seq) {
			t.Errorf("add(%d) again: not there", seq)
		}
	}
	for _, seq := range []uint64{64, 65, 9*pageBits + 1} {
		b.add(seq)
	}
	if both := a.merge(&b); both != 1 {
		t.Errorf("merge = %d, want 1: only 64 is in both", both)
	}
	if a.count != 8 {
		t.Errorf("count = %d, want 8", a.count)
	}
	if a.add(9*pageBits + 1) {
		t.Error("what came by merge is not there")
	}
	if !b.add(0) {
		t.Error("merge changed the set it merged from")
	}
}

func BenchmarkStreamArrive(b *testing.B) {
	b.Run("order=kept", func(b *testing.B) {
		var s stream
		b.ReportAllocs()
		for i := uint64(0); b.Loop(); i++ {
			s.arrive(i)
		}
	})
	b.Run("order=shuffled/block=16", func(b *testing.B) {
		var s stream
		order := rand.New(rand.NewPCG(1, 2)).Perm(16)
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			s.arrive(uint64(i&^15 + order[i&15]))
		}
	})
}
