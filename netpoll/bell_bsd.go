//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package netpoll

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// bell wakes a poller: a pipe.
type bell struct{ reader, writer int }

func openBell() (bell, error) {
	var fds [2]int
	if err := unix.Pipe(fds[:]); err != nil {
		return bell{}, fmt.Errorf("pipe: %w", err)
	}
	for _, fd := range fds {
		unix.CloseOnExec(fd)
		if err := unix.SetNonblock(fd, true); err != nil {
			b := bell{fds[0], fds[1]}
			b.close()
			return bell{}, fmt.Errorf("pipe: %w", err)
		}
	}
	return bell{fds[0], fds[1]}, nil
}

func (b bell) fd() int { return b.reader }

// ring wakes the poller. Any goroutine. A full pipe has rung already.
func (b bell) ring() { _, _ = unix.Write(b.writer, []byte{1}) }

// heard empties the pipe.
func (b bell) heard() {
	var buf [64]byte
	for {
		if n, err := unix.Read(b.reader, buf[:]); n < len(buf) || err != nil {
			return
		}
	}
}

func (b bell) close() {
	_ = unix.Close(b.reader)
	_ = unix.Close(b.writer)
}
