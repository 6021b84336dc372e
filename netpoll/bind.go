package netpoll

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// unlinks reports whether the listener has a file that goes with it.
func (ln *Listener) unlinks() bool { return ln.to.path != "" && !strings.HasPrefix(ln.to.path, "@") }

// open makes the listening socket. mu is held.
func (ln *Listener) open() (fd int, err error) {
	if ln.unlinks() {
		if err := removeStale(ln.to.path); err != nil {
			return -1, err
		}
	}
	domain, sa, err := ln.to.family()
	if err != nil {
		return -1, err
	}
	fd, err = newSocket(domain)
	if err == unix.EAFNOSUPPORT && ln.to.any {
		// A kernel without IPv6: any address means any IPv4 address.
		domain, sa = unix.AF_INET, &unix.SockaddrInet4{Port: int(ln.to.ip.Port())}
		fd, err = newSocket(domain)
	}
	if err != nil {
		return -1, os.NewSyscallError("socket", err)
	}
	defer func() {
		if err != nil {
			_ = unix.Close(fd)
		}
	}()
	if err := ln.bind(fd, domain, sa); err != nil {
		return -1, err
	}
	backlog := ln.opts.Backlog
	if backlog <= 0 {
		backlog = 1<<16 - 1 // the kernel lowers it to its maximum
	}
	if err := unix.Listen(fd, backlog); err != nil {
		return -1, os.NewSyscallError("listen", err)
	}
	ln.mu.addr = &net.UnixAddr{Name: ln.to.path, Net: "unix"}
	if ln.to.path == "" {
		// Keep the port that the kernel chose, so that Resume opens the same one.
		ln.to.ip = netip.AddrPortFrom(ln.to.ip.Addr(), localAddr(fd).Port())
		ln.mu.addr = net.TCPAddrFromAddrPort(ln.to.ip)
	}
	return fd, nil
}

// bind sets what must be set before listen.
func (ln *Listener) bind(fd, domain int, sa unix.Sockaddr) error {
	if domain == unix.AF_INET6 {
		only := 1
		if ln.to.any {
			only = 0
		}
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, only); err != nil {
			return os.NewSyscallError("setsockopt IPV6_V6ONLY", err)
		}
	}
	if domain != unix.AF_UNIX {
		// Connections of an earlier life may still be in TIME_WAIT.
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
			return os.NewSyscallError("setsockopt SO_REUSEADDR", err)
		}
	}
	// Accepted sockets inherit these. They must be set before listen for the window scale to fit.
	if err := setBuffers(fd, ln.opts.SendBuffer, ln.opts.ReceiveBuffer); err != nil {
		return err
	}
	if err := unix.Bind(fd, sa); err != nil {
		return os.NewSyscallError("bind", err)
	}
	if ln.unlinks() && ln.opts.Mode != 0 {
		return os.Chmod(ln.to.path, ln.opts.Mode)
	}
	return nil
}

// setBuffers sets the sizes of socket buffers that are not 0.
func setBuffers(fd, send, receive int) error {
	if send > 0 {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, send); err != nil {
			return os.NewSyscallError("setsockopt SO_SNDBUF", err)
		}
	}
	if receive > 0 {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, receive); err != nil {
			return os.NewSyscallError("setsockopt SO_RCVBUF", err)
		}
	}
	return nil
}

// removeStale removes the file of a unix socket that nobody listens on. A file that is no socket, or one that somebody
// answers on, is an error.
func removeStale(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode()&fs.ModeSocket == 0 {
		return fmt.Errorf("%s exists and is not a socket", path)
	}
	fd, err := newSocket(unix.AF_UNIX)
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	defer func() { _ = unix.Close(fd) }()
	switch err := unix.Connect(fd, &unix.SockaddrUnix{Name: path}); err {
	case nil, unix.EAGAIN, unix.EINPROGRESS:
		return fmt.Errorf("%s: somebody else listens there: %w", path, unix.EADDRINUSE)
	case unix.ECONNREFUSED:
		return os.Remove(path)
	case unix.ENOENT:
		return nil
	default:
		return fmt.Errorf("%s: %w", path, err)
	}
}
