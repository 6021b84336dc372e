package session_test

import (
	"context"
	"log/slog"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/hook"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/internal/bench"
)

// TestIdentityAtEachHook proves that hooks see the same client, whatever the session keeps of it.
func TestIdentityAtEachHook(t *testing.T) {
	name := func(p *codec.Connect) { p.HasUsername, p.Username = true, []byte("u") }
	for _, x := range []struct {
		why     string
		connect func(*codec.Connect)
		mods    *hook.RegisterMods
		user    string
		has     bool
	}{
		{"no name", func(*codec.Connect) {}, nil, "", false},
		{"a name", name, nil, "u", true},
		{"another name by a plugin", name, &hook.RegisterMods{Username: hook.Some("v")}, "v", true},
		{"claims", name, &hook.RegisterMods{Claims: map[string]string{"k": "v"}}, "u", true},
	} {
		b, p := withPlugin(t, func(s *session.Settings) { s.AllowAnonymous = false })
		check := func(at string, who *hook.Identity) {
			if who.Username != x.user || who.HasUsername != x.has || who.ClientID != "c" || !who.Peer.IsValid() || who.Listener.Name != "bench" {
				t.Errorf("%s, %s: %+v", x.why, at, who)
			}
			if x.mods != nil && who.Claims["k"] != x.mods.Claims["k"] {
				t.Errorf("%s, %s: claims %v", x.why, at, who.Claims)
			}
		}
		p.Register = func(context.Context, *hook.Register) (*hook.RegisterMods, error) { return x.mods, nil }
		p.Publish = func(_ context.Context, in *hook.Publish) (*hook.PublishMods, error) {
			check("publish", in.Client)
			return nil, nil
		}
		p.Subscribe = func(_ context.Context, in *hook.Subscribe) (*hook.SubscribeMods, error) {
			check("subscribe", in.Client)
			return nil, nil
		}
		c := b.Connect(codec.V5, "c", x.connect, bench.Persistent)
		c.Subscribe("a", 0)
		c.Send(bench.Publish("b", "x", 0, 0), bench.Publish("b", "x", 0, 0))
		c.Subscribe("a", 0)
		c.Hangup()
		reauthorize(b, func() {
			if _, err := b.Broker.ReauthorizeClient(t.Context(), "", "c"); err != nil {
				t.Error(err)
			}
		})
		if n := len(p.Calls()); n < 6 {
			t.Errorf("%s: %d calls", x.why, n)
		}
	}
}

// reauthorize runs f, which waits for loops, beside them.
func reauthorize(b *bench.Bench, f func()) {
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	for {
		select {
		case <-done:
			b.Fake.Run()
			return
		default:
			b.Settle()
			runtime.Gosched()
		}
	}
}

// TestReauthorizeClient proves that plugins may end and replace subscriptions, and that the answer tells whether they did.
func TestReauthorizeClient(t *testing.T) {
	for _, wait := range []bool{false, true} {
		b, p := withPlugin(t, nil)
		c := b.Connect(codec.V311, "c")
		for _, f := range []string{"keep", "end", "lower", "move"} {
			c.Subscribe(f, 1)
		}
		again := func(want bool) {
			t.Helper()
			reauthorize(b, func() {
				if changed, err := b.Broker.ReauthorizeClient(t.Context(), "", "c"); changed != want || err != nil {
					t.Errorf("changed %t, %v; want %t", changed, err, want)
				}
			})
		}
		again(false)
		p.Subscribe = func(ctx context.Context, in *hook.Subscribe) (*hook.SubscribeMods, error) {
			if wait && ctx == hook.Loop {
				return nil, hook.ErrWait
			}
			sub := in.Subscriptions[0]
			switch sub.Filter {
			case "end":
				return nil, hook.ErrNext
			case "lower":
				sub.QoS = 0
			case "move":
				sub.Filter = "moved"
			}
			return &hook.SubscribeMods{Subscriptions: []hook.Subscription{sub}}, nil
		}
		again(true)
		again(false)
		p.Subscribe = nil
		for _, topic := range []string{"keep", "end", "lower", "move", "moved"} {
			b.Connect(codec.V311, "p").Send(bench.Publish(topic, "x", 1, 1))
		}
		got := strings.Join(c.Take(), "\n")
		for topic, qos := range map[string]string{"keep": "qos=1", "end": "", "lower": "qos=0", "move": "", "moved": "qos=1"} {
			line := ""
			for l := range strings.Lines(got) {
				if strings.Contains(l, `topic="`+topic+`"`) || strings.Contains(l, " "+topic+" ") || strings.Contains(l, `"`+topic+`"`) {
					line = l
				}
			}
			if (qos == "") != (line == "") || !strings.Contains(line, qos) {
				t.Errorf("wait %t, topic %s: %q, want %q; all:\n%s", wait, topic, line, qos, got)
			}
		}
	}
}

