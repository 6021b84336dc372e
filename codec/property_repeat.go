package codec

import "encoding/binary"

// encoded holds all values of a property that may repeat, as they stand on the wire.
type encoded struct {
	parsed []byte // begins with the first one; properties of other kinds may follow
	added  []byte // this property only; grown by the builder's calls and reused
}

// reset forgets all values and goes on with those in parsed.
func (e *encoded) reset(parsed []byte) {
	e.parsed, e.added = parsed, e.added[:0]
}

// both yields the two blocks in wire order.
func (e *encoded) both(yield func(block []byte) bool) {
	_ = yield(e.parsed) && yield(e.added)
}

// size is the number of bytes that the values of property id take, identifiers included.
func (e *encoded) size(id PropertyID) (n int) {
	n = len(e.added)
	for one, rest := nextOf(id, e.parsed); one != nil; one, rest = nextOf(id, rest) {
		n += len(one)
	}
	return n
}

// appendTo appends the values of property id to dst. They are copied as they are, because what was parsed is well-formed.
func (e *encoded) appendTo(dst []byte, id PropertyID) []byte {
	for one, rest := nextOf(id, e.parsed); one != nil; one, rest = nextOf(id, rest) {
		dst = append(dst, one...)
	}
	return append(dst, e.added...)
}

// nextOf returns the next property of kind id in block, its identifier included, and what follows it; one is nil if there is
// no further one. block was parsed or built before, so it is well-formed.
func nextOf(id PropertyID, block []byte) (one, rest []byte) {
	for len(block) > 0 {
		n := propertySize(block)
		if PropertyID(block[0]) == id {
			return block[:n], block[n:]
		}
		block = block[n:]
	}
	return nil, nil
}

// propertySize is the number of bytes of the first property of a well-formed block, its identifier included.
func propertySize(block []byte) int {
	switch PropertyID(block[0]).kind() {
	case kindByte:
		return 2
	case kindU16:
		return 3
	case kindU32:
		return 5
	case kindVarint:
		_, n := varint(block[1:])
		return 1 + n
	case kindPair:
		n := 3 + int(binary.BigEndian.Uint16(block[1:]))
		return n + 2 + int(binary.BigEndian.Uint16(block[n:]))
	default: // a string or binary data
		return 3 + int(binary.BigEndian.Uint16(block[1:]))
	}
}

// cutPair splits a well-formed user property.
func cutPair(one []byte) (key, value []byte) {
	key, rest, _ := cutBytes(one[1:])
	value, _, _ = cutBytes(rest)
	return key, value
}
