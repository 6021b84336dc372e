package main

import (
	"strings"
	"testing"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

// TestHTTPAPIPage runs what docs/http-api.md shows, and the answers are those that it tells of.
func TestHTTPAPIPage(t *testing.T) {
	h := newHome(t, "listener.tcp.default = 127.0.0.1:0\nlistener.http.default = 127.0.0.1:0\nallow_anonymous = on\nmax_client_id_size = 100\n")
	at := addresses(h.console().until("msg=ready"))
	examples := curlExamples(t, "http-api.md")
	for i := range examples {
		examples[i] = strings.ReplaceAll(examples[i], "127.0.0.1:8888", at["http.default"])
	}
	for _, scope := range []string{"mgmt", "api2"} {
		if got := h.admin("api-key", "add", "key=my-key", "scope="+scope); got != "ok\n" {
			t.Fatalf("api-key: %q", got)
		}
	}
	lost := make(chan error, 1)
	alice := mqtt.NewClient(mqtt.NewClientOptions().AddBroker("tcp://" + at["tcp.default"]).SetClientID("alice").SetAutoReconnect(false).
		SetConnectionLostHandler(func(_ mqtt.Client, err error) { lost <- err }))
	connect := func() {
		if token := alice.Connect(); !token.WaitTimeout(patience) || token.Error() != nil {
			t.Fatalf("connect: %v", token.Error())
		}
		if token := alice.Subscribe("a/b", 1, nil); !token.WaitTimeout(patience) || token.Error() != nil {
			t.Fatalf("subscribe: %v", token.Error())
		}
	}
	connect()
	const whole = `{"table":[{"client_id":"alice","is_online":true,"mountpoint":"","peer_host":"127.0.0.1","peer_port":`
	for i, want := range []string{
		whole, whole,
		`{"table":[{"client_id":"alice"}],"type":"table"}`,
		`{"text":"Done","type":"text"}`,
		`{"text":"max_online_messages set to \"500\"","type":"text"}`,
		`{"table":[{"node":"VerneMQ@127.0.0.1","max_online_messages":500}],"type":"table"}`,
		`{"status":"online","topics":{"a/b":1}}`,
		`"ok"`,
	} {
		if i >= len(examples) {
			t.Fatalf("%d examples on the page, want one that answers %s", len(examples), want)
		}
		if i == 6 { // the page has disconnected it
			<-lost
			connect()
		}
		if status, body := h.curl(examples[i]); status != "200" || !strings.HasPrefix(body, want) {
			t.Errorf("%s: %s %s, want %s", examples[i], status, body, want)
		}
	}
	if len(examples) != 8 {
		t.Errorf("%d examples on the page, want 8", len(examples))
	}
	show := examples[0]
	for _, test := range []struct{ line, status string }{
		{strings.Replace(show, "my-key", "another", 1), "401"},
		{strings.Replace(show, "session/show", "session/nonsense", 1), "400"},
		{strings.Replace(show, "session/show", "set?max_online_messages=many", 1), "400"},
		{strings.Replace(show, "session/show", "show?max_online_messages", 1), "400"},
		{show + " -X POST", "405"},
		{show + " -H 'accept: text/html'", "406"},
	} {
		if status, body := h.curl(test.line); status != test.status || body != "" {
			t.Errorf("%s: %s %q, want %s and no body", test.line, status, body, test.status)
		}
	}
}
