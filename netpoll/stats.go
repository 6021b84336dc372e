package netpoll

import (
	"errors"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Stats are counters since the server was made.
type Stats struct {
	BytesReceived, BytesSent uint64
	Reads, Writes            uint64 // system calls that moved bytes
	Accepted                 uint64 // connections that listeners accepted
	Opened, Closed           uint64 // connections whose OnOpen and OnClose were called
	Errors                   uint64 // connections that ended by an error of the system, ErrSlowPeer or a panic
	Timeouts                 uint64 // connections that ended with ErrConnectTimeout
	Wakeups                  uint64 // turns of loops
	Tasks                    uint64 // taken from mailboxes
}

// loopStats are the counters of one loop. Only the loop adds to them, and other loops' counters are far away, so that an
// addition finds its cache line where it left it.
type loopStats struct {
	_                                                          [64]byte
	received, sent, reads, writes                              atomic.Uint64
	accepted, opened, closed, errors, timeouts, tasks, wakeups atomic.Uint64
	_                                                          [64]byte
}

// countError counts the end of a connection that neither side wanted.
func (s *loopStats) countError(err error) {
	var errno unix.Errno
	if err == ErrSlowPeer || errors.As(err, &errno) {
		s.errors.Add(1)
	}
}

// add adds s to the sum in t.
func (s *loopStats) add(t *Stats) {
	t.BytesReceived += s.received.Load()
	t.BytesSent += s.sent.Load()
	t.Reads += s.reads.Load()
	t.Writes += s.writes.Load()
	t.Accepted += s.accepted.Load()
	t.Opened += s.opened.Load()
	t.Closed += s.closed.Load()
	t.Errors += s.errors.Load()
	t.Timeouts += s.timeouts.Load()
	t.Wakeups += s.wakeups.Load()
	t.Tasks += s.tasks.Load()
}

// Stats returns the sums over all loops. The counters are read one after the other while they go on counting. Any goroutine.
func (s *Server) Stats() Stats {
	var t Stats
	for _, l := range s.loops {
		l.stats.add(&t)
	}
	return t
}

// Stats returns the counters of this loop. Any goroutine.
func (l *Loop) Stats() Stats {
	var t Stats
	l.stats.add(&t)
	return t
}

// Memory estimates the bytes that the loop and its connections hold: the connections themselves, output that the kernel has not
// taken, payloads by reference included, input that was not consumed, and buffers that are kept for more of both. A buffer that moved
// with its connection still counts where it came from, so a figure may be too low here and too high there; the sum over all loops is
// right. Loop only, or any goroutine once Server.Stop has returned.
func (l *Loop) Memory() int {
	return l.Connections()*int(unsafe.Sizeof(Conn{})) + len(l.readBuf) + l.slabs.bytes() + l.shared +
		l.chunks.count*int(unsafe.Sizeof(chunk{}))
}
