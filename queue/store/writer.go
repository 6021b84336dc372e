package store

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/vernemq/vmq/internal/invariants"
	"github.com/vernemq/vmq/queue"
)

// Writer takes the operations of one loop. Its methods are for that loop, except where they say otherwise, and take no lock but for
// Flush, which hands over what came since the last one. Until the committer takes an entry it costs nothing but memory: one that
// is removed before is never written.
type Writer struct {
	s      *Store
	notify func(Ticket)

	// Owned by the loop: the present turn.
	ops     []op
	segs    []segment
	claimed int   // operations that segs have
	later   []op  // given between Join and Leave, and not for the joined group
	bytes   int64 // memory that ops hold
	counted int64 // of bytes, what segs have
	hurry   bool  // see Hurry
	sent    sentRows
	next    uint64 // position of the next operation
	own     Ticket // position after the last operation that is not part of another writer's group
	group   *Group // this writer's own
	joined  *Group // another writer's, between Join and Leave

	mu struct {
		sync.Mutex
		ops   []op // handed over and not taken by the committer
		segs  []segment
		base  uint64 // position of ops[0]
		spare []op   // for the turn after the next

		forDisk uint64 // position behind the last operation that must not wait
		void    int    // operations at the start of ops that are known to be void
		spared  int    // entries that were removed while they waited, since the committer looked
	}

	durable atomic.Uint64

	lane lane // the committer's
}

// opKind says what an operation does; see encode.go.
type opKind uint8

const (
	opVoid opKind = iota
	opAdd
	opAddReceived // was opAdd: PUBREC came before it was written
	opSent
	opReceived
	opRemove
	opRemoveThrough
	opUnreleased
	opReleased
	opEmpty
	opRows
	opRetain
	opNothing
)

// op is one operation. Its position is that of its place in the writer's log.
type op struct {
	kind   opKind
	qos    byte
	retain bool
	sent   bool   // opAdd: it goes out at once, a is the window's sequence number
	subID  uint32 // opUnreleased and opReleased: packet id
	serial uint64
	a      uint64 // sequence number of the window
	entry  Entry  // what it is about, for operations on an entry
	msg    *queue.Message
	rows   *rows
}

// opBytes is the memory of an operation beside its message, for the count of what is pending.
const opBytes = 64

// rows are prepared by the loop, for operations that are rare. A nil value deletes the key.
type rows struct {
	set    []keyValue
	ranges [][2][]byte // from, to: what is deleted before set
	// mountpoint and topic of opRetain.
	mountpoint, topic string
}

type keyValue struct{ key, value []byte }

// NewWriter makes the writer of one loop. notify is called by the committer when more has become durable, with the ticket up to
// which everything is; it must not block, and usually posts to the loop's mailbox. Any goroutine.
func (s *Store) NewWriter(notify func(Ticket)) *Writer {
	w := &Writer{s: s, notify: notify, next: s.firstEntry, own: Ticket(s.firstEntry)}
	w.mu.base = s.firstEntry
	w.durable.Store(s.firstEntry)
	s.addWriter(w)
	return w
}

// Ticket is the point that everything so far stands before, apart from what belongs to other writers' groups: what waits for the
// operations made until now waits until Durable has reached it.
func (w *Writer) Ticket() Ticket { return w.own }

// Durable is the ticket up to which everything is durable. Any goroutine.
func (w *Writer) Durable() Ticket { return Ticket(w.durable.Load()) }

func (w *Writer) append(o op) Entry {
	if w.joined != nil && o.kind != opAdd {
		// The parts of a group are committed when it is complete, which may be before what this writer was given earlier. Only a
		// new entry does not depend on that.
		w.later = append(w.later, o)
		return 0
	}
	at := w.next
	w.ops = append(w.ops, o)
	w.next++
	w.bytes += opBytes
	if w.joined == nil {
		w.own = Ticket(w.next)
	}
	return Entry(at)
}

// inTurn returns the operation that made e if it has not been handed over yet.
func (w *Writer) inTurn(e Entry) *op {
	first := w.next - uint64(len(w.ops))
	if at := uint64(e.row()); at >= first && at < w.next {
		return &w.ops[at-first]
	}
	return nil
}

