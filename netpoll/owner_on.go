//go:build invariants

package netpoll

import (
	"bytes"
	"runtime"
	"strconv"
)

// ownerID names a goroutine; zero for none.
type ownerID struct{ goroutine uint64 }

// currentOwner returns the id of the running goroutine from the head of its stack trace, "goroutine 7 [running]:". The
// runtime has no other way to ask, which is too slow for anything but builds with the tag invariants.
func currentOwner() ownerID {
	var b [64]byte
	s := bytes.TrimPrefix(b[:runtime.Stack(b[:], false)], []byte("goroutine "))
	s, _, _ = bytes.Cut(s, []byte(" "))
	id, _ := strconv.ParseUint(string(s), 10, 64)
	return ownerID{id}
}
