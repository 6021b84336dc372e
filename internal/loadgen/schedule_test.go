package loadgen

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestScheduleTakesTurns(t *testing.T) {
	s := newSchedule(1000, 1000, 4) // a message each millisecond
	ms := int64(time.Millisecond)
	for _, tt := range []struct {
		pub  uint32
		seq  uint64
		want int64
	}{{0, 0, 1000}, {1, 0, 1000 + ms}, {3, 0, 1000 + 3*ms}, {0, 1, 1000 + 4*ms}, {2, 10, 1000 + 42*ms}} {
		if got := s.due(tt.pub, tt.seq); got != tt.want {
			t.Errorf("due(publisher %d, message %d) = %d, want %d", tt.pub, tt.seq, got, tt.want)
		}
	}
}

// TestScheduleDueBy checks that dueBy counts exactly the messages whose due time has come, for rates that do not divide
// evenly.
func TestScheduleDueBy(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pubs := rapid.IntRange(1, 100).Draw(t, "pubs")
		s := newSchedule(rapid.Int64Range(0, 1e12).Draw(t, "start"), rapid.Float64Range(0.1, 5e6).Draw(t, "rate"), pubs)
		pub := uint32(rapid.IntRange(0, pubs-1).Draw(t, "pub"))
		now := s.start + rapid.Int64Range(-1e6, 1e10).Draw(t, "after")
		n := s.dueBy(pub, now)
		if n > 0 && s.due(pub, n-1) > now {
			t.Fatalf("dueBy = %d, but message %d is due %d ns later", n, n-1, s.due(pub, n-1)-now)
		}
		if s.due(pub, n) <= now {
			t.Fatalf("dueBy = %d, but message %d was due %d ns ago", n, n, now-s.due(pub, n))
		}
	})
}