// Add puts it at the end of the client's queue. The writer holds a reference of its own to the message until it is written.
func (w *Writer) Add(serial uint64, it queue.Item) Entry {
	return w.add(serial, it, false, 0)
}

// AddSent is Add for a message that goes out at once: seq is its sequence number in the window, which packet id and order of
// repetition follow from. It saves one of the two rows that Add and Sent need.
func (w *Writer) AddSent(serial uint64, it queue.Item, seq uint64) Entry {
	return w.add(serial, it, true, seq) | inFlight | direct
}

func (w *Writer) add(serial uint64, it queue.Item, sent bool, seq uint64) Entry {
	it.Msg.Hold()
	w.bytes += int64(it.Msg.Size())
	return w.append(op{kind: opAdd, serial: serial, qos: it.QoS, retain: it.Retain, subID: it.SubscriptionID, msg: it.Msg, sent: sent, a: seq})
}

// Sent notes that e was sent under the packet id of seq, the window's sequence number. The result replaces e.
func (w *Writer) Sent(serial uint64, e Entry, seq uint64) Entry {
	if o := w.inTurn(e); o != nil && o.kind == opAdd {
		o.sent, o.a = true, seq
		return e | inFlight | direct
	}
	w.append(op{kind: opSent, serial: serial, entry: e, a: seq})
	return e | inFlight
}

// Received notes the PUBREC for e, whose message will not be sent again: from now on only its packet id is kept. The result
// replaces e.
func (w *Writer) Received(serial uint64, e Entry, seq uint64) Entry {
	if o := w.inTurn(e); o != nil {
		o.received(seq)
	}
	w.append(op{kind: opReceived, serial: serial, entry: e, a: seq})
	return e | inFlight
}

// Remove takes e out of the client's queue: it was acknowledged or dropped.
func (w *Writer) Remove(serial uint64, e Entry) {
	if o := w.inTurn(e); o != nil && o.void() {
		return
	}
	w.append(op{kind: opRemove, serial: serial, entry: e})
}

// RemoveThrough removes every entry of the client up to and including e, with one range deletion. It is for long runs, such as a queue that is cut
// to a smaller limit: acknowledgements are cheaper one by one with Remove, even a window of 20 at once (BenchmarkRemove), because
// range deletions burden every read until the tables in memory are flushed.
func (w *Writer) RemoveThrough(serial uint64, e Entry) {
	w.append(op{kind: opRemoveThrough, serial: serial, entry: e})
}

// Unreleased notes the id of a QoS 2 message of the client, until Released: its repetition is not routed again.
func (w *Writer) Unreleased(serial uint64, id uint16) {
	w.append(op{kind: opUnreleased, serial: serial, subID: uint32(id)})
}

// Released notes the PUBREL for id.
func (w *Writer) Released(serial uint64, id uint16) {
	w.append(op{kind: opReleased, serial: serial, subID: uint32(id)})
}

// Empty removes the client's queue, packet ids and unreleased ids.
func (w *Writer) Empty(serial uint64) {
	w.append(op{kind: opEmpty, serial: serial})
}

// Retain says that the retained message of a topic changed. The committer asks Options.Retained for it when it writes, so that
// what is stored is what is in memory in the end, whichever loop was first.
func (w *Writer) Retain(mountpoint, topic string) {
	w.append(op{kind: opRetain, rows: &rows{mountpoint: mountpoint, topic: topic}})
}

// void takes the entry back, and reports whether it was there and nothing else names it.
func (o *op) void() (gone bool) {
	switch o.kind {
	case opAdd:
		o.msg.Release()
		gone = true
	case opAddReceived:
	default:
		return false
	}
	*o = op{kind: opVoid}
	return gone
}

// received leaves of an entry that is not written only its packet id. It must not become void: the operation that tells of the PUBREC may stand
// in a later batch, and a loss of power between the two would take an entry whose ticket is durable.
func (o *op) received(seq uint64) {
	if o.kind == opAdd {
		o.msg.Release()
		*o = op{kind: opAddReceived, serial: o.serial, a: seq}
	}
}