// short is a plugin with the short way.
type short struct {
	bench.Plugin
	version atomic.Uint64
	asked   int
	may     func(topic string) bool
}

func (s *short) MayPublish(_ *hook.Identity, topic []byte) bool {
	s.asked++
	return s.may(string(topic))
}

func (s *short) RulesVersion() *atomic.Uint64 { return &s.version }

// TestMayPublish proves that the short way is asked once for each topic and version of the rules, that its no is none, and that a panic in it
// is a refusal only if the long way says so.
func TestMayPublish(t *testing.T) {
	b := bench.New(t, 1, nil)
	p := &short{may: func(topic string) bool { return topic != "b" }}
	p.Publish = func(context.Context, *hook.Publish) (*hook.PublishMods, error) { return nil, hook.ErrNext }
	b.Broker.SetHooks(hook.New(hook.Plugin{Name: "short", Impl: p}))
	b.Fake.Run()
	c := b.Connect(codec.V5, "c")
	publish := func(topic, code, why string, asked int) {
		t.Helper()
		before := p.asked
		for range 3 {
			c.Send(bench.Publish(topic, "x", 1, 1))
			c.Want(why, "PUBACK id=1 code="+code)
		}
		if n := p.asked - before; n != asked {
			t.Errorf("%s: asked %d times, want %d", why, n, asked)
		}
	}
	publish("a", "0x00", "allowed", 1)
	publish("b", "0x87", "not allowed", 3)
	publish("a", "0x00", "remembered", 0)
	publish(strings.Repeat("long", 50), "0x00", "too long to be remembered", 3)
	p.version.Add(1)
	publish("a", "0x00", "other rules", 1)
	p.may = func(string) bool { panic("as asked") }
	publish("a", "0x00", "nobody asks", 0)
	p.version.Add(1)
	publish("a", "0x87", "a panic decides nothing", 3)
	p.may = func(string) bool { return false }
	p.Publish = nil
	publish("a", "0x00", "the long way says yes", 3)
}

// TestRefusalsAreLogged proves that each kind of refusal has a line of the right level with client and reason, and none has a password.
func TestRefusalsAreLogged(t *testing.T) {
	b := bench.New(t, 1, func(s *session.Settings) { s.AllowAnonymous = false })
	var log strings.Builder
	b.Broker.Local(b.Fake.Loop(0)).Logger = slog.New(slog.NewTextHandler(&log, nil))
	line := func(words ...string) {
		t.Helper()
		b.Fake.Run()
		found := false
		for l := range strings.Lines(log.String()) {
			all := true
			for _, w := range words {
				all = all && strings.Contains(l, w)
			}
			found = found || all
		}
		if !found || strings.Contains(log.String(), "s3cret") {
			t.Errorf("no line with %q, or a password, in:\n%s", words, log.String())
		}
		log.Reset()
	}
	login := func(p *codec.Connect) {
		p.HasUsername, p.Username, p.HasPassword, p.Password = true, []byte("u"), true, []byte("s3cret")
	}
	b.Open(codec.V5).Hello("c1", login)
	line("level=ERROR", "client=c1", "peer=", "plugin=no_matching_hook_found")
	p := new(bench.Plugin)
	b.Use(p)
	answer := error(hook.ErrInvalidCredentials)
	p.Register = func(context.Context, *hook.Register) (*hook.RegisterMods, error) { return nil, answer }
	b.Open(codec.V5).Hello("c2", login)
	line("level=WARN", "client=c2", "peer=", "plugin=invalid_credentials")
	answer = nil
	c := b.Connect(codec.V5, "c3", login)
	p.Publish = func(context.Context, *hook.Publish) (*hook.PublishMods, error) { return nil, hook.ErrNext }
	p.Subscribe = func(context.Context, *hook.Subscribe) (*hook.SubscribeMods, error) { return nil, hook.ErrNext }
	c.Send(bench.Publish("a", "x", 1, 1))
	line("level=WARN", "client=c3", "peer=", "topic=a", "reason=plugin_chain_exhausted")
	c.Send(&codec.Subscribe{PacketID: 1, Subscriptions: []codec.Subscription{{Filter: []byte("f")}}})
	line("level=ERROR", "client=c3", "peer=", "filter=f", "reason=plugin_chain_exhausted")
	b.Broker.SetHooks(hook.New())
	b.Fake.Run()
	c.Send(bench.Publish("a", "x", 1, 1))
	line("level=ERROR", "no plugin decides who may publish")
	c.Send(bench.Publish("a", "x", 1, 1))
	if strings.Contains(log.String(), "no plugin decides") {
		t.Error("the hint comes more than once a minute")
	}
	if n := b.Counters(); n.PublishAuthError[1]+n.PublishAuthError[0] != 3 {
		t.Errorf("%v refused messages are counted, want 3", n.PublishAuthError)
	}
}
