//go:build darwin || openbsd

package netpoll

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// writev writes piece by piece. On these systems a program may enter the kernel through library functions only, and the one
// that golang.org/x/sys offers allocates its vector for each call.
func writev(fd int, vecs []unix.Iovec) (total int, err error) {
	for i := range vecs {
		n, err := unix.Write(fd, unsafe.Slice(vecs[i].Base, int(vecs[i].Len)))
		if err != nil {
			if total > 0 {
				return total, nil // the caller takes it for a short write, comes again, and hears the error then
			}
			return 0, err
		}
		total += n
		if n < int(vecs[i].Len) {
			break
		}
	}
	return total, nil
}
