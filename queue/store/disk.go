package store

import (
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/cockroachdb/errors/oserror"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// disk stands between the database and the file system and is patient: an operation that fails, because the disk is full, went read-only
// or broke, is tried again until it succeeds. The database knows no such errors: after one on its log or manifest it would end the
// process. So it sees a slow disk instead, commits wait, nothing is acknowledged, and when space returns all of it goes on.
//
// A failed fsync must not just be repeated: the kernel may have dropped the pages and would report success for data that are gone. So
// log and manifest keep what was written since the last fsync that succeeded, and write it again before the next attempt. Tables are
// different: the database writes a failed one again, under a new name.
//
// Until run, while the database opens, it is not patient: the first error freezes it, and nothing that holds data is removed, because the
// store may turn out to be damaged. Errors of files outside of dir, of reading, and answers such as "no such file" always pass through.
//
// freeze gives up: from then on every write succeeds and does nothing, which is what a loss of power at that moment would leave behind, so
// that the database can be opened to the end and closed in order.
type disk struct {
	vfs.FS
	dir      string
	keep     bool // keep what is not forced to the disk
	readOnly bool // nothing will be written
	every    time.Duration
	report   func(error) // first error, nil when it works again; not called concurrently

	running atomic.Bool
	ice     atomic.Bool
	thaw    chan struct{}          // closed by freeze
	last    atomic.Pointer[string] // opened to be read before run

	mu struct {
		sync.Mutex
		failing int // operations that are being tried again
		err     error
		giveUp  func()   // called when one fails; nil: it is tried again for ever
		doomed  []string // files to remove once it runs
	}
}

func newDisk(fs vfs.FS, o *Options, report func(error)) *disk {
	return &disk{FS: fs, dir: o.Dir, keep: o.Sync != SyncNever, readOnly: o.readOnly, every: o.retryEvery, report: report, thaw: make(chan struct{})}
}

// run begins patience, once, and removes what was to be removed before. What stays because of an error is removed after the next start.
func (d *disk) run() {
	d.mu.Lock()
	names := d.mu.doomed
	d.mu.doomed = nil
	d.running.Store(true)
	d.mu.Unlock()
	for _, name := range names {
		_ = d.FS.Remove(name)
	}
}

// doom puts the removal of a file off until run, and reports whether it did.
func (d *disk) doom(name string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.running.Load() || !isTable(name) && !isLog(name) && !isManifest(name) {
		return false
	}
	d.mu.doomed = append(d.mu.doomed, name)
	return true
}

func (d *disk) frozen() bool { return d.ice.Load() }

// freeze ends all writing.
func (d *disk) freeze() {
	if d.ice.CompareAndSwap(false, true) {
		close(d.thaw)
	}
}

// fault is the error that keeps operations from succeeding, or has made it freeze; nil: all is well.
func (d *disk) fault() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.mu.err
}

// patient tells whether an error is one to wait about.
func (d *disk) patient(err error, name string) bool {
	return strings.HasPrefix(name, d.dir) && !oserror.IsNotExist(err) && !oserror.IsExist(err)
}

// try calls f until it succeeds. It returns f's error if that is none to wait about.
func (d *disk) try(name string, f func() error) error {
	if d.frozen() && strings.HasPrefix(name, d.dir) {
		return nil
	}
	err := f()
	if err == nil || !d.patient(err, name) {
		return err
	}
	d.failed(err)
	defer d.recovered()
	t := time.NewTicker(d.every)
	defer t.Stop()
	for {
		select {
		case <-d.thaw:
			return nil
		case <-t.C:
		}
		if err = f(); err == nil || !d.patient(err, name) {
			return err
		}
	}
}

func (d *disk) failed(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.mu.failing++
	if d.mu.failing == 1 && !d.frozen() {
		d.mu.err = err
		if !d.running.Load() {
			d.freeze()
			return
		}
		d.report(err)
	}
	if d.mu.giveUp != nil {
		d.mu.giveUp()
	}
}

// whenFailing sets what happens when an operation fails, and does it at once if one is failing.
func (d *disk) whenFailing(giveUp func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.mu.giveUp = giveUp
	if d.mu.failing > 0 {
		giveUp()
	}
}

func (d *disk) recovered() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.mu.failing--
	if d.mu.failing == 0 && !d.frozen() {
		d.mu.err = nil
		d.report(nil)
	}
}

// tryFile is try for what opens a file to write to.
func (d *disk) tryFile(name string, f func() (vfs.File, error)) (vfs.File, error) {
	var inner vfs.File
	err := d.try(name, func() (err error) {
		inner, err = f()
		return err
	})
	if err != nil {
		return nil, err
	}
	if inner == nil {
		inner = vfs.NewMemFile(nil) // frozen: nobody reads what is written to it
	}
	return &diskFile{File: inner, d: d, name: name, table: isTable(name)}, nil
}

// Create and the following methods are those of vfs.FS that change something.
func (d *disk) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return d.tryFile(name, func() (vfs.File, error) { return d.FS.Create(name, c) })
}

func (d *disk) ReuseForWrite(old, name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return d.tryFile(name, func() (vfs.File, error) { return d.FS.ReuseForWrite(old, name, c) })
}

