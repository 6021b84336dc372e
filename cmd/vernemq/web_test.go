package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/vernemq/vmq/engine/web"
)

// TestWebOptions proves what the keys of HTTP listeners turn into, and which of two wins.
func TestWebOptions(t *testing.T) {
	c := load(t, `
listener.max_connections = 500
http_modules = [vmq_metrics_http, vmq_health_http,vmq_http_mgmt_api]
http_module.vmq_metrics_http.auth.mode = apikey
http_module.vmq_health_http.auth.mode = apikey
listener.http.a = 127.0.0.1:8001
listener.http.a.http_module.vmq_health_http.auth.mode = noauth
listener.http.b = 127.0.0.1:8002
listener.http.b.http_modules = vmq_status_http, vmq_mgmt_http
listener.http.b.max_connections = infinity
listener.http.b.max_request_line_length = 100
listener.http.b.max_header_value_length = 200
listener.http.b.proxy_protocol = on
listener.https.c = 127.0.0.1:8003
listener.https.c.tls_version = tlsv1.3
listener.https.c.http_module.vmq_metrics_http.auth.mode = noauth
`)
	got := map[string]web.ListenerOptions{}
	for _, l := range c.Listeners {
		if isWeb(l) && l.Built {
			o := webOptions(c, l)
			if o.TLS != nil {
				if o.TLS.Versions[0] != "tlsv1.3" {
					t.Errorf("%s: TLS %+v", o.Name, o.TLS)
				}
				o.TLS = nil
			}
			got[o.Name] = o
		}
	}
	global := []string{"vmq_metrics_http", "vmq_health_http", "vmq_http_mgmt_api"}
	want := map[string]web.ListenerOptions{
		"http.a": {
			Name: "http.a", Address: "127.0.0.1:8001", Modules: global, MaxConnections: 500, MaxRequestLine: 8000, MaxHeaderValue: 4096,
			Auth: map[string]web.AuthMode{"vmq_metrics_http": web.APIKey, "vmq_health_http": web.NoAuth, "vmq_http_mgmt_api": web.APIKey},
		},
		"http.b": {
			Name: "http.b", Address: "127.0.0.1:8002", Modules: []string{"vmq_status_http", "vmq_mgmt_http"}, MaxRequestLine: 100,
			MaxHeaderValue: 200, Proxy: true, Auth: map[string]web.AuthMode{},
		},
		"https.c": {
			Name: "https.c", Address: "127.0.0.1:8003", Modules: global, MaxConnections: 500, MaxRequestLine: 8000, MaxHeaderValue: 4096,
			Auth: map[string]web.AuthMode{"vmq_metrics_http": web.NoAuth, "vmq_health_http": web.APIKey, "vmq_http_mgmt_api": web.APIKey},
		},
	}
	for name, o := range want {
		if !reflect.DeepEqual(got[name], o) {
			t.Errorf("%s: got\n%+v\nwant\n%+v", name, got[name], o)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d listeners, want %d", len(got), len(want))
	}
}

// TestNamespace proves what stands in front of names on /metrics.
func TestNamespace(t *testing.T) {
	for text, want := range map[string]string{
		"": "vernemq_", `prometheus_namespace = ""`: "", "prometheus_namespace = x_": "x_",
	} {
		if got := namespace(load(t, text)); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// TestGraphiteSettings proves what the graphite keys turn into.
func TestGraphiteSettings(t *testing.T) {
	got := graphiteSettings(load(t, `
graphite_enabled = on
graphite_host = ::1
graphite_port = 2004
graphite_interval = 1000
graphite_connect_timeout = 2000
graphite_reconnect_timeout = 3000
graphite_prefix = my-prefix
graphite_api_key = KEY
graphite_include_labels = on
`))
	want := web.GraphiteSettings{
		Enabled: true, Address: "[::1]:2004", Interval: time.Second, ConnectTimeout: 2 * time.Second, ReconnectPause: 3 * time.Second,
		Prefix: "my-prefix", APIKey: "KEY", Labels: true,
	}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if none := graphiteSettings(load(t, "graphite_enabled = on\ngraphite_host = ''\n")); none.Enabled {
		t.Error("enabled without a host")
	}
}

// TestNodeServesHTTP proves that a node answers at its HTTP listeners while it runs, says so in its log, knows of a listener that it
// could not open, and pushes to Graphite.
func TestNodeServesHTTP(t *testing.T) {
	graphite, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer graphite.Close()
	_, port, _ := net.SplitHostPort(graphite.Addr().String())
	h := newHome(t, fmt.Sprintf(`
listener.tcp.default = 127.0.0.1:0
listener.http.default = 127.0.0.1:0
listener.http.taken = %s
graphite_enabled = on
graphite_host = 127.0.0.1
graphite_port = %s
graphite_interval = 100
graphite_prefix = here
log.console.file = ./log/console.log
`, graphite.Addr(), port))
	h.want(h.run("start"), "", "", 0)
	log := h.read("log/console.log")
	if !matches(`.*level=ERROR msg="listener not started" kind=http name=taken address=`+graphite.Addr().String()+` .*in use; another program or listener has this port.*`, log) {
		t.Errorf("the log does not name the listener that could not open:\n%s", log)
	}
	at := ""
	for line := range strings.Lines(log) {
		if strings.Contains(line, "kind=http name=default") {
			_, rest, _ := strings.Cut(line, "address=")
			at, _, _ = strings.Cut(rest, " ")
		}
	}
	resp, err := http.Get("http://" + at + "/status.json")
	if err != nil {
		t.Fatalf("%v; the log:\n%s", err, log)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var status []map[string]struct{ Version string }
	if err := json.Unmarshal(body, &status); err != nil || len(status) != 1 || status[0]["VerneMQ@127.0.0.1"].Version != version {
		t.Errorf("status %s, %v", body, err)
	}

	c, err := graphite.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	var line string
	if _, err := fmt.Fscanf(c, "%s ", &line); err != nil || !strings.HasPrefix(line, "here.") {
		t.Errorf("Graphite got %q, %v", line, err)
	}
	h.want(h.run("stop"), "ok\n", "", 0)
	if _, err := http.Get("http://" + at + "/health"); err == nil {
		t.Error("a node that has stopped answers")
	}
}
