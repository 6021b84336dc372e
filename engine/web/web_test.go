package web

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"github.com/vernemq/vmq/engine"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/internal/ports"
)

// patience bounds the wait of a test that fails; what it waits for happens at once.
const patience = 30 * time.Second

// site is a broker with an HTTP listener, and a client of it.
type site struct {
	t        *testing.T
	broker   *engine.Broker
	server   *Server
	listener *Listener
	mqtt     string // where MQTT clients connect
}

var quiet = slog.New(slog.DiscardHandler)

// newSite starts a broker, an MQTT listener called tcp.default, and an HTTP listener as l says.
func newSite(t *testing.T, o Options, l ListenerOptions) *site {
	t.Helper()
	settings := session.DefaultSettings()
	settings.AllowAnonymous = true
	broker, err := engine.New(engine.Options{NodeName: "here@127.0.0.1", Loops: 2, Logger: quiet, Settings: &settings})
	if err == nil {
		err = broker.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, broker: broker}
	o.Broker, o.Logger = broker, quiet
	s.server = NewServer(o)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		broker.Stop(ctx)
		s.server.Stop(ctx)
	})
	plain := engine.ListenerOptions{Network: "tcp", Address: "127.0.0.1:0"}
	plain.Name = "tcp.default"
	socket, err := broker.Listen(plain)
	if err != nil {
		t.Fatal(err)
	}
	s.mqtt = "tcp://" + socket.Addr().String()
	if l.Name == "" {
		l.Name = "http.default"
	}
	l.Address = ports.Free(t, 1)[0].String() // so that it is still there for a listener that stopped
	if s.listener, err = s.server.Listen(l); err != nil {
		t.Fatal(err)
	}
	return s
}

// plainSite is one with what a configuration without any HTTP key gives.
func plainSite(t *testing.T) *site {
	return newSite(t, Options{Version: "1.2.3", Namespace: "vernemq_"}, ListenerOptions{})
}

// answer is what came back.
type answer struct {
	code   int
	header http.Header
	body   string
}

// request sends one; header holds pairs of a name and a value.
func (s *site) request(method, path string, header ...string) answer {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, "http://"+s.listener.Addr().String()+path, http.NoBody)
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return do(s.t, &http.Client{Timeout: patience}, r)
}

func do(t *testing.T, c *http.Client, r *http.Request) answer {
	t.Helper()
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(body)}
}

func (s *site) get(path string, header ...string) answer {
	s.t.Helper()
	return s.request(http.MethodGet, path, header...)
}

// want checks code and body.
func (a answer) want(t *testing.T, code int, body string) {
	t.Helper()
	if a.code != code || a.body != body {
		t.Errorf("got %d %q, want %d %q", a.code, a.body, code, body)
	}
}

// connect makes an MQTT client that stays until the test ends.
func (s *site) connect(id string, clean bool) mqtt.Client {
	s.t.Helper()
	c := mqtt.NewClient(mqtt.NewClientOptions().AddBroker(s.mqtt).SetClientID(id).SetCleanSession(clean).SetAutoReconnect(false))
	waitFor(s.t, c.Connect())
	s.t.Cleanup(func() { c.Disconnect(0) })
	return c
}

func (s *site) subscribe(c mqtt.Client, filter string, qos byte) {
	s.t.Helper()
	waitFor(s.t, c.Subscribe(filter, qos, nil))
}

func waitFor(t *testing.T, token mqtt.Token) {
	t.Helper()
	if !token.WaitTimeout(patience) || token.Error() != nil {
		t.Fatalf("MQTT: %v", token.Error())
	}
}

// TestModulesOfAListener proves that a listener serves the modules it names and nothing else, that each is mounted once, and that
// one which does not exist does no harm.
func TestModulesOfAListener(t *testing.T) {
	s := newSite(t, Options{}, ListenerOptions{Modules: []string{"vmq_health_http", "vmq_mgmt_http", "vmq_no_such", "vmq_http_mgmt_api"}})
	for path, want := range map[string]int{
		"/health": 200, "/metrics": 404, "/status": 404, "/status.json": 404, "/": 404, "/api/v2/client": 404, "/debug/pprof/": 404,
		"/api/v1/x": 400, // there are no commands
	} {
		if got := s.get(path); got.code != want || got.body != "" && want != 200 {
			t.Errorf("%s: %d %q, want %d without a body", path, got.code, got.body, want)
		}
	}
}

// TestUnknownAuthMode proves that a mode which nobody knows stops the listener rather than open it.
func TestUnknownAuthMode(t *testing.T) {
	s := plainSite(t)
	_, err := s.server.Listen(ListenerOptions{Name: "http.x", Address: "127.0.0.1:0", Auth: map[string]AuthMode{"vmq_metrics_http": "api-key"}})
	if err == nil || !strings.Contains(err.Error(), `"http.x"`) || !strings.Contains(err.Error(), `"api-key"`) {
		t.Errorf("error %v, want one that names listener and mode", err)
	}
}

// TestProfiles proves that profiles are there where they are asked for, and for holders of a key only.
func TestProfiles(t *testing.T) {
	s := newSite(t, Options{Keys: keys{"mgmt": "secret"}}, ListenerOptions{Modules: []string{"vmq_pprof_http"}})
	if got := s.get("/debug/pprof/goroutine?debug=1"); got.code != http.StatusUnauthorized {
		t.Errorf("without a key: %d, want 401", got.code)
	}
	if got := s.get("/debug/pprof/goroutine?debug=1", "x-api-key", "secret"); got.code != 200 || !strings.Contains(got.body, "goroutine profile:") {
		t.Errorf("with a key: %d %.40q", got.code, got.body)
	}
}
