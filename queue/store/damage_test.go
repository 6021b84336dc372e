package store

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/vernemq/vmq/queue"
)

// TestDiskTurnsReadOnly: like a full disk, but flushes and compactions are under way too, and the store goes on when it is mounted anew.
func TestDiskTurnsReadOnly(t *testing.T) {
	var on atomic.Bool
	f := newFaults()
	mem := vfs.NewCrashableMem()
	readOnly := errorfs.InjectorFunc(func(op errorfs.Op) error {
		if on.Load() && op.Kind.ReadOrWrite() == errorfs.OpIsWrite {
			return syscall.EROFS
		}
		return nil
	})
	o := testOptions(errorfs.Wrap(mem, readOnly))
	o.OnFault, o.MemTableBytes = f.hear, 64<<10
	ts := openWith(t, o)
	lines := ts.addInOrder(10)
	on.Store(true)
	filler := randomBytes(8000)
	for range 20 { // more than a table in memory holds
		m := queue.NewMessage([]byte("t"), filler, nil)
		ts.w.Add(3, queue.Item{Msg: m, QoS: 1})
		m.Release()
		ts.w.Flush()
	}
	ts.add(1, 1, "meanwhile")
	ts.w.Flush()
	if told := f.wait(1); !errors.Is(told[0], syscall.EROFS) {
		t.Fatalf("the first fault is %v", told[0])
	}
	if ts.w.Durable() >= ts.w.Ticket() {
		t.Error("durable on a disk that is read-only")
	}
	ts.wantStart("reading goes on", 1, append(lines[:len(lines):len(lines)], "qos1 meanwhile"))
	openTest(t, mem.CrashClone(vfs.CrashCloneCfg{})).want("a loss of power now", 1, lines...)
	on.Store(false)
	ts.w.wait(ts.w.Ticket())
	lines = append(lines, "qos1 meanwhile")
	openTest(t, mem.CrashClone(vfs.CrashCloneCfg{})).want("a loss of power after it works again", 1, lines...)
	ts.reopen().want("after a restart", 1, lines...)
}

// damagedStore closes a store with two queues in tables on the disk and returns its files.
func damagedStore(t *testing.T) *vfs.MemFS {
	t.Helper()
	mem := vfs.NewCrashableMem()
	ts := openTest(t, mem)
	for serial := range uint64(2) {
		c := Client{Serial: serial + 1}
		ts.w.PutClient(&c, &ClientRecord{ID: fmt.Sprint(serial + 1), Serial: c.Serial})
		for range 40 {
			m := queue.NewMessage([]byte("t"), randomBytes(3000), nil)
			ts.w.Add(c.Serial, queue.Item{Msg: m, QoS: 1})
			m.Release()
		}
		ts.w.commit()
		if err := ts.db.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	if err := ts.Close(); err != nil {
		t.Fatal(err)
	}
	return mem
}

// spoil changes some bytes of each file whose name has the part in it, from the given share of its length on, and returns how many there were.
func spoil(t *testing.T, fs vfs.FS, part string, at float64) (n int) {
	t.Helper()
	names, err := fs.List("data")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if !strings.Contains(name, part) || strings.Contains(name, "marker") {
			continue
		}
		name = fs.PathJoin("data", name)
		f, err := fs.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		p, err := io.ReadAll(f)
		if err != nil {
			t.Fatal(err)
		}
		_ = f.Close()
		for i := int(at * float64(len(p))); i < len(p) && i < int(at*float64(len(p)))+16; i++ {
			p[i] ^= 0x5a
		}
		if f, err = fs.Create(name, vfs.WriteCategoryUnspecified); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(p); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(f.Sync(), f.Close()); err != nil {
			t.Fatal(err)
		}
		n++
	}
	return n
}

// TestDamagedManifest: the store does not open, and says what is wrong.
func TestDamagedManifest(t *testing.T) {
	fs := damagedStore(t)
	if spoil(t, fs, "MANIFEST", 0.1) == 0 {
		t.Fatal("no manifest")
	}
	if _, err := Open(testOptions(fs)); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "data") {
		t.Errorf("opened with %v, want %v", err, ErrDamaged)
	}
	if _, err := Check(testOptions(fs)); !errors.Is(err, ErrDamaged) {
		t.Errorf("checked with %v, want %v", err, ErrDamaged)
	}
}

// TestDamagedTable: a queue whose block is damaged cannot be read, which is said; others are served, new messages are kept, and Check finds it.
func TestDamagedTable(t *testing.T) {
	fs := damagedStore(t)
	if spoil(t, fs, ".sst", 0.5) == 0 {
		t.Fatal("no table")
	}
	r, err := Check(testOptions(fs))
	if err != nil || len(r.Problems) == 0 {
		t.Errorf("check finds no problem: %+v, %v", r, err)
	}
	ts := openTest(t, fs)
	ts.add(3, 1, "new")
	ts.w.commit()
	ts.want("another queue", 3, "qos1 new")
	n := 0
	if err := ts.Clients(func(*Stored) bool { n++; return true }); err != nil || n != 2 {
		t.Errorf("%d sessions are left, %v; their block is sound", n, err)
	}
	damaged := 0
	for serial := range uint64(2) {
		for after, more := Entry(0), true; more; {
			var err error
			if after, more, err = ts.Page(serial+1, after, 10, func(q Queued) { q.Item.Msg.Release() }); err != nil {
				damaged++
				if !errors.Is(err, ErrDamaged) {
					t.Errorf("the damaged queue is read with %v, want %v", err, ErrDamaged)
				}
			}
		}
	}
	if damaged == 0 {
		t.Error("what is damaged was read")
	}
	if err := ts.Fault(); err != nil {
		t.Errorf("writing ended because of a block that cannot be read: %v", err)
	}
	if ts.Metrics().Corruptions == 0 {
		t.Error("damaged blocks are not counted")
	}
}
