package store

import (
	"fmt"
	"testing"

	"github.com/vernemq/vmq/queue"
)

func TestSweep(t *testing.T) {
	var expired []string
	o := testOptions(openTest(t, nil).fs)
	o.Dir = "sweep"
	o.OnExpired = func(serial uint64, n int) { expired = append(expired, fmt.Sprint(serial, n)) }
	ts := openWith(t, o)
	first := ts.FirstSerial()
	a, b, orphan := Client{Serial: first}, Client{Serial: first + 1}, Client{Serial: first + 2}
	for _, c := range []*Client{&a, &b} {
		ts.w.PutClient(c, &ClientRecord{ID: fmt.Sprint(c.Serial), Serial: c.Serial})
	}
	var entries []Entry
	var kept *queue.Message
	for i := range 10 {
		m := message(1, "%d", i)
		if i == 3 {
			m.Deadline = 1000
		}
		entries = append(entries, ts.w.Add(a.Serial, queue.Item{Msg: m, QoS: 1}))
		ts.w.Add(b.Serial, queue.Item{Msg: m, QoS: 1})
		if i == 0 {
			kept = m
			continue
		}
		m.Release()
	}
	inline := message(1, "inline")
	inline.Deadline = 1000
	ts.w.Add(a.Serial, queue.Item{Msg: inline, QoS: 1})
	inline.Release()
	ts.add(orphan.Serial, 1, "nobody's")
	ts.w.commit()
	for i, e := range entries {
		if i != 5 {
			ts.w.Remove(a.Serial, e)
		}
	}
	ts.w.Empty(b.Serial)
	ts.w.commit()

	st, err := ts.Sweep(t.Context(), 2000)
	if err != nil {
		t.Fatal(err)
	}
	if st.Bodies != 10 || st.DeadBodies != 9 || st.ExpiredEntries != 1 || st.Orphans != 0 {
		t.Errorf("first sweep: %+v", st)
	}
	if fmt.Sprint(expired) != fmt.Sprintf("[%d 1]", a.Serial) {
		t.Errorf("expired: %v", expired)
	}
	// Its body is gone, and it gets another receiver.
	for range 2 {
		ts.w.Add(b.Serial, queue.Item{Msg: kept, QoS: 1})
	}
	kept.Release()
	ts.w.commit()
	ts.reopen()
	if st, err = ts.Sweep(t.Context(), 2000); err != nil || st.Orphans != 1 || st.DeadBodies != 0 {
		t.Errorf("sweep of the next process: %+v, %v", st, err)
	}
	ts.want("what is alive", a.Serial, "qos1 5")
	ts.want("written again", b.Serial, "qos1 0", "qos1 0")
	ts.want("no session", orphan.Serial)

	if err := ts.Checkpoint("copy"); err != nil {
		t.Fatal(err)
	}
	if err := ts.Checkpoint("copy"); err == nil {
		t.Error("a checkpoint overwrote another")
	}
	ts.add(a.Serial, 1, "after the copy")
	ts.w.commit()
	r, err := Check(Options{Dir: "copy", FS: ts.fs, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	if r.Node != "n1@host" || r.Clients != 2 || r.Entries != 3 || r.Bodies != 2 || r.DeadBodies != 0 || len(r.Problems) != 0 {
		t.Errorf("check of the copy: %+v", r)
	}
	o.Dir = "copy"
	openWith(t, o).want("the copy", a.Serial, "qos1 5")
}

func TestCheckFindsMissingMessages(t *testing.T) {
	ts := openTest(t, nil)
	c := Client{Serial: ts.FirstSerial()}
	ts.w.PutClient(&c, &ClientRecord{ID: "c", Serial: c.Serial})
	m := message(1, "m")
	for range 2 {
		ts.w.Add(c.Serial, queue.Item{Msg: m, QoS: 1})
	}
	ts.w.commit()
	if err := ts.db.Delete(appendBodyKey(nil, m.StoreID), nil); err != nil {
		t.Fatal(err)
	}
	ts.want("entries without message are passed over", c.Serial)
	if err := ts.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := Check(Options{Dir: "data", FS: ts.fs, Logger: quiet})
	if err != nil || len(r.Problems) != 2 {
		t.Errorf("check: %+v, %v", r, err)
	}
	m.Release()
}
