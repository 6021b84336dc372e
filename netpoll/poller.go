package netpoll

// readiness is what a poller reports of a descriptor.
type readiness uint8

const (
	canRead readiness = 1 << iota
	canWrite
	hangup // error, reset, or end of input, a read tells which; no later edge may come for what is unread
)

// A poller has these methods on every system. All registrations are edge-triggered.
//
//	bind(l)          l gets events. Before run and wake
//	run()            serves events until the loop is ending
//	wake()           ends the rest of the loop. Any goroutine
//	add(fd)          registers fd for input and hang-up
//	addBoth(fd)      registers fd for input, hang-up and room for output
//	armWrite(fd)     adds room for output to what fd is registered for. If there is room, an event comes at once
//	disarmWrite(fd)  takes it away again. Where staying armed costs nothing it is not called
//	remove(fd)       takes fd out
//	close()          after run has returned, when nobody wakes it any more
var _ interface {
	bind(l *Loop)
	run() error
	wake()
	add(fd int) error
	addBoth(fd int) error
	armWrite(fd int) error
	disarmWrite(fd int) error
	remove(fd int) error
	close()
} = (*poller)(nil)
