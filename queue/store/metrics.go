package store

import (
	"sync/atomic"
	"time"
)

// Operation is a kind of work whose duration Options.Timed is told.
type Operation uint8

const (
	// OpWrite is a commit: the wait of a batch for the disk, with the fsync where Sync wants one.
	OpWrite Operation = iota
	// OpRead is a look into the queue of one client.
	OpRead
	// OpScan is a walk over everything: at the start, and by the sweep.
	OpScan

	// Operations is their number.
	Operations
)

// time begins an operation and returns what ends it.
func (s *Store) time(what Operation) (end func()) {
	if s.opt.Timed == nil {
		return func() {}
	}
	began := time.Now()
	return func() { s.opt.Timed(what, time.Since(began)) }
}

// Counters of what the store did since it was opened. Any goroutine.
type Counters struct {
	Batches     atomic.Uint64 // commits
	BatchBytes  atomic.Uint64 // bytes in them
	CommitNanos atomic.Uint64 // time they took, with the fsync
	Entries     atomic.Uint64 // queue entries written; those removed before are not among them
	Removed     atomic.Uint64 // entries deleted
	Bodies      atomic.Uint64 // messages written apart from entries
	Swept       atomic.Uint64 // of them, removed by the sweep
	Expired     atomic.Uint64 // entries removed by the sweep because their time was over
	Faults      atomic.Uint64 // how often writing began to fail
	Unreadable  atomic.Uint64 // rows that could not be read
}

// Counters are live. Any goroutine.
func (s *Store) Counters() *Counters { return &s.counters }

// Metrics are figures of the database below at one moment.
type Metrics struct {
	DiskBytes      uint64 // files in the directory, log included
	LogBytes       uint64 // of them, the log
	MemTableBytes  uint64 // tables in memory
	CacheBytes     int64  // blocks in the cache
	CacheHits      int64
	CacheMisses    int64
	Flushes        int64
	Compactions    int64
	CompactionDebt uint64 // bytes that compactions still have to rewrite
	FlushedBytes   uint64 // written by flushes
	CompactedBytes uint64 // written by compactions
	LoggedBytes    uint64 // written to the log
	Level0Tables   int64
	Stalls         int64 // how often commits waited for flushes or compactions
	Corruptions    int64 // damaged blocks that were read
	Pending        int64 // bytes handed over and not written
}

// WriteAmplification is how many bytes went to the disk for each byte of a batch.
func (m *Metrics) WriteAmplification() float64 {
	if m.LoggedBytes == 0 {
		return 0
	}
	return float64(m.LoggedBytes+m.FlushedBytes+m.CompactedBytes) / float64(m.LoggedBytes)
}

// Metrics reads them; they are all 0 once the store is closed.
func (s *Store) Metrics() Metrics {
	done, err := s.read()
	if err != nil {
		return Metrics{}
	}
	defer done()
	p := s.db.Metrics()
	m := Metrics{
		DiskBytes:      p.DiskSpaceUsage(),
		LogBytes:       p.WAL.Size,
		MemTableBytes:  p.MemTable.Size,
		CacheBytes:     p.BlockCache.Size,
		CacheHits:      p.BlockCache.Hits,
		CacheMisses:    p.BlockCache.Misses,
		Flushes:        p.Flush.Count,
		Compactions:    p.Compact.Count,
		CompactionDebt: p.Compact.EstimatedDebt,
		LoggedBytes:    p.WAL.BytesWritten,
		Level0Tables:   p.Levels[0].TablesCount,
		Stalls:         s.log.stalls.Load(),
		Corruptions:    s.log.corruptions.Load(),
		Pending:        s.Pending(),
	}
	for i := range p.Levels {
		m.FlushedBytes += p.Levels[i].TableBytesFlushed
		m.CompactedBytes += p.Levels[i].TableBytesCompacted
	}
	return m
}
