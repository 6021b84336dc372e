package tlslayer

import (
	"bytes"
	"testing"
)

// FuzzRecords cuts a stream of records where the input says and changes a byte where it says so: what arrives is what was sent, up to the
// change.
func FuzzRecords(f *testing.F) {
	w := newWorld(f)
	s := newServer(f, w.options)
	f.Add([]byte("some bytes"), []byte{1, 2, 3}, uint16(0))
	f.Add(bytes.Repeat([]byte("x"), 40000), []byte{5, 255, 0, 1}, uint16(0))
	f.Add([]byte("some bytes"), []byte{200}, uint16(7))
	f.Fuzz(func(t *testing.T, data, cuts []byte, flip uint16) {
		b := connect(t, s, w.trust())
		if err := b.client.Handshake(); err != nil {
			t.Fatal(err)
		}
		for rest := data; len(rest) > 0; {
			n := min(len(rest), 1+len(rest)/3)
			if _, err := b.client.Write(rest[:n]); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		changed := flip > 0 && int(flip) < len(b.wire.out)
		if changed {
			b.wire.out[flip] ^= 0x20
		}
		next := 0
		b.wire.cut = func(left int) int {
			if len(cuts) == 0 {
				return left
			}
			next++
			return min(left, 1+int(cuts[next%len(cuts)])<<(next%8))
		}
		b.wire.flush()
		if !bytes.HasPrefix(data, b.handler.got) || (!changed && len(b.handler.got) != len(data)) {
			t.Fatalf("%d bytes arrived of %d, changed: %v", len(b.handler.got), len(data), changed)
		}
		if b.handler.closed && !changed {
			t.Fatalf("closed: %v", b.handler.err)
		}
		b.peer.Hangup()
		if !b.handler.closed {
			t.Fatal("not closed by the peer's end")
		}
	})
}

// FuzzHello proves that no first bytes do harm, and that the answer about a prefix agrees with that about the whole.
func FuzzHello(f *testing.F) {
	w := newWorld(f)
	s := newServer(f, w.options)
	f.Add([]byte("\x16\x03\x01\x00\x05\x01\x00\x00\x01\xff"))
	f.Add([]byte("\x16\x03\x01\x00\x01\x01\x16\x03\x01\x00\x04\x00\x00\x01\x00"))
	f.Add([]byte("\x10\x0c"))
	f.Fuzz(func(t *testing.T, p []byte) {
		whole, err := helloWhole(p)
		for cut := range p {
			w2, err2 := helloWhole(p[:cut])
			if (err2 != nil && err == nil && !whole) || (w2 && (!whole || err != nil)) {
				t.Fatalf("%d bytes: %v, %v; all %d: %v, %v", cut, w2, err2, len(p), whole, err)
			}
		}
		b := connect(t, s, w.trust())
		b.peer.Send(p)
		b.peer.Hangup()
		if !b.handler.closed || b.handler.opened != 0 {
			t.Fatalf("closed %v, opened %d times", b.handler.closed, b.handler.opened)
		}
	})
}
