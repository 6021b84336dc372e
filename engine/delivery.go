package engine

import (
	"time"

	"github.com/vernemq/vmq/engine/metric"
)

// delivery measures how long messages take from the turn in which they were read to the end of the write that takes them to a
// receiver, on whatever loop that is. What waits in a client's queue is not part of it.
//
// It looks at every measureEvery-th turn that delivers, and at the oldest message of that turn. That is one reading of the clock in
// some hundred messages, where a time in each message would be 8 bytes in each.
type delivery struct {
	oldest time.Duration // when the turn began that brought the oldest message of this turn; 0: none
	turns  uint32        // that delivered
	took   metric.Histogram
}

const measureEvery = 32

// begin notes that this turn delivers what came in with a turn that began at that time.
func (d *delivery) begin(at time.Duration) {
	if d.oldest == 0 || at < d.oldest {
		d.oldest = at
	}
}

// measure ends a turn, when everything is written.
func (r *router) measure() {
	d := &r.delivery
	if d.oldest == 0 {
		return
	}
	if d.turns++; d.turns%measureEvery == 0 {
		d.took.Observe(uint64(max(r.loop.Clock()-d.oldest, 0).Microseconds()))
	}
	d.oldest = 0
}
