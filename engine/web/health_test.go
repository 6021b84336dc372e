package web

import (
	"sync/atomic"
	"testing"
)

const (
	up   = `{"status":"OK"}`
	home = "here@127.0.0.1"
)

// TestHealth proves what the checks say while everything is well, and while a listener is stopped; one that was deleted is none.
func TestHealth(t *testing.T) {
	s := plainSite(t)
	paths := []string{"/health", "/health/ping", "/health/listeners", "/health/listeners_full_cluster"}
	for _, path := range paths {
		got := s.request("PUT", path)
		got.want(t, 200, up)
		if got.header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: %v", path, got.header)
		}
	}
	s.get("/health/other").want(t, 404, "")

	if err := s.broker.StopListener("tcp.default", false); err != nil {
		t.Fatal(err)
	}
	s.get("/health/ping").want(t, 200, up)
	s.get("/health").want(t, 503, `{"status":"DOWN","reasons":["Listeners are not ready: mqtt"]}`)
	s.get("/health/listeners").want(t, 503, `{"status":"DOWN","reason":"Listeners are not ready: mqtt"}`)
	s.get("/health/listeners_full_cluster").want(t, 503, `{"status":"DOWN","reasons":["Listeners are not ready: mqtt"]}`)

	if err := s.broker.DeleteListener("tcp.default"); err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		s.get(path).want(t, 200, up)
	}
	s.server.Stopping()
	s.get("/health").want(t, 503, `{"status":"DOWN","reasons":["The node is shutting down"]}`)
	s.get("/health/ping").want(t, 200, up)
}

// TestHealthOfACluster proves what a node says about itself and the others.
func TestHealthOfACluster(t *testing.T) {
	var members atomic.Pointer[[]Member]
	members.Store(new([]Member))
	s := newSite(t, Options{Members: func() []Member { return *members.Load() }}, ListenerOptions{})
	for _, test := range []struct {
		what          string
		members       []Member
		node, cluster string // reason; empty: well
	}{
		{"nobody knows", nil, "Unknown cluster status", "Unknown cluster status"},
		{"not a member", []Member{{"other", true}}, "Node has not joined cluster", "Node has not joined cluster"},
		{"down itself", []Member{{home, false}}, "Node has not joined cluster", "Node has not joined cluster"},
		{"another is down", []Member{{home, true}, {"other", false}}, "", "At least one cluster node is offline"},
		{"whole", []Member{{home, true}, {"other", true}}, "", ""},
	} {
		members.Store(&test.members)
		for path, reason := range map[string]string{"/health": test.node, "/health/listeners_full_cluster": test.cluster} {
			code, body := 200, up
			if reason != "" {
				code, body = 503, `{"status":"DOWN","reasons":["`+reason+`"]}`
			}
			if got := s.get(path); got.code != code || got.body != body {
				t.Errorf("%s, %s: %d %s, want %d %s", test.what, path, got.code, got.body, code, body)
			}
		}
	}
}
