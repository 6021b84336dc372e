package wslayer

import (
	"fmt"
)

// input is one call of Layer.Input on an open connection.
type input struct {
	l           *Layer
	plain, wire []byte
	inflate     int    // bytes that may still be inflated
	ping        []byte // the payload of the latest ping
	pinged      bool   // there was one
}

// frames takes bytes of an open connection.
func (l *Layer) frames(b, plain, wire []byte) ([]byte, []byte, error) {
	in := input{l: l, plain: plain, wire: wire, inflate: l.inflateLimit()}
	err := in.run(b)
	if in.pinged && err == nil {
		in.wire = l.appendControl(in.wire, opPong, in.ping)
	}
	return in.plain, in.wire, err
}

// run goes through frames and parts of frames.
func (in *input) run(b []byte) error {
	l := in.l
	for len(b) > 0 {
		if l.left == 0 {
			n, err := in.header(b)
			if err != nil {
				return err
			}
			b = b[n:]
			if len(b) == 0 && (l.left > 0 || l.headerLen > 0) {
				return nil
			}
		}
		n := int(min(l.left, uint64(len(b))))
		payload := b[:n:n]
		b = b[n:]
		l.left -= uint64(n)
		var err error
		switch {
		case l.has(isControl):
			err = in.control(payload)
		case l.has(compressed):
			err = in.packed(payload)
		case l.key == 0:
			in.plain = append(in.plain, payload...)
		default:
			in.plain, l.key = appendMasked(in.plain, payload, l.key)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// header reads the header at the beginning of b, or its rest, or the part of it that is there, and returns how long that is.
func (in *input) header(b []byte) (n int, err error) {
	l := in.l
	if l.headerLen == 0 {
		if n = headerSize(b); len(b) >= n {
			return n, in.begin(parseHeader(b))
		}
		l.headerLen = uint8(copy(l.header[:], b))
		return len(b), nil
	}
	for int(l.headerLen) < headerSize(l.header[:l.headerLen]) {
		if n == len(b) {
			return n, nil
		}
		l.header[l.headerLen] = b[n]
		l.headerLen++
		n++
	}
	l.headerLen = 0
	return n, in.begin(parseHeader(l.header[:]))
}

// begin checks the header of a frame and notes what becomes of its payload. Frames and messages are borders for nobody above: what they
// hold is one stream of bytes [MQTT-6.0.0-2].
func (in *input) begin(h frameHeader) error {
	l := in.l
	op := h.first & 0xF
	fin := h.first&bitFin != 0
	switch {
	case h.first&bitsRSV != 0: // RFC 6455, 5.2
		return in.fail(StatusProtocol, "a reserved bit is set")
	case h.first&bitRSV1 != 0 && (!l.has(deflates) || op != opBinary && op != opText): // RFC 7692, 6: only on the first frame
		return in.fail(StatusProtocol, "a frame with opcode %#x says that it is compressed", op)
	case h.masked == l.has(isClient): // RFC 6455, 5.1
		return in.fail(StatusProtocol, "masked: %t", h.masked)
	case h.length>>63 != 0: // RFC 6455, 5.2
		return in.fail(StatusProtocol, "a length of %#x", h.length)
	}
	l.left, l.key = h.length, h.key
	l.flags &^= isControl | isPing | isClose
	switch op {
	case opPing, opPong, opClose:
		if !fin || h.length > maxControl { // RFC 6455, 5.5
			return in.fail(StatusProtocol, "a control frame of %d bytes, whole: %t", h.length, fin)
		}
		l.flags |= isControl
		switch op {
		case opPing:
			l.flags |= isPing
		case opClose:
			l.flags |= isClose
		}
		return nil
	case opBinary, opText:
		if l.has(inMessage) { // RFC 6455, 5.4
			return in.fail(StatusProtocol, "a message begins inside another")
		}
		if op == opText { // [MQTT-6.0.0-1]
			return in.fail(StatusUnsupported, "a text message")
		}
		l.flags &^= compressed
		if h.first&bitRSV1 != 0 {
			l.flags |= compressed
		}
	case opContinuation:
		if !l.has(inMessage) { // RFC 6455, 5.4
			return in.fail(StatusProtocol, "a message goes on that has not begun")
		}
	default:
		return in.fail(StatusProtocol, "opcode %#x is reserved", op)
	}
	if h.length > l.terms.maxFrame {
		return in.fail(StatusTooBig, "a frame of %d bytes, limit %d", h.length, l.terms.maxFrame)
	}
	l.flags &^= inMessage | final
	if fin {
		l.flags |= final
	} else {
		l.flags |= inMessage
	}
	return nil
}

// fail ends the connection with a close frame.
func (in *input) fail(code uint16, format string, args ...any) error {
	in.wire = in.l.appendClose(in.wire, code)
	return &CloseError{Code: code, Why: fmt.Sprintf(format, args...)}
}
