//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package netpoll

import "golang.org/x/sys/unix"

func sysReadFD(fd int, b []byte) (int, error) { return unix.Read(fd, b) }

func sysWriteFD(fd int, b []byte) (int, error) { return unix.Write(fd, b) }
