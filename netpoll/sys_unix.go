package netpoll

import (
	"golang.org/x/sys/unix"
)

// isAgain reports whether err means that a non-blocking call found nothing to do.
func isAgain(err error) bool { return err == unix.EAGAIN }

// readFD reads once, whatever signals come.
func readFD(fd int, b []byte) (n int, err error) {
	for {
		if n, err = sysReadFD(fd, b); err != unix.EINTR {
			return n, err
		}
	}
}

// writeTo writes the pieces with one call, whatever signals come.
func (v *ioVector) writeTo(fd int) (n int, err error) {
	for {
		if v.n == 1 {
			n, err = sysWriteFD(fd, v.piece(0))
		} else {
			n, err = writev(fd, v.vecs[:v.n])
		}
		if err != unix.EINTR {
			return n, err
		}
	}
}
