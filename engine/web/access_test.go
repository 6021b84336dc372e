package web

import (
	"net/http"
	"strings"
	"testing"
)

// keys has one key for each of its scopes.
type keys map[string]string

func (k keys) Valid(key, scope string) bool { return k[scope] == key && key != "" }

// TestAPIKeys proves how a key may be shown, and that the wrong one, or the right one shown in the wrong way, opens nothing.
func TestAPIKeys(t *testing.T) {
	everything := map[string]AuthMode{}
	for _, m := range modules {
		everything[m.name] = APIKey
	}
	k := keys{"metrics": "m", "status": "s", "health": "h", "mgmt": "a", "api2": "c"}
	s := newSite(t, Options{Keys: k, Commands: commands{}}, ListenerOptions{Auth: everything})
	basic := func(user string) string {
		r, _ := http.NewRequest(http.MethodGet, "/", http.NoBody)
		r.SetBasicAuth(user, "any")
		return r.Header.Get("Authorization")
	}
	for path, key := range map[string]string{
		"/metrics": "m", "/status.json": "s", "/status/live.json": "s", "/health": "h", "/health/ping": "h", "/health/listeners": "h",
		"/health/listeners_full_cluster": "h", "/api/v1/show": "a", "/api/v2/client": "c",
	} {
		for _, test := range []struct {
			what   string
			code   int
			header []string
		}{
			{"nothing", 401, nil},
			{"x-api-key", 200, []string{"x-api-key", key}},
			{"basic", 200, []string{"Authorization", basic(key)}},
			{"a key of another scope", 401, []string{"x-api-key", "z"}},
			{"an empty key", 401, []string{"x-api-key", ""}},
			{"an empty user", 401, []string{"Authorization", basic("")}},
			{"another scheme beside a good key", 401, []string{"Authorization", "Bearer x", "x-api-key", key}},
		} {
			got := s.get(path, test.header...)
			if got.code != test.code {
				t.Errorf("%s with %s: %d, want %d", path, test.what, got.code, test.code)
			}
			if test.code == 401 && (got.header.Get("WWW-Authenticate") != `Authorization realm="VerneMQ"` || got.body != "") {
				t.Errorf("%s with %s: %v %q", path, test.what, got.header, got.body)
			}
		}
	}
	for _, path := range []string{"/status", "/status/main.js"} {
		if got := s.get(path); got.code != 200 {
			t.Errorf("%s: %d: the page asks for the key, so it must be there without one", path, got.code)
		}
	}
}

// TestDefaultAccess proves who needs a key where the configuration says nothing, and that without any keys nobody has one.
func TestDefaultAccess(t *testing.T) {
	s := newSite(t, Options{Commands: commands{}}, ListenerOptions{})
	for path, want := range map[string]int{
		"/metrics": 200, "/status.json": 200, "/health": 200, "/api/v1/show": 401, "/api/v2/client?client_id=x": 401,
	} {
		if got := s.get(path, "x-api-key", "x"); got.code != want {
			t.Errorf("%s: %d, want %d", path, got.code, want)
		}
	}
}

// TestRequestLimits proves that a long request line and a long header are refused, and the longest that may be are not.
func TestRequestLimits(t *testing.T) {
	s := newSite(t, Options{}, ListenerOptions{MaxRequestLine: 100, MaxHeaderValue: 50})
	line := len("GET  HTTP/1.1")
	path := func(n int) string { return "/health/ping?" + strings.Repeat("x", n-line-len("/health/ping?")) }
	for _, test := range []struct {
		path   string
		header int
		code   int
	}{
		{path(100), 50, 200}, {path(101), 50, 414}, {path(100), 51, 431},
	} {
		if got := s.get(test.path, "x-y", strings.Repeat("v", test.header)); got.code != test.code {
			t.Errorf("a line of %d bytes and a header of %d: %d, want %d", len(test.path)+line, test.header, got.code, test.code)
		}
	}
}
