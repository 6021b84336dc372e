package netpoll

import (
	gnetpoll "github.com/panjf2000/gnet/v2/pkg/netpoll"
	"golang.org/x/sys/unix"
)

// writeStaysArmed: an edge-triggered epoll registration for room reports only after a write found none, so that it need not
// be taken back when the output is out.
const writeStaysArmed = true

// readinessOf translates an event of epoll. EPOLLRDHUP (end of input) comes with every edge-triggered registration of gnet's.
func readinessOf(ev gnetpoll.IOEvent, flags gnetpoll.IOFlags) (r readiness) {
	if gnetpoll.IsReadEvent(ev) {
		r |= canRead
	}
	if gnetpoll.IsWriteEvent(ev) {
		r |= canWrite
	}
	// Urgent data counts as hang-up, because a read stops short of it though more has arrived; see Conn.read.
	if gnetpoll.IsErrorEvent(ev, flags) || ev&(unix.EPOLLRDHUP|unix.EPOLLPRI) != 0 {
		r |= hangup
	}
	return r
}
