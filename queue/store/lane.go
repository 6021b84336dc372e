package store

import "time"

// chunk is what the committer took from a writer at once. Its operations are used up segment by segment.
type chunk struct {
	ops   []op
	base  uint64 // position of ops[0]
	bytes int64
	left  int // segments not used up
}

// lane is the committer's side of a writer: what it took and has not written, in order. A writer's own segments are written in this
// order; parts of other writers' groups wait beside it for their group. They may overtake, and be overtaken by, own segments, because a new
// entry depends on nothing before it; what ends an entry looks for it among the parked parts, and what empties a queue spares the entries that
// overtook it.
//
// Waiting for groups in the lane itself would not do: two loops that publish to each other in every turn would wait for each
// other's next turn for ever.
type lane struct {
	id     int    // of the writer among those of the store
	behind uint64 // position after the last operation that was encoded
	own    []ownSegment
	head   int
	parked []*parkedPart
	end    Ticket // after the last own segment of the batch at hand; 0: none
}

type ownSegment struct {
	part
	group *Group
}

// parkedPart is a part of an incomplete group.
type parkedPart struct {
	part
	group *Group
}

// take brings over what the writer has handed over, but for what may wait because it came after until. It returns when the first of that
// came, zero if nothing waits, and how many entries were spared since the last call.
func (w *Writer) take(until time.Time) (next time.Time, spared int) {
	w.mu.Lock()
	n, ops, next := w.dueLocked(until)
	spared, w.mu.spared = w.mu.spared, 0
	if n == 0 {
		w.mu.Unlock()
		return next, spared
	}
	segs := w.mu.segs[:n:n]
	ch := &chunk{ops: w.mu.ops[:ops], base: w.mu.base, left: n}
	if n == len(w.mu.segs) {
		w.mu.ops, w.mu.segs = nil, nil
	} else { // what stays is little, and moves, so that the memory of the rest can be used again
		rest := w.mu.ops[ops:]
		w.mu.ops, w.mu.segs, w.mu.spare = append(w.mu.spare[:0], rest...), w.mu.segs[n:], nil
		clear(rest)
	}
	w.mu.base += uint64(ops)
	w.mu.void = max(w.mu.void-ops, 0)
	w.mu.Unlock()
	for i := range segs {
		ch.bytes += segs[i].bytes
	}

	at := 0
	for i := range segs {
		sg := &segs[i]
		p := part{w: w, chunk: ch, from: at, to: at + sg.n}
		at += sg.n
		if !sg.foreign {
			w.lane.own = append(w.lane.own, ownSegment{p, sg.group})
			continue
		}
		sg.group.arrived++
		sg.group.parts = append(sg.group.parts, p)
		if sg.n > 0 {
			w.lane.parked = append(w.lane.parked, &parkedPart{p, sg.group})
		}
	}
	return next, spared
}

// ready returns the oldest own segment if it can be written.
func (l *lane) ready(closing bool) *ownSegment {
	if l.head == len(l.own) {
		return nil
	}
	sg := &l.own[l.head]
	if g := sg.group; g != nil && g.arrived < g.expected.Load() && !closing {
		return nil
	}
	return sg
}

// pop takes the oldest own segment out.
func (l *lane) pop() {
	l.own[l.head] = ownSegment{}
	l.head++
	if l.head == len(l.own) {
		l.own, l.head = l.own[:0], 0
	}
}

// unpark forgets the parts of a group that is written now.
func (l *lane) unpark(g *Group) {
	kept := l.parked[:0]
	for _, p := range l.parked {
		if p.group != g {
			kept = append(kept, p)
		}
	}
	clear(l.parked[len(kept):])
	l.parked = kept
}

// cancel voids a parked entry and reports whether there was one.
func (l *lane) cancel(e Entry) bool {
	at := uint64(e.row())
	for _, p := range l.parked {
		if at < p.chunk.base+uint64(p.from) || at >= p.chunk.base+uint64(p.to) {
			continue
		}
		o := &p.chunk.ops[at-p.chunk.base]
		was := o.kind == opAdd || o.kind == opAddReceived
		o.void()
		return was
	}
	return false
}

// cancelThrough voids the client's parked entries up to e.
func (l *lane) cancelThrough(serial uint64, e Entry) {
	for _, p := range l.parked {
		for i := p.from; i < p.to && p.chunk.base+uint64(i) <= uint64(e.row()); i++ {
			if o := &p.chunk.ops[i]; o.serial == serial {
				o.void()
			}
		}
	}
}

// done gives up the segment's operations. After the last one of the chunk its memory goes back to the writer.
func (p *part) done(s *Store) {
	for i := p.from; i < p.to; i++ {
		p.chunk.ops[i].void()
	}
	ch := p.chunk
	ch.left--
	if ch.left > 0 {
		return
	}
	s.pending.Add(-ch.bytes)
	if cap(ch.ops) > spareOps {
		return
	}
	clear(ch.ops)
	p.w.mu.Lock()
	p.w.mu.spare = ch.ops[:0]
	p.w.mu.Unlock()
}

// spareOps is the size up to which the memory of a turn's operations is kept for another turn: 1 MiB.
const spareOps = 16 << 10
