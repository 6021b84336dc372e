package queue

import "github.com/vernemq/vmq/internal/invariants"

// Item is a message on its way to one receiver. It owns one reference of Msg.
type Item struct {
	Msg *Message
	// SubscriptionID of the subscription that matched; 0: none.
	SubscriptionID uint32
	// QoS of this delivery.
	QoS byte
	// Retain is the retain flag of this delivery.
	Retain bool
	// Entry names the row of the receiver's queue in the store (a store.Entry); 0: there is none.
	Entry uint64
}

// Ring is a queue of items in arrival order. Its zero value is empty and holds no memory; the backing array doubles as
// items come, is borrowed from the loop's Buffers and goes back there with the last item.
type Ring struct {
	buf  []Item // length is a power of two, or nil while empty
	head uint32 // index of the oldest
	n    uint32
}

// Len is the number of items.
func (r *Ring) Len() int { return int(r.n) }

// Push appends it.
func (r *Ring) Push(b *Buffers, it Item) {
	if int(r.n) == len(r.buf) {
		r.grow(b)
	}
	r.buf[(r.head+r.n)&uint32(len(r.buf)-1)] = it
	r.n++
	b.hold(it)
}

// PushFront puts it in front of all others.
func (r *Ring) PushFront(b *Buffers, it Item) {
	if int(r.n) == len(r.buf) {
		r.grow(b)
	}
	r.head = (r.head - 1) & uint32(len(r.buf)-1)
	r.buf[r.head] = it
	r.n++
	b.hold(it)
}

// Front is the oldest item; the ring must not be empty.
func (r *Ring) Front() *Item { return &r.buf[r.head] }

// Back is the newest item; the ring must not be empty.
func (r *Ring) Back() *Item { return &r.buf[(r.head+r.n-1)&uint32(len(r.buf)-1)] }

// PopFront takes the oldest item out; its reference goes to the caller.
func (r *Ring) PopFront(b *Buffers) Item {
	if invariants.Enabled && r.n == 0 {
		invariants.Failf("pop from an empty ring")
	}
	it := r.buf[r.head]
	r.buf[r.head] = Item{}
	r.head = (r.head + 1) & uint32(len(r.buf)-1)
	r.n--
	b.drop(it)
	r.giveBack(b)
	return it
}

// PopBack takes the newest item out; its reference goes to the caller.
func (r *Ring) PopBack(b *Buffers) Item {
	if invariants.Enabled && r.n == 0 {
		invariants.Failf("pop from an empty ring")
	}
	r.n--
	i := (r.head + r.n) & uint32(len(r.buf)-1)
	it := r.buf[i]
	r.buf[i] = Item{}
	b.drop(it)
	r.giveBack(b)
	return it
}

func (r *Ring) giveBack(b *Buffers) {
	if r.n == 0 {
		b.items.put(r.buf)
		r.buf, r.head = nil, 0
	}
}

func (r *Ring) grow(b *Buffers) {
	old := r.buf
	r.buf = b.items.get(2 * len(old))
	n := copy(r.buf, old[r.head:])
	copy(r.buf[n:], old[:r.head])
	r.head = 0
	if old != nil {
		clear(old)
		b.items.put(old)
	}
}
