package netpoll

import (
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/vernemq/vmq/internal/invariants"
)

// flushBytes bounds what one flush of one connection writes, so that a large backlog lets others have their turn. It is
// more than a send buffer usually takes.
const flushBytes = 1 << 20

// Reserve returns a slice of length 0 and capacity at least n at the end of the pending output. Append to it at most its
// capacity and give it to Commit, before any write method of this or another connection of the loop is called. To give it up,
// call nothing.
func (c *Conn) Reserve(n int) []byte {
	if c.has(flagGone) {
		return make([]byte, 0, n) // Commit will drop it
	}
	l := c.Loop()
	l.Check()
	l.turn.reserved = c
	if c.out.tail == nil {
		c.markDirty() // a chunk that nothing is committed to goes back when the turn ends
	}
	return c.out.room(l, n)
}

// Commit makes b, the slice from Reserve extended by append, part of the pending output. It is written when the turn ends.
func (c *Conn) Commit(b []byte) {
	if c.has(flagGone) || len(b) == 0 {
		return
	}
	t := c.out.tail
	if t == nil || len(b) > cap(t.buf)-len(t.buf) || unsafe.SliceData(b) != unsafe.SliceData(t.buf[len(t.buf):cap(t.buf)]) {
		invariants.Failf("Commit of %d bytes that are not the last Reserve's", len(b))
		c.Write(b)
		return
	}
	t.buf = t.buf[:len(t.buf)+len(b)]
	c.Loop().turn.reserved = nil
	c.queued(len(b))
}

// Write appends a copy of p to the pending output. It is written when the turn ends.
func (c *Conn) Write(p []byte) {
	if c.has(flagGone) || len(p) == 0 {
		return
	}
	l := c.Loop()
	left := p
	// What fits into the last chunk goes there, so that many small writes fill it.
	if t := c.out.tail; t != nil && t.owner == nil {
		n := copy(t.buf[len(t.buf):cap(t.buf)], left)
		t.buf = t.buf[:len(t.buf)+n]
		left = left[n:]
	}
	for len(left) > 0 {
		b := c.out.room(l, min(len(left), lastChunk))
		n := copy(b[:cap(b)], left)
		t := c.out.tail
		t.buf = t.buf[:len(t.buf)+n]
		left = left[n:]
	}
	c.queued(len(p))
}

// WriteShared appends p to the pending output without copying it. p must not change until r.Release is called, which
// happens once: when p is written, when it is given up because the connection ends, or at once if it has ended.
func (c *Conn) WriteShared(p []byte, r Releaser) {
	if c.has(flagGone) || len(p) == 0 {
		r.Release()
		return
	}
	l := c.Loop()
	k := l.chunks.get()
	k.buf, k.owner = p[:len(p):len(p)], r
	l.shared += len(p)
	c.out.push(k)
	c.queued(len(p))
}

// queued counts n new bytes of output.
func (c *Conn) queued(n int) {
	l := c.Loop()
	l.Check()
	if c.out.pending == 0 {
		c.progress = l.now
	}
	c.out.pending += n
	l.pending += n
	l.turn.bytes += n
	c.markDirty()
	if l.turn.bytes >= reliefBytes {
		l.relieve()
	}
}

// markDirty puts c on the list of what is flushed when the turn ends. While the kernel takes nothing there is no point.
func (c *Conn) markDirty() {
	if c.has(flagDirty | flagBlocked | flagConnecting | flagClosed) {
		return
	}
	c.flags |= flagDirty
	l := c.Loop()
	l.turn.dirty = append(l.turn.dirty, c)
}

// Pending returns the number of bytes of output that the kernel has not taken.
func (c *Conn) Pending() int { return c.out.pending }

// Written returns the number of bytes that the kernel has taken since the connection was made.
func (c *Conn) Written() uint64 { return c.written }

// Full reports whether as much is pending as may be: Options.HighWater bytes, or less when Options.OutputMemory is short. After it
// has returned true, Handler.OnDrain follows when the pending output has fallen below Options.LowWater.
func (c *Conn) Full() bool {
	if c.out.pending < c.Loop().fullAt() {
		return false
	}
	c.flags |= flagFull
	return true
}

// fullFloor is what a connection may always have pending: a few packets, so that everybody is served however short memory is.
const fullFloor = 4 << 10

