package netpoll

import (
	"time"

	"github.com/vernemq/vmq/internal/invariants"
)

// chunk is a piece of pending output: a slab that is being filled, or a payload by reference.
//
//	       off        len            cap
//	┌───────┬──────────┬──────────────┐
//	│written│ pending  │ Reserve here │
//	└───────┴──────────┴──────────────┘
type chunk struct {
	next  *chunk
	buf   []byte
	off   int
	owner Releaser // told when all of buf is written or given up; nil or sealed: buf is a slab of the loop
}

// output is the pending output of a connection, a list of chunks. Written bytes are never shifted; chunks go back to the
// loop as soon as they are written.
type output struct {
	head, tail *chunk
	pending    int // bytes
}

// Sizes of successive chunks of one burst: small for acknowledgements and single messages, which are most bursts; larger
// when the burst has shown to be a stream.
const (
	firstChunk = 2 << 10
	nextChunk  = 16 << 10
	lastChunk  = 64 << 10
)

// chunkKeep is how many free chunk headers (64 B each) a loop keeps.
const chunkKeep = 4096

// chunkPool keeps headers of chunks. Owned by the loop.
type chunkPool struct {
	free  *chunk
	count int
}

func (p *chunkPool) get() *chunk {
	k := p.free
	if k == nil {
		return new(chunk)
	}
	p.free, k.next = k.next, nil
	p.count--
	return k
}

func (p *chunkPool) put(k *chunk) {
	*k = chunk{}
	if p.count < chunkKeep {
		k.next, p.free = p.free, k
		p.count++
	}
}

// push appends k.
func (o *output) push(k *chunk) {
	if o.tail == nil {
		o.head = k
	} else {
		o.tail.next = k
	}
	o.tail = k
}

// room returns the tail of the last chunk if it has n free bytes, else of a new one.
func (o *output) room(l *Loop, n int) []byte {
	t := o.tail
	if t == nil || t.owner != nil || cap(t.buf)-len(t.buf) < n {
		t = l.chunks.get()
		t.buf = l.slabs.get(max(n, o.nextSize()))
		o.push(t)
		l.watchPools()
	}
	return t.buf[len(t.buf):len(t.buf):cap(t.buf)]
}

// nextSize is the size of the next chunk: it grows with what is pending.
func (o *output) nextSize() int {
	switch {
	case o.pending < firstChunk/2:
		return firstChunk
	case o.pending < nextChunk:
		return nextChunk
	}
	return lastChunk
}

// advance takes n written bytes off the front.
func (o *output) advance(l *Loop, n int) {
	o.pending -= n
	l.pending -= n
	for k := o.head; k != nil; k = o.head {
		rest := len(k.buf) - k.off
		if n < rest {
			k.off += n
			return
		}
		n -= rest
		o.pop(l)
	}
	if invariants.Enabled && (n != 0 || o.pending != 0) {
		invariants.Failf("output: %d bytes written beyond the end, %d pending of none", n, o.pending)
	}
}

// pop gives the first chunk back.
func (o *output) pop(l *Loop) {
	k := o.head
	o.head = k.next
	if o.head == nil {
		o.tail = nil
	}
	l.release(k)
}

// release gives up a chunk that is in no list.
func (l *Loop) release(k *chunk) {
	if k.owner == nil || k.owner == (sealed{}) {
		l.slabs.put(k.buf)
	} else {
		l.shared -= len(k.buf)
		k.owner.Release()
	}
	l.chunks.put(k)
}

// drop gives all of it up.
func (o *output) drop(l *Loop) {
	for o.head != nil {
		o.pop(l)
	}
	l.pending -= o.pending
	o.pending = 0
}

// poolTrim is how often a loop looks whether it keeps more free buffers than it needs.
const poolTrim = 5 * time.Second

// trimmer is the timer that trims a loop's pools. It is armed only while they hold something, so that an idle loop sleeps.
type trimmer struct{ timer Timer }

// watchPools arms the trimmer. It is called where buffers are taken, because what is taken will be given back.
func (l *Loop) watchPools() {
	if !l.trim.timer.Armed() {
		l.Schedule(&l.trim.timer, poolTrim)
	}
}

func (t *trimmer) OnTimer(l *Loop, _ *Timer) {
	left := l.slabs.trim()
	if l.chunks.count > 0 {
		// Headers have no low-water mark: half goes, and what was needed after all is made again.
		for range (l.chunks.count + 1) / 2 {
			_ = l.chunks.get()
		}
		left = left || l.chunks.count > 0
	}
	if left {
		l.watchPools()
	}
}
