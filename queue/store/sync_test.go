package store

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// addInOrder commits n messages one after the other, with flushes of the tables among them, and returns them as show prints them.
func (ts *testStore) addInOrder(n int) (lines []string) {
	ts.t.Helper()
	filler := randomBytes(3000)
	for i := range n {
		ts.w.Remove(2, ts.add(2, 1, "%s", filler))
		ts.add(3, 1, "%x", filler)
		ts.add(1, 1, "%d", i)
		ts.w.commit()
		lines = append(lines, fmt.Sprintf("qos1 %d", i))
	}
	return lines
}

// wantStart checks that a client's queue is the start of lines, and returns how much of it is there.
func (ts *testStore) wantStart(why string, serial uint64, lines []string) int {
	ts.t.Helper()
	got := ts.show(serial)
	if len(got) > len(lines) || fmt.Sprint(got) != fmt.Sprint(lines[:len(got)]) {
		ts.t.Fatalf("%s: client %d has %q, which is not how %q begins", why, serial, got, lines)
	}
	return len(got)
}

// TestSyncModesLoseTheEndOnly: without fsync, a loss of power may take what came last, and nothing else; the store opens whichever blocks
// of the files the disk had written, and Close forces everything.
func TestSyncModesLoseTheEndOnly(t *testing.T) {
	for _, mode := range []Sync{SyncInterval, SyncNever} {
		lost := false
		for seed := range uint64(30) {
			r := rand.New(rand.NewPCG(seed, uint64(mode)))
			mem := vfs.NewCrashableMem()
			o := testOptions(mem)
			o.Sync, o.SyncEvery, o.MemTableBytes = mode, time.Hour, 64<<10
			ts := openWith(t, o)
			lines := ts.addInOrder(1 + r.IntN(40))
			percent := int(seed) * 100 / 29
			o.FS = mem.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: percent, RNG: r})
			after := openWith(t, o)
			n := after.wantStart(fmt.Sprintf("mode %d, %d%% of the blocks", mode, percent), 1, lines)
			lost = lost || n < len(lines)
			// What a process found when it opened, it has built upon: that is not lost with the next loss of power.
			o.FS = o.FS.(*vfs.MemFS).CrashClone(vfs.CrashCloneCfg{})
			again := openWith(t, o)
			again.want("a second loss of power", 1, lines[:n]...)
			if err := ts.Close(); err != nil {
				t.Fatal(err)
			}
			o.FS = mem.CrashClone(vfs.CrashCloneCfg{})
			openWith(t, o).want("closed in order", 1, lines...)
		}
		if !lost {
			t.Errorf("mode %d never lost anything, so that nothing was tried", mode)
		}
	}
}

// TestSyncIntervalForces: what the interval has forced to the disk survives a loss of power.
func TestSyncIntervalForces(t *testing.T) {
	mem := vfs.NewCrashableMem()
	o := testOptions(mem)
	o.Sync, o.SyncEvery = SyncInterval, time.Millisecond
	ts := openWith(t, o)
	for range 3 {
		ts.add(1, 1, "x")
		ts.w.commit()
		for unforced := true; unforced; {
			if err := ts.call(t.Context(), func(c *committer) { unforced = c.unforced }); err != nil {
				t.Fatal(err)
			}
		}
		want := ts.show(1)
		openTest(t, mem.CrashClone(vfs.CrashCloneCfg{})).want("after the interval", 1, want...)
	}
}

// TestReopenAtLength opens and closes a store again and again: queues keep their order over all of its processes, and numbers ascend.
func TestReopenAtLength(t *testing.T) {
	ts := openTest(t, nil)
	var want []string
	serial, newest := uint64(0), Entry(0)
	for i := range 60 {
		if f := ts.FirstSerial(); f <= serial {
			t.Fatalf("process %d begins with serial %d, which %d had used", i, f, serial)
		}
		serial = ts.FirstSerial()
		c := Client{Serial: serial}
		ts.w.PutClient(&c, &ClientRecord{ID: fmt.Sprint(i), Serial: serial})
		e := ts.add(1, 1, "%d", i)
		if e <= newest {
			t.Fatalf("process %d makes entry %d after %d", i, e, newest)
		}
		newest = e
		want = append(want, fmt.Sprintf("qos1 %d", i))
		if i%10 == 9 {
			ts.w.RemoveThrough(1, e)
			want = nil
		}
		ts.w.commit()
		if ts.reopen(); ts.Unclean() {
			t.Fatalf("process %d was closed in order", i)
		}
		ts.want("after another process", 1, want...)
	}
	n := 0
	if err := ts.Clients(func(*Stored) bool { n++; return true }); err != nil || n != 60 {
		t.Errorf("%d sessions in the end, want 60: %v", n, err)
	}
}
