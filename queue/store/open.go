package store

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/vernemq/vmq/internal/invariants"
)

// Errors of Open, for errors.Is.
var (
	// ErrOtherNode: the directory belongs to a node of another name.
	ErrOtherNode = errors.New("data directory of another node")
	// ErrLocked: another process, or this one, has the directory open.
	ErrLocked = errors.New("data directory is in use")
	// ErrDamaged: what is on the disk contradicts its checksums.
	ErrDamaged = errors.New("data directory is damaged")
	// ErrNoStore: there is no store in the directory, and none was to be made.
	ErrNoStore = errors.New("no store")
)

// Keys of tableMeta.
var (
	keyFormat = []byte("mformat") // recordVersion of the layout
	keyNode   = []byte("mnode")   // name of the node
	keyHigh   = []byte("mhigh")   // numbers that are used up
	keyClean  = []byte("mclean")  // closed in order; removed by Open
)

// Open opens the store in a directory, and makes one if there is none.
func Open(o Options) (*Store, error) {
	if err := o.setDefaults(); err != nil {
		return nil, err
	}
	s, err := o.open()
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", o.Dir, err)
	}
	c := &committer{s: s, patience: patience{most: max(0, o.Patience), since: time.Now()}}
	c.sweep.below = 1
	if err = s.identify(&c.high); err == nil && s.disk.frozen() {
		err = s.disk.fault()
	}
	if err != nil {
		s.disk.freeze() // what the database would tidy up may be all that is left of something
		_ = s.shut()
		return nil, fmt.Errorf("open %s: %w", o.Dir, damaged(err))
	}
	s.firstEntry, s.firstSerial = c.high.entry+1, c.high.serial+1
	s.disk.run()
	go c.run()
	return s, nil
}

// open opens the database.
func (o *Options) open() (s *Store, err error) {
	s = &Store{
		opt: *o, work: make(chan struct{}, 1), calls: make(chan func(*committer)),
		stop: make(chan struct{}), stopped: make(chan struct{}),
	}
	var first error // what the database called fatal while opening
	s.log = &pebbleLog{log: o.Logger, fail: func(err error) error {
		if first == nil {
			first = err
		}
		return err
	}}
	s.disk = newDisk(o.FS, o, s.reportDisk)
	found, err := examine(s.disk, o.Dir)
	if err != nil {
		return nil, err
	}
	made := s
	defer func() {
		if r := recover(); r != nil {
			err = panicked(r)
		}
		if err == nil {
			err = first
		}
		if err == nil && made.disk.frozen() {
			err = made.disk.fault()
		}
		if err != nil && made.db != nil {
			_ = made.shut()
		}
		if err != nil {
			err = explain(err, found, made.disk.opening())
		}
		made.log.fail = made.fail
	}()
	if !o.readOnly {
		if err := o.FS.MkdirAll(o.Dir, 0o700); err != nil {
			return nil, err
		}
	}
	s.db, err = pebble.Open(o.Dir, o.forPebble(s.disk, s.log))
	return s, err
}

// identify checks that the directory is of this node and format, and writes both into a new one.
func (s *Store) identify(h *high) error {
	format, err := s.get(keyFormat)
	switch {
	case err != nil:
		return err
	case format == nil && !s.empty():
		return fmt.Errorf("%w: it has tables or rows and does not say whose they are, so the end of its MANIFEST is lost", ErrDamaged)
	case format == nil && s.opt.readOnly:
		return ErrNoStore
	case format == nil:
		b := s.db.NewBatch()
		defer func() { _ = b.Close() }()
		for _, kv := range []keyValue{{keyFormat, []byte{recordVersion}}, {keyNode, []byte(s.opt.Node)}} {
			if err := b.Set(kv.key, kv.value, nil); err != nil {
				return err
			}
		}
		return b.Commit(pebble.Sync)
	case len(format) != 1 || format[0] != recordVersion:
		return fmt.Errorf("%w: layout %v, want %d", ErrFormat, format, recordVersion)
	}
	node, err := s.get(keyNode)
	if err != nil {
		return err
	}
	if s.opt.readOnly {
		s.opt.Node = string(node)
	}
	if string(node) != s.opt.Node {
		return fmt.Errorf("%w: it belongs to %q, this node is %q", ErrOtherNode, node, s.opt.Node)
	}
	used, err := s.get(keyHigh)
	if err != nil {
		return err
	}
	if used != nil {
		if err := decodeHigh(used, h); err != nil {
			return err
		}
	}
	clean, err := s.get(keyClean)
	if err != nil {
		return err
	}
	s.unclean = clean == nil
	if s.opt.readOnly {
		return nil
	}
	if s.unclean {
		s.opt.Logger.Info("store: was not closed in order; its log was read back", "directory", s.opt.Dir)
		// The end of the log may be in the memory of the operating system only. What this process builds upon must not go away with
		// the next loss of power.
		return s.db.Flush()
	}
	return s.db.Delete(keyClean, pebble.Sync)
}

// empty tells whether a store is as the database makes it: that can be left behind by a process that died in its first moments.
func (s *Store) empty() bool {
	names, err := s.opt.FS.List(s.opt.Dir)
	if err != nil || slices.ContainsFunc(names, isTable) {
		return false
	}
	it, err := s.db.NewIter(nil)
	if err != nil {
		return false
	}
	rows := it.First()
	return it.Close() == nil && !rows
}

// get copies a value; nil if there is none.
func (s *Store) get(key []byte) ([]byte, error) {
	v, closer, err := s.db.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	out := append(make([]byte, 0, len(v)), v...)
	if invariants.Enabled && out == nil {
		invariants.Failf("an empty value reads as none")
	}
	return out, closer.Close()
}
