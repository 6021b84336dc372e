package session

import "testing"

func TestLogLimit(t *testing.T) {
	var l logLimit
	written := 0
	for range 100 {
		if n, ok := l.allow(1); ok {
			written++
			if n != 0 {
				t.Errorf("line %d says that %d were not written", written, n)
			}
		}
	}
	if written != linesPerSecond {
		t.Errorf("%d lines in a second, want %d", written, linesPerSecond)
	}
	if n, ok := l.allow(2); !ok || n != 100-linesPerSecond {
		t.Errorf("the next second's first line: %v, %d not written, want %d", ok, n, 100-linesPerSecond)
	}
}
