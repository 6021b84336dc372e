package loadgen

import (
	"runtime"
	"sync/atomic"
	"time"
)

// paceQuantum is the shortest time between two rounds of the pacer: at 100,000 messages a second a round has ten of them,
// so that waking up costs little beside sending. It adds at most that much to the latency measured at such rates.
const paceQuantum = 100 * time.Microsecond

// paceNap bounds how long the pacer sleeps without looking whether it should stop.
const paceNap = 10 * time.Millisecond

// pacer wakes the loops when messages are due. It has an operating system thread of its own and sleeps in the kernel,
// because the timers of netpoll have coarse ticks and those of the Go runtime are good to a millisecond only: either
// would show as latency.
type pacer struct {
	schedule schedule
	clock    clock
	loops    int
	loopOf   func(turn int) int // of whoever has this turn among schedule.pubs
	wake     func(loop int)     // any goroutine; tells a loop to send what is due
	stopped  atomic.Bool
	done     chan struct{}
}

// startPacer begins to wake loops according to s until stop is called.
func startPacer(s schedule, c clock, loops int, loopOf func(turn int) int, wake func(loop int)) *pacer {
	p := &pacer{schedule: s, clock: c, loops: loops, loopOf: loopOf, wake: wake, done: make(chan struct{})}
	go p.run()
	return p
}

// stop returns when no further wake-up will come.
func (p *pacer) stop() {
	p.stopped.Store(true)
	<-p.done
}

func (p *pacer) run() {
	defer close(p.done)
	// The thread ends with this goroutine, as its timer slack differs from that of others: it is never unlocked.
	runtime.LockOSThread()
	sharpenSleep()
	next := uint64(0) // the first message of the run that no loop was told of
	mark := make([]bool, p.loops)
	for !p.stopped.Load() {
		now := p.clock.now()
		for ; p.schedule.at(next) <= now; next++ {
			mark[p.loopOf(int(next%p.schedule.pubs))] = true
		}
		for i := range mark {
			if mark[i] {
				mark[i] = false
				p.wake(i)
			}
		}
		wait := time.Duration(p.schedule.at(next) - p.clock.now())
		sleep(min(max(wait, paceQuantum), paceNap))
	}
}