// Flush hands over what came since the last call. The loop calls it at the end of its turn, after it has posted what the turn
// brought for other loops. Without operations it does nothing.
func (w *Writer) Flush() {
	if invariants.Enabled && w.joined != nil {
		invariants.Failf("flush between Join and Leave")
	}
	w.closeSegment()
	if len(w.segs) == 0 && !w.hurry {
		return
	}
	came := time.Now()
	if w.group != nil {
		for i := range w.segs {
			if !w.segs[i].foreign {
				w.segs[i].group = w.group
			}
		}
		w.group = nil
	}
	for i := range w.segs {
		w.segs[i].came = came
	}
	w.s.pending.Add(w.bytes)
	w.mu.Lock()
	if len(w.mu.segs) == 0 {
		w.mu.base = w.next - uint64(len(w.ops))
	}
	w.sent.forget(w.mu.base)
	urgent := w.hurry
	for i := range w.ops {
		w.cancelLocked(&w.ops[i], w.next-uint64(len(w.ops)-i))
		urgent = urgent || !w.ops[i].mayWait()
	}
	if len(w.mu.segs) == 0 {
		w.mu.ops, w.ops, w.mu.spare = w.ops, w.mu.spare, nil
		w.mu.segs, w.segs = w.segs, w.mu.segs
	} else {
		w.mu.ops = append(w.mu.ops, w.ops...)
		w.mu.segs = append(w.mu.segs, w.segs...)
	}
	if urgent {
		w.mu.forDisk = w.next
	}
	due, _, _ := w.dueLocked(time.Time{})
	w.mu.Unlock()
	clear(w.ops)
	clear(w.segs)
	w.ops, w.segs, w.bytes, w.counted, w.claimed, w.hurry = w.ops[:0], w.segs[:0], 0, 0, 0, false
	if due > 0 || !w.s.waiting.Load() { // while the committer waits its timer wakes it for the rest
		w.s.wake()
	}
}

// cancelLocked looks whether o, at position at, ends or changes an entry that the committer has not taken, which then need not be written
// as it was.
func (w *Writer) cancelLocked(o *op, at uint64) {
	switch o.kind {
	case opSent, opReceived, opRemove:
	default:
		return
	}
	target := w.handedLocked(uint64(o.entry.row()))
	switch o.kind {
	case opSent:
		if target != nil && target.kind == opAdd {
			target.sent, target.a = true, o.a
			o.kind = opNothing
			return
		}
		w.sent.add(o.entry, at)
	case opReceived:
		if target != nil {
			target.received(o.a)
		}
		w.sent.take(o.entry) // from now on the row of the packet id is another one's
	case opRemove:
		if target != nil {
			waits := target.mayWait()
			if target.void() {
				o.kind = opNothing
				if waits {
					w.mu.spared++
				}
			}
			return
		}
		w.unsendLocked(o)
	}
}

// handedLocked is the operation at that position, if it was handed over before this turn and the committer has not taken it.
func (w *Writer) handedLocked(at uint64) *op {
	if at < w.mu.base || at >= w.mu.base+uint64(len(w.mu.ops)) {
		return nil
	}
	return &w.mu.ops[at-w.mu.base]
}

// unsendLocked has nothing written about the sending of the entry that o removes, if nothing is yet. Then there is no row of its packet id
// to be deleted either.
func (w *Writer) unsendLocked(o *op) {
	at, ok := w.sent.take(o.entry)
	if !ok {
		return
	}
	sent := w.handedLocked(at)
	if first := w.next - uint64(len(w.ops)); sent == nil && at >= first {
		sent = &w.ops[at-first]
	}
	if sent == nil {
		return
	}
	if invariants.Enabled && (sent.kind != opSent || sent.entry.row() != o.entry.row() || sent.serial != o.serial) {
		invariants.Failf("operation %d of kind %d is not about the sending of entry %d", at, sent.kind, o.entry.row())
	}
	*sent = op{kind: opVoid}
	o.entry &^= inFlight
}
