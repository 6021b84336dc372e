//go:build linux || freebsd || dragonfly || netbsd

package netpoll

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// writev is the system call itself: unix.Writev takes slices and allocates the vector for each call.
func writev(fd int, vecs []unix.Iovec) (int, error) {
	n, _, errno := unix.Syscall(unix.SYS_WRITEV, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(vecs))), uintptr(len(vecs)))
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}
