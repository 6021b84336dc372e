//go:build invariants

// Package invariants tells whether the checks of debug builds are compiled in (go build -tags invariants).
//
// A check guarded by Enabled costs nothing in an ordinary build: the compiler drops the branch. In a build with the tag a
// broken invariant panics with the values in its text.
package invariants

import (
	"fmt"
	"math/rand/v2"
)

// Enabled says that invariants are checked and buffers that were given back are overwritten.
const Enabled = true

// Sometimes is true for percent of its calls, to shake paths that are rare in practice.
func Sometimes(percent int) bool { return rand.IntN(100) < percent }

// Mangle fills b with 0xCC, so that a slice that was kept too long shows in the nearest test.
func Mangle(b []byte) {
	for i := range b {
		b[i] = 0xCC
	}
}

// Failf panics: something that cannot happen has happened.
func Failf(format string, args ...any) { panic("invariant broken: " + fmt.Sprintf(format, args...)) }
