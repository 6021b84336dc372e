package loadgen

import (
	"time"

	"golang.org/x/sys/unix"
)

// sharpenSleep lets sleeps of the calling thread end on time: the kernel's default is to add up to 50 µs in order to wake
// several sleepers at once. The call cannot go wrong with these arguments; if it did, sleeps would only be less sharp.
func sharpenSleep() { _ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0) }

// sleep holds the calling thread for d or a little more. A signal may end it early, which callers must expect.
func sleep(d time.Duration) {
	ts := unix.NsecToTimespec(int64(d))
	_ = unix.Nanosleep(&ts, nil)
}
