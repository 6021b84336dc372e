package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2"
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
	for range 3 { // in the log
		ts.add(1, 1, "more")
		ts.w.commit()
	}
	if err := ts.Close(); err != nil {
		t.Fatal(err)
	}
	return mem
}

// alter gives every file whose name has the part in it another content, or removes it for nil, and returns how many there were.
func alter(t *testing.T, fs vfs.FS, part string, change func([]byte) []byte) (n int) {
	t.Helper()
	names, err := fs.List("data")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if !strings.HasPrefix(name, part) && filepath.Ext(name) != part {
			continue
		}
		n++
		name = fs.PathJoin("data", name)
		f, err := fs.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		p, err := io.ReadAll(f)
		if err := errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
		if p = change(p); p == nil {
			if err := fs.Remove(name); err != nil {
				t.Fatal(err)
			}
			continue
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
	}
	return n
}

// spoil changes some bytes from the given share of the length on.
func spoil(at float64) func([]byte) []byte {
	return func(p []byte) []byte {
		for i := int(at * float64(len(p))); i < len(p) && i < int(at*float64(len(p)))+16; i++ {
			p[i] ^= 0x5a
		}
		return p
	}
}

func cut(at float64) func([]byte) []byte {
	return func(p []byte) []byte { return p[:int(at*float64(len(p)))] }
}

func remove([]byte) []byte { return nil }

// TestDamagedDirectory: a store in which something is missing or was changed is refused, the message names the file, and nothing is removed,
// because it may be what the store can be saved from.
func TestDamagedDirectory(t *testing.T) {
	for _, test := range []struct {
		what, file string
		change     func([]byte) []byte
		names      string // what the error has in it
	}{
		{"the head of a MANIFEST", "MANIFEST-000001", spoil(0.1), "MANIFEST-000001"},
		{"the midst of a MANIFEST", "MANIFEST-000001", spoil(0.5), "MANIFEST-000001"},
		{"all but the head of a MANIFEST", "MANIFEST-000001", cut(0.2), "MANIFEST"},
		{"an empty MANIFEST", "MANIFEST-000001", cut(0), "MANIFEST"},
		{"no MANIFEST", "MANIFEST-000001", remove, "MANIFEST-000001"},
		{"no marker of the MANIFEST", "marker.manifest", remove, "marker.manifest"},
		{"no marker of the format", "marker.format", remove, "marker.format-version"},
		{"no tables", ".sst", remove, "sst"},
		{"half of the tables", ".sst", cut(0.5), ".sst"},
		{"empty tables", ".sst", cut(0), ".sst"},
		{"the end of a table", ".sst", spoil(0.999), "00000"},
		{"the head of the log", ".log", spoil(0), ".log"},
		{"the midst of the log", ".log", func(p []byte) []byte { p[100] ^= 0x5a; return p }, ".log"}, // behind it are remains of an older one
		{"the options", "OPTIONS", func([]byte) []byte { return []byte("nonsense\n") }, "OPTIONS"},
	} {
		fs := damagedStore(t)
		if alter(t, fs, test.file, test.change) == 0 {
			t.Fatalf("%s: there is no such file", test.what)
		}
		before, err := fs.List("data")
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // the first refusal must not make the second one different
			if r, err := Check(testOptions(fs)); !errors.Is(err, ErrDamaged) && (err != nil || len(r.Problems) == 0) {
				t.Errorf("%s: checked with %v, %+v, want %v", test.what, err, r, ErrDamaged)
			}
			s, err := Open(testOptions(fs))
			if err == nil {
				_ = s.Close()
			}
			if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), test.names) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: opened with %v, want %v in one line with %q", test.what, err, ErrDamaged, test.names)
			}
		}
		after, err := fs.List("data")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range before {
			if !slices.Contains(after, name) && (filepath.Ext(name) == ".sst" || filepath.Ext(name) == ".log" || strings.HasPrefix(name, "MANIFEST")) {
				t.Errorf("%s: %s was removed", test.what, name)
			}
		}
	}
}

// TestFirstStartBreaksOff: a directory in which a process died in the midst of making a store opens, wherever that was.
func TestFirstStartBreaksOff(t *testing.T) {
	for n := int32(1); ; n++ {
		mem := vfs.NewCrashableMem()
		var image *vfs.MemFS
		var count atomic.Int32
		o := testOptions(errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
			if op.Kind.ReadOrWrite() == errorfs.OpIsWrite && count.Add(1) == n {
				image = mem.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: int(n%2) * 100, RNG: rand.New(rand.NewPCG(1, uint64(n)))})
			}
			return nil
		})))
		ts := openWith(t, o)
		if err := ts.Close(); err != nil {
			t.Fatal(err)
		}
		if image == nil {
			if n < 20 {
				t.Errorf("making a store takes %d operations only", n)
			}
			return
		}
		again := openTest(t, image)
		again.add(1, 1, "kept")
		again.w.commit()
		again.reopen().want("it works", 1, "qos1 kept")
	}
}

// TestDamagedTable: a queue whose block is damaged cannot be read, which is said; others are served, new messages are kept, and Check finds it.
func TestDamagedTable(t *testing.T) {
	fs := damagedStore(t)
	if alter(t, fs, ".sst", spoil(0.5)) == 0 {
		t.Fatal("no table")
	}
	r, err := Check(testOptions(fs))
	if err != nil || len(r.Problems) == 0 {
		t.Errorf("check finds no problem: %+v, %v", r, err)
	}
	o := testOptions(fs)
	log := awaited{text: "cannot be merged with others", came: make(chan struct{})}
	o.Logger = slog.New(slog.NewTextHandler(&log, nil))
	ts := openWith(t, o)
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
			if after, more, err = ts.Page(serial+1, after, upTo(10, func(q Queued) { q.Item.Msg.Release() })); err != nil {
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
	// The database may have tried to merge the table already, and then does not do so again for some minutes, whoever asks.
	ctx, cancel := context.WithCancel(t.Context())
	merged := make(chan error)
	go func() { merged <- ts.db.Compact(ctx, []byte{0}, []byte{255}, false) }()
	<-log.came
	cancel()
	if err := <-merged; err == nil {
		t.Error("what is damaged was merged")
	}
}

// awaited is a log in which a text is waited for.
type awaited struct {
	text string
	came chan struct{} // closed when it is there
	n    int           // how often it came
}

func (a *awaited) Write(line []byte) (int, error) {
	if strings.Contains(string(line), a.text) {
		if a.n++; a.n == 1 {
			close(a.came)
		}
	}
	return len(line), nil
}

// TestUnmergeableIsToldOnce: the database tries again and again, and one line is enough.
func TestUnmergeableIsToldOnce(t *testing.T) {
	log := awaited{text: "cannot be merged with others", came: make(chan struct{})}
	l := &pebbleLog{log: slog.New(slog.NewTextHandler(&log, nil))}
	for range 3 {
		l.listener().BackgroundError(pebble.ErrCorruption)
	}
	if log.n != 1 {
		t.Errorf("told %d times", log.n)
	}
}
