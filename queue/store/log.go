package store

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
)

// pebbleLog receives the remarks of the database. What it calls fatal does not end the process here: the store stops writing and says so.
type pebbleLog struct {
	log  *slog.Logger
	fail func(error) error

	stalls      atomic.Int64
	corruptions atomic.Int64
	stuck       atomic.Bool
	told        sync.Map // files whose damage the log has told: it is found again by everybody who reads there
}

// Infof is told about every flush and compaction, which nobody wants to read.
func (l *pebbleLog) Infof(string, ...any) {}

// Errorf is told about background work that failed and is tried again.
func (l *pebbleLog) Errorf(format string, args ...any) {
	l.log.Debug("store: " + fmt.Sprintf(format, args...))
}

// Fatalf is called where the database cannot go on. It comes back, which the callers bear: all that they do afterwards is return an
// error, or go on with what is in memory.
func (l *pebbleLog) Fatalf(format string, args ...any) {
	_ = l.fail(fmt.Errorf(format, args...))
}

func (l *pebbleLog) listener() *pebble.EventListener {
	return &pebble.EventListener{
		BackgroundError: func(err error) {
			switch {
			case errors.Is(err, pebble.ErrCancelledCompaction):
			case pebble.IsCorruptionError(err) && l.stuck.CompareAndSwap(false, true):
				l.log.Error("store: a table cannot be merged with others because it is damaged; writing stops when too many have gathered; "+
					"stop the broker and look with vernemq check", "reason", oneLine{err}.Error())
			default:
				l.log.Debug("store: background work failed and is tried again", "reason", err)
			}
		},
		DataCorruption: func(info pebble.DataCorruptionInfo) {
			l.corruptions.Add(1)
			if _, told := l.told.LoadOrStore(info.Path, true); !told {
				l.log.Error("store: damaged data on the disk; what cannot be read is missing from its queue", "file", info.Path,
					"reason", oneLine{info.Details}.Error())
			}
		},
		WriteStallBegin: func(pebble.WriteStallBeginInfo) { l.stalls.Add(1) },
	}
}

func panicked(r any) error {
	if err, ok := r.(error); ok {
		return err
	}
	return fmt.Errorf("%v", r)
}
