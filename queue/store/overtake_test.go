package store

import (
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/vernemq/vmq/queue"
)

// hold keeps the committer from writing until the returned func is called. What is handed over meanwhile stands in one batch, unless a
// group keeps it back.
func (ts *testStore) hold() (release func()) {
	ts.t.Helper()
	block, blocked := make(chan struct{}), make(chan struct{})
	go func() {
		_ = ts.call(ts.t.Context(), func(*committer) { close(blocked); <-block })
	}()
	<-blocked
	return func() { close(block) }
}

// park brings an entry for a client of w as part of g to the committer, which has to keep it back because g's owner goes on with its turn.
// A later turn of w tells that it is there.
func (ts *testStore) park(w *loopWriter, g *Group, serial uint64, payload string, qos byte) Entry {
	ts.t.Helper()
	m := message(qos, "%s", payload)
	defer m.Release()
	w.Join(g)
	e := w.Add(serial, queue.Item{Msg: m, QoS: qos})
	w.Leave()
	w.Unreleased(99, 1)
	w.commit()
	return e
}

// TestEntryEndsInTheBatchOfItsGroup: an entry is part of a group of a writer that comes after its own, and it is removed before the group is
// complete. What ends the entry stands behind it in the batch then, although the group was found later.
func TestEntryEndsInTheBatchOfItsGroup(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(w *Writer, e Entry)
		want []string
	}{
		{"removed", func(w *Writer, e Entry) { w.Remove(1, e) }, nil},
		{"sent and removed", func(w *Writer, e Entry) { w.Remove(1, w.Sent(1, e, 5)) }, nil},
		{"received", func(w *Writer, e Entry) { w.Received(1, e, 5) }, []string{"qos2 received 5"}},
		{"removed through", func(w *Writer, e Entry) { w.RemoveThrough(1, e) }, nil},
		{"emptied", func(w *Writer, _ Entry) { w.Empty(1) }, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			ts := openTest(t, nil)
			owner := newLoopWriter(ts.Store) // after ts.w
			g := owner.Group()
			g.Expect(1)
			e := ts.park(ts.w, g, 1, "ended", 2)
			release := ts.hold()
			c.end(ts.w.Writer, e)
			ts.w.Flush()
			owner.Flush()
			release()
			owner.wait(owner.Ticket())
			ts.w.wait(ts.w.Ticket())
			ts.want("after the batch", 1, c.want...)
			ts.reopen().want("after a restart", 1, c.want...)
		})
	}
}

// TestGroupWaitsForWhatIsPassedOn: a writer that is part of a group passes something on to a third one after the owner's turn has ended. What the
// owner waits for is durable when that one has left too, and not before.
func TestGroupWaitsForWhatIsPassedOn(t *testing.T) {
	ts := openTest(t, nil)
	owner, third := newLoopWriter(ts.Store), newLoopWriter(ts.Store)
	g := owner.Group()
	g.Expect(1)
	owner.Flush()
	g.Expect(1) // by ts.w, which has not left yet
	ts.park(ts.w, g, 1, "kept here", 1)
	ts.w.Unreleased(99, 2)
	ts.w.commit() // in the batch of this, at the latest, the group would be if it were complete
	if owner.Durable() >= owner.Ticket() {
		t.Error("the group did not wait for the third writer")
	}
	m := message(1, "passed on")
	third.Join(g)
	third.Add(2, queue.Item{Msg: m, QoS: 1})
	third.Leave()
	m.Release()
	third.Flush()
	owner.wait(owner.Ticket())
	ts.want("the second writer's", 1, "qos1 kept here")
	ts.want("the third writer's", 2, "qos1 passed on")
}

// TestEmptySparesWhatCameLater: the operation that empties a queue waits in its writer for a group, and an entry of a later turn that is part of
// another group is written before.
func TestEmptySparesWhatCameLater(t *testing.T) {
	for _, together := range []bool{false, true} {
		ts := openTest(t, nil)
		slow, fast := newLoopWriter(ts.Store), newLoopWriter(ts.Store)
		ts.add(1, 1, "old")
		ts.w.Unreleased(1, 7)
		ts.w.commit()

		waiting := ts.w.Group()
		waiting.Expect(1)
		ts.w.Empty(1)
		ts.w.Flush()
		g := fast.Group()
		g.Expect(1)
		m := message(1, "new")
		ts.w.Join(g)
		ts.w.Add(1, queue.Item{Msg: m, QoS: 1})
		ts.w.Leave()
		m.Release()
		ts.w.Flush()
		release := func() {}
		if together {
			release = ts.hold()
		}
		fast.Flush()
		if !together {
			fast.wait(fast.Ticket())
			ts.want("the group went first", 1, "qos1 old", "qos1 new", "unreleased 7")
		}
		slow.Join(waiting)
		slow.Leave()
		slow.Flush()
		release()
		fast.wait(fast.Ticket())
		ts.w.wait(ts.w.Ticket())
		ts.want("emptied", 1, "qos1 new")
		ts.reopen().want("emptied, after a restart", 1, "qos1 new")
	}
}

