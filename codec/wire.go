package codec

import (
	"encoding/binary"

	"github.com/vernemq/vmq/internal/invariants"
)

// reader takes fields off a body. After its first error it yields zero values and keeps that error, so that a parser reads
// all its fields in a row and asks once.
type reader struct {
	b   []byte
	err *Error
}

func (r *reader) fail(e *Error) {
	if r.err == nil {
		r.err = e
	}
	r.b = nil
}

func (r *reader) u8() byte {
	if len(r.b) < 1 {
		r.fail(errTruncated)
		return 0
	}
	v := r.b[0]
	r.b = r.b[1:]
	return v
}

func (r *reader) u16() uint16 {
	if len(r.b) < 2 {
		r.fail(errTruncated)
		return 0
	}
	v := binary.BigEndian.Uint16(r.b)
	r.b = r.b[2:]
	return v
}

// bytes reads a string or binary field: two length bytes, then the value, which aliases the body. The capacity ends with
// the value, so that an append to it cannot overwrite the next field.
func (r *reader) bytes() []byte {
	v, rest, ok := cutBytes(r.b)
	if !ok {
		r.fail(errTruncated)
		return nil
	}
	r.b = rest
	return v
}

// properties reads a property block into p.
func (r *reader) properties(p *Properties) {
	if r.err != nil {
		p.present = 0
		return
	}
	rest, err := p.parse(r.b)
	if err != nil {
		r.fail(err)
		return
	}
	r.b = rest
}

// done returns the first error, or one for bytes that nobody has read.
func (r *reader) done() error {
	if r.err != nil {
		return r.err
	}
	if len(r.b) != 0 {
		return errTrailing
	}
	return nil
}

// cutBytes splits a string or binary field off b.
func cutBytes(b []byte) (v, rest []byte, ok bool) {
	if len(b) < 2 {
		return nil, nil, false
	}
	end := 2 + int(binary.BigEndian.Uint16(b))
	if len(b) < end {
		return nil, nil, false
	}
	return b[2:end:end], b[end:], true
}

// varint reads a variable byte integer. size is the number of bytes it takes, 0 where b ends inside it, and -1 where a fifth
// byte would be needed.
func varint(b []byte) (v uint32, size int) {
	for i := range min(len(b), 4) {
		v |= uint32(b[i]&0x7F) << (7 * i)
		if b[i] < 0x80 {
			return v, i + 1
		}
	}
	if len(b) < 4 {
		return 0, 0
	}
	return 0, -1
}

// strictVarint is varint for the places that MQTT 5 brought, where a value has one encoding only [MQTT-1.5.5-1].
func strictVarint(b []byte) (v uint32, size int, err *Error) {
	v, size = varint(b)
	switch {
	case size == 0:
		return 0, 0, errTruncated
	case size < 0:
		return 0, 0, errVarint
	case size > 1 && b[size-1] == 0:
		return 0, 0, errVarintOverlong
	}
	return v, size, nil
}

// varintSize is the number of bytes that v takes.
func varintSize(v uint32) int {
	switch {
	case v < 1<<7:
		return 1
	case v < 1<<14:
		return 2
	case v < 1<<21:
		return 3
	}
	return 4
}

// appendVarint appends v with the fewest bytes [MQTT-1.5.5-1].
func appendVarint(dst []byte, v uint32) []byte {
	if v < 1<<7 {
		return append(dst, byte(v))
	}
	if v < 1<<14 {
		return append(dst, byte(v)|0x80, byte(v>>7))
	}
	if invariants.Enabled && v > MaxRemaining {
		invariants.Failf("variable byte integer %d: above %d", v, MaxRemaining)
	}
	if v < 1<<21 {
		return append(dst, byte(v)|0x80, byte(v>>7)|0x80, byte(v>>14))
	}
	return append(dst, byte(v)|0x80, byte(v>>7)|0x80, byte(v>>14)|0x80, byte(v>>21)&0x7F)
}

// appendBytes appends a string or binary field. One that is too long for its two length bytes is cut: the packet keeps its
// framing, and what the size functions say stays true. Check reports such a field; a debug build stops.
func appendBytes(dst, v []byte) []byte {
	n := fieldLen(v)
	dst = append(dst, byte(n>>8), byte(n))
	return append(dst, v[:n]...)
}

// fieldLen is the number of bytes of v that appendBytes writes after the length.
func fieldLen(v []byte) int {
	if len(v) > MaxString {
		if invariants.Enabled {
			invariants.Failf("field of %d bytes: above %d", len(v), MaxString)
		}
		return MaxString
	}
	return len(v)
}

// checkText enforces what holds for each UTF-8 string of each packet.
func checkText(v []byte) error {
	if len(v) > MaxString { // [MQTT-4.7.3-3]; only a builder can get here
		return errStringTooLong
	}
	if !validText(v) { // [MQTT-1.5.4-1], [MQTT-1.5.4-2], [MQTT-4.7.3-2]
		return errUTF8
	}
	return nil
}
