package main

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/vernemq/vmq/config"
	"github.com/vernemq/vmq/engine"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/netpoll/tlslayer"
	"github.com/vernemq/vmq/netpoll/wslayer"
)

func matches(pattern, text string) bool {
	return regexp.MustCompile(`(?m)^` + pattern + `$`).MatchString(text)
}

func load(t *testing.T, text string) *config.Config {
	t.Helper()
	name := filepath.Join(t.TempDir(), "vernemq.conf")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(config.Options{File: name, Home: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestDefaultSettings proves that an empty file means the engine's own defaults.
func TestDefaultSettings(t *testing.T) {
	if got, want := *settings(load(t, "")), session.DefaultSettings(); got != want {
		t.Errorf("an empty file gives\n%+v, the engine's defaults are\n%+v", got, want)
	}
}

func TestSettings(t *testing.T) {
	got := *settings(load(t, `
allow_anonymous = on
max_client_id_size = 100
max_inflight_messages = -1
receive_max_client = 3
receive_max_broker = 4
max_online_messages = -1
max_offline_messages = 5
override_max_online_messages = on
queue_type = lifo
retry_interval = 7
persistent_client_expiration = 1d
max_last_will_delay = 1h
suppress_lwt_on_session_takeover = on
max_message_rate = 9
topic_alias_max_client = 11
topic_alias_max_broker = 12
max_message_size = 1000
max_subscriptions_per_client = 6
topic_max_depth = 3
upgrade_outgoing_qos = on
shared_subscription_policy = random
disconnect_on_unauthorized_publish_v3 = on
logging.keepalive_as_warning = off
systree_interval = 1500
systree_mountpoint = m
systree_qos = 2
systree_retain = on
subscriber_retain_mode = syncwait
`))
	want := session.Settings{
		AllowAnonymous: true, MaxClientIDSize: 100, MaxInflightMessages: -1, ReceiveMaxClient: 3, ReceiveMaxBroker: 4,
		MaxOnlineMessages: -1, MaxOfflineMessages: 5, OverrideMaxOnlineMessages: true, QueueLIFO: true, RetryInterval: 7 * time.Second,
		PersistentClientExpiration: 24 * time.Hour, MaxLastWillDelay: time.Hour, SuppressWillOnTakeover: true, MaxMessageSize: 1000,
		MaxMessageRate: 9, TopicAliasMaxClient: 11, TopicAliasMaxBroker: 12,
		MaxSubscriptionsPerClient: 6, TopicMaxDepth: 3, UpgradeOutgoingQoS: true, SharedPolicy: session.Random, RetainSyncWait: true,
		DisconnectOnUnauthorizedPublishV3: true, KeepAliveAsDebug: true,
		Systree: session.Systree{Interval: 1500 * time.Millisecond, Mountpoint: "m", QoS: 2, Retain: true},
	}
	if got != want {
		t.Errorf("got\n%+v, want\n%+v", got, want)
	}
	// A field that the engine gains is zero here until a key reaches it.
	for field, value := range reflect.ValueOf(got).Fields() {
		if value.IsZero() {
			t.Errorf("nothing sets %s", field.Name)
		}
	}
	if got := settings(load(t, "retry_interval = -20\nmax_subscriptions_per_client = -5\n")); got.RetryInterval != 0 || got.MaxSubscriptionsPerClient != 0 {
		t.Errorf("negative numbers become %+v", got)
	}
	for _, text := range []string{"systree_enabled = off", "systree_interval = 0", "systree_interval = -1"} {
		if got := settings(load(t, text)).Systree.Interval; got != 0 {
			t.Errorf("%s gives the $SYS tree an interval of %s", text, got)
		}
	}
	for text, period := range map[string]time.Duration{"": 0, "expire_retain_cache = 7": 7 * time.Second} {
		if got := load(t, text).Routing.RetainSweep; got != period {
			t.Errorf("%q sweeps every %v, want %v", text, got, period)
		}
	}
	for text, size := range map[string]uint32{"-1": 1, "0": 0, "99999999999": protocolLimit} {
		if got := settings(load(t, "max_message_size = "+text)).MaxMessageSize; got != size {
			t.Errorf("max_message_size = %s becomes %d, want %d", text, got, size)
		}
	}
}

func TestListenerOptions(t *testing.T) {
	c := load(t, `
mqtt_connect_timeout = 700
listener.tcp.a = 127.0.0.1:1883
listener.tcp.a.max_connections = infinity
listener.tcp.max_connection_lifetime = 60
listener.tcp.b.max_connection_lifetime = 0
listener.tcp.a.mountpoint = m
listener.tcp.a.allowed_protocol_versions = 3,4,5,131,132
listener.tcp.a.allow_anonymous_override = on
listener.tcp.a.buffer_sizes = 4096,8192,0
listener.tcp.b = local:/run/x.sock:0
listener.ssl.a = 127.0.0.1:8883
`)
	a := listenerOptions(c, c.Listeners[0])
	all := session.Level3 | session.Level4 | session.Level5 | session.Level131 | session.Level132
	if a.Name != "tcp.a" || a.Mountpoint != "m" || a.Versions != all || !a.AllowAnonymous || a.Network != "tcp" || a.Address != "127.0.0.1:1883" ||
		a.MaxConnections != 0 || a.ConnectTimeout != 700*time.Millisecond || a.SendBuffer != 4096 || a.ReceiveBuffer != 8192 ||
		a.MaxConnectionLifetime != time.Minute {
		t.Errorf("listener a becomes %+v", a)
	}
	b := listenerOptions(c, c.Listeners[1])
	if b.Network != "unix" || b.Address != "/run/x.sock" || b.MaxConnections != 10000 || b.Versions != session.DefaultVersions || b.MaxConnectionLifetime != 0 {
		t.Errorf("listener b becomes %+v", b)
	}
	if b.TLS != nil || b.Proxy || b.IdentityAsUsername {
		t.Errorf("listener b becomes %+v", b)
	}
}

func TestTLSOptions(t *testing.T) {
	c := load(t, `
listener.tcp.a = 127.0.0.1:1883
listener.tcp.a.proxy_protocol = on
listener.ssl.b = 127.0.0.1:8883
listener.ssl.b.cafile = /x/ca.crt
listener.ssl.b.certfile = /x/cert.crt
listener.ssl.b.keyfile = /x/key.key
listener.ssl.b.keypasswd = secret
listener.ssl.b.crlfile = /x/crl.pem
listener.ssl.b.depth = 2
listener.ssl.b.ciphers = ECDHE-RSA-AES128-GCM-SHA256:AES128-SHA
listener.ssl.b.eccs = [secp256r1, x25519]
listener.ssl.b.tls_version = tlsv1.2,tlsv1.3
crl_refresh_interval = 1000
listener.ssl.b.require_certificate = on
listener.ssl.c = 127.0.0.1:8884
listener.ssl.c.tls_handshake_timeout = infinity
listener.ssl.c.use_identity_as_username = on
listener.ssl.c.psk_support = on
`)
	a := listenerOptions(c, c.Listeners[0])
	if !a.Proxy || !a.IdentityAsUsername || a.TLS != nil {
		t.Errorf("listener a becomes %+v", a)
	}
	b := listenerOptions(c, c.Listeners[1])
	want := tlslayer.Options{
		KeyPair: tlslayer.KeyPair{CertFile: "/x/cert.crt", KeyFile: "/x/key.key", Password: "secret"}, CAFile: "/x/ca.crt", Depth: 2,
		RequireCertificate: true, CRLFile: "/x/crl.pem", CRLRefresh: time.Second, Versions: []string{"tlsv1.2", "tlsv1.3"},
		Ciphers: "ECDHE-RSA-AES128-GCM-SHA256:AES128-SHA", Curves: []string{"secp256r1", "x25519"}, HandshakeTimeout: 5 * time.Second,
	}
	if b.TLS == nil || !reflect.DeepEqual(*b.TLS, want) || b.IdentityAsUsername || b.Proxy || !c.Listeners[1].Built {
		t.Errorf("listener b becomes %+v with TLS %+v, want %+v", b, b.TLS, want)
	}
	d := listenerOptions(c, c.Listeners[2])
	if d.TLS.HandshakeTimeout >= 0 || !d.TLS.RequestCertificate || !d.TLS.PSK || !d.IdentityAsUsername {
		t.Errorf("listener c becomes %+v with TLS %+v", d, d.TLS)
	}
}

func TestOpenFilesWarning(t *testing.T) {
	for limit, warns := range map[uint64]bool{0: false, 1024: true, openFilesWanted - 1: true, openFilesWanted: false} {
		var out strings.Builder
		warnOpenFiles(&out, limit)
		if got := matches(`!!!! WARNING: ulimit -n is \d+; 65536 is the recommended minimum.`, out.String()); got != warns {
			t.Errorf("with %d open files: %q", limit, out.String())
		}
	}
}

// TestKeyboard proves that the lines which stop an Erlang console stop this one, and that others explain themselves.
func TestKeyboard(t *testing.T) {
	for text, stops := range map[string]bool{"q().\n": true, "hello\n\n init:stop(). \n": true, "hello\n": false, "": false} {
		read, write, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := write.WriteString(text); err != nil {
			t.Fatal(err)
		}
		write.Close()
		stopped := false
		var out strings.Builder
		readKeyboard(terminal{in: read, out: &out}, func() { stopped = true })
		read.Close()
		if hint := strings.Contains(out.String(), "q()."); stopped != stops || hint != strings.Contains(text, "hello") {
			t.Errorf("%q: stopped %v, said %q", text, stopped, out.String())
		}
	}
}

func TestWebSocketOptions(t *testing.T) {
	c := load(t, `
max_ws_frame_size = 1000
listener.tcp.a = 127.0.0.1:1883
listener.ws.a = 127.0.0.1:8080
listener.ws.a.max_request_line_length = 100
listener.ws.a.max_header_value_length = 200
listener.ws.b = 127.0.0.1:8081
listener.ws.b.proxy_xff_support = on
listener.ws.b.proxy_xff_trusted_intermediate = 192.0.2.1;192.0.2.2
listener.ws.b.proxy_xff_use_cn_as_username = on
listener.ws.c = 127.0.0.1:8082
listener.ws.c.proxy_protocol = on
listener.ws.c.proxy_xff_support = on
listener.wss.a = 127.0.0.1:8443
listener.wss.a.certfile = /cert.pem
`)
	var all []engine.ListenerOptions
	for _, l := range c.Listeners {
		all = append(all, listenerOptions(c, l))
	}
	if all[0].WebSocket != nil {
		t.Errorf("listener tcp.a becomes %+v", all[0])
	}
	if a := all[1]; !reflect.DeepEqual(*a.WebSocket, wslayer.Options{MaxRequestLine: 100, MaxHeaderValue: 200, MaxFrame: 1000, Compress: true}) ||
		a.TLS != nil || a.IdentityAsUsername {
		t.Errorf("listener ws.a becomes %+v, %+v", a, a.WebSocket)
	}
	forwarded := wslayer.ForwardedOptions{Trusted: []string{"192.0.2.1", "192.0.2.2"}, CommonNameHeader: "x-ssl-client-cn"}
	if b := all[2]; !reflect.DeepEqual(*b.WebSocket.Forwarded, forwarded) || !b.IdentityAsUsername || b.WebSocket.MaxRequestLine != 8000 || b.WebSocket.MaxHeaderValue != 4096 {
		t.Errorf("listener ws.b becomes %+v, %+v", b, b.WebSocket)
	}
	if c := all[3]; !c.Proxy || c.WebSocket.Forwarded != nil {
		t.Errorf("listener ws.c becomes %+v, %+v", c, c.WebSocket)
	}
	if a := all[4]; a.WebSocket == nil || a.TLS == nil || a.TLS.CertFile != "/cert.pem" {
		t.Errorf("listener wss.a becomes %+v", a)
	}
	if o := webSocketOptions(load(t, "max_ws_frame_size = infinity\nlistener.ws.a = 127.0.0.1:8080\n").Listeners[0]); o.MaxFrame != 0 {
		t.Errorf("infinity becomes %d", o.MaxFrame)
	}
}
