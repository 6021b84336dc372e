package netpoll

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// bell wakes a poller: an eventfd. Each write is a new edge, so nobody has to read it.
type bell struct{ event int }

func openBell() (bell, error) {
	fd, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	if err != nil {
		return bell{}, fmt.Errorf("eventfd: %w", err)
	}
	return bell{fd}, nil
}

func (b bell) fd() int { return b.event }

var one = uint64(1)

// ring wakes the poller. Any goroutine.
func (b bell) ring() {
	_, _, _ = unix.RawSyscall(unix.SYS_WRITE, uintptr(b.event), uintptr(unsafe.Pointer(&one)), unsafe.Sizeof(one))
}

func (b bell) close() { _ = unix.Close(b.event) }
