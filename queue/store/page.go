package store

import (
	"cmp"
	"encoding/binary"
	"errors"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"github.com/vernemq/vmq/queue"
)

// Queued is an entry as it is read back.
type Queued struct {
	Entry Entry
	// Item's message comes with a reference for the caller; nil for Received.
	Item   queue.Item
	Flight Flight
	// Seq is the window's sequence number, if in flight.
	Seq uint64
}

// Reading sees what has been committed. A session that comes back waits until its writer's Ticket is durable and reads
// then: first InFlight and UnreleasedIDs, then page by page. An error that wraps ErrDamaged is about the rows that were to be read: other queues
// are served, and new messages are kept.

// InFlight calls yield for every message that was sent to the client and not acknowledged, in the order in which they were sent. There
// are as many as its window is large.
func (s *Store) InFlight(serial uint64, yield func(Queued)) (err error) {
	done, err := s.read()
	if err != nil {
		return err
	}
	defer done()
	defer s.time(OpRead)()
	snap := s.db.NewSnapshot()
	defer func() { _ = snap.Close() }()
	it, err := snap.NewIter(rowBounds(serial, rowFlight))
	if err != nil {
		return err
	}
	entries, err := snap.NewIter(rowBounds(serial, rowEntry))
	if err != nil {
		return errors.Join(err, it.Close())
	}
	bodies := bodyReader{s: s, snap: snap}
	defer func() { err = damaged(errors.Join(err, it.Close(), entries.Close(), bodies.close())) }()
	var found []Queued
	for ok := it.First(); ok; ok = it.Next() {
		value, err := it.ValueAndErr()
		r := reader{b: value, err: err}
		q := Queued{Flight: Sent}
		state, seq := r.flight()
		switch {
		case r.err != nil || len(it.Key()) != entryKey:
		case state == Received:
			q.Flight, q.Item.QoS = Received, 2
		case state == sentWhole:
			q.Item = r.entry(&bodies)
		case entries.SeekGE(appendEntryKey(nil, serial, rowEntry, entryOf(it.Key()))) && entryOf(entries.Key()) == entryOf(it.Key()):
			r.b, r.err = entries.ValueAndErr()
			q.Item = r.entry(&bodies)
		default:
			continue // a crash kept the packet id of a message that it did not keep
		}
		if r.err != nil || len(it.Key()) != entryKey {
			s.damagedRow(it.Key(), r.err)
			continue
		}
		q.Seq, q.Entry = seq, entryOf(it.Key())|inFlight
		if state == sentWhole {
			q.Entry |= direct
		}
		found = append(found, q)
	}
	slices.SortFunc(found, func(a, b Queued) int { return cmp.Compare(a.Seq, b.Seq) })
	for _, q := range found {
		yield(q)
	}
	return it.Error()
}

// sentEntries are the entries with a row of their own that are in flight.
func (s *Store) sentEntries(snap *pebble.Snapshot, serial uint64) (sent map[Entry]struct{}, err error) {
	it, err := snap.NewIter(rowBounds(serial, rowFlight))
	if err != nil {
		return nil, err
	}
	defer func() { err = damaged(errors.Join(err, it.Close())) }()
	for ok := it.First(); ok; ok = it.Next() {
		value, err := it.ValueAndErr()
		r := reader{b: value, err: err}
		if state, _ := r.flight(); r.err == nil && state == Sent && len(it.Key()) == entryKey {
			if sent == nil {
				sent = make(map[Entry]struct{})
			}
			sent[entryOf(it.Key())] = struct{}{}
		}
	}
	return sent, it.Error()
}

// Page calls yield for messages of the client's queue that are not in flight, oldest first, from the one after `after` on (0: from the
// first), until yield returns false. It returns the entry to go on from and whether there may be more; memory is that of what yield keeps,
// however long the queue is. Expired messages are among them: who drops one removes its entry.
func (s *Store) Page(serial uint64, after Entry, yield func(Queued) bool) (last Entry, more bool, err error) {
	return s.page(serial, after, false, yield)
}

// PageBack is Page from the newest to the oldest, for a queue of type lifo: from the one before `before` on, 0: from the last.
func (s *Store) PageBack(serial uint64, before Entry, yield func(Queued) bool) (last Entry, more bool, err error) {
	return s.page(serial, before, true, yield)
}

