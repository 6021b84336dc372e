//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package netpoll

import gnetpoll "github.com/panjf2000/gnet/v2/pkg/netpoll"

// writeStaysArmed: a kqueue write filter reports each time the peer has taken something, even with EV_CLEAR, so it must go
// when no output waits.
const writeStaysArmed = false

// readinessOf translates an event of kqueue. EV_EOF comes with either filter.
func readinessOf(ev gnetpoll.IOEvent, flags gnetpoll.IOFlags) (r readiness) {
	if gnetpoll.IsReadEvent(ev) {
		r |= canRead
	}
	if gnetpoll.IsWriteEvent(ev) {
		r |= canWrite
	}
	if gnetpoll.IsErrorEvent(ev, flags) {
		r |= hangup
	}
	return r
}
