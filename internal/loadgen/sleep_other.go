//go:build !linux

package loadgen

import "time"

// sharpenSleep does nothing: only Linux rounds short sleeps.
func sharpenSleep() {}

// sleep holds the calling goroutine for d or a little more.
func sleep(d time.Duration) { time.Sleep(d) }
