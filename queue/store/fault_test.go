package store

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/vernemq/vmq/queue"
)

// faults collects what OnFault was told.
type faults struct {
	sync.Mutex
	*sync.Cond
	told []error
}

func newFaults() *faults {
	f := &faults{}
	f.Cond = sync.NewCond(&f.Mutex)
	return f
}

func (f *faults) hear(err error) {
	f.Lock()
	f.told = append(f.told, err)
	f.Unlock()
	f.Broadcast()
}

// wait returns the first n calls.
func (f *faults) wait(n int) []error {
	f.Lock()
	defer f.Unlock()
	for len(f.told) < n {
		f.Wait()
	}
	return f.told
}

// full makes every write fail with ENOSPC while it is on.
func full(on *atomic.Bool) errorfs.Injector {
	return errorfs.InjectorFunc(func(op errorfs.Op) error {
		if on.Load() && op.Kind.ReadOrWrite() == errorfs.OpIsWrite {
			return &os.PathError{Op: "write", Path: op.Path, Err: syscall.ENOSPC}
		}
		return nil
	})
}

// TestDiskFull: nothing is reported as durable while the disk is full, what was handed over meanwhile is written when space returns, and
// each change is told once.
func TestDiskFull(t *testing.T) {
	var on atomic.Bool
	f := newFaults()
	o := testOptions(errorfs.Wrap(vfs.NewMem(), full(&on)))
	o.OnFault, o.PendingBytes = f.hear, 10_000
	ts := openWith(t, o)
	ts.add(1, 1, "before")
	ts.w.commit()
	on.Store(true)
	ts.add(1, 1, "kept in memory")
	before := ts.w.Durable()
	ts.w.Flush()
	if told := f.wait(1); !errors.Is(told[0], syscall.ENOSPC) {
		t.Fatalf("the first fault is %v", told[0])
	}
	if !errors.Is(ts.Fault(), syscall.ENOSPC) {
		t.Errorf("Fault says %v", ts.Fault())
	}
	for i := 0; !ts.Full(); i++ {
		ts.add(2, 1, "%d", i)
		ts.w.Flush()
	}
	if got := ts.w.Durable(); got != before {
		t.Errorf("ticket %d is durable on a full disk, want %d", got, before)
	}
	if got := ts.show(1); len(got) == 0 || got[0] != "qos1 before" {
		t.Errorf("reading on a full disk finds %q", got)
	}
	on.Store(false)
	ts.w.wait(ts.w.Ticket())
	ts.want("written in the end", 1, "qos1 before", "qos1 kept in memory")
	if told := f.wait(2); len(told) != 2 || told[1] != nil {
		t.Errorf("OnFault was told %v, want the fault and nil", told)
	}
	if ts.Full() || ts.Pending() != 0 {
		t.Errorf("%d bytes are pending in the end", ts.Pending())
	}
	ts.reopen().want("and durable", 1, "qos1 before", "qos1 kept in memory")
}

// TestCloseOnFullDisk: Close comes back, says what was lost, and leaves what was durable.
func TestCloseOnFullDisk(t *testing.T) {
	var on atomic.Bool
	mem := vfs.NewMem()
	f := newFaults()
	o := testOptions(errorfs.Wrap(mem, full(&on)))
	o.OnFault = f.hear
	ts := openWith(t, o)
	ts.add(1, 1, "before")
	ts.w.commit()
	on.Store(true)
	ts.add(1, 1, "lost")
	ts.w.Flush()
	f.wait(1)
	if err := ts.Close(); !errors.Is(err, errFrozen) {
		t.Fatalf("closed with %v", err)
	}
	if ts.w.Durable() == ts.w.Ticket() {
		t.Error("what was lost was reported as durable")
	}
	again := openTest(t, mem)
	again.want("what was durable", 1, "qos1 before")
	if !again.Unclean() {
		t.Error("a store that was given up counts as closed in order")
	}
}