// TestReceivedBeforeItsBatch: PUBREC comes before the entry is written, in a turn that has to wait for a group. The entry's own ticket becomes
// durable without it, and a loss of power then must find the entry or its packet id.
func TestReceivedBeforeItsBatch(t *testing.T) {
	for _, foreign := range []bool{false, true} {
		mem := vfs.NewCrashableMem()
		ts := openTest(t, mem)
		other, owner := newLoopWriter(ts.Store), newLoopWriter(ts.Store)
		release := ts.hold()
		m := message(2, "m")
		var e Entry
		if foreign {
			g := owner.Group()
			g.Expect(1)
			ts.w.Join(g)
			e = ts.w.Add(1, queue.Item{Msg: m, QoS: 2})
			ts.w.Leave()
			owner.Flush()
		} else {
			e = ts.w.Add(1, queue.Item{Msg: m, QoS: 2})
		}
		m.Release()
		first := ts.w.Ticket()
		ts.w.Flush()
		waiting := ts.w.Group()
		waiting.Expect(1)
		e = ts.w.Sent(1, e, 5)
		e = ts.w.Received(1, e, 5)
		ts.w.Flush()
		release()
		owner.wait(owner.Ticket())
		ts.w.wait(first)
		openTest(t, mem.CrashClone(vfs.CrashCloneCfg{})).want("the entry is durable, its PUBREC alone is not", 1, "qos2 received 5")
		ts.w.Remove(1, e)
		other.Join(waiting)
		other.Leave()
		other.Flush()
		ts.w.commit()
		ts.want("PUBCOMP", 1)
		ts.reopen().want("PUBCOMP, after a restart", 1)
	}
}

// TestQueueOfStoredSessionStays: the sweep takes a queue for an orphan exactly if no record of the session is durable.
func TestQueueOfStoredSessionStays(t *testing.T) {
	ts := openTest(t, nil)
	with, without := Client{Serial: ts.FirstSerial()}, ts.FirstSerial()+1
	ts.w.PutClient(&with, &ClientRecord{ID: "with", Serial: with.Serial})
	ts.add(with.Serial, 1, "kept")
	ts.add(without, 1, "its session may be about to be written")
	ts.w.commit()
	if st, err := ts.Sweep(t.Context(), 0); err != nil || st.Orphans != 0 {
		t.Errorf("sweep of the same process: %+v, %v", st, err)
	}
	ts.want("this process may write it yet", without, "qos1 its session may be about to be written")
	ts.reopen()
	if st, err := ts.Sweep(t.Context(), 0); err != nil || st.Orphans != 1 {
		t.Errorf("sweep of the next process: %+v, %v", st, err)
	}
	ts.want("with a record", with.Serial, "qos1 kept")
	ts.want("without", without)
}

func TestPageAfterRemoveThrough(t *testing.T) {
	ts := openTest(t, nil)
	var es []Entry
	for i := range 5000 {
		es = append(es, ts.add(1, 1, "%d", i))
	}
	ts.w.commit()
	ts.w.RemoveThrough(1, es[4989])
	ts.add(1, 1, "new")
	ts.w.commit()
	for _, flushed := range []bool{false, true} {
		var got []string
		last, more, err := ts.Page(1, 0, upTo(10, func(q Queued) {
			got = append(got, string(q.Item.Msg.Payload()))
			q.Item.Msg.Release()
		}))
		if err != nil || len(got) != 10 || got[0] != "4990" || got[9] != "4999" || !more || last != es[4999] {
			t.Fatalf("flushed %v: page from the start is %q up to %d, more %v, %v", flushed, got, last, more, err)
		}
		if err := ts.db.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	ts.w.RemoveThrough(1, es[4999])
	ts.w.commit()
	ts.want("the one that came after", 1, "qos1 new")
}
