package loadgen

import "time"

// clock gives the time of a run: nanoseconds since it was made, from the monotonic clock. All stamps of a run come from
// one clock. Any goroutine may read it.
type clock struct{ base time.Time }

// newClock starts at 0.
func newClock() clock { return clock{base: time.Now()} }

// now is the time since the clock was made, in nanoseconds.
func (c clock) now() int64 { return int64(time.Since(c.base)) }
