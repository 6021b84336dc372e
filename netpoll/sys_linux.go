package netpoll

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// rawMax is the largest read or write in bytes that is made without telling the Go scheduler. The descriptors do not block, so
// such a call is over in microseconds, and handing the processor over and back, which is for calls that may take long, is a
// good part of what a small one costs. A larger copy would hold up a collection that wants to begin.
const rawMax = 64 << 10

func sysReadFD(fd int, b []byte) (int, error) {
	if len(b) > rawMax {
		return unix.Read(fd, b)
	}
	n, _, errno := unix.RawSyscall(unix.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

func sysWriteFD(fd int, b []byte) (int, error) {
	if len(b) > rawMax {
		return unix.Write(fd, b)
	}
	n, _, errno := unix.RawSyscall(unix.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}
