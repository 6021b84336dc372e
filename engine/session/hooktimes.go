package session

import (
	"time"

	"github.com/vernemq/vmq/engine/hook"
	"github.com/vernemq/vmq/engine/metric"
)

// hookTimes is how long the calls of hooks took that were answered on the loop. What has to wait is measured on the worker, all of it.
//
// A plugin that answers from memory takes less time than two looks at the clock, so of each hook the first calls are measured, and then one
// in measureEvery, which counts for so many: sums and numbers are right on the average, and those of rare hooks exact.
type hookTimes [hook.Points]struct {
	calls uint64
	took  metric.Histogram
}

const measureEvery = 32

var _ [metric.MaxHooks - hook.Points]struct{} // a hook more than a reading has room for stops the build

// measurement is a call under way. The zero value measures nothing.
type measurement struct {
	local  *Local
	began  time.Duration
	weight uint64 // calls that it stands for
	point  hook.Point
}

// measure begins a call. On the loop.
func (l *Local) measure(point hook.Point) measurement {
	t := &l.hookTimes[point]
	t.calls++
	if t.calls > measureEvery && t.calls%measureEvery != 0 {
		return measurement{}
	}
	m := measurement{local: l, began: l.Loop.Clock(), weight: 1, point: point}
	if t.calls > measureEvery {
		m.weight = measureEvery
	}
	return m
}

// end ends it, with the result of the call: one that nobody was asked in, or that goes on on a worker, counts for nothing.
func (m *measurement) end(err error) {
	if m.weight == 0 || err == hook.ErrWait || err == hook.ErrNoPlugin {
		return
	}
	took := max(m.local.Loop.Clock()-m.began, 0)
	m.local.hookTimes[m.point].took.ObserveMany(uint64(took.Microseconds()), m.weight)
}

// AddHookTimes sums what the loop has measured into all. On the loop.
func (l *Local) AddHookTimes(all *[metric.MaxHooks]metric.Histogram) {
	for i := range l.hookTimes {
		all[i].Add(&l.hookTimes[i].took)
	}
}
