package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// commands answers every command but "unknown" with its words; "fail" fails.
type commands struct{}

var errTest = errors.New("no")

func (commands) Check(args []string) error {
	if len(args) == 0 || args[0] == "unknown" {
		return errTest
	}
	return nil
}

func (commands) Run(_ context.Context, args []string) ([]byte, error) {
	body := []byte(`{"text":"` + strings.Join(args, "|") + `","type":"text"}`)
	switch args[0] {
	case "fail":
		return body, errTest
	case "refuse":
		return nil, errTest
	}
	return body, nil
}

// TestCommandOf proves which command an address means.
func TestCommandOf(t *testing.T) {
	for _, test := range []struct{ address, want string }{
		{"/api/v1/session/show", "session show"},
		{"/api/v1/session/show?--client_id&--user=a%20b&--limit=5", "session|show|--client_id|--user=a b|--limit=5"},
		{"/api/v1/sessions", "session show"},
		{"/api/v1/listeners", "listener show"},
		{"/api/v1/plugins", "plugin show"},
		{"/api/v1/plugin", "plugin show"},
		{"/api/v1/cluster", "cluster show"},
		{"/api/v1/sessions/disconnect?client-id=x", "session disconnect client-id=x"},
		{"/api/v1/set?a.b=1&c=", "set a.b=1 c="},
		{"/api/v1/show/a/b/", "show a b"},
		{"/api/v1/describe/x%2Fy", "describe x/y"},
		{"/api/v1/retain/show?--topic=a%2Bb", "retain show --topic=a+b"},
		{"/api/v1/", ""},
		{"/api/v1", ""},
	} {
		u, err := url.Parse(test.address)
		if err != nil {
			t.Fatal(err)
		}
		separator := " "
		if strings.Contains(test.want, "|") {
			separator = "|"
		}
		var want []string
		if test.want != "" {
			want = strings.Split(test.want, separator)
		}
		if got, err := commandOf(u); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v, want %q", test.address, got, err, want)
		}
	}
	for _, query := range []string{"a=%zz", "%zz", "max_online_messages"} {
		if got, err := commandOf(&url.URL{Path: "/api/v1/show", RawQuery: query}); err == nil {
			t.Errorf("%s is %q, want an error", query, got)
		}
	}
}

// TestManagementAPI proves what requests to /api/v1 are answered with.
func TestManagementAPI(t *testing.T) {
	s := newSite(t, Options{Commands: commands{}, Keys: keys{"mgmt": "k"}}, ListenerOptions{})
	key := []string{"x-api-key", "k"}
	s.get("/api/v1/session/show?--limit=1", key...).want(t, 200, `{"text":"session|show|--limit=1","type":"text"}`)
	s.get("/api/v1/fail", key...).want(t, 500, `{"text":"fail","type":"text"}`)
	s.get("/api/v1/refuse", key...).want(t, 400, "")
	s.get("/api/v1/unknown").want(t, 400, "")
	s.get("/api/v1/session/show").want(t, 401, "")
	s.get("/api/v1/session/show", "x-api-key", "k", "Accept", "text/html").want(t, 406, "")
	s.request(http.MethodPost, "/api/v1/session/show", key...).want(t, 405, "")
	s.request(http.MethodHead, "/api/v1/session/show", key...).want(t, 200, "")
	s.request(http.MethodOptions, "/api/v1/session/show").want(t, 401, "")
	s.request(http.MethodOptions, "/api/v1/unknown", key...).want(t, 400, "")
	s.get("/api/v1", key...).want(t, 400, "")

	got := s.get("/api/v1/session/show", key...)
	if got.header.Get("Allow") != "GET, OPTIONS, HEAD" || got.header.Get("Content-Type") != "application/json" ||
		got.header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("headers of an answer: %v", got.header)
	}
	got = s.request(http.MethodOptions, "/api/v1/session/show", key...)
	got.want(t, 200, "")
	for name, want := range map[string]string{
		"Access-Control-Max-Age": "1728000", "Access-Control-Allow-Methods": "HEAD, GET",
		"Access-Control-Allow-Headers": "content-type, authorization", "Access-Control-Allow-Origin": "*",
	} {
		if got.header.Get(name) != want {
			t.Errorf("%s: %q, want %q", name, got.header.Get(name), want)
		}
	}
}

// TestClientAPI proves what /api/v2 says about clients, and that it ends them.
func TestClientAPI(t *testing.T) {
	s := newSite(t, Options{}, ListenerOptions{Auth: map[string]AuthMode{"vmq_http_v2_api": NoAuth}})
	c := s.connect("c", false)
	s.subscribe(c, "a/#", 1)
	s.get("/api/v2/client?client_id=c").want(t, 200, `{"status":"online"}`)
	s.get("/api/v2/client?client_id=c&topics").want(t, 200, `{"status":"online","topics":{"a/#":1}}`)
	s.get("/api/v2/client?client_id=c&topics=1").want(t, 200, `{"status":"online"}`)
	s.get("/api/v2/client?client_id=c&mountpoint=m").want(t, 200, `{"status":"unknown"}`)
	s.get("/api/v2/client").want(t, 200, `{"status":"unknown"}`)
	s.get("/api/v2/disconnect?client_id=nobody").want(t, 200, `"unknown"`)
	s.get("/api/v2/disconnect?client_id=c").want(t, 200, `"ok"`)
	s.get("/api/v2/client?client_id=c&topics").want(t, 200, `{"status":"offline","topics":{"a/#":1}}`)
	s.get("/api/v2/disconnect?client_id=c&cleanup").want(t, 200, `"ok"`)
	s.get("/api/v2/client?client_id=c").want(t, 200, `{"status":"unknown"}`)
	s.get("/api/v2/nothing").want(t, 400, "invalid_command")
	s.get("/api/v2").want(t, 400, "invalid_command")
}