func (d *disk) OpenReadWrite(name string, c vfs.DiskWriteCategory, opts ...vfs.OpenOption) (vfs.File, error) {
	return d.tryFile(name, func() (vfs.File, error) { return d.FS.OpenReadWrite(name, c, opts...) })
}

// OpenDir opens a folder, whose Sync is what makes new names durable.
func (d *disk) OpenDir(name string) (vfs.File, error) {
	f, err := d.FS.OpenDir(name)
	if err != nil {
		return nil, err
	}
	return &diskFile{File: f, d: d, name: name}, nil
}

func (d *disk) Link(old, name string) error {
	return d.try(name, func() error { return d.FS.Link(old, name) })
}

// Open notes which file is read, for errors that do not tell.
func (d *disk) Open(name string, opts ...vfs.OpenOption) (vfs.File, error) {
	if !d.running.Load() {
		d.last.Store(&name)
	}
	return d.FS.Open(name, opts...)
}

// opening is the file that was opened last before run, unless that was a table: the database reads them side by side, and names them.
func (d *disk) opening() string {
	if name := d.last.Load(); name != nil && !isTable(*name) {
		return *name
	}
	return ""
}

// Lock takes the lock of the directory. Where nothing can be written, nobody else has it open, so it can be looked at without.
func (d *disk) Lock(name string) (io.Closer, error) {
	l, err := d.FS.Lock(name)
	if d.readOnly && (errors.Is(err, syscall.EROFS) || errors.Is(err, os.ErrPermission)) {
		return io.NopCloser(nil), nil
	}
	return l, err
}

func (d *disk) Remove(name string) error {
	if d.doom(name) {
		return nil
	}
	return d.try(name, func() error { return d.FS.Remove(name) })
}

func (d *disk) RemoveAll(name string) error {
	return d.try(name, func() error { return d.FS.RemoveAll(name) })
}

func (d *disk) Rename(old, name string) error {
	return d.try(name, func() error { return d.FS.Rename(old, name) })
}

func (d *disk) MkdirAll(name string, perm os.FileMode) error {
	return d.try(name, func() error { return d.FS.MkdirAll(name, perm) })
}

func (d *disk) Unwrap() vfs.FS { return d.FS }

// diskFile is a file that is written from its start to its end by one goroutine at a time, as all of the database are.
type diskFile struct {
	vfs.File
	d     *disk
	name  string
	table bool

	unforced []byte // written since offset and not forced to the disk; unless table
	offset   int64
	suspect  bool // a background sync failed: the next one writes unforced again first
}

// unforcedMax bounds what a file keeps. A log that gets more than this between two commits is forced to the disk on the way.
const unforcedMax = 8 << 20

func (f *diskFile) Write(p []byte) (int, error) {
	keep := !f.table && f.d.keep || len(f.unforced) > 0
	if keep {
		f.unforced = append(f.unforced, p...) // first, because a writer may change p
	}
	done := 0
	err := f.d.try(f.name, func() error {
		n, err := f.File.Write(p[done:])
		done += n
		if err == nil && done < len(p) {
			err = io.ErrShortWrite
		}
		return err
	})
	switch {
	case err != nil && keep:
		f.unforced = f.unforced[:len(f.unforced)-len(p)+done]
		return done, err
	case err != nil:
		f.offset += int64(done)
		return done, err
	case !keep:
		f.offset += int64(len(p))
	case len(f.unforced) > unforcedMax:
		return len(p), f.SyncData()
	}
	return len(p), nil
}

func (f *diskFile) Sync() error { return f.force(f.File.Sync) }

func (f *diskFile) SyncData() error { return f.force(f.File.SyncData) }

// SyncTo only eases the work of a later Sync, so its failure is noted and told by that one.
func (f *diskFile) SyncTo(n int64) (bool, error) {
	if f.d.frozen() {
		return false, nil
	}
	full, err := f.File.SyncTo(n)
	if err != nil && f.d.patient(err, f.name) && !f.table {
		f.suspect = true
		return false, nil
	}
	return full, err
}

func (f *diskFile) force(sync func() error) error {
	if f.table {
		return f.forceTable(sync)
	}
	if len(f.unforced) == 0 { // of a directory too, which a flush and a compaction may force at once
		return f.d.try(f.name, sync)
	}
	err := f.d.try(f.name, func() error {
		if f.suspect {
			if _, err := f.File.WriteAt(f.unforced, f.offset); err != nil {
				return err
			}
		}
		err := sync()
		f.suspect = err != nil
		return err
	})
	if err != nil {
		return err
	}
	f.offset += int64(len(f.unforced))
	f.unforced = f.unforced[:0]
	return nil
}

// forceTable passes an error on, after a pause, because the database tries again at once.
func (f *diskFile) forceTable(sync func() error) error {
	if f.d.frozen() {
		return nil
	}
	err := sync()
	if err == nil || !f.d.patient(err, f.name) {
		return err
	}
	f.d.failed(err)
	defer f.d.recovered()
	t := time.NewTimer(f.d.every)
	defer t.Stop()
	select {
	case <-f.d.thaw:
		return nil
	case <-t.C:
		return err
	}
}

// Close does not fail: what mattered was forced to the disk before.
func (f *diskFile) Close() error {
	err := f.File.Close()
	if err != nil && f.d.patient(err, f.name) {
		return nil
	}
	return err
}
