package metric

// Store is what the message store counts, and what there is of it.
type Store struct {
	// Commits and CommittedBytes are batches, Entries and Bodies rows written: an entry stands for a message in one queue, a body for a
	// message that several have.
	Commits, CommittedBytes, Entries, Bodies uint64
	// Removed entries were acknowledged or dropped, Expired ones removed because their time was over, SweptBodies because nobody had them.
	Removed, Expired, SweptBodies uint64
	// Faults is how often writing began to fail. Unreadable rows and Corruptions, blocks of the disk, could not be read.
	Faults, Unreadable, Corruptions uint64
	// PendingBytes were handed over and are not written.
	PendingBytes uint64
	// DiskBytes are files, LogBytes those of the log among them.
	DiskBytes, LogBytes uint64
	// MemTableBytes and CacheBytes are memory.
	MemTableBytes, CacheBytes uint64
	CacheHits, CacheMisses    uint64
	// Flushes and Compactions were done. CompactionDebt is what compactions have to rewrite still, in bytes, Level0Tables what flushes have
	// left for them.
	Flushes, Compactions         uint64
	CompactionDebt, Level0Tables uint64
	// LoggedBytes, FlushedBytes and CompactedBytes went to the disk.
	LoggedBytes, FlushedBytes, CompactedBytes uint64
	// Stalls is how often commits waited for flushes or compactions.
	Stalls uint64
}

// storeFamilies are there if there is a store.
func storeFamilies() []family {
	row := func(typ Type, name, help string, value func(*Store) uint64) family {
		return family{name: "store_" + name, typ: typ, help: help, some: func(r *Reading) []Series {
			if r.Store == nil {
				return nil
			}
			return []Series{{Value: value(r.Store)}}
		}}
	}
	return []family{
		row(Counter, "commits", "Batches that the message store has written.", func(s *Store) uint64 { return s.Commits }),
		row(Counter, "committed_bytes", "Bytes in these batches.", func(s *Store) uint64 { return s.CommittedBytes }),
		row(Counter, "entries_written", "Messages written to a stored queue, once for each queue.", func(s *Store) uint64 { return s.Entries }),
		row(Counter, "entries_removed", "Messages removed from a stored queue.", func(s *Store) uint64 { return s.Removed }),
		row(Counter, "entries_expired", "Messages that the sweep removed from a stored queue because they had expired.",
			func(s *Store) uint64 { return s.Expired }),
		row(Counter, "bodies_written", "Messages written once for several queues, or because they are large.", func(s *Store) uint64 { return s.Bodies }),
		row(Counter, "bodies_swept", "Of these, removed because no queue had them any more.", func(s *Store) uint64 { return s.SweptBodies }),
		row(Counter, "faults", "How often writing to the disk began to fail.", func(s *Store) uint64 { return s.Faults }),
		row(Counter, "unreadable_rows", "Rows that could not be read.", func(s *Store) uint64 { return s.Unreadable }),
		row(Counter, "corruptions", "Damaged blocks that were read from the disk.", func(s *Store) uint64 { return s.Corruptions }),
		row(Gauge, "pending_bytes", "Bytes of messages that wait to be written.", func(s *Store) uint64 { return s.PendingBytes }),
		row(Gauge, "disk_bytes", "Bytes of the files of the message store.", func(s *Store) uint64 { return s.DiskBytes }),
		row(Gauge, "log_bytes", "Bytes of its log, among them.", func(s *Store) uint64 { return s.LogBytes }),
		row(Gauge, "memtable_bytes", "Bytes of its tables in memory.", func(s *Store) uint64 { return s.MemTableBytes }),
		row(Gauge, "cache_bytes", "Bytes of its cache of blocks.", func(s *Store) uint64 { return s.CacheBytes }),
		row(Counter, "cache_hits", "Blocks that were found in the cache.", func(s *Store) uint64 { return s.CacheHits }),
		row(Counter, "cache_misses", "Blocks that had to be read from the disk.", func(s *Store) uint64 { return s.CacheMisses }),
		row(Counter, "flushes", "Tables in memory that were written to the disk.", func(s *Store) uint64 { return s.Flushes }),
		row(Counter, "compactions", "Compactions of tables on the disk.", func(s *Store) uint64 { return s.Compactions }),
		row(Gauge, "compaction_debt_bytes", "Bytes that compactions have to rewrite.", func(s *Store) uint64 { return s.CompactionDebt }),
		row(Gauge, "level0_tables", "Tables that no compaction has taken yet.", func(s *Store) uint64 { return s.Level0Tables }),
		row(Counter, "logged_bytes", "Bytes written to the log.", func(s *Store) uint64 { return s.LoggedBytes }),
		row(Counter, "flushed_bytes", "Bytes written by flushes.", func(s *Store) uint64 { return s.FlushedBytes }),
		row(Counter, "compacted_bytes", "Bytes written by compactions.", func(s *Store) uint64 { return s.CompactedBytes }),
		row(Counter, "write_stalls", "How often commits waited for flushes or compactions.", func(s *Store) uint64 { return s.Stalls }),
	}
}
