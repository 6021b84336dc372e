package netpoll

import (
	"io"
	"unsafe"

	"github.com/vernemq/vmq/internal/invariants"
)

// readLayered is read for a connection with layers: one read of the socket, which climbs through the layers to the handler.
func (c *Conn) readLayered(l *Loop) {
	if end := c.layers.end; end != nil {
		// The handler has seen what came before it.
		c.flags &^= flagReadable
		c.Close(end)
		return
	}
	if c.layers.encoded >= answersMax && c.has(flagBlocked) {
		c.layers.stalled = true // flagReadable stays
		return
	}
	room := l.readBuf
	if invariants.Enabled && invariants.Sometimes(10) {
		room = room[:3]
	}
	n := c.fill(l, room)
	if n > 0 {
		c.feed(l, room[:n], false)
		invariants.Mangle(room[:n])
	}
}

// feed lets b climb through the layers, opens the handler if they are open now, and shows it what has arrived at the top. With
// pull, each layer's Input is called even if nothing comes from below.
func (c *Conn) feed(l *Loop, b []byte, pull bool) {
	s := c.layers
	data, more := c.climb(l, b, pull)
	if !s.opened {
		if s.open < len(s.chain) {
			switch {
			case s.end != nil:
				c.Close(s.end)
			case !s.busy && c.has(flagEOF):
				c.Close(io.EOF)
			default:
				c.limitOpening(l)
			}
			return
		}
		c.openHandler(l)
	}
	if more {
		c.show(l, data)
	}
	if s.end == nil && c.has(flagEOF) {
		s.end = io.EOF
	}
	if s.end == nil {
		return
	}
	if c.has(flagPaused | flagMoving) {
		// The handler has not seen everything: the end waits like the end of input of a plain connection, which is read last.
		c.flags |= flagReadable
		return
	}
	c.Close(s.end)
}

// climb calls the layers' Input, the lowest first. data is what the handler is to see, with the kept input in front; more says
// that something was added to it.
func (c *Conn) climb(l *Loop, b []byte, pull bool) (data []byte, more bool) {
	s, sc := c.layers, l.layerScratch()
	for i, turn := 0, 0; i < len(s.chain); i, turn = i+1, turn^1 {
		if len(b) == 0 && !pull && i < s.started {
			return nil, false
		}
		s.started = max(s.started, i+1)
		top := i == len(s.chain)-1
		dst, before := sc.between[turn][:0], 0
		if top {
			dst = c.topRoom(l, len(b))
			before = len(dst)
		}
		plain, answer, err := s.chain[i].Input(b, dst, sc.answer[:0])
		if len(answer) > 0 {
			c.answer(l, i, answer)
		}
		sc.answer = kept(answer)
		if err != nil {
			s.end = err
		}
		if top {
			c.tookTop(l, plain)
			data, more = plain, len(plain) > before
		} else {
			sc.between[turn] = kept(plain)
		}
		b = plain[before:]
		if !s.opened {
			if s.step(i) {
				i--
			} else if s.open <= i {
				return nil, false // it has to open first
			}
		}
		if s.end != nil && len(b) == 0 {
			break // nothing will come any more
		}
	}
	return data, more
}

// topRoom returns the kept input in a slice that has room for about n bytes more. As in inputRoom, a small tail is copied into
// memory of the loop, and a large one of a packet that does not get complete grows in its own.
func (c *Conn) topRoom(l *Loop, n int) []byte {
	if held := len(c.in); held > smallTail && (held > len(l.readBuf)/2 || c.has(flagStuck)) {
		if cap(c.in)-held < n {
			own := append(l.slabs.get(2*held+n), c.in...)
			l.slabs.put(c.in)
			c.in = own
		}
		return c.in
	}
	return append(l.scratch.top[:0], c.in...)
}

// tookTop notes where the top layer has left its bytes: in the loop's memory, in the connection's own, or in a new slice because
// there was not enough room.
func (c *Conn) tookTop(l *Loop, plain []byte) {
	at := unsafe.SliceData(plain)
	switch {
	case cap(plain) == 0 || at == unsafe.SliceData(l.scratch.top):
	case at == unsafe.SliceData(c.in):
		c.in = c.in[:min(len(plain), cap(c.in))]
	case len(c.in) > smallTail && len(plain) > len(c.in):
		l.slabs.put(c.in)
		c.in = plain
	default:
		l.scratch.top = kept(plain)
	}
}

// show hands data to the handler unless it wants none now.
func (c *Conn) show(l *Loop, data []byte) {
	switch {
	case c.has(flagGone):
	case c.has(flagPaused | flagMoving):
		c.keep(l, data)
	default:
		c.present(data)
	}
	if unsafe.SliceData(data) == unsafe.SliceData(l.scratch.top) {
		invariants.Mangle(data)
	}
}