// fullAt is the limit of each connection. Sharing what is left, rather than dividing by the number of connections, gives a few
// busy ones much and many stalled ones little: k of them hold k/(k+4) of the share at most. It is asked for each message, so the
// share was computed before: a division costs more than all the rest.
func (l *Loop) fullAt() int {
	return min(l.server.opts.HighWater, max(fullFloor, (l.share-l.pending)>>2))
}

// WantDrain asks for Handler.OnDrain when pending output is below Options.LowWater, however much there is now. Where nothing is
// pending, nothing follows.
func (c *Conn) WantDrain() {
	if c.out.pending > 0 {
		c.flags |= flagFull
	}
}

// Flush writes pending output now rather than when the turn ends. Handler.OnDrain is not called from inside of it.
func (c *Conn) Flush() {
	if c.has(flagGone) {
		return
	}
	c.write()
	if c.has(flagFull) {
		c.markDirty() // OnDrain may be due: the turn's end sees to it
	}
}

// flush writes what is pending and does what its going out allows. Turn end only.
func (c *Conn) flush() {
	if c.has(flagClosed) {
		return
	}
	c.write()
	switch {
	case c.has(flagLingering):
		c.linger()
	case c.has(flagGone):
	case c.has(flagFull) && c.out.pending < c.Loop().server.opts.LowWater:
		c.flags &^= flagFull
		c.handler.OnDrain(c)
	}
}

// write gives pending output to the kernel until there is none, the kernel takes no more, or it was flushBytes.
func (c *Conn) write() {
	if c.has(flagBlocked | flagConnecting | flagMoving | flagClosed) {
		return
	}
	l := c.Loop()
	switch {
	case c.layered():
		c.writeLayered(l)
	case c.out.pending == 0:
		c.out.drop(l) // a chunk that was reserved and never committed
	default:
		c.send(l, flushBytes)
	}
}

// send gives at most limit bytes of pending output to the kernel.
func (c *Conn) send(l *Loop, limit int) {
	if invariants.Enabled && invariants.Sometimes(5) {
		limit = min(limit, 1+len(c.out.head.buf)/2) // partial writes at any byte
	}
	want := l.vec.gather(&c.out, limit)
	n, err := l.sysWrite(c, &l.vec)
	l.vec.reset()
	switch {
	case err == unix.EAGAIN:
		n = 0
	case err != nil:
		c.out.drop(l)
		if c.layers != nil {
			c.layers.encoded = 0
		}
		c.flags |= flagEOF // nothing is left that an orderly end could wait for
		c.Abort(err)
		return
	}
	if n > 0 {
		l.stats.writes.Add(1)
		l.stats.sent.Add(uint64(n))
		c.progress = l.now
		c.written += uint64(n)
		c.out.advance(l, n)
		if c.layered() {
			c.layers.encoded -= n
		}
	}
	switch {
	case n < want:
		c.block(l)
	case c.out.pending > 0:
		c.markDirty() // the limit was ours: others get their turn, then it goes on
	case c.has(flagArmed) && !writeStaysArmed:
		c.flags &^= flagArmed
		l.disarm(c)
	}
}

// block waits for the kernel to report room.
func (c *Conn) block(l *Loop) {
	c.flags |= flagBlocked
	if !c.has(flagArmed) {
		if err := l.arm(c); err != nil {
			c.Abort(err)
			return
		}
		c.flags |= flagArmed
	}
	if c.has(flagEstablished) && !c.has(flagGone) {
		c.watchPeer(l)
	}
}

// watchPeer makes sure that the timer of a slow peer runs. Progress does not move the timer, which would cost for each
// write: when it fires, it looks how long ago the last progress was.
func (c *Conn) watchPeer(l *Loop) {
	if !c.timer.Armed() {
		l.Schedule(&c.timer, l.server.opts.SlowPeerTimeout)
	}
}

// peerExpired ends a connection whose peer has taken nothing for the whole time, or waits for the rest of it.
func (c *Conn) peerExpired(l *Loop) {
	left := c.progress + l.server.opts.SlowPeerTimeout - l.now
	if left > 0 {
		l.Schedule(&c.timer, left)
		return
	}
	c.Abort(ErrSlowPeer)
}
