package acl_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/hook"
	"github.com/vernemq/vmq/engine/plugin/acl"
	"github.com/vernemq/vmq/engine/plugin/textfile"
	"github.com/vernemq/vmq/internal/bench"
)

// started is a plugin that has read a file with that text, and is not going to look at it again by itself.
func started(t testing.TB, text string, change ...func(*acl.Options)) *acl.Plugin {
	t.Helper()
	path := filepath.Join(t.TempDir(), "vmq.acl")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	o := acl.Options{
		Settings: func() acl.Settings { return acl.Settings{File: textfile.Settings{Path: path}, MaxDepth: 10} },
		Logger:   quiet,
	}
	for _, f := range change {
		f(&o)
	}
	p := acl.New(o)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Stop)
	return p
}

// files are ACLs by what decides about a publish of user u to fleet/4711/state: nothing at all, the file that ships, and long ones.
var files = []struct{ name, text string }{
	{"none", ""},
	{"shipped", "topic #\n"},
	{"general=10000", repeat(10_000, "topic fleet/%d/state\n")},
	{"pattern=10000", repeat(10_000, "pattern fleet/%d/%%u\n") + "pattern +/4711/state\n"},
	{"users=100000", "user u\ntopic write fleet/+/state\n" + repeat(100_000, "user u%d\ntopic write fleet/+/x\ntopic read y/%[1]d\n")},
}

func repeat(n int, line string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, line, i)
	}
	return b.String()
}

// BenchmarkMayPublish measures the decision alone.
func BenchmarkMayPublish(b *testing.B) {
	who := &hook.Identity{SubscriberID: hook.SubscriberID{ClientID: "c"}, Username: "u", HasUsername: true}
	topic := []byte("fleet/4711/state")
	for _, f := range files[1:] {
		b.Run("acl="+f.name, func(b *testing.B) {
			p := started(b, f.text)
			b.ReportAllocs()
			for b.Loop() {
				if !p.MayPublish(who, topic) {
					b.Fatal("refused")
				}
			}
		})
	}
}

// BenchmarkAuthorizedForward compares a QoS 0 message from one client to another, as BenchmarkForward of engine/session measures it, with an
// ACL and without plugins. Both sides take turns, and the best turn of each counts, because other programs of the machine only add.
func BenchmarkAuthorizedForward(b *testing.B) {
	const batch, turn = 100, 20 * time.Millisecond
	for _, f := range files {
		b.Run("acl="+f.name, func(b *testing.B) {
			var set *hook.Set
			if f.text != "" {
				set = hook.New(hook.Plugin{Name: acl.Name, Impl: started(b, f.text)})
			}
			sides := [2]func(){forwarder(b, batch, nil), forwarder(b, batch, set)}
			best := [2]time.Duration{time.Hour, time.Hour}
			b.ResetTimer()
			for range b.N {
				for i, side := range sides {
					runtime.GC()
					n, begin := 0, time.Now()
					for time.Since(begin) < turn {
						side()
						n += batch
					}
					best[i] = min(best[i], time.Since(begin)*1000/time.Duration(n))
				}
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(best[0])/1000, "ns/open")
			b.ReportMetric(float64(best[1])/1000, "ns/message")
			b.ReportMetric(100*float64(best[1])/float64(best[0])-100, "%more")
		})
	}
}

// forwarder returns what sends a batch of messages from one client to another.
func forwarder(b *testing.B, batch int, plugins *hook.Set) func() {
	x := bench.New(b, 1, nil)
	named := func(p *codec.Connect) { p.HasUsername, p.Username = true, []byte("u") }
	s := x.Connect(codec.V311, "s", named)
	s.Subscribe("fleet/4711/state", 0)
	if plugins != nil {
		x.Broker.SetHooks(plugins)
	}
	p := x.Connect(codec.V311, "p", named)
	var in []byte
	for range batch {
		in = codec.AppendPublish(in, codec.V311, bench.Publish("fleet/4711/state", "64 bytes of payload, which is what most benchmarks of brokers use", 0, 0))
	}
	return func() {
		p.Peer.Send(in)
		x.Fake.Run()
		if len(s.Peer.Take()) < batch*64 {
			b.Fatal("messages are missing")
		}
	}
}
