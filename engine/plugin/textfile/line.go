package textfile

import (
	"fmt"
	"iter"
	"strings"
)

// Mistake is what is wrong with a file, in the first line that is not understood.
type Mistake struct {
	// File is its path, filled in by Watch.
	File string
	// Line counts from 1.
	Line int
	// Why names what is wrong. It never repeats secrets.
	Why string
}

func (m *Mistake) Error() string { return fmt.Sprintf("%s:%d: %s", m.File, m.Line, m.Why) }

// Lines goes through the lines of a file, with their numbers from 1 on. Lines end with LF or CRLF, the last one perhaps with nothing.
func Lines(text string) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		n := 0
		for line := range strings.Lines(text) {
			n++
			if cut, ended := strings.CutSuffix(line, "\n"); ended {
				line = strings.TrimSuffix(cut, "\r")
			}
			if !yield(n, line) {
				return
			}
		}
	}
}
