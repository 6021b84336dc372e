package queue

import (
	"sort"

	"github.com/vernemq/vmq/internal/invariants"
)

// State is the answer that a message in the window waits for.
type State uint8

const (
	acknowledged State = iota // the slot is free
	// WaitPuback: a QoS 1 PUBLISH was sent.
	WaitPuback
	// WaitPubrec: a QoS 2 PUBLISH was sent.
	WaitPubrec
	// WaitPubcomp: PUBREC came and PUBREL was sent; the message itself is no longer needed.
	WaitPubcomp
)

// packetIDs is how many packet ids there are: 1 … 65535 [MQTT-2.2.1-4].
const packetIDs = 65535

// Window holds the QoS 1 and 2 messages that were sent to a client and are not acknowledged, oldest first, and gives out
// their packet ids. It lives as long as the client's session, over any number of connections. The zero value is empty and
// starts with packet id 1.
//
// Each message gets a sequence number; its packet id is that number modulo 65535, plus 1. The slots are sorted by sequence
// number, so an id is found by computing where it must stand. A slot that was acknowledged out of turn stays as a gap until the
// ones before it are done or the gaps outnumber the rest.
type Window struct {
	slots []slot // ring; length is a power of two, or nil while empty
	head  uint32
	n     uint32 // slots from head, gaps included
	live  uint32 // slots that wait for an answer
	next  uint64 // sequence number of the next message
}

type slot struct {
	item  Item
	seq   uint64
	sent  uint32
	state State
}

// Entry is one message of the window, as Range shows it.
type Entry struct {
	ID    uint16
	State State
	// Item's message is nil in state WaitPubcomp. It remains the window's.
	Item Item
	// Sent is the time given to Add or the last Sent, in the caller's unit.
	Sent uint32
}

// Len is the number of messages that wait for an answer.
func (w *Window) Len() int { return int(w.live) }

// Add takes the item over and returns the packet id under which to send it: the one after the last, skipping those in use
// [MQTT-2.2.1-4], [MQTT-4.3.2-1], [MQTT-4.3.3-1]. It waits for its answer from now on [MQTT-4.3.2-3], [MQTT-4.3.3-3].
// The caller keeps Len below 65535.
func (w *Window) Add(b *Buffers, it Item, now uint32) uint16 {
	if invariants.Enabled && w.live >= packetIDs {
		invariants.Failf("all %d packet ids are in use", packetIDs)
	}
	for w.n > 0 && w.next-w.at(0).seq >= packetIDs && w.find(packetID(w.next)) != nil {
		w.next++
	}
	if int(w.n) == len(w.slots) {
		w.grow(b)
	}
	s := w.at(w.n)
	*s = slot{item: it, seq: w.next, sent: now, state: WaitPuback}
	if it.QoS == 2 {
		s.state = WaitPubrec
	}
	w.n++
	w.live++
	w.next++
	b.hold(it)
	return packetID(s.seq)
}

// State tells what the message under id waits for; ok is false if there is none.
func (w *Window) State(id uint16) (st State, ok bool) {
	if s := w.find(id); s != nil {
		return s.state, true
	}
	return acknowledged, false
}

// Received notes a PUBREC: from now on PUBCOMP is awaited [MQTT-4.3.3-5]. The item goes back to the caller with its reference, because
// the message is never sent again [MQTT-4.3.3-6]. The id must be in state WaitPubrec.
func (w *Window) Received(b *Buffers, id uint16, now uint32) Item {
	s := w.find(id)
	it := s.item
	b.drop(it)
	s.item = Item{QoS: 2, Entry: it.Entry}
	s.state, s.sent = WaitPubcomp, now
	return it
}

