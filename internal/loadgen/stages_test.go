package loadgen

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/vernemq/vmq/internal/loadgen/testbroker"
)

// TestStoredFaultsAreCounted runs both patterns against brokers that make a known number of mistakes with what they keep.
func TestStoredFaultsAreCounted(t *testing.T) {
	// 4 subscribers: of queues 1000 messages each, of retained messages all 4000.
	tests := []struct {
		name                     string
		pattern                  Pattern
		faults                   testbroker.Faults
		lost, duplicate, reorder uint64
	}{
		{"every tenth lost", Queue, testbroker.Faults{Drop: 10}, 400, 0, 0},
		{"every tenth twice", Queue, testbroker.Faults{Duplicate: 10}, 0, 400, 0},
		{"every hundredth late", Queue, testbroker.Faults{Swap: 100}, 4, 0, 36},
		{"every tenth lost", Retain, testbroker.Faults{Drop: 10}, 1600, 0, 0},
		{"every tenth twice", Retain, testbroker.Faults{Duplicate: 10}, 0, 1600, 0},
		// Topics have no order among each other. The last one that is late never comes.
		{"every hundredth late", Retain, testbroker.Faults{Swap: 100}, 4, 0, 0},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("pattern=%s/%s", tt.pattern, tt.name), func(t *testing.T) {
			t.Parallel()
			o := small(tt.pattern, testbroker.Start(t, tt.faults).Port())
			o.Messages, o.Drain, o.Loops = 4000, quiet, 2
			began := time.Now()
			r := mustRun(t, o)
			m := r.Messages
			if m.Lost != tt.lost || m.Duplicates != tt.duplicate || m.Reordered != tt.reorder {
				t.Errorf("lost %d, duplicates %d, reordered %d; want %d, %d, %d",
					m.Lost, m.Duplicates, m.Reordered, tt.lost, tt.duplicate, tt.reorder)
			}
			if want := m.Expected - tt.lost + tt.duplicate; m.Received != want || r.Delivered.Messages != want {
				t.Errorf("received %d and %d, want %d", m.Received, r.Delivered.Messages, want)
			}
			if all := time.Since(began).Seconds(); tt.lost > 0 && r.Delivered.Seconds+quiet.Seconds() > all {
				t.Errorf("delivered in %g s of %g s, which holds the %v of waiting for what is lost", r.Delivered.Seconds, all, quiet)
			}
		})
	}
}

// TestHalves runs the two halves of a run as two processes do, with other messages on the broker beside.
func TestHalves(t *testing.T) {
	for _, p := range []Pattern{Queue, Retain} {
		t.Run(string(p), func(t *testing.T) {
			t.Parallel()
			port := testbroker.Start(t, testbroker.Faults{Drop: 10}).Port()
			o := small(p, port)
			o.Only, o.Run, o.Drain = Store, 4711, quiet
			first := mustRun(t, o)
			if first.Stored.Messages != o.Messages || first.Delivered != nil || !first.Clean() {
				t.Errorf("first half: stored %+v, delivered %+v, messages %+v", first.Stored, first.Delivered, first.Messages)
			}
			o.Only = Deliver
			second := mustRun(t, o)
			copies := (&plan{opts: &o}).copies()
			m := second.Messages
			if second.Stored != nil || m.Expected != o.Messages*copies || m.Lost != m.Expected/10 || m.Received != m.Expected-m.Lost || m.Foreign != 0 {
				t.Errorf("second half: stored %+v, messages %+v; want a tenth of %d lost", second.Stored, m, o.Messages*copies)
			}
			var table strings.Builder
			if err := second.WriteTable(&table); err != nil || strings.Contains(table.String(), "stored") || !strings.Contains(table.String(), "delivered") {
				t.Errorf("%v, the table of the second half is\n%s", err, table.String())
			}
		})
	}
}

// TestForgottenSession has the broker end sessions with their connections: what was queued never comes, and the report says why.
func TestForgottenSession(t *testing.T) {
	t.Parallel()
	o := small(Queue, testbroker.Start(t, testbroker.Faults{Forget: true}).Port())
	o.Drain = quiet
	r := mustRun(t, o)
	if r.Messages.Lost != o.Messages || r.Clean() {
		t.Errorf("lost %d of %d, clean %v", r.Messages.Lost, o.Messages, r.Clean())
	}
	if len(r.Problems) != o.Subscribers || !strings.Contains(r.Problems[0], "has kept no session") {
		t.Errorf("problems %q", r.Problems)
	}
}
