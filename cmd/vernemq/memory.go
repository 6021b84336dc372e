package main

import (
	"bytes"
	"os"
	"strconv"
	"strings"
)

// unknownMemory is taken where the system does not tell: small enough for any machine that runs a broker.
const unknownMemory = 1 << 30

// machineMemory is the memory in bytes that this process may use: the limit of its container, or that of the machine.
func machineMemory() int64 {
	memory := int64(unknownMemory)
	if text, err := os.ReadFile("/proc/meminfo"); err == nil {
		memory = memTotal(text, memory)
	}
	for _, file := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		if text, err := os.ReadFile(file); err == nil {
			if limit, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil && limit > 0 {
				memory = min(memory, limit)
			}
		}
	}
	return memory
}

// memTotal finds the size in what Linux says about its memory.
func memTotal(meminfo []byte, otherwise int64) int64 {
	for line := range bytes.Lines(meminfo) {
		var kib int64
		if rest, found := bytes.CutPrefix(line, []byte("MemTotal:")); found {
			if kib, _ = strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(string(rest)), "kB")), 10, 64); kib > 0 {
				return kib << 10
			}
		}
	}
	return otherwise
}
