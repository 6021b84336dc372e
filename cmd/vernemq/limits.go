package main

import (
	"fmt"
	"io"
	"syscall"
)

// openFilesWanted is the recommended minimum of open files: each connection takes one.
const openFilesWanted = 65536

// openFiles is how many files and sockets this process may have open; 0 if the system does not tell. Go programs start with the
// soft limit raised to the hard one, so it is the hard one that counts.
func openFiles() uint64 {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil {
		return 0
	}
	return limit.Cur
}

// warnOpenFiles prints the warning that operators know, where the limit is low.
func warnOpenFiles(w io.Writer, limit uint64) {
	if limit == 0 || limit >= openFilesWanted {
		return
	}
	fmt.Fprintf(w, "!!!!\n!!!! WARNING: ulimit -n is %d; %d is the recommended minimum.\n!!!!\n", limit, openFilesWanted)
}
