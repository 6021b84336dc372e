package netpoll

import (
	"io"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/vernemq/vmq/internal/invariants"
)

// ready serves an event of the poller, or, with r 0, an entry of the again list.
func (c *Conn) ready(r readiness) {
	if c.has(flagClosed) {
		return
	}
	if r&hangup != 0 {
		c.flags |= flagHangup
		r |= canRead | canWrite // a read or a write will tell the reason
	}
	if c.has(flagConnecting) {
		if r != 0 {
			c.connected()
		}
		return
	}
	if r&canWrite != 0 && c.has(flagBlocked) {
		c.flags &^= flagBlocked
		c.markDirty()
	}
	if r&canRead != 0 {
		c.flags |= flagReadable
	}
	switch {
	case c.has(flagLingering):
		c.discard()
		return
	case c.has(flagPaused | flagEnding | flagMoving):
		return
	}
	if c.has(flagRepresent) {
		c.flags &^= flagRepresent
		if len(c.in) > 0 {
			c.present(c.in)
		}
		if c.has(flagPaused | flagGone | flagMoving) {
			return
		}
	}
	if c.has(flagReadable) {
		c.read()
	}
}

// read makes one read and shows the result to the handler. If there may be more, the connection goes on the again list, so
// that others get their turn first.
func (c *Conn) read() {
	l := c.Loop()
	if c.layered() {
		c.readLayered(l)
		return
	}
	data, room := c.inputRoom(l)
	if n := c.fill(l, room); n > 0 {
		c.present(data[:len(data)+n])
	}
}

// fill reads into room and does all that follows from how the read ended. It returns the number of bytes.
func (c *Conn) fill(l *Loop, room []byte) int {
	n, err := l.sysRead(c, room)
	switch {
	case err == unix.EAGAIN:
		c.flags &^= flagReadable
		return 0
	case err != nil:
		c.flags &^= flagReadable
		c.Abort(err)
		return 0
	case n == 0:
		c.flags |= flagEOF
		c.flags &^= flagReadable
		if c.opening() && c.layers.busy {
			return 0 // what was read before may still come to something
		}
		// Output that is already queued is still flushed: a peer that has only shut down its sending side reads it.
		c.Close(io.EOF)
		return 0
	}
	l.stats.reads.Add(1)
	l.stats.received.Add(uint64(n))
	if n < len(room) && !c.has(flagHangup) {
		// A short read of a stream has found the end of what is there; later bytes bring a new edge. After a hang-up no
		// new edge would come, so the end of input must be read now.
		c.flags &^= flagReadable
	} else {
		l.readAgain(c)
	}
	return n
}

// smallTail is what copying costs less than a tenth of the read that it is for.
const smallTail = 4 << 10

// inputRoom returns where to read: room directly behind data, which is the kept input.
//
// A small tail is copied to the front of the loop's buffer. A large one of a packet that does not get complete stays in its
// own, so that a packet that comes byte by byte is not copied for each of them. That buffer doubles as bytes arrive: never by
// a length that the peer only claims.
func (c *Conn) inputRoom(l *Loop) (data, room []byte) {
	kept := len(c.in)
	if kept <= smallTail || (kept <= len(l.readBuf)/2 && !c.has(flagStuck)) {
		copy(l.readBuf, c.in)
		data, room = l.readBuf[:kept], l.readBuf[kept:]
	} else {
		if cap(c.in)-kept < kept/2 {
			own := append(l.slabs.get(2*kept), c.in...)
			l.slabs.put(c.in)
			c.in = own
		}
		data, room = c.in, c.in[kept:cap(c.in)]
	}
	if invariants.Enabled && invariants.Sometimes(10) {
		room = room[:min(len(room), 3)] // packets torn at any byte
	}
	return data, room
}

// present shows data to the handler and keeps what it does not consume. data is in the loop's read buffer or in c.in.
func (c *Conn) present(data []byte) {
	l := c.Loop()
	n := c.handler.OnTraffic(c, data)
	if n < 0 || n > len(data) {
		invariants.Failf("OnTraffic consumed %d of %d bytes", n, len(data))
		n = min(max(n, 0), len(data))
	}
	if c.has(flagGone) {
		n = len(data) // reading stops at Close: later bytes are ignored
	}
	if n == 0 {
		c.flags |= flagStuck
	} else {
		c.flags &^= flagStuck
	}
	own := unsafe.SliceData(data) != unsafe.SliceData(l.readBuf)
	c.keep(l, data[n:])
	if !own {
		invariants.Mangle(data)
	}
}

// keep makes rest, which may lie in c.in, the kept input. The buffer is exchanged for a smaller one when most of it is empty,
// so that one large packet does not cost the connection a large buffer for ever.
func (c *Conn) keep(l *Loop, rest []byte) {
	switch {
	case len(rest) == 0:
		if c.in != nil {
			l.slabs.put(c.in)
			c.in = nil
		}
	case unsafe.SliceData(rest) == unsafe.SliceData(c.in):
		c.in = rest
	case cap(c.in) >= len(rest) && (cap(c.in) <= slabSizes[0] || cap(c.in)/8 <= len(rest)):
		c.in = c.in[:copy(c.in[:cap(c.in)], rest)]
	default:
		own := append(l.slabs.get(len(rest)), rest...)
		if c.in != nil {
			l.slabs.put(c.in)
		}
		c.in = own
		l.watchPools()
	}
}
