package store

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/vernemq/vmq/queue"
)

// Sync says when what was committed is forced to the disk, and so what durable means.
type Sync uint8

const (
	// SyncCommit forces every group to the disk before it is reported as durable: it survives a loss of power.
	SyncCommit Sync = iota
	// SyncInterval reports a group as durable when it was handed to the log, and forces the log to the disk every SyncEvery. A
	// crash of the machine loses at most what came since; so does the death of the process, because the log keeps what does not fill
	// a block of 32 KiB in memory until it is forced.
	SyncInterval
	// SyncNever forces nothing but the files that change with a flush or compaction, until Close. A crash of the machine loses what
	// the operating system had not written, the death of the process the last 32 KiB of the log at most, however old they are.
	//
	// In every mode it is the end that is lost: what came before something that survived is there, groups are whole, the store opens.
	SyncNever
)

// Options of a store. Dir and Node must be set; zero values of the others mean the defaults named there.
type Options struct {
	// Dir is the data directory. It is made if it does not exist.
	Dir string
	// Node is the name of the node that the directory belongs to. A directory of another one is refused with ErrOtherNode.
	Node string

	// Sync is SyncCommit unless told otherwise.
	Sync Sync
	// SyncEvery is the period of SyncInterval; 0: one second.
	SyncEvery time.Duration

	// Patience is how long a message of QoS 1 that was sent to a connected subscriber waits for its acknowledgement before it is written. 0:
	// 2 ms; below 0: not at all.
	Patience time.Duration

	// PendingBytes bounds what the writers have handed over and the disk does not have, in bytes of memory as the messages count it:
	// one with n receivers counts n times. 0: 64 MiB. It is a level at which Full tells loops to pause, not one at which
	// anything is refused.
	PendingBytes int64
	// CacheBytes is the size of the cache of blocks read. 0: 32 MiB.
	CacheBytes int64
	// MemTableBytes is the size of one table in memory, of which there are at most four. 0: 32 MiB.
	MemTableBytes int64
	// NoCompression keeps blocks on disk as they are. Otherwise the codec that costs least is used (snappy, or better).
	NoCompression bool

	// Retained is asked for the retained message of a topic after Writer.Retain named it; nil from it: there is none. It is called by the
	// committer, and the message must stay as it is without a reference, as those of engine/retain do.
	Retained func(mountpoint, topic string) *queue.Message
	// OnFault is called when writing to the disk begins to fail, with the first error, and with nil when it works again: once for each change.
	// From any goroutine; it must not call the store.
	OnFault func(error)
	// OnExpired is called when the sweep removed n expired entries of that client's queue. From the committer; it must not block.
	OnExpired func(serial uint64, n int)
	// Timed, if not nil, is told how long each operation took. On the goroutine that did it; it must not block.
	Timed func(Operation, time.Duration)
	// Logger gets what the store repairs, and faults. nil: slog.Default.
	Logger *slog.Logger

	// FS is the file system; nil: the operating system's. Tests give one that crashes.
	FS vfs.FS

	// retryEvery is the pause between attempts of a write that failed; 0: a quarter of a second.
	retryEvery time.Duration
	// readOnly opens for Check: nothing is written.
	readOnly bool
}

func (o *Options) setDefaults() error {
	if o.Dir == "" || o.Node == "" && !o.readOnly {
		return fmt.Errorf("store needs a directory and a node name, has %q and %q", o.Dir, o.Node)
	}
	if o.Sync > SyncNever {
		return fmt.Errorf("sync mode %d is none of commit, interval, never", o.Sync)
	}
	setDefault(&o.SyncEvery, time.Second)
	setDefault(&o.Patience, patienceMost)
	setDefault(&o.PendingBytes, 64<<20)
	setDefault(&o.CacheBytes, 32<<20)
	setDefault(&o.MemTableBytes, 32<<20)
	setDefault(&o.retryEvery, 250*time.Millisecond)
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.FS == nil {
		o.FS = vfs.Default
	}
	return nil
}

func setDefault[T time.Duration | int64](field *T, value T) {
	if *field == 0 {
		*field = value
	}
}

// forPebble is what the database below gets. Its files go through fs, its remarks through l.
func (o *Options) forPebble(fs vfs.FS, l *pebbleLog) *pebble.Options {
	p := &pebble.Options{
		FS:                          fs,
		Logger:                      l,
		EventListener:               l.listener(),
		CacheSize:                   o.CacheBytes,
		MemTableSize:                uint64(o.MemTableBytes),
		MemTableStopWritesThreshold: 4,
		FormatMajorVersion:          formatPebble,
		ReadOnly:                    o.readOnly,
		// Level 0 may grow before it is merged: bodies and entries arrive in order, so most of its tables move down without being
		// written again.
		L0CompactionThreshold: 4,
		L0StopWritesThreshold: 24,
		LBaseMaxBytes:         64 << 20,
		// A broker shares its cores with the store.
		CompactionConcurrencyRange: func() (lower, upper int) { return 1, 2 },
		// Range deletions of ended sessions give their space back without waiting for writes.
		FlushDelayDeleteRange: 10 * time.Second,
	}
	compression := pebble.DBCompressionFastest
	if o.NoCompression {
		compression = pebble.DBCompressionNone
	}
	p.ApplyCompressionSettings(func() pebble.DBCompressionSettings { return compression })
	return p
}

// formatPebble is the format of the files below ours. It is raised on purpose only, together with the test data of the old one.
const formatPebble = pebble.FormatValueSeparation
