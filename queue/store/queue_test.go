package store

import (
	"testing"

	"github.com/vernemq/vmq/queue"
)

func TestQueueSurvives(t *testing.T) {
	ts := openTest(t, nil)
	w := ts.w
	a := ts.add(1, 1, "a")
	ts.add(1, 2, "b")
	ts.add(1, 1, "c")
	d := ts.add(1, 2, "d")
	m := message(1, "direct")
	w.AddSent(2, queue.Item{Msg: m, QoS: 1}, 9)
	m.Release()
	w.Unreleased(1, 77)
	w.commit()
	w.Sent(1, d, 4)
	w.commit()
	w.Received(1, d, 4)
	w.Sent(1, a, 5)
	w.commit()
	ts.reopen().want("as it was", 1, "qos2 received 4", "qos1 a sent 5", "qos2 b", "qos1 c", "unreleased 77")
	ts.want("sent when it came", 2, "qos1 direct sent 9")
	ts.w.Remove(1, d|inFlight)
	ts.w.Released(1, 77)
	ts.w.commit()
	ts.reopen().want("PUBCOMP", 1, "qos1 a sent 5", "qos2 b", "qos1 c")
	ts.w.Remove(1, a|inFlight)
	ts.w.commit()
	ts.add(1, 1, "new")
	ts.w.commit()
	ts.want("entries of a later process come after", 1, "qos2 b", "qos1 c", "qos1 new")
}

func TestEntriesRemovedBeforeAreNotWritten(t *testing.T) {
	ts := openTest(t, nil)
	w := ts.w
	e := ts.add(1, 1, "same turn")
	e = w.Sent(1, e, 1)
	w.Remove(1, e)
	w.commit()
	if n := ts.counters.Entries.Load(); n != 0 {
		t.Errorf("%d entries written, want none", n)
	}

	block, blocked := make(chan struct{}), make(chan struct{})
	go func() {
		_ = ts.call(t.Context(), func(*committer) { close(blocked); <-block })
	}()
	<-blocked
	e = ts.add(1, 1, "next turn")
	f := ts.add(1, 2, "received")
	w.Flush()
	e, f = w.Sent(1, e, 2), w.Sent(1, f, 3)
	w.Flush()
	w.Remove(1, e)
	w.Received(1, f, 3)
	w.Flush()
	close(block)
	w.commit()
	if n := ts.counters.Entries.Load(); n != 0 {
		t.Errorf("%d entries written, want none", n)
	}
	ts.want("only the packet id is kept", 1, "qos2 received 3")
}

func TestBodyIsSharedByReceivers(t *testing.T) {
	ts := openTest(t, nil)
	m := message(1, "shared")
	for serial := range uint64(50) {
		ts.w.Add(serial+1, queue.Item{Msg: m, QoS: 1})
	}
	ts.w.commit()
	ts.w.Add(99, queue.Item{Msg: m, QoS: 1}) // a later group names the body that is there
	m.Release()
	ts.w.commit()
	if n := ts.counters.Bodies.Load(); n != 1 {
		t.Errorf("%d bodies for one message", n)
	}
	ts.reopen().want("each has it", 50, "qos1 shared")
	ts.want("the late one too", 99, "qos1 shared")
}

func TestPageBack(t *testing.T) {
	ts := openTest(t, nil)
	for i := range 10 {
		e := ts.add(1, 1, "%d", i)
		if i == 8 {
			ts.w.commit()
			ts.w.Sent(1, e, 0)
		}
	}
	ts.w.commit()
	got := ""
	for before, more := Entry(0), true; more; {
		var err error
		before, more, err = ts.PageBack(1, before, upTo(4, func(q Queued) {
			got += string(q.Item.Msg.Payload())
			q.Item.Msg.Release()
		}))
		if err != nil {
			t.Fatal(err)
		}
	}
	if got != "976543210" {
		t.Errorf("newest first without what is in flight: %q", got)
	}
}

func TestRemoveThroughAndEmpty(t *testing.T) {
	ts := openTest(t, nil)
	var es []Entry
	for i := range 6 {
		es = append(es, ts.add(1, 1, "%d", i))
		ts.add(2, 1, "%d", i)
	}
	ts.w.commit()
	ts.w.Sent(1, es[0], 0)
	ts.w.RemoveThrough(1, es[3])
	ts.w.commit()
	ts.want("the rest", 1, "qos1 4", "qos1 5")
	if n, err := ts.Depth(2, 4); n != 4 || err != nil {
		t.Errorf("depth up to 4 is %d, %v", n, err)
	}
	ts.w.Unreleased(2, 5)
	ts.w.Empty(2)
	ts.add(2, 1, "after")
	ts.w.commit()
	ts.want("a new queue", 2, "qos1 after")
	ts.want("of another client", 1, "qos1 4", "qos1 5")
}
