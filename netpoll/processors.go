package netpoll

import (
	"runtime"
	"sync"
)

// SpareProcessor gives Go's scheduler one processor more than it has now, and returns the number of loops to run: what it had, which is one
// for each core unless GOMAXPROCS in the environment says otherwise. Further calls return the same and change nothing. It is for main functions
// of programs that do little but run a Server.
//
// A loop that waits for events keeps its processor, so that it can go on at once when they come. But while no processor is free the scheduler
// takes it away after 20 µs, in case somebody else needs it: that costs a thread that looks again and again, and for each message one that
// is woken to hold the processor and one to give it back. One processor that nobody needs ends that. At 5,000 messages a second the
// broker needs half of the CPU for it; at full speed there is no difference.
func SpareProcessor() (loops int) { return spareProcessor() }

var spareProcessor = sync.OnceValue(func() int {
	loops := runtime.GOMAXPROCS(0)
	runtime.GOMAXPROCS(loops + 1)
	return loops
})
