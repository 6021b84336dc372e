package store

import (
	"fmt"
	"io"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/vernemq/vmq/queue"
)

// quiet is a logger for stores whose remarks the test does not look at.
var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// testStore is a store with a writer, on a file system in memory.
type testStore struct {
	*Store
	t  testing.TB
	w  *loopWriter
	fs vfs.FS
}

// loopWriter is a writer with what a loop does about durability.
type loopWriter struct {
	*Writer
	mu struct {
		sync.Mutex
		*sync.Cond
		durable Ticket
	}
}

func newLoopWriter(s *Store) *loopWriter {
	lw := &loopWriter{}
	lw.mu.Cond = sync.NewCond(&lw.mu.Mutex)
	lw.Writer = s.NewWriter(func(t Ticket) {
		lw.mu.Lock()
		lw.mu.durable = t
		lw.mu.Unlock()
		lw.mu.Broadcast()
	})
	lw.mu.durable = lw.Durable()
	return lw
}

// commit ends the turn and waits until everything is durable.
func (lw *loopWriter) commit() {
	lw.Flush()
	lw.wait(lw.Ticket())
}

func (lw *loopWriter) wait(t Ticket) {
	lw.mu.Lock()
	defer lw.mu.Unlock()
	for lw.mu.durable < t {
		lw.mu.Wait()
	}
}

func testOptions(fs vfs.FS) Options {
	return Options{Dir: "data", Node: "n1@host", FS: fs, Logger: quiet, retryEvery: time.Millisecond, MemTableBytes: 1 << 20, CacheBytes: 1 << 20}
}

// openTest opens the store on fs; nil: a new file system.
func openTest(t testing.TB, fs vfs.FS) *testStore {
	t.Helper()
	if fs == nil {
		fs = vfs.NewMem()
	}
	return openWith(t, testOptions(fs))
}

func openWith(t testing.TB, o Options) *testStore {
	t.Helper()
	s, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	ts := &testStore{Store: s, t: t, w: newLoopWriter(s), fs: o.FS}
	t.Cleanup(func() { _ = s.Close() })
	return ts
}

// reopen closes the store in order and opens it again.
func (ts *testStore) reopen() *testStore {
	ts.t.Helper()
	if err := ts.Close(); err != nil {
		ts.t.Fatal(err)
	}
	o := ts.opt
	s, err := Open(o)
	if err != nil {
		ts.t.Fatal(err)
	}
	ts.Store, ts.w = s, newLoopWriter(s)
	ts.t.Cleanup(func() { _ = s.Close() })
	return ts
}

// message is one with a payload that can be told from others.
func message(qos byte, format string, args ...any) *queue.Message {
	m := queue.NewMessage([]byte("a/b"), fmt.Appendf(nil, format, args...), nil)
	m.QoS = qos
	return m
}

// add puts a new message into a client's queue.
func (ts *testStore) add(serial uint64, qos byte, format string, args ...any) Entry {
	m := message(qos, format, args...)
	defer m.Release()
	return ts.w.Add(serial, queue.Item{Msg: m, QoS: qos})
}

// show prints a client's queue: first what is in flight, then what waits.
// upTo makes yield end a page after n messages.
func upTo(n int, yield func(Queued)) func(Queued) bool {
	return func(q Queued) bool {
		yield(q)
		n--
		return n > 0
	}
}

func (ts *testStore) show(serial uint64) []string {
	ts.t.Helper()
	out := []string{}
	one := func(q Queued) {
		line := fmt.Sprintf("qos%d", q.Item.QoS)
		if q.Item.Msg != nil {
			line += fmt.Sprintf(" %s", q.Item.Msg.Payload())
			q.Item.Msg.Release()
		}
		switch q.Flight {
		case Sent:
			line += fmt.Sprintf(" sent %d", q.Seq)
		case Received:
			line += fmt.Sprintf(" received %d", q.Seq)
		}
		out = append(out, line)
	}
	if err := ts.InFlight(serial, one); err != nil {
		ts.t.Fatal(err)
	}
	for after, more := Entry(0), true; more; {
		var err error
		if after, more, err = ts.Page(serial, after, upTo(3, one)); err != nil {
			ts.t.Fatal(err)
		}
	}
	if err := ts.UnreleasedIDs(serial, func(id uint16) { out = append(out, fmt.Sprintf("unreleased %d", id)) }); err != nil {
		ts.t.Fatal(err)
	}
	return out
}

// want compares a client's queue with lines as show prints them.
func (ts *testStore) want(why string, serial uint64, lines ...string) {
	ts.t.Helper()
	if got := ts.show(serial); fmt.Sprint(got) != fmt.Sprint(lines) {
		ts.t.Fatalf("%s: client %d has\n%q, want\n%q", why, serial, got, lines)
	}
}
