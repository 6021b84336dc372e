package wslayer

import (
	"encoding/binary"
	"io"
	"unicode/utf8"
)

// cutFrame is the payload of a control frame, as far as it has come.
type cutFrame struct {
	n uint8
	b [maxControl]byte
}

// control takes a part of a control frame, and acts when the frame is whole.
func (in *input) control(b []byte) error {
	l := in.l
	if l.cut != nil || l.left > 0 {
		if l.cut == nil {
			l.cut = new(cutFrame)
		}
		c := l.cut
		l.key = mask(c.b[c.n:], b, l.key)
		c.n += uint8(len(b)) // header lets at most maxControl bytes come
		if l.left > 0 {
			return nil
		}
		b, l.cut = c.b[:c.n], nil
	} else {
		l.key = mask(b, b, l.key)
	}
	switch {
	case l.has(isPing):
		in.ping, in.pinged = b, true
	case l.has(isClose):
		return in.closing(b)
	}
	return nil // nobody here sends pings, so a pong says nothing
}

// closing answers a close frame: with the same code, or with the code for what is wrong with it.
func (in *input) closing(b []byte) error {
	switch {
	case len(b) == 0:
		in.wire = in.l.appendClose(in.wire, 0)
		return io.EOF
	case len(b) == 1: // RFC 6455, 5.5.1
		return in.fail(StatusProtocol, "a close frame with half a code")
	}
	code := binary.BigEndian.Uint16(b)
	switch {
	case !mayClose(code):
		return in.fail(StatusProtocol, "a close frame with code %d", code)
	case !utf8.Valid(b[2:]):
		return in.fail(StatusInvalidData, "the reason in a close frame is not UTF-8")
	}
	in.wire = in.l.appendClose(in.wire, code)
	return io.EOF
}

// mayClose tells whether a code may be sent (RFC 6455, 7.4, and the registry it founded).
func mayClose(code uint16) bool {
	switch {
	case code >= 3000 && code < 5000: // libraries, frameworks and private use
		return true
	case code == 1004, code == 1005, code == 1006: // reserved, and two that stand for the lack of a code
		return false
	}
	return code >= 1000 && code <= 1014
}

// appendClose appends a close frame, empty if code is 0. Nothing follows it.
func (l *Layer) appendClose(wire []byte, code uint16) []byte {
	l.flags |= closed
	l.cut, l.part = nil, nil
	var payload [2]byte
	binary.BigEndian.PutUint16(payload[:], code)
	if code == 0 {
		return l.appendControl(wire, opClose, nil)
	}
	return l.appendControl(wire, opClose, payload[:])
}

// appendControl appends a control frame.
func (l *Layer) appendControl(wire []byte, op byte, payload []byte) []byte {
	return l.appendFrame(wire, bitFin|op, payload)
}
