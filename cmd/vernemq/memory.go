package main

import (
	"bytes"
	"io/fs"
	"os"
	"path"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
)

// unknownMemory is taken where the system does not tell: small enough for any machine that runs a broker.
const unknownMemory = 1 << 30

// machineMemory is the memory in bytes that this process may use: what its machine has, or less if a control group that it is in, such as that
// of its container or service, has a limit. root is the file system of the machine.
func machineMemory(root fs.FS) int64 {
	memory := int64(unknownMemory)
	if text, err := fs.ReadFile(root, "proc/meminfo"); err == nil {
		memory = memTotal(text, memory)
	}
	for _, file := range limitFiles(root) {
		if text, err := fs.ReadFile(root, file); err == nil {
			if limit, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil && limit > 0 {
				memory = min(memory, limit)
			}
		}
	}
	return memory
}

// limitFiles are where the limits of this process may stand: of its control group and of all above it, up to the root, which is the group of
// a container as seen from its inside.
func limitFiles(root fs.FS) (files []string) {
	groups, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return nil
	}
	for line := range strings.Lines(string(groups)) { // such as "0::/system.slice/vernemq.service", or "4:memory:/docker/8f2a" of version 1
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) != 3 {
			continue
		}
		mount, name := "sys/fs/cgroup", "memory.max"
		if parts[1] != "" {
			if !slices.Contains(strings.Split(parts[1], ","), "memory") {
				continue
			}
			mount, name = "sys/fs/cgroup/memory", "memory.limit_in_bytes"
		}
		for group := path.Clean("/" + parts[2]); ; group = path.Dir(group) {
			files = append(files, path.Join(mount, group, name))
			if group == "/" {
				break
			}
		}
	}
	return files
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

// limitMemory has the garbage collector work harder when the process comes near the end of that memory, rather than let the system kill it.
// GOMEMLIMIT in the environment wins.
func limitMemory(memory int64) {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memory / 10 * 9)
	}
}
