package trace_test

import (
	"context"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/hook"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/engine/trace"
	"github.com/vernemq/vmq/internal/bench"
)

// watch puts a trace in force on the loops of a bench.
func watch(b *bench.Bench, o trace.Options) *trace.Trace {
	t := trace.New(o)
	for i, loop := range b.Broker.Loops() {
		b.Do(i, func() { b.Broker.Local(loop).SetTracer(t) })
	}
	return t
}

// text is what the trace has said so far, with the time and the address of the client left out; the trace ends with it.
func text(t *trace.Trace) string {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var b strings.Builder
	t.Follow(ctx, func(line string) { b.WriteString(line + "\n") })
	return regexp.MustCompile(`(?m)^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ \S+ `).ReplaceAllString(
		regexp.MustCompile(`session \S+ found`).ReplaceAllString(b.String(), "session found"), "")
}

func options(client string) trace.Options {
	o := trace.Defaults()
	o.ClientID, o.RateMax = client, -1
	return o
}

func TestSession(t *testing.T) {
	b := bench.New(t, 2, nil)
	tr := watch(b, options("cl"))
	c := b.Connect(codec.V311, "cl")
	other := b.Connect(codec.V5, "other")
	c.Send(&codec.Subscribe{PacketID: 1, Subscriptions: []codec.Subscription{{Filter: []byte("a/#"), QoS: 1}}})
	c.Send(&codec.Publish{QoS: 1, PacketID: 7, Topic: []byte("a/b"), Payload: []byte("hi")})
	other.Send(&codec.Publish{Topic: []byte("a/big"), Payload: []byte(strings.Repeat("x", 5000))})
	c.Send(&codec.Publish{Topic: []byte("z"), Payload: []byte{0xFF, 0x00}})
	c.Send(&codec.Disconnect{})
	b.Fake.Run()
	want := `New session found for client "cl"
MQTT RECV: CID: "cl" CONNECT(client: "cl", version: 3.1.1, user: undefined, password: undefined, clean: 1, keepalive: 0)
MQTT SEND: CID: "cl" CONNACK(sp: 0, code: 0)
MQTT RECV: CID: "cl" SUBSCRIBE(id: 1)
    qos: 1, filter: "a/#"
MQTT SEND: CID: "cl" SUBACK(id: 1, codes: [1])
MQTT RECV: CID: "cl" PUBLISH(dup: 0, qos: 1, retain: 0, id: 7, topic: "a/b")
    payload: hi
MQTT SEND: CID: "cl" PUBLISH(dup: 0, qos: 1, retain: 0, id: 1, topic: "a/b")
    payload: hi
MQTT SEND: CID: "cl" PUBACK(id: 7)
MQTT SEND: CID: "cl" PUBLISH(dup: 0, qos: 0, retain: 0, id: 0, topic: "a/big")
    payload: ` + strings.Repeat("x", 200) + ` (truncated)
MQTT RECV: CID: "cl" PUBLISH(dup: 0, qos: 0, retain: 0, id: 0, topic: "z")
    payload: ff00
MQTT RECV: CID: "cl" DISCONNECT()
CID: "cl" session ended
`
	if got := text(tr); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// gate lets in who knows the word, under another name if he asks for it, and nobody publish to secret.
type gate struct{}

func (gate) AuthOnRegisterM5(_ context.Context, r *hook.Register) (*hook.RegisterMods, error) {
	if r.Client.Username == "wanderer" {
		return &hook.RegisterMods{SubscriberID: &hook.SubscriberID{Mountpoint: "mp", ClientID: "new"}}, nil
	}
	if string(r.Password) != "sesame" {
		return nil, hook.ErrInvalidCredentials
	}
	return &hook.RegisterMods{MaxMessageRate: hook.Some(5), MaxConnectionLifetime: hook.Some(2 * time.Hour)}, nil
}

func (gate) AuthOnPublishM5(_ context.Context, p *hook.Publish) (*hook.PublishMods, error) {
	if string(p.Topic) == "secret" {
		return nil, hook.ErrNext
	}
	return nil, nil
}

// lax lets everybody publish, and can say so without the whole message.
type lax struct{ rules atomic.Uint64 }

func (*lax) AuthOnPublish(context.Context, *hook.Publish) (*hook.PublishMods, error) { return nil, nil }
func (*lax) AuthOnPublishM5(context.Context, *hook.Publish) (*hook.PublishMods, error) {
	return nil, nil
}
func (*lax) MayPublish(*hook.Identity, []byte) bool { return true }
func (l *lax) RulesVersion() *atomic.Uint64         { return &l.rules }

// TestShortWay proves that a traced client shows the questions about its messages which the broker answers by itself for others.
func TestShortWay(t *testing.T) {
	b := bench.New(t, 1, nil)
	b.Do(0, func() { b.Broker.Local(b.Broker.Loops()[0]).SetHooks(hook.New(hook.Plugin{Name: "lax", Impl: &lax{}})) })
	c := b.Connect(codec.V311, "cl")
	publish := func() { c.Send(&codec.Publish{Topic: []byte("a"), Payload: []byte("hi")}) }
	publish()
	tr := watch(b, options("cl"))
	publish()
	publish()
	want := strings.Repeat(`MQTT RECV: CID: "cl" PUBLISH(dup: 0, qos: 0, retain: 0, id: 0, topic: "a")
    payload: hi
Calling CID: "cl" auth_on_publish(user: undefined, qos: 0, topic: "a", retain: 0)
    payload: hi
Hook result of CID: "cl" auth_on_publish: accepted
`, 2)
	if got := text(tr); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestPlugins(t *testing.T) {
	b := bench.New(t, 1, func(set *session.Settings) { set.AllowAnonymous = false })
	plugins := hook.New(hook.Plugin{Name: "gate", Impl: gate{}})
	b.Do(0, func() { b.Broker.Local(b.Broker.Loops()[0]).SetHooks(plugins) })
	connect := func(user, password string) *bench.Client {
		c := b.Open(codec.V5)
		c.Raw(codec.AppendConnect(nil, &codec.Connect{Version: codec.V5, CleanStart: true, ClientID: []byte("cl"),
			HasUsername: true, Username: []byte(user), HasPassword: true, Password: []byte(password)}))
		return c
	}
	o := options("cl")
	o.TruncPayload = 3
	tr := watch(b, o)
	c := connect("joe", "sesame")
	c.Send(&codec.Publish{QoS: 1, PacketID: 7, Topic: []byte("secret"), Payload: []byte("äöü")})
	connect("joe", "wrong")
	connect("wanderer", "x")
	b.Fake.Run()
	got := text(tr)
	for _, want := range []string{
		`Calling CID: "cl" auth_on_register_m5(peer: `,
		`, user: "joe", password: pw_no_print, clean: 1)`,
		"Hook result of CID: \"cl\" auth_on_register_m5: accepted with changes\n    max_message_rate: 5 msgs/s\n    max_connection_lifetime: 7200000 ms\n",
		"Calling CID: \"cl\" auth_on_publish_m5(user: \"joe\", qos: 1, topic: \"secret\", retain: 0)\n    payload: ä (truncated)\n",
		"Hook result of CID: \"cl\" auth_on_publish_m5: refused, plugin_chain_exhausted\n",
		"MQTT SEND: CID: \"cl\" PUBACK(id: 7, code: not_authorized (135))\n",
		"auth_on_register_m5: refused, invalid_credentials\n",
		"CONNACK(sp: 0, code: bad_user_name_or_password (134))\n",
		`goes on as client "new" of mountpoint "mp"`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the trace lacks %q", want)
		}
	}
	if strings.Contains(got, "sesame") || strings.Contains(got, `MP: "mp"`) {
		t.Error("the trace shows a password, or a session that it has lost")
	}
	if t.Failed() {
		t.Log(got)
	}
}

func TestRateLimit(t *testing.T) {
	b := bench.New(t, 1, nil)
	o := trace.Defaults()
	o.ClientID, o.RateInterval = "cl", time.Hour
	tr := watch(b, o)
	c := b.Connect(codec.V311, "cl")
	for range 20 {
		c.Send(bench.Ping{})
	}
	b.Fake.Run()
	var lines []string
	tr.Follow(t.Context(), func(line string) { lines = append(lines, line) }) // returns, because the trace is over
	if n := len(lines); n != 12 || !strings.HasPrefix(lines[n-1], "Trace rate limit reached: more than 10 events within 3600000 ms") {
		t.Errorf("%d lines, the last %q; want the new session, ten events and the limit", n, lines[n-1])
	}
}

// TestReaderTooSlow proves that what nobody reads does not pile up.
func TestReaderTooSlow(t *testing.T) {
	tr := trace.New(options("cl"))
	for range 5000 {
		tr.Say("x")
	}
	if got := strings.Count(text(tr), "\n"); got != 4097 {
		t.Errorf("%d lines, want 4096 and one about the lost ones", got)
	}
}

func TestStop(t *testing.T) {
	tr := trace.New(options("cl"))
	go tr.Stop()
	var lines []string
	tr.Follow(t.Context(), func(line string) { lines = append(lines, line) })
	if len(lines) != 1 || !strings.Contains(lines[0], "stopped") {
		t.Errorf("got %q", lines)
	}
}
