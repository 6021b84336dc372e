package loadgen

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// clockTick is the unit of CPU times in /proc/PID/stat: USER_HZ, which is 100 per second on every platform that Go runs on.
const clockTick = time.Second / 100

// ProcessCPU is the user and system time that all threads of process pid, living and ended, have used. It is good to 10
// ms. Linux only: elsewhere it is an error.
func ProcessCPU(pid int) (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, fmt.Errorf("CPU time of process %d: %w", pid, err)
	}
	return parseStat(pid, stat)
}

// parseStat reads fields 14 (utime) and 15 (stime) of a /proc/PID/stat line. The name in field 2 may hold blanks and
// parentheses, so fields are counted from its last ')'.
func parseStat(pid int, stat []byte) (time.Duration, error) {
	const utime, stime = 14 - 3, 15 - 3 // the field behind ')' is number 3
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) <= stime {
		return 0, fmt.Errorf("CPU time of process %d: %d fields in its stat", pid, len(fields))
	}
	total := time.Duration(0)
	for _, f := range [][]byte{fields[utime], fields[stime]} {
		ticks, err := strconv.ParseInt(string(f), 10, 64)
		if err != nil {
			return 0, fmt.Errorf("CPU time of process %d: %w", pid, err)
		}
		total += time.Duration(ticks) * clockTick
	}
	return total, nil
}

// ProcessMemory is the proportional set size of process pid in bytes: its own pages, and of pages shared with others its
// share. Buffers of sockets belong to the kernel and are not in it. Linux only: elsewhere it is an error.
func ProcessMemory(pid int) (uint64, error) {
	rollup, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0, fmt.Errorf("memory of process %d: %w", pid, err)
	}
	return parseRollup(pid, rollup)
}

// parseRollup reads the Pss line, which is in KiB.
func parseRollup(pid int, rollup []byte) (uint64, error) {
	for line := range bytes.Lines(rollup) {
		if fields := bytes.Fields(line); len(fields) == 3 && string(fields[0]) == "Pss:" {
			kib, err := strconv.ParseUint(string(fields[1]), 10, 64)
			if err != nil {
				return 0, fmt.Errorf("memory of process %d: %w", pid, err)
			}
			return kib << 10, nil
		}
	}
	return 0, fmt.Errorf("memory of process %d: no Pss in its smaps_rollup", pid)
}

// ownCPU is the user and system time of this process. The call has no way to go wrong with these arguments.
func ownCPU() time.Duration {
	var ru unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &ru); err != nil {
		return 0
	}
	return time.Duration(ru.Utime.Nano() + ru.Stime.Nano())
}

// ThisMachine describes where this process runs.
func ThisMachine() Machine {
	m := Machine{OS: runtime.GOOS, Arch: runtime.GOARCH, Cores: runtime.NumCPU(), Go: runtime.Version()}
	var u unix.Utsname
	if err := unix.Uname(&u); err == nil {
		m.Kernel = unix.ByteSliceToString(u.Release[:])
	}
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		m.CPU = cpuModel(info)
	}
	return m
}

// cpuModel is the first model name in the text of /proc/cpuinfo, empty where it has none.
func cpuModel(info []byte) string {
	for line := range bytes.Lines(info) {
		if name, value, ok := bytes.Cut(line, []byte(":")); ok && string(bytes.TrimSpace(name)) == "model name" {
			return string(bytes.TrimSpace(value))
		}
	}
	return ""
}

// raiseFileLimit lifts the soft limit of open files to the hard one and fails where need files cannot be open.
func raiseFileLimit(need int) error {
	var lim unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &lim); err != nil {
		return fmt.Errorf("limit of open files: %w", err)
	}
	if uint64(lim.Cur) >= uint64(need) {
		return nil
	}
	lim.Cur = lim.Max
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &lim); err != nil {
		return fmt.Errorf("raising the limit of open files to %d: %w", lim.Max, err)
	}
	if uint64(lim.Cur) < uint64(need) {
		return fmt.Errorf("%d files have to be open, but the limit is %d (ulimit -Hn)", need, lim.Max)
	}
	return nil
}
