//go:build !race

package model

// cases is how many cases of each kind are tried unless a flag says another number: as many as take some ten seconds.
const cases = 1000
