package store

import "errors"

// Waiting is the number of messages of the client's queue that Page would show up to and including the entry through, counted up to
// limit. 0 as through means all.
func (s *Store) Waiting(serial uint64, through Entry, limit int) (n int, err error) {
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
	if through != 0 {
		bounds.UpperBound = appendEntryKey(nil, serial, rowEntry, through.row()+1)
	}
	it, err := snap.NewIter(bounds)
	if err != nil {
		return 0, damaged(err)
	}
	defer func() { err = damaged(errors.Join(err, it.Close())) }()
	for ok := it.First(); ok && n < limit; ok = it.Next() {
		if _, is := sent[entryOf(it.Key())]; !is {
			n++
		}
	}
	return n, it.Error()
}

// FirstEntry is above every entry of earlier processes and at most the first one of this.
func (s *Store) FirstEntry() Entry { return Entry(s.firstEntry) }
