package metric

import (
	"os"
	"runtime/metrics"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// ProcessStats are figures of the process and its Go runtime.
type ProcessStats struct {
	// ContextSwitches, voluntary or not.
	ContextSwitches uint64
	// Collections and FreedBytes are what the garbage collector did.
	Collections, FreedBytes uint64
	// Goroutines there are, and of these Runnable without a core.
	Goroutines, Runnable uint64
	// CPU is user and system time of all threads. Uptime is since NewProcess.
	CPU, Uptime time.Duration
	// Utilization is CPU time in percent of what all cores had, between the last two readings that were at least a second apart.
	Utilization uint64
	// Cores is how many the process is to use.
	Cores int
	// TotalBytes is what the process has from the system. InUseBytes are spans of the heap and stacks in use; LiveBytes objects
	// instead of spans. CodeBytes is the program.
	TotalBytes, InUseBytes, LiveBytes, CodeBytes uint64
}

// Process reads ProcessStats.
type Process struct {
	start time.Time
	cores int
	code  uint64

	mu struct {
		sync.Mutex
		samples []metrics.Sample
		cpu     time.Duration // at the time of at
		at      time.Time
		percent uint64
	}
}

// Values of runtime/metrics that are read, by position.
const (
	gcCycles = iota
	heapFrees
	goroutines
	runnable
	totalBytes
	releasedBytes
	heapObjects
	heapUnused
	stacks
	runtimeSamples
)

// utilizationEvery is the shortest time over which utilization is measured: readers may come in quick succession.
const utilizationEvery = time.Second

// NewProcess begins to measure. Utilization is in percent of that many cores.
func NewProcess(cores int) *Process {
	p := &Process{start: time.Now(), cores: cores, code: codeBytes()}
	p.mu.samples = make([]metrics.Sample, runtimeSamples)
	for i, name := range [runtimeSamples]string{
		gcCycles:      "/gc/cycles/total:gc-cycles",
		heapFrees:     "/gc/heap/frees:bytes",
		goroutines:    "/sched/goroutines:goroutines",
		runnable:      "/sched/goroutines/runnable:goroutines",
		totalBytes:    "/memory/classes/total:bytes",
		releasedBytes: "/memory/classes/heap/released:bytes",
		heapObjects:   "/memory/classes/heap/objects:bytes",
		heapUnused:    "/memory/classes/heap/unused:bytes",
		stacks:        "/memory/classes/heap/stacks:bytes",
	} {
		p.mu.samples[i].Name = name
	}
	p.mu.cpu, _ = usage()
	p.mu.at = p.start
	return p
}

// Read takes about 10 µs. Any goroutine.
func (p *Process) Read() ProcessStats {
	p.mu.Lock()
	defer p.mu.Unlock()
	metrics.Read(p.mu.samples)
	now := time.Now()
	st := ProcessStats{
		Collections: p.value(gcCycles), FreedBytes: p.value(heapFrees),
		Goroutines: p.value(goroutines), Runnable: p.value(runnable),
		Uptime: now.Sub(p.start), Cores: p.cores, CodeBytes: p.code,
		TotalBytes: p.value(totalBytes) - p.value(releasedBytes),
		InUseBytes: p.value(heapObjects) + p.value(heapUnused) + p.value(stacks),
		LiveBytes:  p.value(heapObjects) + p.value(stacks),
	}
	st.CPU, st.ContextSwitches = usage()
	if passed := now.Sub(p.mu.at); passed >= utilizationEvery {
		p.mu.percent = percent(float64(st.CPU-p.mu.cpu), float64(passed)*float64(st.Cores))
		p.mu.cpu, p.mu.at = st.CPU, now
	}
	st.Utilization = p.mu.percent
	return st
}

// value is 0 for what this version of the runtime does not have. mu is held.
func (p *Process) value(i int) uint64 {
	if v := p.mu.samples[i].Value; v.Kind() == metrics.KindUint64 {
		return v.Uint64()
	}
	return 0
}

// usage is the CPU time and the context switches of the process.
func usage() (cpu time.Duration, switches uint64) {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0, 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), uint64(u.Nvcsw) + uint64(u.Nivcsw)
}

// codeBytes is the size of the program's code, 0 where the system does not tell.
func codeBytes() uint64 {
	const textField = 3 // pages
	b, err := os.ReadFile("/proc/self/statm")
	fields := strings.Fields(string(b))
	if err != nil || len(fields) <= textField {
		return 0
	}
	pages, err := strconv.ParseUint(fields[textField], 10, 64)
	if err != nil {
		return 0
	}
	return pages * uint64(os.Getpagesize())
}
