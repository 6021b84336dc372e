package store

import "errors"

// Span is the part of a queue that is counted: the entries after After up to and including Through, 0: to the end. Of those up to Gone
// the ones of QoS 0 are left out: their client was away since, and does not get them.
type Span struct{ After, Through, Gone Entry }

// Waiting is the number of messages of the client's queue that Page would show in the span, counted up to limit.
func (s *Store) Waiting(serial uint64, in Span, limit int) (n int, err error) {
	done, err := s.read()
	if err != nil {
		return 0, err
	}
	defer done()
	defer s.time(OpRead)()
	snap := s.db.NewSnapshot()
	defer func() { _ = snap.Close() }()
	sent, err := s.sentEntries(snap, serial)
	if err != nil {
		return 0, damaged(err)
	}
	bounds := rowBounds(serial, rowEntry)
	if in.After != 0 {
		bounds.LowerBound = appendEntryKey(nil, serial, rowEntry, in.After.row()+1)
	}
	if in.Through != 0 {
		bounds.UpperBound = appendEntryKey(nil, serial, rowEntry, in.Through.row()+1)
	}
	it, err := snap.NewIter(bounds)
	if err != nil {
		return 0, damaged(err)
	}
	defer func() { err = damaged(errors.Join(err, it.Close())) }()
	for ok := it.First(); ok && n < limit; ok = it.Next() {
		e := entryOf(it.Key())
		if _, is := sent[e]; is {
			continue
		}
		if e <= in.Gone {
			value, err := it.ValueAndErr()
			r := reader{b: value, err: err}
			if h := r.entryHead(); r.err == nil && h.qos == 0 {
				continue
			}
		}
		n++
	}
	return n, it.Error()
}

// FirstEntry is above every entry of earlier processes and at most the first one of this.
func (s *Store) FirstEntry() Entry { return Entry(s.firstEntry) }
