package netpoll

// readiness is what a poller reports of a descriptor.
type readiness uint8

const (
	canRead readiness = 1 << iota
	canWrite
	hangup // error, reset, or end of input, a read tells which; no later edge may come for what is unread
)

// Every system has a poller with these methods. All registrations are edge-triggered.
var _ interface {
	bind(l *Loop)             // l gets the events; before run and wake
	run() error               // serves events until the loop is ending
	wake()                    // ends the rest of the loop; any goroutine
	add(fd int) error         // registers fd for input and hang-up
	addBoth(fd int) error     // for input, hang-up and room for output
	armWrite(fd int) error    // adds room for output; if there is room, an event comes at once
	disarmWrite(fd int) error // takes it away again; not called where staying armed costs nothing
	remove(fd int) error      // takes fd out
	close()                   // after run has returned, when nobody wakes it any more
} = (*poller)(nil)
