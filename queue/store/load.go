package store

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/vernemq/vmq/queue"
)

// Stored is a session as a new process finds it.
type Stored struct {
	// Client is the handle to go on with.
	Client        Client
	Record        ClientRecord
	Subscriptions []Subscription
	// Will waits for its time; nil: none.
	Will *Will
}

// Clients calls yield for every session in the order of their serials, until it returns false. The slice of subscriptions is used
// again for the next one; its strings may be kept. A row that cannot be read is logged and left as it is.
func (s *Store) Clients(yield func(*Stored) bool) (err error) {
	done, err := s.read()
	if err != nil {
		return err
	}
	defer done()
	defer s.time(OpScan)()
	it, err := s.db.NewIter(tableBounds(tableClient))
	if err != nil {
		return err
	}
	defer func() { err = damaged(errors.Join(err, it.Close())) }()
	var at Stored
	whole := false // at has a record
	emit := func() bool {
		if !whole {
			return true
		}
		at.Client = Client{Serial: at.Record.Serial, expiry: at.Record.Expiry}
		if at.Will != nil {
			at.Client.will = at.Will.Due
		}
		return yield(&at)
	}
	for ok := it.First(); ok; ok = it.Next() {
		key := it.Key()
		if len(key) <= serialEnd {
			s.damagedRow(key, fmt.Errorf("%w: key of %d bytes", ErrFormat, len(key)))
			continue
		}
		serial := serialOf(key)
		if serial != at.Record.Serial {
			if !emit() {
				return it.Error()
			}
			at = Stored{Record: ClientRecord{Serial: serial}, Subscriptions: at.Subscriptions[:0]}
			whole = false
		}
		value, err := it.ValueAndErr()
		if err != nil {
			return err
		}
		switch key[serialEnd] {
		case rowClient:
			err = decodeClient(value, &at.Record)
			whole = err == nil
		case rowSubscription:
			sub := Subscription{Filter: string(key[serialEnd+1:])}
			if err = decodeSubscription(value, &sub); err == nil {
				at.Subscriptions = append(at.Subscriptions, sub)
			}
		case rowWill:
			w := new(Will)
			if err = decodeWill(value, w); err == nil {
				at.Will = w
			}
		default:
			err = fmt.Errorf("%w: row %d of a client", ErrFormat, key[serialEnd])
		}
		if err != nil {
			s.damagedRow(key, err)
		}
	}
	emit()
	return it.Error()
}

// Retained calls yield for every retained message, until it returns false. The caller owns the one reference to m. Expired ones are
// among them.
func (s *Store) Retained(yield func(mountpoint string, m *queue.Message) bool) (err error) {
	done, err := s.read()
	if err != nil {
		return err
	}
	defer done()
	defer s.time(OpScan)()
	it, err := s.db.NewIter(tableBounds(tableRetained))
	if err != nil {
		return err
	}
	defer func() { err = damaged(errors.Join(err, it.Close())) }()
	mountpoint := ""
	for ok := it.First(); ok; ok = it.Next() {
		value, err := it.ValueAndErr()
		if err != nil {
			return err
		}
		k := reader{b: it.Key()[1:]}
		if mp := k.text(); string(mp) != mountpoint {
			mountpoint = string(mp) // one string for all messages of a mountpoint
		}
		v := reader{b: value}
		v.open()
		m := v.message()
		if v.err != nil || k.err != nil {
			s.damagedRow(it.Key(), v.err)
			continue
		}
		if !yield(mountpoint, m) {
			return nil
		}
	}
	return it.Error()
}

// Due calls yield for what is due at now (milliseconds of Unix time), earliest first: the expiry of a session, or its will. It looks at
// nothing that is not due, stops when yield returns false, and returns when the next one will be due; 0: none is in the index. What is
// handed out stays in the index until the writer of its client removes it.
func (s *Store) Due(now int64, yield func(serial uint64, will bool) bool) (next int64, err error) {
	done, err := s.read()
	if err != nil {
		return 0, err
	}
	defer done()
	it, err := s.db.NewIter(tableBounds(tableDue))
	if err != nil {
		return 0, err
	}
	defer func() { err = damaged(errors.Join(err, it.Close())) }()
	for ok := it.First(); ok; ok = it.Next() {
		key := it.Key()
		if len(key) != 1+8+8+1 {
			s.damagedRow(key, ErrFormat)
			continue
		}
		due := int64(serialOf(key))
		if due > now || !yield(binary.BigEndian.Uint64(key[9:]), key[17] == dueWill) {
			return due, it.Error()
		}
	}
	return 0, it.Error()
}

func (s *Store) damagedRow(key []byte, err error) {
	s.counters.Unreadable.Add(1)
	s.opt.Logger.Warn("store: a row cannot be read and is left as it is", "key", fmt.Sprintf("%q", key), "reason", err)
}

func tableBounds(table byte) *pebble.IterOptions {
	return &pebble.IterOptions{LowerBound: []byte{table}, UpperBound: []byte{table + 1}}
}

// rowBounds limits an iterator to one kind of rows of a client in tableQueue.
func rowBounds(serial uint64, row byte) *pebble.IterOptions {
	return &pebble.IterOptions{
		LowerBound: appendRow(nil, tableQueue, serial, row),
		UpperBound: appendRow(nil, tableQueue, serial, row+1),
	}
}
