package metric

import (
	"runtime"
	"testing"
	"time"
)

// TestProcess proves that what the runtime tells arrives: each figure that a running process must have is there, and fits the others.
func TestProcess(t *testing.T) {
	p := NewProcess(2)
	runtime.GC()
	st := p.Read()
	if st.Collections == 0 || st.FreedBytes == 0 || st.Goroutines == 0 || st.CPU <= 0 || st.Uptime <= 0 || st.Cores == 0 {
		t.Errorf("a figure is missing: %+v", st)
	}
	if st.LiveBytes == 0 || st.LiveBytes > st.InUseBytes || st.InUseBytes > st.TotalBytes {
		t.Errorf("live %d, in use %d and total %d bytes do not fit", st.LiveBytes, st.InUseBytes, st.TotalBytes)
	}
	for i := range p.mu.samples {
		if s := &p.mu.samples[i]; s.Value.Kind() == 0 {
			t.Errorf("the runtime does not know %s", s.Name)
		}
	}
	if runtime.GOOS == "linux" && (st.CodeBytes == 0 || st.ContextSwitches == 0) {
		t.Errorf("a figure of Linux is missing: %+v", st)
	}
}

// TestUtilization proves that readings in quick succession show the last figure rather than one of too short a time.
func TestUtilization(t *testing.T) {
	p := NewProcess(2)
	p.mu.at = time.Now().Add(-1000 * time.Hour)
	p.mu.cpu, _ = usage()
	p.mu.cpu -= time.Duration(runtime.GOMAXPROCS(0)) * 500 * time.Hour
	first := p.Read().Utilization
	if first < 50 || first > 51 {
		t.Errorf("half of all cores for 1000 hours is a utilization of %d %%", first)
	}
	p.mu.cpu = 0
	if again := p.Read().Utilization; again != first {
		t.Errorf("a second reading at once gives %d %%, want %d", again, first)
	}
	for _, test := range []struct {
		part, whole float64
		want        uint64
	}{{1, 4, 25}, {5, 4, 100}, {0, 4, 0}, {-1, 4, 0}, {1, 0, 0}, {0.996, 100, 1}} {
		if got := percent(test.part, test.whole); got != test.want {
			t.Errorf("%v of %v is %d %%, want %d", test.part, test.whole, got, test.want)
		}
	}
}
