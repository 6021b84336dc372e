package store

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// recordVersion is the first byte of every value. A reader refuses what is newer, because it cannot know what the fields mean.
const recordVersion = 1

// ErrFormat is wrapped by errors about a record that this program cannot read: it was written by a newer one, or it is damaged.
var ErrFormat = errors.New("record of a format that this version does not know")

// reader consumes the fields of a value. After its first error it returns zeros, so that a decoder checks once, at its end.
type reader struct {
	b   []byte
	err error
}

// open consumes the version.
func (r *reader) open() {
	if v := r.byte(); r.err == nil && v != recordVersion {
		r.err = fmt.Errorf("%w: version %d, want %d", ErrFormat, v, recordVersion)
	}
}

func (r *reader) fail(what string) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: it ends within %s", ErrFormat, what)
	}
	r.b = nil
}

func (r *reader) byte() byte {
	if len(r.b) == 0 {
		r.fail("a byte")
		return 0
	}
	v := r.b[0]
	r.b = r.b[1:]
	return v
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.fail("a number")
		return 0
	}
	r.b = r.b[n:]
	return v
}

// bytes consumes n bytes, which alias the value.
func (r *reader) bytes(n uint64) []byte {
	if n > uint64(len(r.b)) {
		r.fail("a text")
		return nil
	}
	v := r.b[:n:n]
	r.b = r.b[n:]
	return v
}

// text consumes a length and that many bytes, which alias the value.
func (r *reader) text() []byte { return r.bytes(r.uvarint()) }

func appendText[T string | []byte](b []byte, s T) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

// Records that are written rarely are a list of fields, each a number, a length and its bytes. Fields with a zero value are left out.
// A reader keeps those whose number it does not know and writes them back, so that a record may pass through an older program.

func appendField(b []byte, number uint64, value []byte) []byte {
	b = binary.AppendUvarint(b, number)
	return appendText(b, value)
}

func appendNumber(b []byte, number uint64, v int64) []byte {
	if v == 0 {
		return b
	}
	var buf [binary.MaxVarintLen64]byte
	return appendField(b, number, buf[:binary.PutVarint(buf[:], v)])
}

func appendString[T string | []byte](b []byte, number uint64, s T) []byte {
	if len(s) == 0 {
		return b
	}
	b = binary.AppendUvarint(b, number)
	return appendText(b, s)
}

// fields calls known for each field of value, whose slice aliases it. known reports false for a number it does not know; those
// fields are returned as they stand.
func fields(value []byte, known func(number uint64, v []byte) bool) (unknown []byte, err error) {
	r := reader{b: value}
	r.open()
	for r.err == nil && len(r.b) > 0 {
		start := r.b
		number := r.uvarint()
		v := r.text()
		if r.err == nil && !known(number, v) {
			unknown = append(unknown, start[:len(start)-len(r.b)]...)
		}
	}
	return unknown, r.err
}

// number is the value of a field that appendNumber wrote. One that is damaged counts as 0.
func number(v []byte) int64 {
	n, _ := binary.Varint(v)
	return n
}
