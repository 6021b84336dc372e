package store

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/vernemq/vmq/queue"
)

var writeFormat = flag.Bool("write-format", false, "write the test data of the present format, into a folder that must not exist")

// formats are the folders with a store of each format that ever was in use. A new format adds one; none is changed.
var formats = []string{"testdata/format1"}

// TestFormats opens a store of each format and finds what was put into it.
func TestFormats(t *testing.T) {
	if *writeFormat {
		writeFormats(t, formats[len(formats)-1])
	}
	for _, dir := range formats {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			o := Options{Dir: t.TempDir(), Node: "VerneMQ@127.0.0.1", Logger: quiet}
			if err := os.CopyFS(o.Dir, os.DirFS(dir)); err != nil {
				t.Fatal(err)
			}
			ts := openWith(t, o)
			got := ts.sessions()
			all := got["client"]
			if all.Record.Mountpoint != "tenant" || all.Record.Expiry != 1<<42 || all.Will == nil || len(all.Subscriptions) != 1 || all.Subscriptions[0].Filter != "a/#" {
				t.Errorf("sessions: %+v", got)
			}
			ts.want("queue and packet ids", all.Record.Serial, "qos2 received 3", "qos1 direct sent 4", "qos1 shared sent 5", "qos1 inline", "unreleased 9")
			ts.want("the other receiver", got["other"].Record.Serial, "qos1 shared")
			n := 0
			if err := ts.Retained(func(mountpoint string, m *queue.Message) bool {
				n++
				if mountpoint != "tenant" || string(m.Topic()) != "r" || string(m.Payload()) != "retained" {
					t.Errorf("retained in %q: %q %q", mountpoint, m.Topic(), m.Payload())
				}
				m.Release()
				return true
			}); err != nil || n != 1 {
				t.Errorf("%d retained messages, %v", n, err)
			}
			if err := ts.Close(); err != nil {
				t.Fatal(err)
			}
			if r, err := Check(o); err != nil || len(r.Problems) > 0 {
				t.Errorf("check: %+v, %v", r, err)
			}
		})
	}
}

func writeFormats(t *testing.T, dir string) {
	t.Helper()
	o := Options{Dir: dir, Node: "VerneMQ@127.0.0.1", Logger: quiet}
	if _, err := os.Stat(dir); err == nil {
		t.Fatalf("%s exists; a format that was in use is not changed", dir)
	}
	retained := queue.NewMessage([]byte("r"), []byte("retained"), nil)
	o.Retained = func(string, string) *queue.Message { return retained }
	ts := openWith(t, o)
	c, other := Client{Serial: ts.FirstSerial()}, Client{Serial: ts.FirstSerial() + 1}
	w := ts.w
	w.PutClient(&c, &ClientRecord{Mountpoint: "tenant", ID: "client", Serial: c.Serial, Expiry: 1 << 42, Lifetime: 1e9})
	w.PutClient(&other, &ClientRecord{ID: "other", Serial: other.Serial})
	w.Subscribe(c.Serial, &Subscription{Filter: "a/#", QoS: 2, ID: 7})
	w.PutWill(&c, &Will{Due: 1 << 41, Topic: []byte("w"), Payload: []byte("bye")})
	received := ts.add(c.Serial, 2, "received")
	direct := message(1, "direct")
	w.AddSent(c.Serial, queue.Item{Msg: direct, QoS: 1}, 4)
	shared := message(1, "shared")
	e := w.Add(c.Serial, queue.Item{Msg: shared, QoS: 1})
	w.Add(other.Serial, queue.Item{Msg: shared, QoS: 1})
	ts.add(c.Serial, 1, "inline")
	w.Unreleased(c.Serial, 9)
	w.Retain("tenant", "r")
	w.commit()
	w.Sent(c.Serial, e, 5)
	w.Received(c.Serial, received, 3)
	w.commit()
	if err := ts.Close(); err != nil {
		t.Fatal(err)
	}
}
