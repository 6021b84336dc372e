package store

import (
	"sync/atomic"
	"time"
)

// Group makes operations of several writers one: all of them are durable, or none. A loop that routes messages to receivers of
// other loops opens one in its turn; what those loops write for them, and everything its own writer was given in that turn, is committed
// together, and the ticket of its own writer stands for all of it. So a publisher's loop knows when a message is stored for all
// receivers without hearing from their loops, and the id of a QoS 2 message is stored exactly if the message is.
//
//	publisher's loop                   receiver's loop
//	g := w.Group()
//	g.Expect(1), post the batch ──►    w.Join(g)
//	w.Unreleased(…)                    w.Add(…) …
//	ticket := w.Ticket()               w.Leave()
//	w.Flush()                          w.Flush()
//
// The group passes through the mailbox, and belongs to the committer after the owner's Flush. A receiver's loop that passes something on to a
// third one expects another part before its own Leave, which the group cannot be complete without.
type Group struct {
	expected atomic.Int32 // parts

	// The committer's:
	arrived int32
	parts   []part
}

// part is what a writer did for another's group.
type part struct {
	w        *Writer
	chunk    *chunk
	from, to int // in chunk.ops
}

// position is that of the part's first operation in the writer's log.
func (p *part) position() uint64 { return p.chunk.base + uint64(p.from) }

// segment is a run of operations that belong together.
type segment struct {
	n       int
	group   *Group
	foreign bool      // part of another writer's group
	bytes   int64     // memory of the operations
	came    time.Time // when it was handed over
}

// Group is the group of the present turn, which the first call opens.
func (w *Writer) Group() *Group {
	if w.group == nil {
		w.group = new(Group)
		w.append(op{kind: opNothing}) // so that the ticket stands after the group, whatever else the turn brings
	}
	return w.group
}

// Expect says that n more writers will Join and Leave the group. The owner's loop, before its Flush, or that of a writer which has joined it,
// before it leaves.
func (g *Group) Expect(n int) { g.expected.Add(int32(n)) }

// Join makes the entries that follow part of g, until Leave. Other operations meanwhile stay this writer's own, and
// Ticket counts them after Leave.
func (w *Writer) Join(g *Group) {
	w.closeSegment()
	w.joined = g
}

// Leave ends this writer's part of the group, even if it was empty. It becomes durable after the next Flush.
func (w *Writer) Leave() {
	w.addSegment(segment{n: len(w.ops) - w.claimed, group: w.joined, foreign: true})
	w.joined = nil
	for _, o := range w.later {
		w.append(o)
	}
	clear(w.later)
	w.later = w.later[:0]
}

// closeSegment ends a run of this writer's own operations.
func (w *Writer) closeSegment() {
	if n := len(w.ops) - w.claimed; n > 0 {
		w.addSegment(segment{n: n})
	}
}

func (w *Writer) addSegment(sg segment) {
	sg.bytes = w.bytes - w.counted
	w.segs = append(w.segs, sg)
	w.claimed, w.counted = len(w.ops), w.bytes
}
