package store

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"github.com/cockroachdb/pebble/v2"
)

// committer is the one goroutine that writes. It takes what all writers have handed over, puts it into one batch, commits it, and tells
// the writers. While the disk works, the next group gathers; so the slower the disk, the larger the groups.
type committer struct {
	s     *Store
	batch *pebble.Batch

	chosen   []part // of the batch at hand, in order
	advance  []*Writer
	high     high
	key      []byte
	value    []byte
	unforced bool // something was committed and not forced to the disk
	dead     bool // a commit failed for good: the batch must not be touched again

	patience patience
	sweep    sweepState
}

// batchBytes is the size at which a batch is committed although more could be taken, so that a queue that is catching up
// does not make everybody wait for one huge batch.
const batchBytes = 4 << 20

func (c *committer) run() {
	defer close(c.s.stopped)
	s := c.s
	c.batch = s.db.NewBatch(pebble.WithInitialSizeBytes(1<<20), pebble.WithMaxRetainedSizeBytes(2*batchBytes))
	defer func() { _ = c.batch.Close() }()
	var tick <-chan time.Time
	if s.opt.Sync == SyncInterval {
		t := time.NewTicker(s.opt.SyncEvery)
		defer t.Stop()
		tick = t.C
	}
	wait := time.NewTimer(time.Hour)
	defer wait.Stop()
	for {
		select {
		case <-s.work:
		case <-wait.C:
		case call := <-s.calls:
			call(c)
		case <-tick:
			c.force()
		case <-s.stop:
			c.drain(true)
			c.force()
			c.abandon()
			return
		}
		if more := c.drain(false); more > 0 {
			wait.Reset(more)
		}
	}
}

// drain writes until nothing is left that is to be written now, and returns when to look again for what waits for acknowledgements; 0: for
// nothing.
func (c *committer) drain(closing bool) (more time.Duration) {
	for !c.dead {
		if more = c.take(closing); !c.choose(closing) {
			return more
		}
		c.encode()
		if !c.commit(c.s.opt.Sync == SyncCommit) {
			return 0
		}
		c.finish()
	}
	return 0
}

// take brings over what the writers have handed over, but for what may wait, and returns for how long the first of that may.
func (c *committer) take(closing bool) (more time.Duration) {
	now := time.Now()
	c.patience.look(now)
	waits := c.patience.now(now)
	if closing {
		waits = 0
	}
	// While a writer sees that the committer waits it does not wake it for what may wait too. So this is said before writers are looked at:
	// what they hand over after that is found by the timer.
	c.s.waiting.Store(false)
	var first time.Time
	for _, w := range c.s.allWriters() {
		next, spared := w.take(now.Add(-waits))
		c.patience.spared += spared
		if !next.IsZero() && (first.IsZero() || next.Before(first)) {
			first = next
		}
	}
	if first.IsZero() {
		return 0
	}
	c.s.waiting.Store(true)
	return max(first.Add(waits).Sub(now), 1)
}

// choose collects the segments that one batch is made of and reports whether there are any. A group goes as a whole.
//
// What is chosen of one writer stands in the order in which the writer was given it, with its parts of other writers' groups among its own
// segments: an entry must not be written behind its removal. Writers do not depend on each other within a batch.
func (c *committer) choose(closing bool) bool {
	clear(c.chosen)
	c.chosen, c.advance = c.chosen[:0], c.advance[:0]
	size := 0
	for _, w := range c.s.allWriters() {
		l := &w.lane
		l.end = 0
		var whole *Group
		for sg := l.ready(closing); sg != nil; sg = l.ready(closing) {
			if g := sg.group; size > batchBytes && (g == nil || g != whole) {
				break
			} else if g != nil && g != whole {
				whole = g
				for _, p := range g.parts {
					size += p.size()
					p.w.lane.unpark(g)
				}
				c.chosen = append(c.chosen, g.parts...)
				g.parts = nil
			}
			size += sg.size()
			l.end = Ticket(sg.chunk.base + uint64(sg.to))
			c.chosen = append(c.chosen, sg.part)
			l.pop()
		}
		if l.end != 0 {
			c.advance = append(c.advance, w)
		}
	}
	slices.SortStableFunc(c.chosen, func(a, b part) int {
		return cmp.Or(cmp.Compare(a.w.lane.id, b.w.lane.id), cmp.Compare(a.position(), b.position()))
	})
	return len(c.chosen) > 0
}

// size is about what the segment adds to a batch, in bytes.
func (p *part) size() int {
	if len(p.chunk.ops) == 0 {
		return 0
	}
	return int(p.chunk.bytes) * (p.to - p.from) / len(p.chunk.ops)
}

// commit writes the batch. It comes back when it is written, however long the disk takes; false if that will never be.
func (c *committer) commit(sync bool) bool {
	if c.dead {
		return false
	}
	o := pebble.NoSync
	if sync {
		o = pebble.Sync
	}
	started := time.Now()
	if c.batch.Count() > 0 {
		size := c.batch.Len()
		if err := c.s.apply(c.batch, o); err != nil {
			c.dead = true
			return false
		}
		c.s.counters.Batches.Add(1)
		c.s.counters.BatchBytes.Add(uint64(size))
		took := time.Since(started)
		c.s.counters.CommitNanos.Add(uint64(took))
		if c.s.opt.Timed != nil {
			c.s.opt.Timed(OpWrite, took)
		}
		c.unforced = c.unforced || !sync
	}
	c.batch.Reset()
	return true
}

// finish tells the writers and gives the memory of the operations back.
func (c *committer) finish() {
	for i := range c.chosen {
		c.chosen[i].done(c.s)
	}
	for _, w := range c.advance {
		end := w.lane.end
		w.durable.Store(uint64(end))
		if w.notify != nil {
			w.notify(end)
		}
	}
}

// force brings to the disk what was committed without.
func (c *committer) force() {
	if c.unforced && !c.dead {
		c.unforced = false
		if err := c.s.db.LogData(nil, pebble.Sync); err != nil {
			c.s.fail(err)
		}
	}
}

// abandon releases what can no longer be written.
func (c *committer) abandon() {
	for i := range c.chosen {
		if c.dead {
			c.s.lost.Add(int64(c.chosen[i].to - c.chosen[i].from))
			c.chosen[i].done(c.s)
		}
	}
	c.chosen = nil
	for _, w := range c.s.allWriters() {
		w.take(time.Now())
		for _, p := range w.lane.parked {
			c.s.lost.Add(int64(p.to - p.from))
			p.done(c.s)
		}
		for l := &w.lane; l.head < len(l.own); l.pop() {
			sg := &l.own[l.head]
			c.s.lost.Add(int64(sg.to - sg.from))
			sg.done(c.s)
		}
		w.lane.parked = nil
	}
}

// errFrozen is what a commit ends with once the store gave up a disk that does not work.
var errFrozen = errors.New("store was closed while its disk was failing")

// apply commits b and makes sure that success means success.
func (s *Store) apply(b *pebble.Batch, o *pebble.WriteOptions) (err error) {
	if err := s.broken(); err != nil {
		return err
	}
	if s.disk.frozen() {
		return errFrozen
	}
	defer func() {
		if r := recover(); r != nil {
			err = s.fail(panicked(r))
		}
	}()
	if err := s.db.Apply(b, o); err != nil {
		return s.fail(err)
	}
	if s.disk.frozen() {
		return errFrozen
	}
	return s.broken()
}
