package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"github.com/vernemq/vmq/engine"
	"github.com/vernemq/vmq/engine/hook"
	"github.com/vernemq/vmq/engine/plugin/httppub"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/trie"
)

const publishPath = "/restmqtt/api/v1/publish"

// judge is a plugin that knows one user, lets him publish below his own name and below "open", and notes what it is asked.
type judge struct {
	mu    sync.Mutex // guards the following field
	asked []string
}

func (j *judge) note(format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.asked = append(j.asked, fmt.Sprintf(format, args...))
}

// take returns what was asked since the last look.
func (j *judge) take() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	text := strings.Join(j.asked, "; ")
	j.asked = nil
	return text
}

func (j *judge) AuthOnRegister(ctx context.Context, in *hook.Register) (*hook.RegisterMods, error) {
	if ctx == hook.Loop {
		return nil, errors.New("asked on a loop")
	}
	who := in.Client
	j.note("register %s@%s %s:%s %t %s %s", who.ClientID, who.Mountpoint, who.Username, string(in.Password), in.CleanStart, who.Listener.Name, who.Listener.Type)
	if !who.Peer.Addr().IsLoopback() {
		return nil, errors.New("no peer")
	}
	switch who.Username {
	case "joe":
		return nil, nil
	case "limited":
		return &hook.RegisterMods{MaxMessageSize: hook.Some(4)}, nil
	case "moved":
		return &hook.RegisterMods{SubscriberID: &hook.SubscriberID{Mountpoint: "elsewhere", ClientID: who.ClientID}, Claims: map[string]string{"role": "x"}}, nil
	case "renamed":
		return &hook.RegisterMods{SubscriberID: &hook.SubscriberID{ClientID: "other"}}, nil
	case "panic":
		panic("as asked")
	case "slow":
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return nil, hook.ErrInvalidCredentials
}

func (j *judge) AuthOnPublish(_ context.Context, in *hook.Publish) (*hook.PublishMods, error) {
	j.note("publish %s@%s %s %q %d %t%s", in.Client.ClientID, in.Client.Mountpoint, in.Topic, in.Payload, in.QoS, in.Retain, in.Client.Claims["role"])
	switch string(in.Topic) {
	case "rewrite":
		return &hook.PublishMods{Topic: []byte("rewritten"), QoS: hook.Some(byte(1)), Payload: []byte("ignored"), Retain: hook.Some(true)}, nil
	case "tenant":
		return &hook.PublishMods{Mountpoint: hook.Some("tenant")}, nil
	case "wild":
		return &hook.PublishMods{Topic: []byte("a/#")}, nil
	case "qos9":
		return &hook.PublishMods{QoS: hook.Some(byte(9))}, nil
	}
	if strings.HasPrefix(string(in.Topic), "closed") {
		return nil, errors.New("closed")
	}
	return nil, nil
}

func (j *judge) AuthOnSubscribe(context.Context, *hook.Subscribe) (*hook.SubscribeMods, error) {
	return nil, nil
}

// press is a site that publishes over HTTP.
type press struct {
	*site
	judge   *judge
	running *httppub.Plugin
	set     httppub.Settings
}

// newPress starts one whose clients are asked for credentials, as set says beyond that.
func newPress(t *testing.T, set httppub.Settings, o Options) *press {
	t.Helper()
	p := &press{judge: &judge{}, set: set}
	var mu sync.Mutex
	o.Publisher = func() Publisher {
		mu.Lock()
		defer mu.Unlock()
		if p.running == nil {
			return nil
		}
		return p.running
	}
	p.site = newSite(t, o, ListenerOptions{Name: "http.pub", Modules: []string{"vmq_http_pub", "vmq_metrics_http"}})
	p.broker.SetHooks(hook.New(hook.Plugin{Name: "judge", Impl: p.judge}))
	kind := httppub.Kind(httppub.Options{
		Broker: p.broker, Settings: func(string) httppub.Settings { return p.set }, Logger: quiet,
		Serve: func(running *httppub.Plugin) {
			mu.Lock()
			defer mu.Unlock()
			p.running = running
		},
	})
	instance := kind.New()
	if err := instance.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(instance.Stop)
	return p
}

// post sends a request. header holds pairs of a name and a value; without a content type it has that of bytes.
func (p *press) post(query, body string, header ...string) answer {
	p.t.Helper()
	return p.send(p.t.Context(), http.MethodPost, query, strings.NewReader(body), header...)
}

func (p *press) send(ctx context.Context, method, query string, body io.Reader, header ...string) answer {
	p.t.Helper()
	r, err := http.NewRequestWithContext(ctx, method, "http://"+p.listener.Addr().String()+publishPath+query, body)
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/octet-stream")
	r.Header.Set("X-Api-Key", "good")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return do(p.t, &http.Client{Timeout: patience}, r)
}

// inbox collects what a client is sent.
func (p *press) inbox(filter string) chan mqtt.Message {
	p.t.Helper()
	c := p.connect("inbox "+filter, true)
	got := make(chan mqtt.Message, 10)
	waitFor(p.t, c.Subscribe(filter, 2, func(_ mqtt.Client, m mqtt.Message) { got <- m }))
	return got
}

func (p *press) wantMessage(got chan mqtt.Message, want string) {
	p.t.Helper()
	select {
	case m := <-got:
		if text := fmt.Sprintf("%s %q qos=%d retain=%t", m.Topic(), m.Payload(), m.Qos(), m.Retained()); text != want {
			p.t.Errorf("received %s, want %s", text, want)
		}
	case <-time.After(patience):
		p.t.Errorf("nothing was received, want %s", want)
	}
}

// faults are what can be wrong with a request, in the order in which it is looked for. A fault changes a request that has all parameters in
// the query or, for those of JSON, in the body.
var faults = []struct {
	name   string
	status int
	change func(*draft)
}{
	{"method", 405, func(d *draft) { d.method = http.MethodGet }},
	{"no API key", 401, func(d *draft) { d.key = "bad" }},
	{"content type", 415, func(d *draft) { d.kind = "text/plain" }},
	{"body larger than any may be", 413, func(d *draft) { d.payload = strings.Repeat("x", 9<<20) }},
	{"header and query", 400, func(d *draft) { d.extraHeader = true }},
	{"user unknown", 401, func(d *draft) { d.user = "eve" }},
	{"topic refused", 403, func(d *draft) { d.topic = "closed/" + d.topic }},
	{"payload too large", 413, func(d *draft) { d.payload = strings.Repeat("x", 101) }},
	{"wildcard", 400, func(d *draft) { d.topic += "/#" }},
	{"QoS", 400, func(d *draft) { d.qos = "3" }},
}

type draft struct {
	method, key, kind, topic, qos, user, payload string
	extraHeader                                  bool
}

// TestPublishChecks proves the order of the checks: of two faults, the answer is that of the one which is looked for first.
func TestPublishChecks(t *testing.T) {
	p := newPress(t, httppub.Settings{MaxMessageSize: 100}, Options{Keys: keys{"httppub": "good"}})
	for i, first := range faults {
		for _, second := range faults[i:] {
			d := draft{method: "POST", key: "good", kind: "application/octet-stream", topic: "open", qos: "1", user: "joe", payload: "x"}
			second.change(&d)
			first.change(&d)
			header := []string{"X-Api-Key", d.key, "Content-Type", d.kind}
			if d.extraHeader {
				header = append(header, "topic", d.topic)
			}
			query := "?topic=" + strings.ReplaceAll(d.topic, "#", "%23") + "&qos=" + d.qos + "&user=" + d.user
			got := p.send(t.Context(), d.method, query, strings.NewReader(d.payload), header...)
			if got.code != first.status {
				t.Errorf("%s, %s: %d %q, want %d", first.name, second.name, got.code, got.body, first.status)
			}
			fromPlugin := first.name != "method" && first.name != "no API key"
			if fromPlugin && (got.header.Get("Content-Type") != "text/plain" || got.body == "" || strings.Contains(got.body, "\n")) {
				t.Errorf("%s: %q as %q is not one line of text", first.name, got.body, got.header.Get("Content-Type"))
			}
			if first.status == 401 && got.header.Get("WWW-Authenticate") != `Authorization realm="VerneMQ"` {
				t.Errorf("%s: headers %v", first.name, got.header)
			}
		}
	}
}

// TestPublishStatus has the rows of the table of answers that need no second fault.
func TestPublishStatus(t *testing.T) {
	p := newPress(t, httppub.Settings{}, Options{Keys: keys{"httppub": "good"}})
	asJSON := []string{"Content-Type", "application/json; charset=utf-8"}
	for _, x := range []struct {
		name, query, body string
		header            []string
		code              int
	}{
		{"encoding beside others", "?encoding=base64&x=1", `{"topic":"a","payload":""}`, asJSON, 400},
		{"body not JSON", "", `topic=a`, asJSON, 400},
		{"unknown encoding, not authenticated", "?encoding=hex", `{"topic":"a","payload":""}`, asJSON, 401},
		{"unknown encoding", "?encoding=hex", `{"topic":"a","payload":"","user":"joe"}`, asJSON, 400},
		{"broken base64", "?encoding=base64", `{"topic":"a","payload":"?","user":"joe"}`, asJSON, 400},
		{"JSON as bytes", "", `{"topic":"a","payload":"x","user":"joe"}`, nil, 200},
		{"empty topic", "?topic=&user=joe", "", nil, 400},
		{"topic of the broker", "?topic=$SYS/x&user=joe", "", nil, 400},
		{"topic with a NUL", "?topic=a%00&user=joe", "", nil, 400},
		{"topic that is no text", "?topic=%ff&user=joe", "", nil, 400},
		{"topic without end", "", `{"topic":"` + strings.Repeat("x", 1<<16) + `","payload":"x","user":"joe"}`, asJSON, 400},
		{"topic too deep", "?topic=1/2/3/4/5/6/7/8/9/10/11&user=joe", "", nil, 400},
		{"retain", "?topic=a&retain=yes&user=joe", "", nil, 400},
		{"user properties", "", "", []string{"topic", "a", "user", "joe", "user_properties", "{}"}, 400},
		{"a plugin that panics", "?topic=a&user=panic", "", nil, 401},
		{"a plugin that renames", "?topic=a&user=renamed", "", nil, 401},
		{"a plugin with another topic that is none", "?topic=wild&user=joe", "", nil, 400},
		{"a plugin with a QoS that is none", "?topic=qos9&user=joe", "", nil, 403},
		{"a limit of the user's own", "?topic=a&user=limited", "12345", nil, 413},
		{"within that limit", "?topic=a&user=limited", "1234", nil, 200},
		{"a user's limit is on the text", "?encoding=base64", `{"topic":"a","payload":"MTI=","user":"limited"}`, asJSON, 200},
	} {
		if got := p.post(x.query, x.body, x.header...); got.code != x.code {
			t.Errorf("%s: %d %q, want %d", x.name, got.code, got.body, x.code)
		}
	}
	if got := p.send(t.Context(), http.MethodPut, "?topic=a&user=joe", strings.NewReader("x")); got.code != 200 || got.body != "Published" {
		t.Errorf("PUT: %d %q", got.code, got.body)
	}
}

// TestPublishReaches proves what receivers get of each style of request, and what plugins are asked on the way.
func TestPublishReaches(t *testing.T) {
	p := newPress(t, httppub.Settings{}, Options{Keys: keys{"httppub": "good"}})
	got := p.inbox("#")
	p.judge.take()
	p.post("?topic=a/b&qos=2&retain=true&user=joe&password=secret&client_id=c1", "query").want(t, 200, "Published")
	p.wantMessage(got, `a/b "query" qos=2 retain=false`)
	if asked := p.judge.take(); asked != `register c1@ joe:secret true http.pub http; publish c1@ a/b "query" 2 true` {
		t.Errorf("asked %s", asked)
	}
	p.wantMessage(p.inbox("a/b"), `a/b "query" qos=2 retain=true`)
	p.judge.take()
	p.post("", "header", "topic", "a/c", "user", "joe").want(t, 200, "Published")
	p.wantMessage(got, `a/c "header" qos=0 retain=false`)
	p.post("?encoding=base64", `{"topic":"a/d","payload":"anNvbgA=","qos":1,"user":"joe"}`, "Content-Type", "application/json").want(t, 200, "Published")
	p.wantMessage(got, `a/d "json\x00" qos=1 retain=false`)
	if asked := p.judge.take(); !strings.Contains(asked, `publish @ a/d "json\x00" 1 false`) {
		t.Errorf("asked %s", asked)
	}
	p.post("?topic=rewrite&user=joe", "kept").want(t, 200, "Published")
	p.wantMessage(got, `rewritten "kept" qos=1 retain=false`)
	p.wantNoSession("c1")
}

// wantNoSession proves that nobody has a session of that id.
func (p *press) wantNoSession(id string) {
	p.t.Helper()
	if _, err := p.broker.Session(p.t.Context(), "", id, session.Detail{}); !errors.Is(err, engine.ErrNoSession) {
		p.t.Errorf("session %s: %v, want none", id, err)
	}
}

// TestPublishMountpoint proves where a message goes: where the settings say, where auth_on_register puts its client, where auth_on_publish puts
// the message.
func TestPublishMountpoint(t *testing.T) {
	p := newPress(t, httppub.Settings{Mountpoint: "mp"}, Options{Keys: keys{"httppub": "good"}})
	for _, x := range []struct{ query, asked, mountpoint string }{
		{"?topic=t1&retain=true&user=joe", `publish @mp t1 "x" 0 true`, "mp"},
		{"?topic=t2&retain=true&user=moved", `publish @elsewhere t2 "x" 0 truex`, "elsewhere"},
		{"?topic=tenant&retain=true&user=moved", `publish @elsewhere tenant "x" 0 truex`, "tenant"},
	} {
		p.judge.take()
		p.post(x.query, "x").want(t, 200, "Published")
		if asked := p.judge.take(); !strings.HasSuffix(asked, x.asked) {
			t.Errorf("%s: asked %s", x.query, asked)
		}
		if page, _, _ := p.broker.Retained(x.mountpoint, "#", trie.Cursor{}, 10); len(page) != 1 {
			t.Errorf("%s: mountpoint %q has %d retained messages, want 1", x.query, x.mountpoint, len(page))
		}
	}
}

// TestPublishPredefined proves that the settings say who publishes, whatever the request says.
func TestPublishPredefined(t *testing.T) {
	user, password := "joe", "known"
	p := newPress(t, httppub.Settings{Predefined: true, User: &user, Password: &password, ClientID: "gateway"}, Options{Keys: keys{"httppub": "good"}})
	p.post("?topic=a&user=eve&password=x&client_id=y", "").want(t, 200, "Published")
	if asked := p.judge.take(); asked != `register gateway@ joe:known true http.pub http; publish gateway@ a "" 0 false` {
		t.Errorf("asked %s", asked)
	}
	p.set.User = nil
	p.post("?topic=a&user=joe", "").want(t, 401, "Not authenticated.")
}

// TestPublishAnonymous proves that nobody is asked where anonymous clients may come in, and that without plugins nobody may publish otherwise.
func TestPublishAnonymous(t *testing.T) {
	p := newPress(t, httppub.Settings{Anonymous: true}, Options{Keys: keys{"httppub": "good"}})
	got := p.inbox("closed")
	p.judge.take()
	p.post("?topic=closed", "x").want(t, 200, "Published")
	p.wantMessage(got, `closed "x" qos=0 retain=false`)
	if asked := p.judge.take(); asked != "" {
		t.Errorf("asked %s", asked)
	}
	p.set.Anonymous = false
	p.broker.SetHooks(nil)
	p.post("?topic=a", "x").want(t, 401, "Not authenticated.")
}

// TestPublishCounts proves what is counted, and that the counters are there while the plugin runs.
func TestPublishCounts(t *testing.T) {
	p := newPress(t, httppub.Settings{MaxMessageSize: 10}, Options{Keys: keys{"httppub": "good", "metrics": "x"}, Namespace: "vernemq_"})
	p.post("?topic=a&user=joe", "x")
	p.post("?topic=a&user=joe", "x")
	p.post("?topic=a&user=joe", "much too large")     // 413
	p.post("?topic=a%23&user=joe", "x")               // 400
	p.post("?topic=a&user=eve", "x")                  // 401
	p.post("?topic=closed&user=joe", "x")             // 403
	p.post("?topic=a&user=joe", "x", "X-Api-Key", "") // 401
	families := parse(t, p.get("/metrics").body)
	for name, want := range map[string]float64{"published": 2, "api_error": 1, "auth_error": 3} {
		f := families["vernemq_http_pub_"+name]
		if f == nil || f.Metric[0].GetCounter().GetValue() != want {
			t.Errorf("http_pub_%s is %v, want %v", name, f, want)
		}
	}
	p.running.Stop()
	if got := p.post("?topic=a&user=joe", "x"); got.code != 404 {
		t.Errorf("without the plugin: %d %q", got.code, got.body)
	}
	if strings.Contains(p.get("/metrics").body, "http_pub") {
		t.Error("without the plugin its metrics are there")
	}
}

// TestPublishStops proves that a request which waits for another plugin does not keep this one from stopping.
func TestPublishStops(t *testing.T) {
	p := newPress(t, httppub.Settings{}, Options{Keys: keys{"httppub": "good"}})
	answered := make(chan answer, 1)
	go func() { answered <- p.post("?topic=a&user=slow", "x") }()
	for p.judge.take() == "" {
		select {
		case a := <-answered:
			t.Fatalf("answered %d %q before the plugin was asked", a.code, a.body)
		default:
		}
	}
	p.running.Stop()
	if a := <-answered; a.code != http.StatusServiceUnavailable {
		t.Errorf("%d %q, want 503", a.code, a.body)
	}
}

// TestPublishWarns proves that a listener which serves the module says so if its plugin does not run.
func TestPublishWarns(t *testing.T) {
	var log strings.Builder
	s := plainSite(t)
	s.server.Logger = slog.New(slog.NewTextHandler(&log, nil))
	l, err := s.server.Listen(ListenerOptions{Name: "http.pub", Address: "127.0.0.1:0", Modules: []string{"vmq_http_pub"}})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if !strings.Contains(log.String(), "module=vmq_http_pub") {
		t.Errorf("log %q", log.String())
	}
}