// Done ends the exchange under id and frees the id. The item goes to the caller with its reference, if it still has one. ok
// is false if there is no such id.
func (w *Window) Done(b *Buffers, id uint16) (it Item, ok bool) {
	s := w.find(id)
	if s == nil {
		return Item{}, false
	}
	it = s.item
	b.drop(it)
	s.item, s.state = Item{}, acknowledged
	w.live--
	for w.n > 0 && w.at(0).state == acknowledged {
		*w.at(0) = slot{}
		w.head = (w.head + 1) & uint32(len(w.slots)-1)
		w.n--
	}
	switch {
	case w.n == 0:
		b.slots.put(w.slots)
		w.slots, w.head = nil, 0
	case w.n > 2*w.live+16:
		w.closeGaps()
	}
	return it, true
}

// Range calls yield for each message from the oldest on, until it returns false. Use it as a range-over-func. The window
// must not change meanwhile, except by Sent.
func (w *Window) Range(yield func(Entry) bool) {
	for i := range w.n {
		s := w.at(i)
		if s.state != acknowledged && !yield(Entry{ID: packetID(s.seq), State: s.state, Item: s.item, Sent: s.sent}) {
			return
		}
	}
}

// Sent notes that the message under id, which must exist, was sent once more.
func (w *Window) Sent(id uint16, now uint32) { w.find(id).sent = now }

// SentAt is the time given to Add or the last Sent for the message under id, which must exist.
func (w *Window) SentAt(id uint16) uint32 { return w.find(id).sent }

// Clear forgets all messages and gives each reference to drop.
func (w *Window) Clear(b *Buffers, drop func(Item)) {
	for i := range w.n {
		s := w.at(i)
		if s.state != acknowledged && s.item.Msg != nil {
			b.drop(s.item)
			drop(s.item)
		}
		*s = slot{}
	}
	if w.slots != nil {
		b.slots.put(w.slots)
	}
	w.slots, w.head, w.n, w.live = nil, 0, 0, 0
}

func packetID(seq uint64) uint16 { return uint16(seq%packetIDs) + 1 }

func (w *Window) at(i uint32) *slot { return &w.slots[(w.head+i)&uint32(len(w.slots)-1)] }

// find returns the slot that waits under id, or nil. Several sequence numbers share an id once the oldest message is more
// than 65535 messages old; at most one of them is still waiting.
func (w *Window) find(id uint16) *slot {
	if w.n == 0 || id == 0 {
		return nil
	}
	first, last := w.at(0).seq, w.at(w.n-1).seq
	back := (last%packetIDs + packetIDs - uint64(id-1)) % packetIDs
	if back > last {
		return nil
	}
	for seq := last - back; seq >= first; seq -= packetIDs {
		if s := w.search(seq, first); s != nil && s.state != acknowledged {
			return s
		}
		if seq < packetIDs {
			break
		}
	}
	return nil
}

// search returns the slot with that sequence number, which is not below first, the number of the oldest.
func (w *Window) search(seq, first uint64) *slot {
	if i := seq - first; i < uint64(w.n) {
		if s := w.at(uint32(i)); s.seq == seq {
			return s // no id was skipped and no gap closed since: the usual case
		}
	}
	i := sort.Search(int(w.n), func(i int) bool { return w.at(uint32(i)).seq >= seq })
	if i < int(w.n) && w.at(uint32(i)).seq == seq {
		return w.at(uint32(i))
	}
	return nil
}

// closeGaps moves the waiting slots together, because a client that acknowledges everything but one message would
// otherwise let the ring grow without end.
func (w *Window) closeGaps() {
	kept := uint32(0)
	for i := range w.n {
		if s := w.at(i); s.state != acknowledged {
			*w.at(kept) = *s
			kept++
		}
	}
	for i := kept; i < w.n; i++ {
		*w.at(i) = slot{}
	}
	w.n = kept
	if invariants.Enabled && kept != w.live {
		invariants.Failf("window holds %d messages but counted %d", kept, w.live)
	}
}

func (w *Window) grow(b *Buffers) {
	old := w.slots
	w.slots = b.slots.get(2 * len(old))
	n := copy(w.slots, old[w.head:])
	copy(w.slots[n:], old[:w.head])
	w.head = 0
	if old != nil {
		clear(old)
		b.slots.put(old)
	}
}
