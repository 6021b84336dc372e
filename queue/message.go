package queue

import (
	"math/bits"
	"sync"
	"sync/atomic"

	"github.com/vernemq/vmq/internal/invariants"
)

// Message is an accepted publication. Its bytes never change, so that any number of queues, on any goroutine, can read it.
//
// Each holder owns one reference: handing a *Message to a mailbox, ring or link hands over that reference, Hold makes one
// more, and the last Release gives the memory back for the next message.
type Message struct {
	refs atomic.Int32

	// QoS and Retain as published, after what hooks changed.
	QoS    byte
	Retain bool

	class      uint8  // index into pools; unpooled for a slab of a size of its own
	topicLen   uint16 // slab: topic, then forward, then payload
	forwardLen uint32

	// Publisher is the serial number of the client that published it, for no-local; 0 for the broker itself.
	Publisher uint64
	// Deadline is when the message expires, in milliseconds of Unix time; 0: never.
	Deadline int64
	// StoreID is the body's number in the store, and a count while it is being written; 0: not stored. Only the store's committer
	// touches it, and NewMessage's caller if the message was read from there.
	StoreID uint64

	slab []byte
}

// smallestSlab and largestSlab bound the slabs that are kept for reuse, in powers of two. A larger message is a rare
// thing whose copying costs far more than its allocation.
const (
	smallestSlab = 128
	largestSlab  = 64 << 10
	classes      = 10 // 128 B … 64 KiB
	unpooled     = classes
)

var pools [classes]sync.Pool

// NewMessage copies a publication; this is the only copy of the payload that the broker makes, whatever the number of
// receivers. Topic, payload and forward (properties as codec's AppendForward writes them) may be reused by the caller afterwards.
// The caller owns the one reference. Any goroutine.
func NewMessage(topic, payload, forward []byte) *Message {
	size := len(topic) + len(forward) + len(payload)
	m := newSlab(size)
	m.topicLen, m.forwardLen = uint16(len(topic)), uint32(len(forward))
	n := copy(m.slab, topic)
	n += copy(m.slab[n:], forward)
	copy(m.slab[n:], payload)
	m.refs.Store(1)
	return m
}

func newSlab(size int) *Message {
	class := unpooled
	switch {
	case size <= smallestSlab:
		class = 0
	case size <= largestSlab:
		class = bits.Len(uint(size-1)) - bits.Len(uint(smallestSlab-1))
	}
	if class == unpooled {
		return &Message{class: unpooled, slab: make([]byte, size)}
	}
	if m, _ := pools[class].Get().(*Message); m != nil {
		m.slab = m.slab[:size]
		return m
	}
	return &Message{class: uint8(class), slab: make([]byte, size, smallestSlab<<class)}
}

// Topic is valid, like the other two, until the caller gives up its reference. It must not be written to.
func (m *Message) Topic() []byte { return m.slab[:m.topicLen:m.topicLen] }

// Forward holds the properties that go to MQTT 5 receivers unchanged, in the order in which they came.
func (m *Message) Forward() []byte {
	end := uint32(m.topicLen) + m.forwardLen
	return m.slab[m.topicLen:end:end]
}

// Payload may be empty.
func (m *Message) Payload() []byte { return m.slab[uint32(m.topicLen)+m.forwardLen:] }

// Size is the memory of the message in bytes, for limits and counts.
func (m *Message) Size() int { return cap(m.slab) }

// Expired says whether the message's life time is over at now, in milliseconds of Unix time.
func (m *Message) Expired(now int64) bool { return m.Deadline != 0 && now >= m.Deadline }

// Hold adds one reference for one more holder. Any goroutine that holds one.
func (m *Message) Hold() {
	refs := m.refs.Add(1)
	if invariants.Enabled && refs <= 1 {
		invariants.Failf("a message was held again after its last reference was released (%d references)", refs)
	}
}

// Release gives up one reference; after the last one the memory is used for another message. Any goroutine.
func (m *Message) Release() {
	refs := m.refs.Add(-1)
	if refs > 0 {
		return
	}
	if refs < 0 {
		invariants.Failf("a message was released more often than it was held (%d references)", refs)
		return
	}
	if invariants.Enabled {
		// Not reused: a holder that kept it too long reads 0xCC, and releasing it again is noticed.
		invariants.Mangle(m.slab)
		return
	}
	if m.class != unpooled {
		m.QoS, m.Retain, m.Publisher, m.Deadline, m.StoreID = 0, false, 0, 0, 0
		pools[m.class].Put(m)
	}
}
