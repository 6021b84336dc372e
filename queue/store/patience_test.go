package store

import (
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/vernemq/vmq/queue"
)

// patient opens a store whose entries wait for ever for their acknowledgement, so that whatever is written was not made to wait.
func patient(t *testing.T) *testStore {
	o := testOptions(vfs.NewMem())
	o.Patience = time.Hour
	return openWith(t, o)
}

// addSent adds a message that goes out at once and hands it over.
func (ts *testStore) addSent(serial uint64, payload string, seq uint64) Entry {
	m := message(1, "%s", payload)
	defer m.Release()
	e := ts.w.AddSent(serial, queue.Item{Msg: m, QoS: 1}, seq)
	ts.w.Flush()
	return e
}

// wantWritten compares the entries written since the store was opened.
func (ts *testStore) wantWritten(why string, want uint64) {
	ts.t.Helper()
	if got := ts.counters.Entries.Load(); got != want {
		ts.t.Errorf("%s: %d entries written, want %d", why, got, want)
	}
}

// TestAcknowledgedInTime has nothing written of messages that are acknowledged at once, in whatever order, and their tickets are reached.
func TestAcknowledgedInTime(t *testing.T) {
	ts := patient(t)
	ts.add(3, 1, "the first batch reserves numbers")
	ts.w.commit()
	batches := ts.counters.Batches.Load()
	a, b := ts.addSent(1, "a", 1), ts.addSent(2, "b", 1)
	ts.w.Remove(2, b)
	ts.w.Flush()
	if d := ts.w.Durable(); d > Ticket(a.row()) {
		t.Errorf("durable up to %d with entry %d neither written nor acknowledged", d, a.row())
	}
	ts.w.Remove(1, a)
	ts.w.commit()
	ts.wantWritten("all acknowledged", 1)
	if n := ts.counters.Batches.Load(); n != batches {
		t.Errorf("%d commits, want none", n-batches)
	}
}

// TestUnacknowledged has written what nobody acknowledges, after a while.
func TestUnacknowledged(t *testing.T) {
	ts := openTest(t, nil)
	ts.addSent(1, "a", 1)
	ts.w.commit()
	ts.wantWritten("no acknowledgement", 1)
	ts.reopen().want("no acknowledgement", 1, "qos1 a sent 1")
}

// TestImpatient writes at once if it is told so.
func TestImpatient(t *testing.T) {
	o := testOptions(vfs.NewMem())
	o.Patience = -1
	ts := openWith(t, o)
	ts.addSent(1, "a", 1)
	ts.w.commit()
	ts.wantWritten("without patience", 1)
}

// TestForDiskTakesAlong has what must be written take along what came before it, and not what comes after.
func TestForDiskTakesAlong(t *testing.T) {
	for name, urgent := range map[string]func(ts *testStore){
		"queued": func(ts *testStore) { ts.add(2, 1, "queued") },
		"QoS 2": func(ts *testStore) {
			m := message(2, "twice")
			defer m.Release()
			ts.w.AddSent(2, queue.Item{Msg: m, QoS: 2}, 1)
		},
		"id":    func(ts *testStore) { ts.w.Unreleased(2, 7) },
		"empty": func(ts *testStore) { ts.w.Empty(2) },
		"asked": func(ts *testStore) { ts.w.Hurry() },
	} {
		t.Run(name, func(t *testing.T) {
			ts := patient(t)
			ts.addSent(1, "before", 1)
			urgent(ts)
			ts.w.commit()
			ts.want("came before", 1, "qos1 before sent 1")
			written := ts.counters.Entries.Load()
			ts.addSent(1, "after", 2)
			if d := ts.w.Durable(); d >= ts.w.Ticket() {
				t.Errorf("durable up to %d, ticket %d: what comes after waits", d, ts.w.Ticket())
			}
			ts.wantWritten("what comes after waits", written)
		})
	}
}

// TestGroupAcknowledgedInTime has a publisher's loop hear of the receiver's acknowledgement on another loop.
func TestGroupAcknowledgedInTime(t *testing.T) {
	ts := patient(t)
	other := newLoopWriter(ts.Store)
	g := ts.w.Group()
	g.Expect(1)
	ticket := ts.w.Ticket()
	ts.w.Flush()
	m := message(1, "across")
	other.Join(g)
	e := other.AddSent(5, queue.Item{Msg: m, QoS: 1}, 1)
	other.Leave()
	m.Release()
	other.Flush()
	if d := ts.w.Durable(); d >= ticket {
		t.Errorf("durable up to %d before the other loop's part is", d)
	}
	other.Remove(5, e)
	other.Flush()
	ts.w.wait(ticket)
	ts.wantWritten("acknowledged across loops", 0)
}

