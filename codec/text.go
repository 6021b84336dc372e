package codec

import (
	"bytes"
	"encoding/binary"
	"unicode/utf8"
)

const (
	highBits = 0x8080808080808080
	lowBits  = 0x0101010101010101
)

// validText reports whether b is well-formed UTF-8 without U+0000. Topics are mostly ASCII, so it looks at eight bytes at a
// time for a high bit or a zero byte, the last eight overlapping the ones before; only a text with a high bit somewhere
// pays for the general check. A byte order mark is a character like others and is left where it stands [MQTT-1.5.4-3].
func validText(b []byte) bool {
	if len(b) < 8 {
		return validShortText(b)
	}
	for i := 0; i+8 < len(b); i += 8 {
		if notPlain(binary.LittleEndian.Uint64(b[i:])) {
			return validGeneral(b)
		}
	}
	if notPlain(binary.LittleEndian.Uint64(b[len(b)-8:])) {
		return validGeneral(b)
	}
	return true
}

// notPlain is true if a byte of w is zero or above 0x7F. The subtraction sets the high bit of a zero byte by its borrow; a
// borrow may spoil the bytes above it, but then the answer is already true.
func notPlain(w uint64) bool { return (w|(w-lowBits))&highBits != 0 }

func validShortText(b []byte) bool {
	for _, c := range b {
		if c-1 >= 0x7F { // 0, by wrapping around, and all above 0x7F
			return validGeneral(b)
		}
	}
	return true
}

// validGeneral leaves surrogates and overlong forms to the standard library, which refuses both.
func validGeneral(b []byte) bool {
	return utf8.Valid(b) && bytes.IndexByte(b, 0) < 0
}
