//go:build !invariants

// Package invariants tells whether the checks of debug builds are compiled in (go build -tags invariants).
//
// A check guarded by Enabled costs nothing in an ordinary build: the compiler drops the branch. In a build with the tag a
// broken invariant panics with the values in its text.
package invariants

// Enabled says that invariants are checked and buffers that were given back are overwritten.
const Enabled = false

// Sometimes is false: ordinary builds do not shake rare paths.
func Sometimes(int) bool { return false }

// Mangle does nothing.
func Mangle([]byte) {}

// Failf does nothing: an ordinary build goes on and lets the caller handle the case.
func Failf(string, ...any) {}
