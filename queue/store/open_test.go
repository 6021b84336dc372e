package store

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

func TestOpenRefuses(t *testing.T) {
	ts := openTest(t, nil)
	other := testOptions(ts.fs)
	if _, err := Open(other); !errors.Is(err, ErrLocked) {
		t.Errorf("opened twice: %v, want %v", err, ErrLocked)
	}
	if err := ts.Close(); err != nil {
		t.Fatal(err)
	}
	other.Node = "n2@host"
	if _, err := Open(other); !errors.Is(err, ErrOtherNode) || !strings.Contains(err.Error(), `"n1@host"`) || !strings.Contains(err.Error(), `"n2@host"`) {
		t.Errorf("directory of another node: %v", err)
	}
	if err := ts.Clients(func(*Stored) bool { return true }); !errors.Is(err, ErrClosed) {
		t.Errorf("reading from a closed store: %v", err)
	}
	if _, err := Check(Options{Dir: "nothing", FS: ts.fs}); !errors.Is(err, ErrNoStore) {
		t.Errorf("check of a directory without a store: %v, want %v", err, ErrNoStore)
	}
	if _, err := Open(Options{Dir: "x"}); err == nil {
		t.Error("opened without a node name")
	}
}

func TestOpenOnTheSystemsFiles(t *testing.T) {
	dir := t.TempDir()
	o := Options{Dir: filepath.Join(dir, "data"), Node: "n", Logger: quiet}
	ts := openWith(t, o)
	ts.add(1, 1, "a")
	ts.w.commit()
	if _, err := Open(o); !errors.Is(err, ErrLocked) {
		t.Errorf("opened twice: %v, want %v", err, ErrLocked)
	}
	ts.opt.FS = nil
	ts.reopen().want("on the disk", 1, "qos1 a")

	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	o.Dir = filepath.Join(file, "below")
	if _, err := Open(o); err == nil || !strings.Contains(err.Error(), o.Dir) {
		t.Errorf("a directory that cannot be made: %v", err)
	}
}

// TestLogCutAnywhere cuts the log at every few bytes: the store opens, and holds a prefix of what was written.
func TestLogCutAnywhere(t *testing.T) {
	mem := vfs.NewCrashableMem()
	ts := openTest(t, mem)
	for i := range 20 {
		ts.add(1, 1, "%d", i)
		ts.w.commit()
	}
	whole := ts.show(1)
	image := mem.CrashClone(vfs.CrashCloneCfg{})
	log, size := newestLog(t, image)
	for cut := int64(0); cut < size; cut += 37 {
		fs := image.CrashClone(vfs.CrashCloneCfg{})
		truncate(t, fs, log, cut)
		after := openTest(t, fs)
		got := after.show(1)
		for i, line := range got {
			if line != whole[i] {
				t.Fatalf("log cut at %d: message %d is %q, want %q", cut, i, line, whole[i])
			}
		}
		if err := after.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func newestLog(t *testing.T, fs vfs.FS) (name string, size int64) {
	t.Helper()
	names, err := fs.List("data")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		if n = fs.PathJoin("data", n); strings.HasSuffix(n, ".log") && n > name {
			name = n
		}
	}
	info, err := fs.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	return name, info.Size()
}

// truncate writes the file anew up to cut.
func truncate(t *testing.T, fs vfs.FS, name string, cut int64) {
	t.Helper()
	f, err := fs.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	p := make([]byte, cut)
	if cut > 0 {
		if _, err := f.ReadAt(p, 0); err != nil {
			t.Fatal(err)
		}
	}
	_ = f.Close()
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
