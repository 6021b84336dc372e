package logging

import (
	"strings"
	"testing"
	"time"
)

func TestSchedule(t *testing.T) {
	at := time.Date(2026, time.February, 27, 10, 30, 0, 0, time.UTC) // a Friday
	for text, want := range map[string]string{
		"$D0":     "2026-02-28 00:00",
		"$D10":    "2026-02-28 10:00",
		"$D11":    "2026-02-27 11:00",
		"$W5D11":  "2026-02-27 11:00",
		"$W5D10":  "2026-03-06 10:00",
		"$W0":     "2026-03-01 00:00",
		"$M1D5":   "2026-03-01 05:00",
		"$M27D23": "2026-02-27 23:00",
		"$M31":    "2026-03-31 00:00",
	} {
		s, ok := parseSchedule(text)
		if got := s.next(at).Format("2006-01-02 15:04"); !ok || got != want {
			t.Errorf("%s after %v: %s, %v, want %s", text, at, got, ok, want)
		}
	}
	for _, text := range []string{"", "$", "$D24", "$W7D1", "$M0", "$M32", "D0", "$D", "$D0x", "daily"} {
		if s, ok := parseSchedule(text); ok {
			t.Errorf("%q is taken as %+v", text, s)
		}
	}
}

// TestCrashRotation proves that a file with reports is put aside when the time has come, each time, and that an empty one is not.
func TestCrashRotation(t *testing.T) {
	dir := t.TempDir()
	l := open(t, load(t, dir, "log.console = off\nlog.error = off\nlog.crash.file = crash.log\nlog.crash.rotation.keep = 0\n"), nil)
	crash := l.closers[len(l.closers)-1].(*crashLog)
	if left := crash.wait(); left <= 0 || left > 25*time.Hour {
		t.Errorf("the next midnight is %v away", left)
	}
	for range 2 {
		l.Logger().Error("a plugin panicked", stackKey, "frames")
		if text := read(t, dir, "crash.log"); strings.Count(text, "panicked") != 1 {
			t.Errorf("before midnight: %q", text)
		}
		crash.due()
		crash.due()
		if text := read(t, dir, "crash.log"); text != "" {
			t.Errorf("after midnight: %q", text)
		}
	}
	if !crash.timer.Stop() {
		t.Error("nothing waits for the next midnight")
	}
}
