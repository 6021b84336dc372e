package store

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/vernemq/vmq/queue"
)

// sessions lists the stored sessions by client id.
func (ts *testStore) sessions() map[string]Stored {
	ts.t.Helper()
	all := map[string]Stored{}
	if err := ts.Clients(func(st *Stored) bool {
		one := *st
		one.Subscriptions = append([]Subscription(nil), st.Subscriptions...)
		all[st.Record.ID] = one
		return true
	}); err != nil {
		ts.t.Fatal(err)
	}
	return all
}

func TestSessionSurvives(t *testing.T) {
	ts := openTest(t, nil)
	records := []ClientRecord{
		{ID: "plain", Serial: ts.FirstSerial(), Version: 4, Lifetime: -1},
		{ID: "all", Mountpoint: "tenant", Serial: ts.FirstSerial() + 1, Version: 5, OfflineSince: 1000, Expiry: 5000, Lifetime: 4 * time.Second, PacketSeq: 70000,
			HasLimits: true, LIFO: true, Override: true, MaxOnline: -1, MaxOffline: 12},
		{ID: "gone", Serial: ts.FirstSerial() + 2, Expiry: 100},
	}
	subs := []Subscription{
		{Filter: "$share/g/a/+", QoS: 2, ID: 268435455},
		{Filter: "a/#", QoS: 1, RetainHandling: 2, NoLocal: true, RetainAsPublished: true},
	}
	will := Will{Due: 2000, Topic: []byte("w"), Payload: []byte("bye"), Forward: []byte{1, 1}, QoS: 2, Retain: true, HasExpiry: true, Expiry: 7}
	handles := map[string]*Client{}
	for i := range records {
		c := &Client{Serial: records[i].Serial}
		handles[records[i].ID] = c
		ts.w.PutClient(c, &records[i])
	}
	for i := range subs {
		ts.w.Subscribe(handles["all"].Serial, &subs[i])
	}
	ts.w.Subscribe(handles["plain"].Serial, &subs[0])
	ts.w.Unsubscribe(handles["plain"].Serial, subs[0].Filter)
	ts.w.PutWill(handles["all"], &will)
	ts.add(handles["gone"].Serial, 1, "x")
	ts.w.commit()
	ts.w.EndClient(handles["gone"])
	ts.w.commit()
	first := ts.FirstSerial()
	ts.reopen()
	if ts.FirstSerial() <= first+2 {
		t.Errorf("serials begin at %d again, %d is in use", ts.FirstSerial(), first+2)
	}
	got := ts.sessions()
	if len(got) != 2 {
		t.Fatalf("%d sessions, want 2", len(got))
	}
	if r := got["plain"].Record; !reflect.DeepEqual(r, records[0]) || len(got["plain"].Subscriptions) != 0 {
		t.Errorf("read back %+v, want %+v without subscriptions", got["plain"], records[0])
	}
	all := got["all"]
	if !reflect.DeepEqual(all.Record, records[1]) {
		t.Errorf("read back %+v, want %+v", all.Record, records[1])
	}
	if !reflect.DeepEqual(all.Subscriptions, subs) || !reflect.DeepEqual(*all.Will, will) {
		t.Errorf("read back %+v and %+v", all.Subscriptions, *all.Will)
	}
	ts.want("the queue went with its session", records[2].Serial)

	due := func(now int64) string {
		out := ""
		next, err := ts.Due(now, func(serial uint64, will bool) bool {
			out += fmt.Sprintf("%d %v, ", serial-first, will)
			return true
		})
		if err != nil {
			t.Fatal(err)
		}
		return out + fmt.Sprint(next)
	}
	for now, want := range map[int64]string{1999: "2000", 2000: "1 true, 5000", 5000: "1 true, 1 false, 0"} {
		if got := due(now); got != want {
			t.Errorf("due at %d: %q, want %q", now, got, want)
		}
	}
	c := all.Client
	ts.w.DropWill(&c)
	records[1].Expiry = 0
	ts.w.PutClient(&c, &records[1])
	ts.w.commit()
	if got := due(1e6); got != "0" {
		t.Errorf("a client that came back is still due: %q", got)
	}
}

// TestUnknownFieldsAreKept: a record of a newer program passes through this one.
func TestUnknownFieldsAreKept(t *testing.T) {
	newer := appendNumber(appendClient(nil, &ClientRecord{ID: "c"}), 900, 42)
	var r ClientRecord
	if err := decodeClient(newer, &r); err != nil || r.ID != "c" {
		t.Fatalf("%+v, %v", r, err)
	}
	if again := appendClient(nil, &r); string(again) != string(newer) {
		t.Errorf("written back as %x, was %x", again, newer)
	}
	newer[0] = recordVersion + 1
	if err := decodeClient(newer, &r); err == nil {
		t.Error("a record of a newer version was read")
	}
}

func TestRetainedSurvives(t *testing.T) {
	current := map[string]*queue.Message{}
	o := testOptions(openTest(t, nil).fs)
	o.Dir = "retained"
	o.Retained = func(mountpoint, topic string) *queue.Message { return current[mountpoint+" "+topic] }
	ts := openWith(t, o)
	for _, topic := range []string{"a", "b", "c"} {
		m := queue.NewMessage([]byte(topic), []byte("value "+topic), []byte{1, 1})
		m.QoS, m.Retain, m.Deadline, m.Publisher = 2, true, 1e15, 3
		current["mp "+topic] = m
	}
	ts.w.Retain("mp", "a")
	ts.w.Retain("mp", "b")
	ts.w.Retain("", "never there")
	ts.w.commit()
	delete(current, "mp b")
	ts.w.Retain("mp", "b")
	ts.w.Retain("mp", "c")
	ts.w.commit()
	ts.reopen()
	got := ""
	if err := ts.Retained(func(mountpoint string, m *queue.Message) bool {
		got += fmt.Sprintf("%s %s %s %x %d %v %d %d, ", mountpoint, m.Topic(), m.Payload(), m.Forward(), m.QoS, m.Retain, m.Deadline, m.Publisher)
		m.Release()
		return true
	}); err != nil {
		t.Fatal(err)
	}
	if want := "mp a value a 0101 2 true 1000000000000000 3, mp c value c 0101 2 true 1000000000000000 3, "; got != want {
		t.Errorf("read back %q, want %q", got, want)
	}
}
