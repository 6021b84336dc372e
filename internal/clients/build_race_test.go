//go:build race

package clients

// raceEnabled says that the tests run with the race detector, so that the broker is built with it too.
const raceEnabled = true
