package main

import (
	"os"

	"golang.org/x/sys/unix"
)

// awaitNoReader returns true when nobody can read any more what is written to f: the other end of a pipe is closed, as that of
// `vmq-admin trace … | head` is after ten lines, or the terminal is gone. A trace of a client that does nothing writes nothing, so it would
// never notice by itself. False says that this cannot be told of f.
func awaitNoReader(f *os.File) bool {
	watched := []unix.PollFd{{Fd: int32(f.Fd())}} // errors and hang-ups are told without being asked for
	for {
		const forever = -1
		_, err := unix.Poll(watched, forever)
		if err != unix.EINTR {
			return err == nil && watched[0].Revents&(unix.POLLERR|unix.POLLHUP) != 0
		}
	}
}
