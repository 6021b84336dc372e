package netpoll

import "golang.org/x/sys/unix"

// newSocket makes a non-blocking stream socket that child processes do not inherit.
func newSocket(domain int) (int, error) {
	return unix.Socket(domain, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
}

// acceptSocket takes a connection from the backlog, non-blocking and not inherited.
func acceptSocket(fd int) (int, unix.Sockaddr, error) {
	return unix.Accept4(fd, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
}

// bindLate lets bind choose an address without a port, so that connect may choose the same port for different peers: more
// than 28,000 connections from one address become possible.
func bindLate(fd int) {
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
}
