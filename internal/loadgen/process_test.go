package loadgen

import (
	"os"
	"runtime"
	"testing"
	"time"
)

func TestParseStat(t *testing.T) {
	// A name with blanks and parentheses must not shift the fields.
	const line = "42 (a (b) c) S 1 42 42 0 -1 4194304 100 0 0 0 250 50 7 9 20 0 3 0 100 1000 100 18446744073709551615\n"
	got, err := parseStat(42, []byte(line))
	if err != nil || got != 3*time.Second {
		t.Fatalf("parseStat = %v, %v; want 3s", got, err)
	}
	for _, bad := range []string{"", "42 (x) S 1 2", "42 (x) S 1 42 42 0 -1 4194304 100 0 0 0 a 50 7 9"} {
		if got, err := parseStat(42, []byte(bad)); err == nil {
			t.Errorf("parseStat(%q) = %v, want an error", bad, got)
		}
	}
}

func TestParseRollup(t *testing.T) {
	const text = "00400000-7ffe rollup\nRss:     2000 kB\nPss:     1500 kB\nPss_Anon:  900 kB\n"
	if got, err := parseRollup(42, []byte(text)); err != nil || got != 1500<<10 {
		t.Fatalf("parseRollup = %d, %v; want %d", got, err, 1500<<10)
	}
	if got, err := parseRollup(42, []byte("Rss: 1 kB\n")); err == nil {
		t.Fatalf("parseRollup without Pss = %d, want an error", got)
	}
}

func TestOwnProcess(t *testing.T) {
	if runtime.GOOS != "linux" {
		if _, err := ProcessCPU(os.Getpid()); err == nil {
			t.Fatal("ProcessCPU without /proc is no error")
		}
		return
	}
	if _, err := ProcessCPU(os.Getpid()); err != nil {
		t.Error(err)
	}
	if bytes, err := ProcessMemory(os.Getpid()); err != nil || bytes == 0 {
		t.Errorf("ProcessMemory = %d, %v", bytes, err)
	}
	if _, err := ProcessCPU(1 << 30); err == nil {
		t.Error("CPU time of a process that cannot exist is no error")
	}
}

func TestCPUModel(t *testing.T) {
	const info = "processor\t: 0\nmodel name\t: Some CPU @ 3 GHz\nflags\t: a b\n"
	if got := cpuModel([]byte(info)); got != "Some CPU @ 3 GHz" {
		t.Errorf("cpuModel = %q", got)
	}
	if got := cpuModel(nil); got != "" {
		t.Errorf("cpuModel of nothing = %q", got)
	}
}
