package textfile

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestLines(t *testing.T) {
	var got []string
	for n, line := range Lines("a\r\n\nb\r\rc\r\n\r\nd\r") {
		got = append(got, fmt.Sprintf("%d%q", n, line))
	}
	if want := []string{`1"a"`, `2""`, `3"b\r\rc"`, `4""`, `5"d\r"`}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// desk is a file and who reads it.
type desk struct {
	t        *testing.T
	path     string
	interval atomic.Int64
	watch    *Watch
	log      syncBuilder
	loads    []string // guarded by the lock of log
	missing  int
}

// syncBuilder is a log for several goroutines.
type syncBuilder struct {
	sync.Mutex
	strings.Builder
}

func (b *syncBuilder) Write(p []byte) (int, error) {
	b.Lock()
	defer b.Unlock()
	return b.Builder.Write(p)
}

func newDesk(t *testing.T, interval time.Duration) *desk {
	d := &desk{t: t, path: filepath.Join(t.TempDir(), "file")}
	d.interval.Store(int64(interval))
	return d
}

func (d *desk) write(text string) {
	d.t.Helper()
	if err := os.WriteFile(d.path, []byte(text), 0o600); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) open() error {
	var err error
	d.watch, err = Open(Options{
		What:     "test file",
		Settings: func() Settings { return Settings{d.path, time.Duration(d.interval.Load())} },
		Load: func(text string) error {
			if strings.Contains(text, "bad") {
				return &Mistake{Line: 1, Why: text}
			}
			d.log.Lock()
			defer d.log.Unlock()
			d.loads = append(d.loads, text)
			return nil
		},
		Missing: func(string) { d.missing++ },
		Logger:  slog.New(slog.NewTextHandler(&d.log, nil)),
	})
	return err
}

// want checks what was loaded since the last look.
func (d *desk) want(why string, loads ...string) {
	d.t.Helper()
	d.log.Lock()
	defer d.log.Unlock()
	if !slices.Equal(d.loads, loads) {
		d.t.Errorf("%s: loaded %q, want %q", why, d.loads, loads)
	}
	d.loads = nil
}

func (d *desk) logged(why string, lines int) {
	d.t.Helper()
	d.log.Lock()
	defer d.log.Unlock()
	if n := strings.Count(d.log.String(), "\n"); n != lines {
		d.t.Errorf("%s: %d lines in the log, want %d:\n%s", why, n, lines, d.log.String())
	}
	d.log.Reset()
}

// TestInterval proves that a change is taken over after the interval and not before, once, and that problems are said once each.
func TestInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 10*time.Second)
		d.write("one")
		if err := d.open(); err != nil {
			t.Fatal(err)
		}
		defer d.watch.Close()
		after := func(wait time.Duration) {
			time.Sleep(wait)
			synctest.Wait()
		}
		d.want("at start", "one")
		d.write("two")
		after(9 * time.Second)
		d.want("before the interval has passed")
		after(2 * time.Second)
		d.want("after it", "two")
		after(time.Minute)
		d.want("nothing has changed")
		d.logged("all is well", 0)

		d.write("bad")
		after(time.Minute)
		d.logged("a mistake", 1)
		d.write("bad again")
		after(time.Minute)
		d.logged("another one", 1)
		if err := os.Remove(d.path); err != nil {
			t.Fatal(err)
		}
		after(time.Minute)
		d.logged("no file", 1)
		d.want("wrong and missing files")
		d.write("two")
		after(time.Minute)
		d.want("as it was before the mistakes", "two")
		d.logged("all is well again", 0)
	})
}

// TestHalfWritten proves that content which changes while it is looked at is not loaded before it stays.
func TestHalfWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 10*time.Second)
		d.write("whole")
		if err := d.open(); err != nil {
			t.Fatal(err)
		}
		defer d.watch.Close()
		d.want("at start", "whole")
		time.Sleep(10*time.Second - settle/2)
		for i := range 10 { // a copy that takes a while, with the interval in the middle
			d.write(fmt.Sprint("half ", i))
			time.Sleep(settle)
		}
		d.write("new")
		time.Sleep(3 * settle)
		synctest.Wait()
		d.want("the copy has ended", "new")
	})
}

// TestReload proves that Reload looks at once and counts the interval anew, and that no interval means never.
func TestReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 0)
		if err := d.open(); err != nil {
			t.Fatal(err)
		}
		if d.missing != 1 {
			t.Errorf("a missing file was noticed %d times", d.missing)
		}
		d.write("one")
		time.Sleep(time.Hour)
		synctest.Wait()
		d.want("without an interval")
		if err := os.Remove(d.path); err != nil {
			t.Fatal(err)
		}
		d.watch.Reload()
		d.logged("a file that was never read is still missing", 0)
		d.write("one")
		d.watch.Reload()
		d.want("after Reload", "one")
		d.interval.Store(int64(-10 * time.Second))
		d.watch.Reload()
		d.write("two")
		time.Sleep(11 * time.Second)
		synctest.Wait()
		d.want("a negative interval counts like its opposite", "two")
		d.watch.Close()
		d.watch.Reload() // returns
		d.logged("a file that was missing and came", 0)
		if d.missing != 1 {
			t.Errorf("a missing file was noticed %d times", d.missing)
		}
	})
}

// TestOpen is about what Open makes of files that are no good.
func TestOpen(t *testing.T) {
	d := newDesk(t, 0)
	d.write("bad")
	err := d.open()
	var m *Mistake
	if !errors.As(err, &m) || m.File != d.path || m.Error() != d.path+":1: bad" {
		t.Errorf("a mistake: %v", err)
	}
	d.path = t.TempDir()
	if err := d.open(); err == nil || !strings.Contains(err.Error(), d.path) {
		t.Errorf("a directory: %v", err)
	}
}
