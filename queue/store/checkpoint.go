package store

import (
	"errors"
	"fmt"
	"time"

	"github.com/cockroachdb/pebble/v2"
)

// Checkpoint writes a copy of the running store into dir, which must not exist and whose parent must. The copy is of one moment, holds
// everything durable before, and opens as a data directory of the same node. On one file system it costs hard links and the log.
func (s *Store) Checkpoint(dir string) error {
	done, err := s.read()
	if err != nil {
		return err
	}
	defer done()
	if err := s.Fault(); err != nil {
		return fmt.Errorf("checkpoint %s: %w", dir, err)
	}
	if err := s.db.Checkpoint(dir, pebble.WithFlushedWAL()); err != nil {
		return fmt.Errorf("checkpoint %s: %w", dir, err)
	}
	return nil
}

// Report is what Check found in a data directory.
type Report struct {
	Node    string
	Unclean bool // it was not closed in order
	Clients int
	// Offline and Subscriptions are counts; Wills wait for their time.
	Subscriptions, Wills, Retained int
	Entries, InFlight, Unreleased  int
	Bodies                         int
	DeadBodies                     int // without an entry: the sweep will remove them
	Orphans                        int // rows of queues without a session: likewise
	Expired                        int // entries whose message's time is over: likewise
	DiskBytes                      uint64
	// Problems that no sweep repairs: rows that cannot be read, entries whose message is missing, damaged tables.
	Problems []string
	// More is the number of further problems.
	More int
}

// problemsMax bounds Report.Problems.
const problemsMax = 100

func (r *Report) problem(format string, args ...any) {
	if len(r.Problems) >= problemsMax {
		r.More++
		return
	}
	r.Problems = append(r.Problems, fmt.Sprintf(format, args...))
}

// Check reads all of the store in a directory that no process has open, changes nothing, and says what is in it and whether it is sound.
// An error means that it cannot be opened at all. fs may be nil.
func Check(o Options) (*Report, error) {
	o.readOnly = true
	if err := o.setDefaults(); err != nil {
		return nil, err
	}
	s, err := o.open()
	if err != nil {
		return nil, fmt.Errorf("check %s: %w", o.Dir, err)
	}
	defer func() { _ = s.db.Close() }()
	var h high
	if err := s.identify(&h); err != nil {
		return nil, fmt.Errorf("check %s: %w", o.Dir, damaged(err))
	}
	r := &Report{Node: s.opt.Node, Unclean: s.unclean}
	c := &checker{s: s, r: r, h: &h, now: time.Now().UnixMilli(), live: idSet{}, bodies: idSet{}, stale: idSet{}}
	if err := s.db.CheckLevels(nil); err != nil {
		r.problem("tables: %v", err)
	}
	for _, table := range []byte{tableBody, tableClient, tableQueue, tableRetained, tableDue} {
		if err := c.table(table); err != nil {
			r.problem("table %q: %v", table, err)
		}
	}
	r.DeadBodies = r.Bodies - c.live.len()
	r.DiskBytes = s.db.Metrics().DiskSpaceUsage()
	return r, nil
}

// checker looks at every row.
type checker struct {
	s                   *Store
	r                   *Report
	h                   *high
	now                 int64
	live, bodies, stale idSet
	clients             map[uint64]struct{}
}

func (c *checker) table(table byte) error {
	it, err := c.s.db.NewIter(tableBounds(table))
	if err != nil {
		return err
	}
	defer func() { _ = it.Close() }()
	for ok := it.First(); ok; ok = it.Next() {
		value, err := it.ValueAndErr()
		if err != nil {
			return err
		}
		if err := c.row(table, it.Key(), value); err != nil {
			c.r.problem("row %q: %v", it.Key(), err)
		}
	}
	return it.Error()
}

func (c *checker) row(table byte, key, value []byte) error {
	r := reader{b: value}
	switch table {
	case tableBody:
		c.r.Bodies++
		if len(key) != serialEnd {
			return fmt.Errorf("%w: key of %d bytes", ErrFormat, len(key))
		}
		id := serialOf(key)
		r.open()
		if m := r.message(); m != nil {
			if m.Expired(c.now) {
				c.stale.add(id)
			}
			m.Release()
		}
		if id > c.h.body {
			return fmt.Errorf("its number is above %d, the highest that was given out", c.h.body)
		}
		c.bodies.add(id)
		return r.err
	case tableClient:
		return c.client(key, value)
	case tableQueue:
		return c.queued(key, &r)
	case tableRetained:
		c.r.Retained++
		r.open()
		if m := r.message(); m != nil {
			m.Release()
		}
		return r.err
	}
	r.open()
	return r.err
}

func (c *checker) client(key, value []byte) error {
	if len(key) <= serialEnd {
		return fmt.Errorf("%w: key of %d bytes", ErrFormat, len(key))
	}
	switch key[serialEnd] {
	case rowClient:
		c.r.Clients++
		if c.clients == nil {
			c.clients = make(map[uint64]struct{})
		}
		c.clients[serialOf(key)] = struct{}{}
		if serialOf(key) > c.h.serial {
			return fmt.Errorf("its serial is above %d, the highest that was given out", c.h.serial)
		}
		return decodeClient(value, new(ClientRecord))
	case rowSubscription:
		c.r.Subscriptions++
		return decodeSubscription(value, new(Subscription))
	case rowWill:
		c.r.Wills++
		return decodeWill(value, new(Will))
	}
	return fmt.Errorf("%w: row %d of a client", ErrFormat, key[serialEnd])
}

var errNoMessage = errors.New("entry without its message")

func (c *checker) queued(key []byte, r *reader) error {
	if len(key) <= serialEnd {
		return fmt.Errorf("%w: key of %d bytes", ErrFormat, len(key))
	}
	if _, known := c.clients[serialOf(key)]; !known {
		c.r.Orphans++
		return nil
	}
	switch key[serialEnd] {
	case rowFlight:
		c.r.InFlight++
		if state, _ := r.flight(); r.err != nil || state != sentWhole {
			return r.err
		}
	case rowUnreleased:
		c.r.Unreleased++
		return nil
	case rowEntry:
	default:
		return fmt.Errorf("%w: row %d of a queue", ErrFormat, key[serialEnd])
	}
	c.r.Entries++
	h := r.entryHead()
	switch {
	case r.err != nil:
	case h.inline:
		if m := r.message(); m != nil {
			if m.Expired(c.now) {
				c.r.Expired++
			}
			m.Release()
		}
	case !c.bodies.has(h.body):
		return fmt.Errorf("%w %d", errNoMessage, h.body)
	default:
		c.live.add(h.body)
		if c.stale.has(h.body) {
			c.r.Expired++
		}
	}
	return r.err
}
