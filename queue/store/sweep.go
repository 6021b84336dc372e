package store

import (
	"context"
	"errors"
	"math/bits"

	"github.com/cockroachdb/pebble/v2"
)

// A sweep finds what nobody will ask for again: bodies without entries, entries whose message has expired, queues without a
// session. It marks what is referenced and removes the rest, in a snapshot and beside all other work.
//
// Counting references instead would cost a write for each acknowledgement, and reading every queue that ends. Marking costs about a
// microsecond for each entry that is alive, and is done when as many were removed as were alive, so each removal pays for about one. Bodies
// have ascending numbers, and most of the old ones are dead: a run of them goes with one range deletion.

// SweepStats is what a sweep found.
type SweepStats struct {
	Entries, Bodies         int // looked at
	DeadBodies              int
	ExpiredEntries, Orphans int // entries removed: their message had expired; their session does not exist
}

// sweepState is the committer's side of a sweep.
type sweepState struct {
	// below: bodies with a lower number may be gone. A message that has one is written again when another receiver comes.
	below uint64
	// While a sweep marks: the bodies up to high that entries named meanwhile, which its snapshot does not have.
	marking bool
	high    uint64
	late    map[uint64]struct{}
}

// referenced notes that an entry with that body is being written.
func (st *sweepState) referenced(body uint64) {
	if st.marking && body != 0 && body <= st.high {
		st.late[body] = struct{}{}
	}
}

// idSet is a set of body numbers: bits in pages, of which there are as many as the live bodies need.
type idSet map[uint64]*[idPage / 64]uint64

const idPage = 1 << 15

func (s idSet) add(id uint64) {
	page := s[id/idPage]
	if page == nil {
		page = new([idPage / 64]uint64)
		s[id/idPage] = page
	}
	page[id%idPage/64] |= 1 << (id % 64)
}

func (s idSet) has(id uint64) bool {
	page := s[id/idPage]
	return page != nil && page[id%idPage/64]&(1<<(id%64)) != 0
}

func (s idSet) len() (n int) {
	for _, page := range s {
		for _, word := range page {
			n += bits.OnesCount64(word)
		}
	}
	return n
}

// sweepPage is how much one call to the committer removes, so that commits do not wait for a long sweep.
const sweepPage = 1000

var errSweepRuns = errors.New("a sweep is running")

// Sweep makes one sweep. now is in milliseconds of Unix time. It takes as long as reading the store does; ctx or Close ends it early.
func (s *Store) Sweep(ctx context.Context, now int64) (st SweepStats, err error) {
	if !s.sweeping.TryLock() {
		return st, errSweepRuns
	}
	defer s.sweeping.Unlock()
	defer s.time(OpScan)()
	done, err := s.read()
	if err != nil {
		return st, err
	}
	defer done()

	var snap *pebble.Snapshot
	var high uint64
	if err := s.call(ctx, func(c *committer) {
		high = c.high.body
		c.sweep.marking, c.sweep.high, c.sweep.late = true, high, make(map[uint64]struct{})
		snap = s.db.NewSnapshot()
	}); err != nil {
		return st, err
	}
	defer func() { _ = snap.Close() }()
	defer func() { // whatever happened: nothing is marked any more
		_ = s.call(context.Background(), func(c *committer) { c.sweep.marking, c.sweep.late = false, nil })
	}()
	sw := &sweep{s: s, ctx: ctx, snap: snap, now: now, high: high, stats: &st, live: idSet{}, stale: idSet{}}
	for _, step := range []func() error{sw.findStale, sw.mark, sw.removeDead} {
		if err := step(); err != nil {
			return st, err
		}
	}
	s.counters.Swept.Add(uint64(st.DeadBodies))
	s.counters.Expired.Add(uint64(st.ExpiredEntries))
	return st, nil
}

