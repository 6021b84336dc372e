package netpoll

import "errors"

const (
	// encodeUnit is the most that one Output gets: three TLS records, which with their overhead fit into a slab of 64 KiB.
	encodeUnit = 48 << 10
	// encodeDirect is the size from which on a chunk goes to Output by itself: copying it together with the next ones would cost
	// more than the record or frame that it saves.
	encodeDirect = 16 << 10
	// encodeBatch bounds what is encoded ahead of the kernel's taking it, for one writev. A peer that does not read holds that much
	// in copies; the rest waits as it was written.
	encodeBatch = 128 << 10
)

// sealed is the owner of encoded chunks: nothing is appended to them, and their slabs go back to the loop.
type sealed struct{}

// Release is not needed: output.pop knows what to do.
func (sealed) Release() {}

// writeLayered is write for a connection with layers.
func (c *Conn) writeLayered(l *Loop) {
	if err := c.encode(l); err != nil {
		c.out.drop(l)
		c.layers.encoded = 0
		c.Abort(err)
		return
	}
	if n := c.layers.encoded; n > 0 {
		c.send(l, n)
		if c.layers.stalled && c.layers.encoded < encodeBatch {
			c.layers.stalled = false
			if c.has(flagReadable) && !c.has(flagPaused|flagGone) {
				l.readAgain(c)
			}
		}
	} else if c.out.pending == 0 {
		c.out.drop(l) // a chunk that was reserved and never committed
	}
}

// encode sends plain output down through the layers, as far as the kernel might take it at once. When the connection is
// ending and nothing plain is left, the layers say farewell.
func (c *Conn) encode(l *Loop) error {
	s := c.layers
	for s.opened && s.encoded < encodeBatch && c.out.pending > s.encoded {
		b := c.plainPiece(l)
		w, err := c.through(l, len(s.chain), b)
		if err != nil {
			return err
		}
		c.takePlain(l, len(b))
		c.putEncoded(l, w)
	}
	if !c.has(flagEnding|flagLingering) || s.farewell {
		return nil
	}
	if !s.opened {
		c.takePlain(l, c.out.pending-s.encoded) // it has no way to the peer
	}
	if c.out.pending == s.encoded {
		c.sayFarewell(l)
	}
	return nil
}

// firstPlain returns the first chunk that is not encoded.
func (c *Conn) firstPlain() *chunk {
	if c.layers.encoded > 0 {
		return c.layers.last.next
	}
	return c.out.head
}

// plainPiece returns the next bytes for Output, of one chunk or gathered from several.
func (c *Conn) plainPiece(l *Loop) []byte {
	k := c.firstPlain()
	if b := k.buf[k.off:]; len(b) >= encodeDirect || len(b) == c.out.pending-c.layers.encoded {
		return b[:min(len(b), encodeUnit)]
	}
	g := l.layerScratch().gather[:0]
	for ; k != nil && len(g) < encodeUnit; k = k.next {
		b := k.buf[k.off:]
		g = append(g, b[:min(len(b), encodeUnit-len(g))]...)
	}
	l.scratch.gather = g
	return g
}

// through sends b through Output of the layers below layer from and returns the result in a slab of the loop.
func (c *Conn) through(l *Loop, from int, b []byte) (w []byte, err error) {
	sc := l.layerScratch()
	for i := from - 1; i > 0; i-- {
		out := &sc.down[i&1]
		if b, err = c.layers.chain[i].Output(b, (*out)[:0]); err != nil {
			return nil, err
		}
		*out = kept(b)
	}
	slab := l.slabs.get(len(b) + len(b)/128 + 128)
	l.watchPools()
	if from == 0 {
		return append(slab, b...), nil
	}
	return c.layers.chain[0].Output(b, slab)
}

// takePlain removes the first n bytes that are not encoded.
func (c *Conn) takePlain(l *Loop, n int) {
	o := &c.out
	o.pending -= n
	l.pending -= n
	var prev *chunk
	if c.layers.encoded > 0 {
		prev = c.layers.last
	}
	for n > 0 {
		k := o.head
		if prev != nil {
			k = prev.next
		}
		rest := len(k.buf) - k.off
		if n < rest {
			k.off += n
			return
		}
		n -= rest
		if prev != nil {
			prev.next = k.next
		} else {
			o.head = k.next
		}
		if o.tail == k {
			o.tail = prev
		}
		l.release(k)
	}
}

// putEncoded puts w, a slab of the loop or a slice that nobody else has, behind what is encoded already.
func (c *Conn) putEncoded(l *Loop, w []byte) {
	if len(w) == 0 {
		l.slabs.put(w)
		return
	}
	s, o := c.layers, &c.out
	k := l.chunks.get()
	k.buf, k.owner = w, sealed{}
	if s.encoded > 0 {
		k.next, s.last.next = s.last.next, k
		if o.tail == s.last {
			o.tail = k
		}
	} else {
		k.next, o.head = o.head, k
		if o.tail == nil {
			o.tail = k
		}
	}
	s.last = k
	s.encoded += len(w)
	o.pending += len(w)
	l.pending += len(w)
}

// answer queues what layer i says by itself, ahead of plain output.
func (c *Conn) answer(l *Loop, i int, b []byte) {
	w, err := c.through(l, i, b)
	if err != nil {
		c.layers.end = errors.Join(c.layers.end, err)
		return
	}
	if c.out.pending == 0 {
		c.progress = l.now
	}
	c.putEncoded(l, w)
	c.markDirty()
}

// sayFarewell calls Close of all layers, the highest first. What one says goes through those below it, if they are open.
func (c *Conn) sayFarewell(l *Loop) {
	s := c.layers
	s.farewell = true
	sc := l.layerScratch()
	for i := len(s.chain) - 1; i >= 0; i-- {
		b := s.chain[i].Close(sc.answer[:0], s.why)
		if len(b) > 0 && i <= s.open {
			if w, err := c.through(l, i, b); err == nil {
				c.putEncoded(l, w)
			}
		}
		sc.answer = kept(b)
	}
}

// dropLayers tells the layers of a connection that ends without a farewell.
func (c *Conn) dropLayers() {
	s := c.layers
	if s.farewell {
		return
	}
	s.farewell = true
	for i := len(s.chain) - 1; i >= 0; i-- {
		s.chain[i].Close(nil, s.why)
	}
}