// TestEachWriteFailsOnce lets the first, second, … operation on the disk fail once. Nothing that was reported as durable is lost,
// and the store goes on.
func TestEachWriteFailsOnce(t *testing.T) {
	failed := make(map[errorfs.OpKind]int)
	for n := int32(0); ; n++ {
		mem := vfs.NewCrashableMem()
		var kind atomic.Int32
		var armed atomic.Bool
		var count, hits atomic.Int32
		inject := errorfs.InjectorFunc(func(op errorfs.Op) error {
			if !armed.Load() || op.Kind.ReadOrWrite() != errorfs.OpIsWrite || op.Kind == errorfs.OpFileClose {
				return nil
			}
			if count.Add(1) != n+1 {
				return nil
			}
			hits.Add(1)
			kind.Store(int32(op.Kind))
			return fmt.Errorf("operation %d on %s: %w", op.Kind, op.Path, syscall.EIO)
		})
		o := testOptions(errorfs.Wrap(mem, inject))
		o.MemTableBytes = 64 << 10
		ts := openWith(t, o)
		armed.Store(true)
		var want []string
		for i := range 12 {
			// Enough for some flushes, so that tables, manifest and new logs are among what fails.
			m := queue.NewMessage([]byte("t"), randomBytes(8000), nil)
			for range 3 {
				ts.w.Remove(2, ts.w.Add(2, queue.Item{Msg: m, QoS: 1}))
				ts.w.Add(3, queue.Item{Msg: m, QoS: 1})
				ts.w.commit()
			}
			m.Release()
			ts.add(1, 1, "%d", i)
			ts.w.commit()
			want = append(want, fmt.Sprintf("qos1 %d", i))
		}
		if err := ts.db.Flush(); err != nil {
			t.Fatalf("write %d: flush: %v", n, err)
		}
		ts.want(fmt.Sprintf("after the failure of write %d", n), 1, want...)
		if err := ts.broken(); err != nil {
			t.Fatalf("write %d broke the store: %v", n, err)
		}
		after := openTest(t, mem.CrashClone(vfs.CrashCloneCfg{}))
		after.want(fmt.Sprintf("after a crash behind write %d", n), 1, want...)
		armed.Store(false)
		if err := after.Close(); err != nil {
			t.Fatalf("write %d: %v", n, err)
		}
		if err := ts.Close(); err != nil && !errors.Is(err, errFrozen) { // it may be waiting to try a table again
			t.Fatalf("write %d: %v", n, err)
		}
		if hits.Load() == 0 {
			break
		}
		failed[errorfs.OpKind(kind.Load())]++
	}
	for _, kind := range []errorfs.OpKind{errorfs.OpCreate, errorfs.OpFileWrite, errorfs.OpFileSync, errorfs.OpFileSyncData} {
		if failed[kind] == 0 {
			t.Errorf("no operation of kind %d failed: %v", kind, failed)
		}
	}
	t.Logf("failures by kind of operation: %v", failed)
}

// TestEachWriteOfAStartFailsOnce lets the first, second, … operation of opening a store fail once, on a directory that a process has died on, and
// of closing it. What fails is told, or is done again, or does not matter; the next start finds everything.
func TestEachWriteOfAStartFailsOnce(t *testing.T) {
	mem := vfs.NewCrashableMem()
	ts := openTest(t, mem)
	for i := range 3 {
		ts.add(1, 1, "%d", i)
		ts.w.commit()
	}
	died := mem.CrashClone(vfs.CrashCloneCfg{})
	refused := 0
	for n := int32(1); ; n++ {
		fs := died.CrashClone(vfs.CrashCloneCfg{})
		var count atomic.Int32
		o := testOptions(errorfs.Wrap(fs, errorfs.InjectorFunc(func(op errorfs.Op) error {
			if op.Kind.ReadOrWrite() == errorfs.OpIsWrite && count.Add(1) == n {
				return fmt.Errorf("operation %d on %s: %w", op.Kind, op.Path, syscall.EIO)
			}
			return nil
		})))
		s, err := Open(o)
		switch {
		case err == nil:
			err = s.Close()
		case errors.Is(err, ErrDamaged) || errors.Is(err, ErrNoStore):
			t.Errorf("failure %d: %v", n, err)
		}
		if err != nil {
			if refused++; !errors.Is(err, syscall.EIO) && !errors.Is(err, errFrozen) {
				t.Errorf("failure %d does not tell its reason: %v", n, err)
			}
		}
		openTest(t, fs.CrashClone(vfs.CrashCloneCfg{})).want(fmt.Sprintf("after failure %d", n), 1, "qos1 0", "qos1 1", "qos1 2")
		if count.Load() < n {
			break
		}
	}
	if refused < 5 {
		t.Errorf("only %d failures were told", refused)
	}
}

// TestFailedSyncIsWrittenAgain: after a failed fsync the kernel may have dropped what was written. This file system does.
func TestFailedSyncIsWrittenAgain(t *testing.T) {
	mem := vfs.NewCrashableMem()
	lossy := &lossyFS{FS: mem}
	ts := openWith(t, testOptions(lossy))
	for i := range 10 {
		ts.add(1, 1, "%d", i)
		lossy.loses.Store(i%2 == 1)
		ts.w.commit()
	}
	if lossy.lost.Load() == 0 {
		t.Fatal("no fsync failed")
	}
	after := openTest(t, mem.CrashClone(vfs.CrashCloneCfg{}))
	after.want("all of it", 1, "qos1 0", "qos1 1", "qos1 2", "qos1 3", "qos1 4", "qos1 5", "qos1 6", "qos1 7", "qos1 8", "qos1 9")
}

// lossyFS fails an fsync of the log once when loses is set, and overwrites with zeros what was to be forced to the disk.
type lossyFS struct {
	vfs.FS
	loses atomic.Bool
	lost  atomic.Int32
}

func (fs *lossyFS) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := fs.FS.Create(name, c)
	if err != nil || !strings.HasSuffix(name, ".log") {
		return f, err
	}
	return &lossyFile{File: f, fs: fs}, nil
}

type lossyFile struct {
	vfs.File
	fs     *lossyFS
	size   int64
	synced int64
}

func (f *lossyFile) Write(p []byte) (int, error) {
	n, err := f.File.Write(p)
	f.size += int64(n)
	return n, err
}

func (f *lossyFile) SyncData() error {
	if f.fs.loses.CompareAndSwap(true, false) {
		f.fs.lost.Add(1)
		if _, err := f.WriteAt(make([]byte, f.size-f.synced), f.synced); err != nil {
			return err
		}
		return syscall.EIO
	}
	f.synced = f.size
	return f.File.SyncData()
}
