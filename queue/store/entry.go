package store

import (
	"encoding/binary"
	"fmt"

	"github.com/vernemq/vmq/queue"
)

// Entry names one row of a client's queue: a message for that client. Rows of a queue are in the order of their entries. 0 is
// no row. A session keeps it beside the queue.Item; Sent and Received return it changed.
type Entry uint64

// Marks in the highest bits of an entry. Positions never come near them: a writer would need 100,000 years at a million operations
// a second.
const (
	inFlight = Entry(1) << 63 // there may be a row for its packet id
	direct   = Entry(1) << 62 // and that one only: it was sent when it came
)

func (e Entry) row() Entry { return e &^ (inFlight | direct) }

// Ticket is a point in what a writer was given: everything before it.
type Ticket uint64

// Flight says how far the delivery of an entry has come.
type Flight uint8

const (
	// Waiting: it was not sent, or nobody will remember that it was.
	Waiting Flight = iota
	// Sent: the PUBLISH was sent under a packet id and neither PUBACK nor PUBREC came.
	Sent
	// Received: PUBREC came, PUBCOMP did not; the message is no longer there.
	Received

	// sentWhole is Sent on disk, for an entry that has no row of its own: it follows the sequence number.
	sentWhole
)

// Bits of the second byte of an entry, which qosBits share. Others are refused: they would change the meaning.
const (
	qosBits    = 3
	retainBit  = 4
	inlineBit  = 8
	knownFlags = qosBits | retainBit | inlineBit
)

// inlineMax is the size in bytes of topic, properties and payload up to which a message with one receiver stands in its entry. One row
// instead of two is a third cheaper to write and is read back without a second look-up; a larger body would make merging
// tables of entries expensive.
const inlineMax = 4096

func messageSize(m *queue.Message) int { return len(m.Topic()) + len(m.Forward()) + len(m.Payload()) }

// appendMessage writes what a message is, apart from its receivers; it must be the last part of a value, because the payload has
// no length of its own.
func appendMessage(b []byte, m *queue.Message) []byte {
	head := m.QoS & qosBits
	if m.Retain {
		head |= retainBit
	}
	b = append(b, head)
	b = binary.AppendUvarint(b, m.Publisher)
	b = binary.AppendUvarint(b, uint64(m.Deadline))
	b = appendText(b, m.Topic())
	b = appendText(b, m.Forward())
	return append(b, m.Payload()...)
}

// message consumes the rest of the value. The caller owns the one reference.
func (r *reader) message() *queue.Message {
	head := r.byte()
	publisher, deadline := r.uvarint(), r.uvarint()
	topic, forward := r.text(), r.text()
	if r.err == nil && head&^(qosBits|retainBit) != 0 {
		r.err = fmt.Errorf("%w: message flags %#x", ErrFormat, head)
	}
	if r.err == nil && len(topic) > 65535 {
		r.err = fmt.Errorf("%w: a topic of %d bytes", ErrFormat, len(topic))
	}
	if r.err != nil {
		return nil
	}
	m := queue.NewMessage(topic, r.b, forward)
	m.QoS, m.Retain = head&qosBits, head&retainBit != 0
	m.Publisher, m.Deadline = publisher, int64(deadline)
	return m
}

// deadline skips to the deadline of a message.
func (r *reader) deadline() int64 {
	r.byte()
	r.uvarint()
	return int64(r.uvarint())
}

// entryHead is an entry without its message.
type entryHead struct {
	qos            byte
	retain, inline bool
	subID          uint32
	body           uint64 // if not inline
}

func appendEntryHead(b []byte, h *entryHead) []byte {
	flags := h.qos & qosBits
	if h.retain {
		flags |= retainBit
	}
	if h.inline {
		flags |= inlineBit
	}
	b = append(b, recordVersion, flags)
	b = binary.AppendUvarint(b, uint64(h.subID))
	if !h.inline {
		b = binary.AppendUvarint(b, h.body)
	}
	return b
}

// entryHead consumes the head; what is left is the message, if it is inline.
func (r *reader) entryHead() (h entryHead) {
	r.open()
	flags := r.byte()
	if r.err == nil && flags&^knownFlags != 0 {
		r.err = fmt.Errorf("%w: entry flags %#x", ErrFormat, flags)
	}
	h.qos, h.retain, h.inline = flags&qosBits, flags&retainBit != 0, flags&inlineBit != 0
	h.subID = uint32(r.uvarint())
	if !h.inline {
		h.body = r.uvarint()
	}
	return h
}

// appendFlight is the row of a packet id; after sentWhole the entry follows.
func appendFlight(b []byte, state Flight, seq uint64) []byte {
	return binary.AppendUvarint(append(b, recordVersion, byte(state)), seq)
}

func (r *reader) flight() (state Flight, seq uint64) {
	r.open()
	state = Flight(r.byte())
	if r.err == nil && (state < Sent || state > sentWhole) {
		r.err = fmt.Errorf("%w: delivery state %d", ErrFormat, state)
	}
	return state, r.uvarint()
}
