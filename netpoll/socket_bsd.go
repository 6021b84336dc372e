//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package netpoll

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// newSocket makes a non-blocking stream socket that child processes do not inherit.
func newSocket(domain int) (int, error) {
	syscall.ForkLock.RLock() // a child that starts between the two calls would inherit the socket
	defer syscall.ForkLock.RUnlock()
	fd, err := unix.Socket(domain, unix.SOCK_STREAM, 0)
	if err != nil {
		return -1, err
	}
	return harden(fd)
}

// acceptSocket takes a connection from the backlog, non-blocking and not inherited.
func acceptSocket(fd int) (int, unix.Sockaddr, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	nfd, sa, err := unix.Accept(fd)
	if err != nil {
		return -1, nil, err
	}
	nfd, err = harden(nfd)
	return nfd, sa, err
}

func harden(fd int) (int, error) {
	unix.CloseOnExec(fd)
	if err := unix.SetNonblock(fd, true); err != nil {
		_ = unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// bindLate does nothing: these systems choose the port when they bind.
func bindLate(int) {}
