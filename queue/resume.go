package queue

import "github.com/vernemq/vmq/internal/invariants"

// What a store needs to bring a window back after a restart. Sequence numbers are stored rather than packet ids, because the order of
// repetition follows from them too.

// Next is the sequence number of the message that the next Add takes in, unless its packet id is still in use.
func (w *Window) Next() uint64 { return w.next }

// Newest is the message that the last Add took in, and its sequence number. Its Entry may be changed; the pointer is valid until
// the window changes. There must have been an Add since the window was empty.
func (w *Window) Newest() (it *Item, seq uint64) {
	s := w.at(w.n - 1)
	return &s.item, s.seq
}

// Stored is the item under id, whose Entry may be changed, and its sequence number. The id must exist; the pointer is valid until
// the window changes.
func (w *Window) Stored(id uint16) (it *Item, seq uint64) {
	s := w.find(id)
	return &s.item, s.seq
}

// Restore takes over an item that an earlier process had sent under the sequence number seq, which must be above that of every other
// in the window. Its time of sending is 0. The message of one in state WaitPubcomp is nil.
func (w *Window) Restore(b *Buffers, it Item, seq uint64, state State) {
	if invariants.Enabled && w.n > 0 && w.at(w.n-1).seq >= seq {
		invariants.Failf("sequence number %d is restored after %d", seq, w.at(w.n-1).seq)
	}
	if int(w.n) == len(w.slots) {
		w.grow(b)
	}
	*w.at(w.n) = slot{item: it, seq: seq, state: state}
	w.n++
	w.live++
	b.hold(it)
	w.Skip(seq + 1)
}

// Skip makes seq the least sequence number of the messages to come.
func (w *Window) Skip(seq uint64) { w.next = max(w.next, seq) }
