package main

import (
	"math"
	"runtime/debug"
	"testing"
	"testing/fstest"
)

// TestMachineMemory proves that the smallest limit counts, whichever version of control groups has it, wherever above the process.
func TestMachineMemory(t *testing.T) {
	const mib = 1 << 20
	for what, test := range map[string]struct {
		files map[string]string
		want  int64
	}{
		"nothing is known": {nil, unknownMemory},
		"the machine":      {map[string]string{"proc/meminfo": "MemFree: 1 kB\nMemTotal:    2048 kB\n"}, 2 * mib},
		"no total":         {map[string]string{"proc/meminfo": "MemFree: 1 kB\n"}, unknownMemory},
		"no limit":         {map[string]string{"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "max\n"}, unknownMemory},
		"a container":      {map[string]string{"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "5242880\n"}, 5 * mib},
		"a service": {map[string]string{
			"proc/self/cgroup": "0::/system.slice/vernemq.service\n", "sys/fs/cgroup/system.slice/vernemq.service/memory.max": "4194304\n",
			"sys/fs/cgroup/system.slice/memory.max": "max\n",
		}, 4 * mib},
		"a limit further up": {map[string]string{
			"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/memory.max": "3145728\n", "sys/fs/cgroup/a/b/memory.max": "4194304\n",
		}, 3 * mib},
		"version 1, seen from inside": {map[string]string{
			"proc/self/cgroup": "5:cpu,cpuacct:/x\n4:memory:/docker/8f2a\nnonsense\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "6291456\n",
		}, 6 * mib},
		"more than there is": {map[string]string{
			"proc/meminfo": "MemTotal: 2048 kB\n", "proc/self/cgroup": "4:memory:/\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
		}, 2 * mib},
	} {
		root := fstest.MapFS{}
		for name, text := range test.files {
			root[name] = &fstest.MapFile{Data: []byte(text)}
		}
		if got := machineMemory(root); got != test.want {
			t.Errorf("%s: %d bytes, want %d", what, got, test.want)
		}
	}
}

// TestLimitMemory proves that the collector is told about the limit, unless the environment knows better.
func TestLimitMemory(t *testing.T) {
	before := debug.SetMemoryLimit(-1)
	t.Cleanup(func() { debug.SetMemoryLimit(before) })
	debug.SetMemoryLimit(math.MaxInt64)
	t.Setenv("GOMEMLIMIT", "1GiB")
	limitMemory(1000)
	if got := debug.SetMemoryLimit(-1); got != math.MaxInt64 {
		t.Errorf("with GOMEMLIMIT it is set to %d", got)
	}
	t.Setenv("GOMEMLIMIT", "")
	limitMemory(10 << 30)
	if got := debug.SetMemoryLimit(-1); got != 9<<30 {
		t.Errorf("of 10 GiB %d are used", got)
	}
}
