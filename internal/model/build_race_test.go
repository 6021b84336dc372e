//go:build race

package model

// cases is smaller than without the race detector, which costs ten times the time; all runs on one goroutine here.
const cases = 150
