package netpoll

import (
	"net/netip"
	"sync/atomic"
	"time"
	"unsafe"
)

// Conn is a stream connection: TCP or a unix socket. It belongs to its loop: methods are for that loop's goroutine, inside
// or outside of callbacks, except Loop, which is for any goroutine.
//
// After OnClose, methods may still be called: writes are dropped, Close and Abort do nothing.
type Conn struct {
	// loop changes in MoveTo only. It is atomic because a poller may report an event for a descriptor that was closed and
	// given to a connection of another loop meanwhile: such a loop reads this field and looks no further.
	loop     atomic.Pointer[Loop]
	handler  Handler
	listener *Listener // nil if dialled
	out      output
	in       []byte     // what OnTraffic left, a slab of the loop's pool; nil if nothing
	layers   *layering  // nil: what the socket carries is what the handler sees
	peer     netip.Addr // of RemoteAddr; its port stands below, which saves eight bytes
	// timer is the connect timeout until Established, then the watch on a slow peer, then the bound of the lingering close.
	timer    Timer
	progress time.Duration // Loop.Now when the peer last took output, or when there was none before
	written  uint64        // bytes the kernel has taken so far
	fd       int32
	flags    connFlags
	port     uint16 // of RemoteAddr
}

// maxConnSize is the budget of design: an idle connection must cost at most this many bytes here. A new field that breaks
// it stops the build.
const maxConnSize = 192

var _ [maxConnSize - unsafe.Sizeof(Conn{})]byte

// connFlags is the state of a connection. Bits that belong together:
//
//	dialled:   connecting → opened
//	accepted:  opened
//	end:       ending (Close or Abort was called) → lingering (OnClose has run) → closed
type connFlags uint32

const (
	flagConnecting  connFlags = 1 << iota // connect(2) has not succeeded yet
	flagOpened                            // OnOpen was called
	flagEstablished                       // there is no connect timeout, or Established was called
	flagPaused                            // Pause
	flagReadable                          // the kernel may have input that was not read: an edge came and no read found the end
	flagHangup                            // the kernel has reported an error or the end of input
	flagEOF                               // a read has returned the end of input
	flagRepresent                         // bytes in Conn.in must be shown to OnTraffic although no new ones have come
	flagStuck                             // the last OnTraffic consumed nothing
	flagAgain                             // in Loop.again
	flagDirty                             // in Loop.dirty
	flagArmed                             // registered for write events
	flagBlocked                           // the kernel takes no more output until it reports that it does
	flagFull                              // Full was true, OnDrain is due
	flagMoving                            // MoveTo was called, the move comes when the callback has returned
	flagEnding                            // Close or Abort was called, OnClose is due
	flagLingering                         // OnClose was called, the transport is being closed in order
	flagShut                              // shutdown(SHUT_WR) was called
	flagClosed                            // the descriptor is closed
	flagUnix                              // a unix socket
)

// flagGone are the states in which the handler hears nothing any more except OnClose.
const flagGone = flagEnding | flagLingering | flagClosed

// has reports whether any bit of f is set.
func (c *Conn) has(f connFlags) bool { return c.flags&f != 0 }

// Loop returns the loop that the connection belongs to. Any goroutine; the answer is lasting only if nobody calls MoveTo.
func (c *Conn) Loop() *Loop { return c.loop.Load() }

// Listener returns the listener that accepted the connection, nil if it was dialled.
func (c *Conn) Listener() *Listener { return c.listener }

// Handler returns the handler, nil once OnClose has returned.
func (c *Conn) Handler() Handler { return c.handler }

// SetHandler makes h the handler from the next callback on.
func (c *Conn) SetHandler(h Handler) { c.handler = h }

// RemoteAddr returns the address of the peer, invalid for a unix socket. IPv4 addresses are plain, not mapped into IPv6. Where a
// proxy stands in front and a layer has learnt from it who its client is, it is the client's address.
func (c *Conn) RemoteAddr() netip.AddrPort { return netip.AddrPortFrom(c.peer, c.port) }

// LocalAddr returns our address of the connection, invalid for a unix socket and once the connection is closed. It asks the
// kernel each time, because that saves 32 bytes a connection.
func (c *Conn) LocalAddr() netip.AddrPort {
	if c.has(flagClosed | flagUnix) {
		return netip.AddrPort{}
	}
	if f := c.Loop().fake; f != nil {
		return f.local
	}
	return localAddr(int(c.fd))
}

// Established tells that the peer has done what ListenerOptions.ConnectTimeout bounds, and cancels that timeout.
func (c *Conn) Established() {
	if c.has(flagEstablished | flagGone) {
		return
	}
	l := c.Loop()
	l.Check()
	c.flags |= flagEstablished
	l.Cancel(&c.timer)
	if c.has(flagBlocked) {
		c.watchPeer(l)
	}
}

// Pause stops reading: OnTraffic is not called until Resume. The end of input and a reset by the peer are noticed no
// sooner, unless a write finds out. It is idempotent and costs no system call.
func (c *Conn) Pause() {
	c.Loop().Check()
	c.flags |= flagPaused
}

// Resume goes on reading. Bytes that were not consumed are shown to OnTraffic again, in this turn or the next, whether or not
// more have arrived. It is idempotent.
func (c *Conn) Resume() {
	if !c.has(flagPaused) {
		return
	}
	c.flags &^= flagPaused
	l := c.Loop()
	l.Check()
	if len(c.in) > 0 || l.current == c {
		// Inside of OnTraffic it is not known yet what will be left.
		c.flags |= flagRepresent
	}
	if c.has(flagRepresent | flagReadable) {
		l.readAgain(c)
	}
}

// Paused reports whether reading is paused.
func (c *Conn) Paused() bool { return c.has(flagPaused) }

// connTimer is the timer of a connection as a TimerTarget, so that Conn has no public OnTimer.
type connTimer Conn

// OnTimer ends what has taken too long; flags tell which of its three jobs the timer has.
func (t *connTimer) OnTimer(l *Loop, _ *Timer) {
	c := (*Conn)(t)
	switch {
	case c.has(flagClosed | flagEnding):
	case c.has(flagLingering):
		c.lingerExpired()
	case c.opening() && !c.has(flagConnecting):
		c.openingExpired(l)
	case !c.has(flagEstablished):
		c.Abort(ErrConnectTimeout)
	case c.has(flagBlocked):
		c.peerExpired(l)
	}
}