// call runs f on the committer, between two commits.
func (s *Store) call(ctx context.Context, f func(*committer)) error {
	ran := make(chan struct{})
	select {
	case s.calls <- func(c *committer) { f(c); close(ran) }:
		<-ran
		return nil
	case <-s.stopped:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// sweep is one sweep.
type sweep struct {
	s     *Store
	ctx   context.Context
	snap  *pebble.Snapshot
	now   int64
	high  uint64
	stats *SweepStats
	live  idSet // bodies with entries
	stale idSet // bodies that have expired

	serial  uint64 // of the client whose entries are being looked at
	known   bool
	expired int // entries of that client
	remove  []keyValue
}

// interrupted tells whether the sweep is to end; it looks every thousand rows.
func (sw *sweep) interrupted(row int) error {
	if row%sweepPage != 0 {
		return nil
	}
	select {
	case <-sw.s.stop:
		return ErrClosed
	default:
		return sw.ctx.Err()
	}
}

// findStale looks for bodies whose time is over.
func (sw *sweep) findStale() error {
	return sw.each(tableBody, func(it *pebble.Iterator) error {
		sw.stats.Bodies++
		value, err := it.ValueAndErr()
		if err != nil {
			return err
		}
		r := reader{b: value}
		r.open()
		if d := r.deadline(); r.err == nil && d != 0 && sw.now >= d {
			sw.stale.add(serialOf(it.Key()))
		}
		return nil
	})
}

// mark looks at every row of every queue.
func (sw *sweep) mark() error {
	clients, err := sw.snap.NewIter(tableBounds(tableClient))
	if err != nil {
		return err
	}
	defer func() { _ = clients.Close() }()
	err = sw.each(tableQueue, func(it *pebble.Iterator) error {
		key := it.Key()
		if len(key) <= serialEnd {
			return nil
		}
		if serial := serialOf(key); serial != sw.serial {
			sw.endClient()
			sw.serial = serial
			want := appendRow(nil, tableClient, serial, rowClient)
			sw.known = clients.SeekGE(want) && string(clients.Key()) == string(want)
		}
		// A session of this process may be about to be written; those of earlier ones are.
		if !sw.known && sw.serial < sw.s.firstSerial {
			sw.stats.Orphans++
			return sw.drop(key)
		}
		if key[serialEnd] > rowEntry || len(key) != entryKey {
			return nil
		}
		value, err := it.ValueAndErr()
		if err != nil {
			return err
		}
		r := reader{b: value}
		whole := false
		if key[serialEnd] == rowFlight {
			state, _ := r.flight()
			if whole = state == sentWhole; !whole {
				return nil
			}
		}
		sw.stats.Entries++
		h := r.entryHead()
		if r.err != nil {
			return nil // left as it is, like everything that cannot be read
		}
		gone := !h.inline && sw.stale.has(h.body)
		if h.inline {
			d := r.deadline()
			gone = r.err == nil && d != 0 && sw.now >= d
		}
		if !h.inline && h.body <= sw.high {
			sw.live.add(h.body) // also if it is expired: it goes with the next sweep, after its entries
		}
		if gone && !whole { // what was sent keeps its packet id until it is acknowledged
			sw.stats.ExpiredEntries++
			sw.expired++
			return sw.drop(key)
		}
		return nil
	})
	sw.endClient()
	return errors.Join(err, sw.flush())
}

func (sw *sweep) endClient() {
	if f := sw.s.opt.OnExpired; f != nil && sw.expired > 0 {
		f(sw.serial, sw.expired)
	}
	sw.expired = 0
}

// drop removes a row with the next page.
func (sw *sweep) drop(key []byte) error {
	sw.remove = append(sw.remove, keyValue{key: append([]byte(nil), key...)})
	if len(sw.remove) < sweepPage {
		return nil
	}
	return sw.flush()
}

func (sw *sweep) flush() error {
	page := rows{set: sw.remove}
	sw.remove = nil
	if len(page.set) == 0 {
		return nil
	}
	return sw.s.removeRows(sw.ctx, &page)
}

// removeDead removes the bodies that nothing names.
func (sw *sweep) removeDead() error {
	var late map[uint64]struct{}
	if err := sw.s.call(sw.ctx, func(c *committer) {
		// From here on nobody names a body of the snapshot any more, so what was named is complete.
		c.sweep.below = sw.high + 1
		c.sweep.marking = false
		late = c.sweep.late
	}); err != nil {
		return err
	}
	for id := range late {
		sw.live.add(id)
	}
	var page rows
	var from, to uint64 // a run of dead bodies: from, and the last
	end := func() error {
		if from != 0 {
			page.ranges = append(page.ranges, [2][]byte{appendBodyKey(nil, from), appendBodyKey(nil, to+1)})
			from = 0
		}
		if len(page.ranges) < sweepPage {
			return nil
		}
		full := page
		page = rows{}
		return sw.s.removeRows(sw.ctx, &full)
	}
	err := sw.each(tableBody, func(it *pebble.Iterator) error {
		id := serialOf(it.Key())
		if id > sw.high || sw.live.has(id) {
			return end()
		}
		sw.stats.DeadBodies++
		if from == 0 {
			from = id
		}
		to = id
		return nil
	})
	if err == nil {
		err = end()
	}
	if err == nil && len(page.ranges) > 0 {
		err = sw.s.removeRows(sw.ctx, &page)
	}
	return err
}

// removeRows commits deletions. They need not be forced to the disk: what comes back is swept again.
func (s *Store) removeRows(ctx context.Context, r *rows) (err error) {
	called := s.call(ctx, func(c *committer) {
		if c.dead {
			err = s.Fault()
		} else if err = c.encodeRows(r); err == nil && !c.commit(false) {
			err = s.Fault()
		}
	})
	return errors.Join(called, err)
}

// each calls f for every row of a table in the snapshot.
func (sw *sweep) each(table byte, f func(*pebble.Iterator) error) error {
	it, err := sw.snap.NewIter(tableBounds(table))
	if err != nil {
		return err
	}
	defer func() { _ = it.Close() }()
	n := 0
	for ok := it.First(); ok; ok = it.Next() {
		if err := sw.interrupted(n); err != nil {
			return err
		}
		n++
		if err := f(it); err != nil {
			return err
		}
	}
	return it.Error()
}
