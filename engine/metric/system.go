package metric

import (
	"math"
	"strconv"
)

// The names come from the Erlang VM, where dashboards know them from. Where Go has no such thing, they are 0.
var systemFamilies = []family{
	counter("system_context_switches", "Context switches of the process.", func(r *Reading) uint64 { return r.Process.ContextSwitches }),
	counter("system_exact_reductions", "Always 0: Go does not count units of work.", none),
	counter("system_reductions", "Always 0: Go does not count units of work.", none),
	counter("system_gc_count", "Garbage collections.", func(r *Reading) uint64 { return r.Process.Collections }),
	counter("system_words_reclaimed_by_gc", "Words of 8 bytes that the garbage collector freed.",
		func(r *Reading) uint64 { return r.Process.FreedBytes / 8 }),
	counter("system_io_in", "Bytes received on all sockets of the broker.", func(r *Reading) uint64 { return r.IOReceived }),
	counter("system_io_out", "Bytes sent on all sockets of the broker.", func(r *Reading) uint64 { return r.IOSent }),
	gauge("system_run_queue", "Goroutines that are ready to run and wait for a core.", func(r *Reading) uint64 { return r.Process.Runnable }),
	counter("system_runtime", "Milliseconds of CPU time that the process used.",
		func(r *Reading) uint64 { return uint64(r.Process.CPU.Milliseconds()) }),
	counter("system_wallclock", "Milliseconds since the start of the broker.",
		func(r *Reading) uint64 { return uint64(r.Process.Uptime.Milliseconds()) }),
	gauge("system_process_count", "Goroutines.", func(r *Reading) uint64 { return r.Process.Goroutines }),
	gauge("system_utilization", "Percent of the cores' time that the process used since the last look.",
		func(r *Reading) uint64 { return r.Process.Utilization }),
	{name: "system_utilization_scheduler", typ: Gauge, help: "The same as system_utilization, once for each core.", some: schedulers},
	gauge("vm_memory_total", "Bytes of memory that the process has from the system.", func(r *Reading) uint64 { return r.Process.TotalBytes }),
	gauge("vm_memory_processes", "Bytes of memory in use as heap and stacks.", func(r *Reading) uint64 { return r.Process.InUseBytes }),
	gauge("vm_memory_processes_used", "Bytes of memory in objects on the heap, and in stacks.",
		func(r *Reading) uint64 { return r.Process.LiveBytes }),
	gauge("vm_memory_system", "Bytes of memory that are neither heap nor stacks in use.", func(r *Reading) uint64 {
		return r.Process.TotalBytes - min(r.Process.InUseBytes, r.Process.TotalBytes)
	}),
	gauge("vm_memory_atom", "Always 0: Go has no atoms.", none),
	gauge("vm_memory_atom_used", "Always 0: Go has no atoms.", none),
	gauge("vm_memory_binary", "Bytes of messages in queues and of retained messages.",
		func(r *Reading) uint64 { return r.Memory.Queues + r.Memory.Retained }),
	gauge("vm_memory_code", "Bytes of the program's code.", func(r *Reading) uint64 { return r.Process.CodeBytes }),
	gauge("vm_memory_ets", "Bytes of the routing table and of retained messages.",
		func(r *Reading) uint64 { return r.Memory.Trie + r.Memory.Retained }),
}

// schedulers are the series of single cores, whose names end in a number. Go has no figure for one, so each shows the average.
func schedulers(r *Reading) (all []Series) {
	for i := range r.Process.Cores {
		all = append(all, Series{Name: "system_utilization_scheduler_" + strconv.Itoa(i+1), Value: r.Process.Utilization})
	}
	return all
}

// percent is part of whole in percent, rounded, at most 100.
func percent(part, whole float64) uint64 {
	if part <= 0 || whole <= 0 {
		return 0
	}
	return uint64(min(100, math.Round(100*part/whole)))
}
