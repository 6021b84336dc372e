package wslayer

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
)

// errNotOpen is an error of the caller: nothing can be said before the upgrade or after the farewell.
var errNotOpen = errors.New("websocket: output on a connection that is not open")

// Output appends b to wire as one binary message in one frame, compressed if that was agreed on and makes it shorter. It appends
// nothing for an empty b. b is neither kept nor changed, and must not overlap wire. It is an error to call it before the
// connection is open or after it was closed.
func (l *Layer) Output(b, wire []byte) ([]byte, error) {
	if l.up != nil || l.has(closed) {
		return wire, errNotOpen
	}
	if len(b) == 0 {
		return wire, nil
	}
	l.flags |= answered
	if l.has(deflates) && len(b) >= deflateMin {
		return l.appendPacked(wire, b), nil
	}
	return l.appendFrame(wire, bitFin|opBinary, b), nil
}

// appendFrame appends one frame; first is the first byte of its header. A client's is masked with a key of its own (RFC 6455,
// 5.3), which comes from a generator that was seeded by the system and cannot be predicted.
func (l *Layer) appendFrame(wire []byte, first byte, payload []byte) []byte {
	if !l.has(isClient) {
		return append(appendHeader(wire, first, 0, len(payload)), payload...)
	}
	key := rand.Uint32()
	wire = appendHeader(wire, first, bitMask, len(payload))
	wire = binary.LittleEndian.AppendUint32(wire, key)
	wire, _ = appendMasked(wire, payload, key)
	return wire
}
