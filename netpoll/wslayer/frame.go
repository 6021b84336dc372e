package wslayer

import "encoding/binary"

// maxHeader is the longest header: two bytes, eight of length, four of mask.
const maxHeader = 14

// maxControl is the largest payload of a control frame (RFC 6455, 5.5).
const maxControl = 125

// Opcodes (RFC 6455, 5.2).
const (
	opContinuation = 0x0
	opText         = 0x1
	opBinary       = 0x2
	opClose        = 0x8
	opPing         = 0x9
	opPong         = 0xA
)

// The bits of a header's first two bytes.
const (
	bitFin  = 0x80
	bitRSV1 = 0x40 // a message that is compressed, where that was agreed on
	bitsRSV = 0x30 // nobody uses these
	bitMask = 0x80
)

// frameHeader is what stands in front of a payload. Only headers that end are parsed, so all fields are there.
type frameHeader struct {
	first  byte // FIN, RSV, opcode
	masked bool
	key    uint32 // the lowest byte is for the first byte of the payload
	length uint64
}

// headerSize is how long the header is that begins with b: two while less is known.
func headerSize(b []byte) int {
	if len(b) < 2 {
		return 2
	}
	n := 2
	switch b[1] &^ bitMask {
	case 126:
		n += 2
	case 127:
		n += 8
	}
	if b[1]&bitMask != 0 {
		n += 4
	}
	return n
}

// parseHeader reads the header at the beginning of b, which holds all headerSize(b) bytes of it. The topmost bit of an
// eight-byte length, which must be zero, is left for the caller to find.
func parseHeader(b []byte) (h frameHeader) {
	h.first = b[0]
	h.masked = b[1]&bitMask != 0
	n := 2
	switch l := b[1] &^ bitMask; l {
	case 126:
		h.length = uint64(binary.BigEndian.Uint16(b[2:]))
		n = 4
	case 127:
		h.length = binary.BigEndian.Uint64(b[2:])
		n = 10
	default:
		h.length = uint64(l)
	}
	if h.masked {
		h.key = binary.LittleEndian.Uint32(b[n:])
	}
	return h
}

// appendHeader appends the header of a frame, without a mask's key. mask is bitMask at a client, else 0.
func appendHeader(wire []byte, first, mask byte, length int) []byte {
	switch {
	case length < 126:
		return append(wire, first, mask|byte(length))
	case length <= 0xFFFF:
		return append(wire, first, mask|126, byte(length>>8), byte(length))
	default:
		return binary.BigEndian.AppendUint64(append(wire, first, mask|127), uint64(length))
	}
}
