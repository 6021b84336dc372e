package wslayer

import (
	"bytes"
	"io"
	"slices"
	"sync"

	"github.com/gobwas/httphead"
	"github.com/gobwas/ws/wsflate"
	"github.com/klauspost/compress/flate"
)

const (
	// deflateMin is the smallest message that is compressed, in bytes. Below it a packet of MQTT is mostly one segment anyway,
	// and compressing costs more than sending.
	deflateMin = 1024
	// scratchMax is the largest buffer that a shared machine keeps, in bytes.
	scratchMax = 64 << 10
	// A peer to which nothing was sent yet has not been accepted by whoever stands above: so little may it make us keep of a
	// compressed message, and inflate in one call. Afterwards terms.maxInflated bounds both.
	strangerKeeps    = 64 << 10
	strangerInflates = 1 << 20
)

// deflateTail is what the sender of a message cut off (RFC 7692, 7.2.1), and an empty last block, so that the inflater finds
// an end.
const deflateTail = "\x00\x00\xff\xff\x01\x00\x00\xff\xff"

// part is a compressed message, as far as it has come.
type part struct {
	b []byte
}

// inflateLimit is how many bytes one call of Input may inflate.
func (l *Layer) inflateLimit() int {
	if !l.has(answered) {
		return min(strangerInflates, l.terms.maxInflated)
	}
	return l.terms.maxInflated
}

// packed takes a part of a compressed message, and inflates the message when it is whole.
func (in *input) packed(b []byte) error {
	l := in.l
	whole := l.left == 0 && l.has(final)
	if l.part == nil && whole {
		l.key = mask(b, b, l.key)
		return in.unpack(b)
	}
	if l.part == nil {
		l.part = new(part)
	}
	limit := l.terms.maxInflated
	if !l.has(answered) {
		limit = min(limit, strangerKeeps)
	}
	if len(l.part.b)+len(b) > limit {
		return in.fail(StatusTooBig, "a compressed message of more than %d bytes", limit)
	}
	l.part.b, l.key = appendMasked(l.part.b, b, l.key)
	if !whole {
		return nil
	}
	b, l.part = l.part.b, nil
	return in.unpack(b)
}

// unpack inflates a whole message.
func (in *input) unpack(b []byte) error {
	z := inflaters.Get().(*inflater)
	defer inflaters.Put(z)
	plain, err := z.message(in.plain, b, in.inflate)
	switch {
	case err == errTooLong:
		return in.fail(StatusTooBig, "compressed messages that inflate to more than %d bytes in one turn", in.l.inflateLimit())
	case err != nil:
		return in.fail(StatusInvalidData, "a compressed message: %v", err)
	}
	in.inflate -= len(plain) - len(in.plain)
	in.plain = plain
	return nil
}

// inflater is a machine that inflates messages, of whatever connection.
type inflater struct {
	flate io.Reader // a flate.Resetter
	in    bytes.Reader
	buf   []byte
}

var inflaters = sync.Pool{New: func() any {
	z := &inflater{}
	z.flate = flate.NewReader(&z.in)
	return z
}}

// errTooLong says that a message inflates to more than its limit.
var errTooLong = io.ErrShortBuffer

// message appends the inflated form of b to plain. It appends at most limit bytes, and returns errTooLong if that is not all.
func (z *inflater) message(plain, b []byte, limit int) ([]byte, error) {
	z.buf = append(append(z.buf[:0], b...), deflateTail...)
	z.in.Reset(z.buf)
	if cap(z.buf) > scratchMax {
		z.buf = nil
	}
	if err := z.flate.(flate.Resetter).Reset(&z.in, nil); err != nil {
		return plain, err
	}
	for end := len(plain) + limit; ; {
		plain = slices.Grow(plain, 512)
		room := plain[len(plain):min(cap(plain), end+1)]
		n, err := z.flate.Read(room)
		plain = plain[:len(plain)+n]
		switch {
		case len(plain) > end:
			return plain[:end], errTooLong
		case err == io.EOF:
			return plain, nil
		case err != nil:
			return plain, err
		}
	}
}

// deflater is a machine that compresses messages, of whatever connection.
type deflater struct {
	flate *flate.Writer
	out   []byte
}

var deflaters = sync.Pool{New: func() any {
	z := &deflater{}
	z.flate, _ = flate.NewWriter(z, flate.BestSpeed) // the only error is a level that does not exist
	return z
}}

// Write collects what flate has compressed.
func (z *deflater) Write(b []byte) (int, error) {
	z.out = append(z.out, b...)
	return len(b), nil
}

// message returns the compressed form of b, without deflateTail. It is valid until the next call.
func (z *deflater) message(b []byte) []byte {
	z.out = z.out[:0]
	z.flate.Reset(z)
	_, err1 := z.flate.Write(b)
	err2 := z.flate.Flush()
	if err1 != nil || err2 != nil {
		return b // it cannot happen, since Write has no errors; what is not shorter is sent as it is
	}
	return bytes.TrimSuffix(z.out, []byte(deflateTail[:4]))
}

// appendPacked appends b as a compressed message, or as it is where that is shorter.
func (l *Layer) appendPacked(wire, b []byte) []byte {
	z := deflaters.Get().(*deflater)
	defer deflaters.Put(z)
	if out := z.message(b); len(out) < len(b) {
		wire = l.appendFrame(wire, bitFin|bitRSV1|opBinary, out)
	} else {
		wire = l.appendFrame(wire, bitFin|opBinary, b)
	}
	if cap(z.out) > scratchMax {
		z.out = nil
	}
	return wire
}

// offersDeflate tells whether a client's list of extensions has permessage-deflate with parameters that deflateAgreed answers.
// An offer that wants a smaller window of us is not one of them. That the client would use a smaller window is no matter.
func offersDeflate(list []byte) bool {
	options, ok := httphead.ParseOptions(list, nil)
	if !ok {
		return false
	}
	for _, o := range options {
		var p wsflate.Parameters
		if string(o.Name) == wsflate.ExtensionName && p.Parse(o) == nil &&
			(!p.ServerMaxWindowBits.Defined() || p.ServerMaxWindowBits == 15) {
			return true
		}
	}
	return false
}
