package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"github.com/vernemq/vmq/config"
	"github.com/vernemq/vmq/queue/store"
)

// storeDir is where the store lies in a data directory.
func storeDir(dataDir string) string { return filepath.Join(dataDir, "store") }

// storeOptions turns the keys of the message store into options of ours. Only a file that says leveldb.sync_on_write = off gives up
// waiting for the disk.
func storeOptions(c *config.Config, m memory) *store.Options {
	o := &store.Options{Dir: storeDir(c.Node.DataDir), NoCompression: !c.Storage.Compress}
	if c.IsSet("leveldb.sync_on_write") && !c.Storage.SyncOnWrite {
		o.Sync = store.SyncInterval
	}
	o.MemTableBytes, o.CacheBytes = m.table, m.cache
	return o
}

// memory is what stored messages may take, in bytes: each of up to memTables tables that collect writes, the cache of what was read, and the
// queues of sessions as far as they are not on disk only.
type memory struct{ table, cache, queues int64 }

const (
	memTables     = 4       // tables in memory, at most
	memTableLeast = 1 << 20 // bytes
	memTableMost  = 1 << 30
	cacheLeast    = 1 << 20
	queuesLeast   = 16 << 20
)

// storeMemory divides the memory of the store, on a machine with that many bytes. Cache and queues get an eighth of it each, because the system
// keeps what is read often in memory too, and the rest of the broker needs the most.
func storeMemory(s *config.Storage, machine int64) (m memory) {
	budget := s.Memory
	if percent := int64(s.MemoryPercent); budget <= 0 {
		if percent < 1 || percent > 100 {
			percent = 25
		}
		budget = machine / 100 * percent
	}
	m.table = max(memTableLeast, min(s.WriteBuffer, budget/(2*memTables), memTableMost))
	m.cache = max(cacheLeast, min(max(s.CacheLeast, budget/8), budget-memTables*m.table))
	m.queues = max(queuesLeast, budget/8)
	return m
}

// advise adds to an error about the data directory what can be done about it.
func advise(err error) error {
	var what string
	switch {
	case errors.Is(err, store.ErrDamaged):
		what = "nothing was changed. Start from a backup, or move the directory away to begin with an empty one"
	case errors.Is(err, store.ErrOtherNode):
		what = "set nodename to the name that it belongs to, or give this node a directory of its own (platform_data_dir)"
	case errors.Is(err, store.ErrFormat):
		what = "a newer version of the broker wrote it; start that one"
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		what = "make room on that file system, and start again"
	case errors.Is(err, syscall.EROFS), errors.Is(err, os.ErrPermission):
		what = "the broker's user must be able to write to its data directory (platform_data_dir)"
	case errors.Is(err, syscall.ENOTDIR):
		what = "platform_data_dir must name a directory"
	default:
		return err
	}
	return fmt.Errorf("%w\n%s", err, what)
}

// checkStore reads the store of a node that is down and says what is in it.
func checkStore(p place, term terminal) error {
	c, err := p.find()
	if err != nil {
		return err
	}
	if answers(c) {
		fmt.Fprintln(term.errs, "The broker is running; stop it first, or check a backup.")
		return exitCode(1)
	}
	r, err := store.Check(store.Options{Dir: storeDir(c.Node.DataDir)})
	if err != nil {
		fmt.Fprintln(term.errs, advise(err))
		return exitCode(1)
	}
	printReport(term.out, r)
	if len(r.Problems) > 0 {
		return exitCode(1)
	}
	return nil
}

func printReport(w io.Writer, r *store.Report) {
	fmt.Fprintf(w, "node           %s\n", r.Node)
	fmt.Fprintf(w, "sessions       %d, with %d subscriptions and %d wills that wait\n", r.Clients, r.Subscriptions, r.Wills)
	fmt.Fprintf(w, "messages       %d in queues, %d bodies of their own, %d sent and not acknowledged\n", r.Entries, r.Bodies, r.InFlight)
	fmt.Fprintf(w, "retained       %d\n", r.Retained)
	fmt.Fprintf(w, "unreleased     %d ids of QoS 2 messages\n", r.Unreleased)
	fmt.Fprintf(w, "to be removed  %d expired, %d bodies without a queue, %d rows of sessions that ended\n", r.Expired, r.DeadBodies, r.Orphans)
	fmt.Fprintf(w, "disk           %d bytes\n", r.DiskBytes)
	if r.Unclean {
		fmt.Fprintln(w, "The last broker did not close it in order; its log is read back at the next start.")
	}
	for _, problem := range r.Problems {
		fmt.Fprintln(w, "problem:", problem)
	}
	if r.More > 0 {
		fmt.Fprintf(w, "and %d more problems\n", r.More)
	}
	if len(r.Problems) == 0 {
		fmt.Fprintln(w, "sound")
	}
}

// backup asks the running node for a copy of its data.
func backup(p place, term terminal, dir string) error {
	c, err := p.find()
	if err != nil {
		return err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return err
	}
	code, err := call(context.Background(), c, term.out, "backup", dir)
	if err != nil {
		fmt.Fprintln(term.errs, notResponding(c))
		return exitCode(1)
	}
	if code != 0 {
		return exitCode(code)
	}
	return nil
}

// backupCommand answers `backup DIR`: a copy of one moment, that opens as the data directory of a node of the same name.
func (n *node) backupCommand(args []string, out io.Writer) int {
	if len(args) != 1 || !filepath.IsAbs(args[0]) {
		fmt.Fprintln(out, "backup needs the absolute path of a directory that does not exist.")
		return 1
	}
	if err := n.backup(args[0]); err != nil {
		n.log.Warn("backup failed", "directory", args[0], "reason", err)
		fmt.Fprintln(out, "backup:", err)
		return 1
	}
	n.log.Info("backup", "directory", args[0])
	fmt.Fprintln(out, "The data is in", args[0])
	return 0
}

func (n *node) backup(dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	if err := n.broker.Store().Checkpoint(storeDir(dir)); err != nil {
		return errors.Join(err, os.RemoveAll(dir))
	}
	return nil
}
