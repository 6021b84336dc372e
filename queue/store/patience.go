package store

import "time"

// A message of QoS 1 that went out to a connected subscriber is mostly acknowledged a moment later, and then nobody needs it on disk: its
// publisher can have its acknowledgement because the subscriber has the message. So the committer leaves such entries with their writer
// for a while. In the same way a queue is drained: what tells that an entry was sent need not be written when its end follows at once.
//
// Whatever else a writer hands over is for the disk, and takes what came before it along.
const (
	// patienceMost is how long an entry waits: longer than a client on the same network needs for an answer, shorter than most disks
	// need for one commit or two.
	patienceMost = 2 * time.Millisecond
	// Where waiting does not help, because clients are far away, it is given up for patiencePause: of a sample of at least that many
	// entries, over at least that time so that one bad moment is not all of it, fewer than one in patienceShare were removed in time.
	patienceSample = 256
	patienceLook   = 250 * time.Millisecond
	patienceShare  = 5
	patiencePause  = time.Second
)

// patience decides how long entries wait. It belongs to the committer.
type patience struct {
	most           time.Duration // 0: they do not wait
	spared, missed int           // of the present sample: entries that were removed while they waited, and those that were not
	since          time.Time     // when the sample began
	resume         time.Time     // when waiting is tried again
}

// now is how long entries wait at that time.
func (p *patience) now(t time.Time) time.Duration {
	if t.Before(p.resume) {
		return 0
	}
	return p.most
}

// look decides anew after each sample.
func (p *patience) look(t time.Time) {
	if p.spared+p.missed < patienceSample || t.Sub(p.since) < patienceLook {
		return
	}
	if p.spared*patienceShare < p.spared+p.missed {
		p.resume = t.Add(patiencePause)
	}
	p.spared, p.missed, p.since = 0, 0, t
}

// mayWait says whether o is of use only until it is cancelled, or nobody waits for it.
func (o *op) mayWait() bool {
	switch o.kind {
	case opAdd:
		return o.sent && o.qos == 1 // QoS 2 goes out when it is on disk
	case opSent, opRemove:
		return true
	}
	return o.isVoid()
}

// isVoid says that there is nothing to write.
func (o *op) isVoid() bool { return o.kind == opVoid || o.kind == opNothing }

// Hurry has everything that the writer was given until now, and in this turn, written without waiting for acknowledgements: someone is
// about to read it.
func (w *Writer) Hurry() { w.hurry = true }

// dueLocked returns how many of the oldest segments are to be written, and their operations: those that were handed over until then, that
// hold nothing any more, or that are before something for the disk. Of the first that may wait it returns when it came.
func (w *Writer) dueLocked(until time.Time) (segs, ops int, next time.Time) {
	for i := range w.mu.segs {
		sg := &w.mu.segs[i]
		end := ops + sg.n
		if w.mu.base+uint64(end) > w.mu.forDisk && sg.came.After(until) && !w.voidLocked(ops, end) {
			return i, ops, sg.came
		}
		ops = end
	}
	return len(w.mu.segs), ops, time.Time{}
}

// voidLocked says whether operations from … end-1 hold nothing. What it has found void stays so, so it looks at each operation once.
func (w *Writer) voidLocked(from, end int) bool {
	for w.mu.void = max(w.mu.void, from); w.mu.void < end; w.mu.void++ {
		if !w.mu.ops[w.mu.void].isVoid() {
			return false
		}
	}
	return true
}

// sentRows are the operations, not yet taken by the committer, that tell that an entry was sent. They belong to the loop.
type sentRows struct {
	at   map[Entry]uint64 // position, by the entry's row
	log  []sentRow        // in order, so that what the committer has taken is forgotten; those before head are
	head int
}

type sentRow struct {
	entry Entry
	at    uint64
}

func (s *sentRows) add(e Entry, at uint64) {
	if s.at == nil {
		s.at = make(map[Entry]uint64)
	}
	s.at[e.row()] = at
	s.log = append(s.log, sentRow{e.row(), at})
}

// take returns the position of the operation about e and forgets it.
func (s *sentRows) take(e Entry) (at uint64, ok bool) {
	if at, ok = s.at[e.row()]; ok {
		delete(s.at, e.row())
	}
	return at, ok
}

// forget drops the operations before position base.
func (s *sentRows) forget(base uint64) {
	for ; s.head < len(s.log) && s.log[s.head].at < base; s.head++ {
		if r := s.log[s.head]; s.at[r.entry] == r.at {
			delete(s.at, r.entry)
		}
	}
	if s.head > len(s.log)/2 {
		s.log = s.log[:copy(s.log, s.log[s.head:])]
		s.head = 0
	}
}
