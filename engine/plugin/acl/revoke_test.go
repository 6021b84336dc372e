package acl_test

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/hook"
	"github.com/vernemq/vmq/engine/plugin/acl"
	"github.com/vernemq/vmq/engine/plugin/textfile"
	"github.com/vernemq/vmq/internal/bench"
)

// desk is a broker with the plugin, and its file.
type desk struct {
	*bench.Bench
	t    *testing.T
	path string
	set  atomic.Pointer[acl.Settings]
	acl  *acl.Plugin
}

func newDesk(t *testing.T, text string) *desk {
	d := &desk{Bench: bench.New(t, 2, nil), t: t, path: filepath.Join(t.TempDir(), "vmq.acl")}
	d.set.Store(&acl.Settings{File: textfile.Settings{Path: d.path}, MaxDepth: 10})
	d.write(text)
	d.acl = acl.New(acl.Options{Settings: func() acl.Settings { return *d.set.Load() }, Reauthorize: d.Broker.Reauthorize, Logger: quiet})
	if err := d.acl.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.acl.Stop)
	d.plugins()
	return d
}

// plugins puts the plugin in force, with others behind it.
func (d *desk) plugins(others ...hook.Plugin) {
	d.Broker.SetHooks(hook.New(append([]hook.Plugin{{Name: acl.Name, Impl: d.acl}}, others...)...))
	d.Fake.Run()
}

func (d *desk) write(text string) {
	d.t.Helper()
	if err := os.WriteFile(d.path, []byte(text), 0o600); err != nil {
		d.t.Fatal(err)
	}
}

// change makes the plugin read another text, while the broker runs.
func (d *desk) change(text string) {
	d.t.Helper()
	d.write(text)
	d.reload()
}

func (d *desk) reload() {
	done := make(chan struct{})
	go func() {
		defer close(done)
		d.acl.OnConfigChange(context.Background(), nil)
	}()
	for {
		select {
		case <-done:
			d.Fake.Run()
			return
		default:
			d.Settle()
			runtime.Gosched()
		}
	}
}

// named connects with a user name and a session that is kept.
func named(user string) func(*codec.Connect) {
	return func(p *codec.Connect) {
		p.HasUsername, p.Username = true, []byte(user)
		bench.Persistent(p)
	}
}

// wantSubscriptions checks who would get a message on each of the topics.
func (d *desk) wantSubscriptions(why, want string) {
	d.t.Helper()
	var got []string
	for _, id := range []string{"alice", "bob"} {
		c := d.Broker.Mountpoint("").Clients.Find(id)
		for _, f := range []string{"a/+", "b", "c/#"} {
			if _, found := d.Broker.Mountpoint("").Subscriptions.Lookup(f, c); found {
				got = append(got, id+":"+f)
			}
		}
	}
	if s := strings.Join(got, " "); s != want {
		d.t.Errorf("%s: %s, want %s", why, s, want)
	}
}

const everything = "topic a/+\ntopic b\npattern read c/#\n"

// twoClients are alice, who is connected, and bob, who is away, with three subscriptions each.
func (d *desk) twoClients(v codec.Version) (alice *bench.Client) {
	bob := d.Connect(v, "bob", named("bob"))
	alice = d.Connect(v, "alice", named("alice"))
	for _, f := range []string{"a/+", "b", "c/#"} {
		alice.Subscribe(f, 1)
		bob.Subscribe(f, 1)
	}
	bob.Hangup()
	d.wantSubscriptions("at first", "alice:a/+ alice:b alice:c/# bob:a/+ bob:b bob:c/#")
	return alice
}

// TestRevocation proves that subscriptions end with their rules, of clients that are away too, and those that others still allow do not.
func TestRevocation(t *testing.T) {
	for _, v := range []codec.Version{codec.V311, codec.V5} {
		d := newDesk(t, everything)
		alice := d.twoClients(v)
		d.change("topic a/+\ntopic b\n")
		d.wantSubscriptions("without the pattern", "alice:a/+ alice:b bob:a/+ bob:b")
		d.change("topic write a/+\nuser bob\ntopic b\n")
		d.wantSubscriptions("with a rule for one user", "bob:b")
		alice.WantNothing("nobody is told that a subscription has ended")
		alice.Send(bench.Publish("a/x", "1", 1, 7))
		alice.Want("publishing is still allowed, and reaches nobody", "PUBACK id=7 code=0x00")
		d.change(everything)
		d.wantSubscriptions("rights that come back bring no subscription back", "bob:b")
	}
}

