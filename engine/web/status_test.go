package web

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/vernemq/vmq/codec"
)

// TestStatusJSON proves the whole of /status.json, the order of its keys included: others read it by program.
func TestStatusJSON(t *testing.T) {
	s := newSite(t, Options{Version: "1.2.3", Members: func() []Member { return []Member{{home, true}, {"other", false}} }}, ListenerOptions{})
	c := s.connect("c", false)
	s.subscribe(c, "a", 1)
	got := s.get("/status.json")
	if got.code != 200 || got.header.Get("Content-Type") != "application/json" {
		t.Fatalf("%d %v", got.code, got.header)
	}
	ports := map[string]int{}
	for _, l := range s.broker.Listeners() {
		ports[l.Type] = l.Port
	}
	listener := func(kind string) string {
		return fmt.Sprintf(`{"type":%q,"status":"running","ip":"127.0.0.1","port":%d,"mountpoint":"","max_conns":"infinity"}`, kind, ports[kind])
	}
	listeners := []string{listener("mqtt"), listener("http")}
	if ports["http"] < ports["mqtt"] {
		listeners[0], listeners[1] = listeners[1], listeners[0]
	}
	want := `[{"here@127.0.0.1":{"num_online":1,"num_offline":0,"msg_in":0,"msg_out":0,"queue_in":0,"queue_out":0,"queue_drop":0,` +
		`"queue_unhandled":0,"num_subscriptions":1,"num_retained":0,"matches_local":0,"matches_remote":0,"version":"1.2.3",` +
		`"mystatus":[{"here@127.0.0.1":true},{"other":false}],"listeners":[` + strings.Join(listeners, ",") + `]}}]`
	if got.body != want {
		t.Errorf("got\n%s\nwant\n%s", got.body, want)
	}
	s.request("POST", "/status.json").want(t, 405, "")
	s.request("HEAD", "/status.json").want(t, 405, "")

	if err := s.broker.StopListener("tcp.default", false); err != nil {
		t.Fatal(err)
	}
	if got := s.get("/status.json"); !strings.Contains(got.body, `"type":"mqtt","status":"suspended"`) {
		t.Errorf("a stopped listener is shown as %s", got.body)
	}
}

// TestPage proves that the page and what it loads are there, come from this listener only, and say so to the browser.
func TestPage(t *testing.T) {
	s := plainSite(t)
	for path, kind := range map[string]string{
		"/status": "text/html", "/status/": "text/html", "/status/main.js": "text/javascript", "/status/chart.js": "text/javascript",
		"/status/format.js": "text/javascript", "/status/words.js": "text/javascript", "/status/theme.js": "text/javascript",
		"/status/style.css": "text/css", "/status/icon.svg": "image/svg+xml",
	} {
		got := s.get(path)
		if got.code != 200 || !strings.HasPrefix(got.header.Get("Content-Type"), kind) {
			t.Errorf("%s: %d, %s, want 200, %s", path, got.code, got.header.Get("Content-Type"), kind)
		}
		if !strings.HasPrefix(got.header.Get("Content-Security-Policy"), "default-src 'none'; script-src 'self'; ") {
			t.Errorf("%s: policy %q", path, got.header.Get("Content-Security-Policy"))
		}
		for _, foreign := range []string{"http://", "https://", "<script>", "onclick=", "style="} {
			text := strings.ReplaceAll(got.body, "http://www.w3.org/2000/svg", "") // a name, which nobody loads
			if strings.Contains(text, foreign) {
				t.Errorf("%s has %q, which the policy forbids", path, foreign)
			}
		}
	}
	if got := s.get("/status/nothing"); got.code != 404 {
		t.Errorf("a file that is not there: %d", got.code)
	}
	s.request("POST", "/status").want(t, 405, "")
}

// TestLive proves that the page's figures name clients on this machine, and nobody who may be anybody.
func TestLive(t *testing.T) {
	s := plainSite(t)
	s.server.Problems.ring.add(Problem{Level: "error", Text: "it broke", Detail: "client c", Count: 1})
	c := s.connect("c", false)
	s.subscribe(c, "a", 1)
	if err := s.broker.DisconnectClient(t.Context(), "", "c", false, codec.AdministrativeAction); err != nil {
		t.Fatal(err)
	}
	sender := s.connect("sender", true)
	waitFor(t, sender.Publish("a", 1, false, "x"))

	table, err := longestQueues(t.Context(), s.broker)
	if err != nil || table.Messages != 1 || len(table.Longest) != 1 || table.Longest[0].Client != "c" {
		t.Fatalf("queues %+v, %v", table, err)
	}
	table.At = s.server.began
	open, private := s.server.live(0, table, true), s.server.live(0, table, false)
	if open.Private || len(open.Queues) != 1 || open.Problems[0].Detail != "client c" {
		t.Errorf("on this machine: %+v", open)
	}
	if !private.Private || len(private.Queues) != 0 || private.Problems[0].Detail != "" || private.Problems[0].Text != "it broke" || private.Waiting != 1 {
		t.Errorf("from elsewhere: %+v", private)
	}

	var x struct{ Private bool }
	for _, test := range []struct {
		header  []string
		private bool
	}{{nil, false}, {[]string{"X-Forwarded-For", "10.0.0.1"}, true}, {[]string{"Forwarded", "for=10.0.0.1"}, true}} {
		got := s.get("/status/live.json?since=x", test.header...)
		if err := json.Unmarshal([]byte(got.body), &x); err != nil || got.code != 200 || x.Private != test.private {
			t.Errorf("with %v: %d, %v, private: %t, want %t", test.header, got.code, err, x.Private, test.private)
		}
	}
}
