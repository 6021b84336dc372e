//go:build race

package session_test

// raceDetector says that this build is a slow one.
const raceDetector = true
