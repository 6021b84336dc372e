// Package config reads vernemq.conf: its syntax, its keys, its checks and the values that can change while the broker runs.
//
// # From text to values
//
//	1 syntax.go      one file becomes settings and includes, each with its position
//	2 include.go     included files are spliced in, in alphabetical order
//	3 layers.go      vm.args, the environment and -o overrides are laid over the file; of a key written twice the last one stays
//	4 legacy.go      keys of older versions become the keys of today
//	5 lookup.go      each key finds its row; an unknown key gets the nearest known ones as a hint
//	6 substitute.go  $(key), $(ENVIRONMENT) and $(<file) are replaced
//	7 convert.go     text becomes a Value as the row's kind, range and words say
//	8 check.go       rules that need more than one value, or the file system
//	9 build.go       defaults are added and the sections of Config filled
//
// Every step goes on after a problem and works with what is left, so that one run reports all mistakes of all files. A line
// that was in error already is not reported a second time by a later step.
//
// # Rows
//
// A key exists because a Row in one of the rows_*.go files says so. The parser, the checks, Live, the reference page
// docs/configuration.md and the file that ships, etc/vernemq.conf, all read these rows and nothing else. NAME, MODULE and N
// in a row's key stand for a segment that the operator chooses. Which keys the broker acts on today is the list in
// status.go; all others are accepted with a warning.
//
// # Who may use what
//
// A *Config never changes after Load returned it: any goroutine may read it, and must not write to its slices. Live replaces
// the whole Config when a value is set, so a reader that wants several values which fit together loads it once.
package config

//go:generate go run ../internal/docgen
