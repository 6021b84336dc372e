package store

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
)

// Store is an open data directory. Its methods are for any goroutine; those that read from the disk may block for as long as that takes,
// so a loop leaves them to a worker.
type Store struct {
	opt  Options
	db   *pebble.DB
	disk *disk
	log  *pebbleLog

	firstEntry, firstSerial uint64
	unclean                 bool

	work    chan struct{} // a writer has handed something over
	calls   chan func(*committer)
	stop    chan struct{}
	stopped chan struct{}
	once    sync.Once
	closed  error // of the first Close

	waiting  atomic.Bool  // the committer has a timer for what the writers have not been relieved of
	pending  atomic.Int64 // bytes
	lost     atomic.Int64 // operations that Close gave up
	counters Counters
	fatal    atomic.Pointer[error]
	sweeping sync.Mutex // held by the one sweep that runs

	mu struct {
		sync.Mutex
		writers []*Writer
	}
	writers atomic.Pointer[[]*Writer] // the same; never changed, but replaced

	// reading keeps the database open while it is read from: readers hold it shared, Close takes it for good.
	reading struct {
		sync.RWMutex
		closed bool
	}
}

// ErrClosed is returned by methods of a store that was closed.
var ErrClosed = errors.New("store is closed")

// FirstSerial is the first serial that no client in the store ever had. Serials below it must not be given to new clients.
func (s *Store) FirstSerial() uint64 { return s.firstSerial }

// Unclean says that the directory was not closed in order by the last process, so that its log was read back: what was durable is
// there.
func (s *Store) Unclean() bool { return s.unclean }

// Full says that the disk is behind by more than Options.PendingBytes: loops pause their publishers until it is not.
func (s *Store) Full() bool { return s.pending.Load() > s.opt.PendingBytes }

// Pending is the memory in bytes of what was handed over and is not written.
func (s *Store) Pending() int64 { return s.pending.Load() }

// Fault is why nothing can be written at the moment; nil if it can.
func (s *Store) Fault() error {
	if err := s.broken(); err != nil {
		return err
	}
	return s.disk.fault()
}

func (s *Store) addWriter(w *Writer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.lane.id = len(s.mu.writers)
	s.mu.writers = append(s.mu.writers[:len(s.mu.writers):len(s.mu.writers)], w)
	list := s.mu.writers
	s.writers.Store(&list)
}

func (s *Store) allWriters() []*Writer {
	if list := s.writers.Load(); list != nil {
		return *list
	}
	return nil
}

// wake lets the committer look for work.
func (s *Store) wake() {
	select {
	case s.work <- struct{}{}:
	default:
	}
}

// fail notes an error that ends writing until the directory is opened again, and says so once. It returns err.
func (s *Store) fail(err error) error {
	if s.fatal.CompareAndSwap(nil, &err) {
		s.opt.Logger.Error("store: nothing more is written until the broker is started again", "directory", s.opt.Dir, "reason", err)
		if s.opt.OnFault != nil {
			s.opt.OnFault(err)
		}
	}
	return err
}

func (s *Store) broken() error {
	if p := s.fatal.Load(); p != nil {
		return *p
	}
	return nil
}

// reportDisk tells about a disk that begins to fail or works again.
func (s *Store) reportDisk(err error) {
	if err != nil {
		s.counters.Faults.Add(1)
		s.opt.Logger.Error("store: writing fails; nothing is acknowledged that is not stored", "directory", s.opt.Dir, "reason", err)
	} else {
		s.opt.Logger.Info("store: writing works again", "directory", s.opt.Dir)
	}
	if s.opt.OnFault != nil {
		s.opt.OnFault(err)
	}
}

// Close writes what was handed over, forces it to the disk and closes the directory. If the disk fails, what is not written is
// given up, and the error says how much. The writers must not be used any more. It may be called again.
func (s *Store) Close() error {
	s.once.Do(func() {
		s.disk.whenFailing(s.disk.freeze) // a disk that fails now, or begins to, ends the wait
		close(s.stop)
		<-s.stopped
		if !s.disk.frozen() && s.broken() == nil {
			if err := s.db.Set(keyClean, []byte{recordVersion}, pebble.Sync); err != nil {
				s.fail(err)
			}
		}
		s.closed = s.shut()
	})
	return s.closed
}

// shut closes the database.
func (s *Store) shut() (err error) {
	s.reading.Lock()
	s.reading.closed = true
	s.reading.Unlock()
	why := s.broken()
	if s.disk.frozen() && why == nil {
		why = errFrozen
	}
	if why != nil {
		s.disk.freeze()
	}
	defer func() {
		if r := recover(); r != nil && err == nil {
			err = fmt.Errorf("close %s: %w", s.opt.Dir, panicked(r))
		}
	}()
	err = s.db.Close()
	if why != nil {
		return fmt.Errorf("close %s: %w; %d operations were not written", s.opt.Dir, why, s.lost.Load())
	}
	if err != nil {
		return fmt.Errorf("close %s: %w", s.opt.Dir, err)
	}
	return nil
}

// read holds the database open until the returned func is called.
func (s *Store) read() (done func(), err error) {
	s.reading.RLock()
	if s.reading.closed {
		s.reading.RUnlock()
		return nil, ErrClosed
	}
	return s.reading.RUnlock, nil
}
