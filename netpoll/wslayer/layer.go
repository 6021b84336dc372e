package wslayer

import (
	"errors"
	"io"
	"unsafe"

	"github.com/vernemq/vmq/netpoll"
)

// maxLayerSize is what an open connection costs beside its socket, in bytes: one cache line. A field that breaks it stops the
// build.
const maxLayerSize = 64

var (
	_ [maxLayerSize - unsafe.Sizeof(Layer{})]byte

	_ netpoll.Layer = (*Layer)(nil)
)

// Layer is one side of one WebSocket connection. It belongs to the goroutine that owns the connection: to its loop, where that
// is a netpoll.Conn.
type Layer struct {
	terms *terms
	up    *upgrade  // the head that is being read; nil once the connection is open
	cut   *cutFrame // the control frame that has not arrived whole
	part  *part     // the compressed message that has not arrived whole

	left  uint64 // bytes of the present frame's payload that have not come
	key   uint32 // its mask, turned so that the lowest byte is for the next byte
	flags flags

	header    [maxHeader]byte // of a frame, as far as it has come
	headerLen uint8
	protocol  uint8 // index into terms.protocols
}

// flags are facts about a connection, its present message and its present frame.
type flags uint16

const (
	isClient   flags = 1 << iota // this side masks, the other must not
	deflates                     // permessage-deflate was agreed on
	answered                     // something was sent: whoever is above has accepted the peer
	closed                       // a close frame or a refusal was sent: nothing follows, whatever comes is ignored
	inMessage                    // a data message has begun and has not ended
	compressed                   // that message has to be inflated
	final                        // the present frame ends its message
	isControl                    // the present frame is a control frame, of these kinds:
	isPing
	isClose
)

// has tells whether all flags of f are set.
func (l *Layer) has(f flags) bool { return l.flags&f == f }

// State is netpoll.LayerOpening until the upgrade is done, then netpoll.LayerOpen.
func (l *Layer) State() netpoll.LayerState {
	if l.up != nil {
		return netpoll.LayerOpening
	}
	return netpoll.LayerOpen
}

// Protocol is the sub-protocol that was agreed on; empty before the connection is open.
func (l *Layer) Protocol() string {
	if l.up != nil {
		return ""
	}
	return l.terms.protocols[l.protocol]
}

// Compressed tells whether permessage-deflate was agreed on.
func (l *Layer) Compressed() bool { return l.has(deflates) }

// Input takes bytes that came from the peer, cut anywhere. It appends the payload of binary messages to plain and what must
// go to the peer (the request of a client, the answer to it, a pong, a close frame) to wire. b is written into, and not kept. plain and wire
// must not overlap b.
//
// An error ends the connection: io.EOF after the peer's close frame, else a *RefusedError or a *CloseError. What was appended
// stands all the same: plain came in front of the reason to end and must be handed over first, and wire holds the
// farewell. At most one pong is appended by a call, for the latest ping, as RFC 6455, 5.5.3 permits: so a flood of
// pings is answered with less than it sends.
func (l *Layer) Input(b, plain, wire []byte) ([]byte, []byte, error) {
	if l.has(closed) {
		return plain, wire, nil
	}
	if l.up != nil {
		var err error
		if b, wire, err = l.readHead(b, wire); err != nil {
			l.flags |= closed
			return plain, wire, err
		}
	}
	if len(b) == 0 {
		return plain, wire, nil
	}
	return l.frames(b, plain, wire)
}

// Close appends a close frame to wire: with the code of why if that is a *CloseError, 1000 if why is nil, else 1008. It
// appends nothing if there was no upgrade, if the peer has gone (io.EOF) or if a close frame was sent already. Nothing can be
// sent or received afterwards.
func (l *Layer) Close(wire []byte, why error) []byte {
	if l.up != nil || l.has(closed) || errors.Is(why, io.EOF) {
		l.flags |= closed
		return wire
	}
	code := uint16(StatusNormal)
	var ce *CloseError
	switch {
	case errors.As(why, &ce):
		code = ce.Code
	case why != nil:
		code = StatusPolicy
	}
	return l.appendClose(wire, code)
}