// TestSentAndAcknowledged drains a queue: of an entry that is sent and acknowledged only the removal is written.
func TestSentAndAcknowledged(t *testing.T) {
	ts := patient(t)
	a, b, c := ts.add(1, 1, "a"), ts.add(1, 1, "b"), ts.add(1, 1, "c")
	ts.w.commit()
	before := ts.counters.BatchBytes.Load()
	a, b = ts.w.Sent(1, a, 1), ts.w.Sent(1, b, 2)
	ts.w.Flush()
	ts.w.Remove(1, a)
	ts.w.Flush()
	c = ts.w.Sent(1, c, 3)
	ts.w.Remove(1, b)
	ts.w.Remove(1, c) // in the turn in which it was sent
	ts.w.Hurry()
	ts.w.commit()
	const header, deletion = 12, 1 + 1 + entryKey // of a batch; kind, length of the key, key
	if got, want := ts.counters.BatchBytes.Load()-before, uint64(header+3*deletion); got != want {
		t.Errorf("%d bytes written, want the %d of three removals", got, want)
	}
	ts.reopen().want("acknowledged", 1)
}

// TestSentIsWritten removes entries whose packet ids are on disk already, or were handed over as something else.
func TestSentIsWritten(t *testing.T) {
	ts := patient(t)
	a, b, c := ts.add(1, 1, "a"), ts.add(1, 2, "b"), ts.add(1, 1, "c")
	ts.w.commit()
	a, b = ts.w.Sent(1, a, 1), ts.w.Sent(1, b, 2)
	ts.w.Sent(1, c, 3)
	ts.w.Hurry()
	ts.w.commit()
	ts.want("sent", 1, "qos1 a sent 1", "qos2 b sent 2", "qos1 c sent 3")
	ts.w.Remove(1, a)
	ts.w.Received(1, b, 2)
	ts.w.commit()
	ts.want("PUBACK and PUBREC", 1, "qos2 received 2", "qos1 c sent 3")
	d := ts.add(1, 2, "d")
	ts.w.commit()
	d = ts.w.Sent(1, d, 4)
	ts.w.Flush()
	ts.w.Received(1, d, 4)
	ts.w.Remove(1, b)
	ts.w.Remove(1, d)
	ts.w.Hurry()
	ts.w.commit()
	ts.reopen().want("PUBCOMP", 1, "qos1 c sent 3")
}

// TestSentRowsAreForgotten keeps no more of them in memory than wait for the committer.
func TestSentRowsAreForgotten(t *testing.T) {
	ts := openTest(t, nil)
	for range 10 {
		e := ts.add(1, 1, "a")
		ts.w.commit()
		ts.w.Sent(1, e, 1)
		ts.w.commit()
	}
	if n, m := len(ts.w.sent.at), len(ts.w.sent.log); n > 1 || m > 2 {
		t.Errorf("%d rows known, %d noted, with one that was not taken at most", n, m)
	}
}

// TestPatienceEnds gives up waiting where it does not help, and tries again.
func TestPatienceEnds(t *testing.T) {
	now := time.Unix(1e9, 0)
	p := patience{most: patienceMost, since: now}
	sample := func(spared, missed int, later time.Duration) time.Duration {
		now = now.Add(later)
		p.spared += spared
		p.missed += missed
		p.look(now)
		return p.now(now)
	}
	for _, step := range []struct {
		why            string
		spared, missed int
		later          time.Duration
		want           time.Duration
	}{
		{"most are spared", 1000, 100, patienceLook, patienceMost},
		{"one bad moment", 0, 1000, patienceLook / 2, patienceMost},
		{"which goes on", 0, 0, patienceLook / 2, 0},
		{"not yet again", 0, 0, patiencePause - 1, 0},
		{"again", 0, 0, 1, patienceMost},
		{"too few to tell", 0, patienceSample - 1, patienceLook, patienceMost},
		{"as many as needed", patienceSample / (patienceShare - 1), 0, 0, patienceMost},
		{"one too few", 100, 401, patienceLook, 0},
	} {
		if got := sample(step.spared, step.missed, step.later); got != step.want {
			t.Errorf("%s: waits %v, want %v", step.why, got, step.want)
		}
	}
}