// TestRevocationOptions proves that the two ways back to VerneMQ's behaviour work, and what switching them does.
func TestRevocationOptions(t *testing.T) {
	d := newDesk(t, "topic +/+\ntopic b\ntopic +\n")
	as := func(lax, keep bool) {
		set := *d.set.Load()
		set.Lax, set.KeepSubscriptions = lax, keep
		d.set.Store(&set)
		d.reload()
	}
	as(true, true)
	c := d.Connect(codec.V311, "alice", named("alice"))
	c.Subscribe("c/#", 0)
	c.Subscribe("b", 0)
	d.change("topic +/+\n")
	d.wantSubscriptions("subscriptions are kept", "alice:b alice:c/#")
	as(false, false)
	d.wantSubscriptions("wildcards are strict from now on", "alice:b")
}

// TestRevocationAsksTheChain proves that a subscription that the next plugin allows stays, also if that one has to wait.
func TestRevocationAsksTheChain(t *testing.T) {
	d := newDesk(t, everything)
	next := &bench.Plugin{Subscribe: func(ctx context.Context, in *hook.Subscribe) (*hook.SubscribeMods, error) {
		if ctx == hook.Loop {
			return nil, hook.ErrWait
		}
		if in.Subscriptions[0].Filter == "b" && in.Subscriptions[0].QoS == 1 {
			return nil, nil
		}
		return nil, &hook.Denial{Code: codec.NotAuthorized}
	}}
	d.plugins(hook.Plugin{Name: "next", Impl: next})
	d.twoClients(codec.V5)
	d.change("topic a/+\n")
	d.wantSubscriptions("the next plugin allows b", "alice:a/+ alice:b bob:a/+ bob:b")
}

// TestPublishFollowsTheFile proves that what is remembered of an answer ends with the rules that gave it.
func TestPublishFollowsTheFile(t *testing.T) {
	d := newDesk(t, everything)
	c := d.Connect(codec.V5, "c")
	publish := func(topic, why string, code string) {
		t.Helper()
		for range 3 {
			c.Send(bench.Publish(topic, "x", 1, 1))
			c.Want(why, "PUBACK id=1 code="+code)
		}
	}
	publish("a/x", "allowed", "0x00")
	publish("x", "not allowed", "0x87")
	d.change("topic x\n")
	publish("a/x", "not any more", "0x87")
	publish("x", "now it is", "0x00")
	d.Broker.SetHooks(hook.New())
	d.Fake.Run()
	publish("x", "without plugins nobody may", "0x87")
	d.plugins()
	publish("x", "with the plugin again", "0x00")
}

// TestMissingFile is about files that are not there at start.
func TestMissingFile(t *testing.T) {
	for _, shipped := range []bool{false, true} {
		path := filepath.Join(t.TempDir(), "vmq.acl")
		p := acl.New(acl.Options{Logger: quiet, Settings: func() acl.Settings {
			return acl.Settings{File: textfile.Settings{Path: path}, Shipped: shipped}
		}})
		if err := p.Start(); err != nil {
			t.Fatal(err)
		}
		who := &hook.Identity{}
		if got := p.MayPublish(who, []byte("x")); got != shipped {
			t.Errorf("a file that nobody named: %t; publishing is allowed: %t", shipped, got)
		}
		if err := os.WriteFile(path, []byte("topic a\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		p.OnConfigChange(t.Context(), nil)
		if p.MayPublish(who, []byte("x")) || !p.MayPublish(who, []byte("a")) {
			t.Error("the file has come, and does not count")
		}
		if err := os.WriteFile(path, []byte("nonsense\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		p.OnConfigChange(t.Context(), nil)
		if p.MayPublish(who, []byte("x")) || !p.MayPublish(who, []byte("a")) {
			t.Error("a file with a mistake has changed something")
		}
		p.Stop()
	}
}