func (s *Store) page(serial uint64, from Entry, back bool, yield func(Queued) bool) (last Entry, more bool, err error) {
	done, err := s.read()
	if err != nil {
		return 0, false, err
	}
	defer done()
	defer s.time(OpRead)()
	snap := s.db.NewSnapshot()
	defer func() { _ = snap.Close() }()
	sent, err := s.sentEntries(snap, serial)
	if err != nil {
		return 0, false, err
	}
	bounds := rowBounds(serial, rowEntry)
	if from = from.row(); from != 0 && back {
		bounds.UpperBound = appendEntryKey(nil, serial, rowEntry, from)
	} else if from != 0 {
		bounds.LowerBound = appendEntryKey(nil, serial, rowEntry, from+1)
	}
	it, err := snap.NewIter(bounds)
	if err != nil {
		return 0, false, err
	}
	bodies := bodyReader{s: s, snap: snap}
	defer func() { err = damaged(errors.Join(err, it.Close(), bodies.close())) }()
	step, ok := it.Next, it.First()
	if back {
		step, ok = it.Prev, it.Last()
	}
	last = from
	for ; ok; ok = step() {
		last = entryOf(it.Key())
		if _, is := sent[last]; is {
			continue
		}
		value, err := it.ValueAndErr()
		r := reader{b: value, err: err}
		item := r.entry(&bodies)
		if r.err != nil || len(it.Key()) != entryKey {
			s.damagedRow(it.Key(), r.err)
			continue
		}
		if !yield(Queued{Entry: last, Item: item}) {
			return last, true, it.Error()
		}
	}
	return last, false, it.Error()
}

// entry consumes an entry and finds its message.
func (r *reader) entry(bodies *bodyReader) queue.Item {
	h := r.entryHead()
	it := queue.Item{QoS: h.qos, Retain: h.retain, SubscriptionID: h.subID}
	switch {
	case r.err != nil:
	case h.inline:
		it.Msg = r.message()
	default:
		it.Msg, r.err = bodies.read(h.body)
	}
	return it
}

// bodyReader reads bodies in the order in which a queue names them, which is nearly that of their numbers.
type bodyReader struct {
	s    *Store
	snap *pebble.Snapshot
	it   *pebble.Iterator
	key  []byte
}

var errNoBody = errors.New("its message is missing")

func (b *bodyReader) read(id uint64) (*queue.Message, error) {
	if b.it == nil {
		it, err := b.snap.NewIter(tableBounds(tableBody))
		if err != nil {
			return nil, err
		}
		b.it = it
	}
	b.key = appendBodyKey(b.key[:0], id)
	// The next body is very often the one that follows; seeking it costs several times as much.
	if !b.it.Valid() || !b.it.Next() || serialOf(b.it.Key()) != id {
		if !b.it.SeekGE(b.key) || serialOf(b.it.Key()) != id {
			if err := b.it.Error(); err != nil {
				return nil, err
			}
			return nil, errNoBody
		}
	}
	value, err := b.it.ValueAndErr()
	if err != nil {
		return nil, err
	}
	r := reader{b: value}
	r.open()
	m := r.message()
	if r.err == nil {
		m.StoreID = id
	}
	return m, r.err
}

func (b *bodyReader) close() error {
	if b.it == nil {
		return nil
	}
	return b.it.Close()
}

// Depth is the number of messages in the client's queue that have a row of their own, counted up to limit: all but those that were
// sent when they came and those that were received.
func (s *Store) Depth(serial uint64, limit int) (n int, err error) {
	done, err := s.read()
	if err != nil {
		return 0, err
	}
	defer done()
	defer s.time(OpRead)()
	it, err := s.db.NewIter(rowBounds(serial, rowEntry))
	if err != nil {
		return 0, err
	}
	defer func() { err = damaged(errors.Join(err, it.Close())) }()
	for ok := it.First(); ok && n < limit; ok = it.Next() {
		n++
	}
	return n, it.Error()
}

// UnreleasedIDs calls yield for each id of a QoS 2 message of the client between its PUBLISH and PUBREL.
func (s *Store) UnreleasedIDs(serial uint64, yield func(id uint16)) (err error) {
	done, err := s.read()
	if err != nil {
		return err
	}
	defer done()
	defer s.time(OpRead)()
	it, err := s.db.NewIter(rowBounds(serial, rowUnreleased))
	if err != nil {
		return err
	}
	defer func() { err = damaged(errors.Join(err, it.Close())) }()
	for ok := it.First(); ok; ok = it.Next() {
		if key := it.Key(); len(key) == serialEnd+3 {
			yield(binary.BigEndian.Uint16(key[serialEnd+1:]))
		}
	}
	return it.Error()
}
