package main

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/vernemq/vmq/config"
	"github.com/vernemq/vmq/engine"
	"github.com/vernemq/vmq/engine/admin"
	"github.com/vernemq/vmq/internal/control"
)

// liveNode is a node without a data directory: what set and show need of one.
func liveNode(t *testing.T, text string) (*node, *strings.Builder) {
	t.Helper()
	c := load(t, text)
	var log strings.Builder
	logger := slog.New(slog.NewTextHandler(&log, nil))
	b, err := engine.New(engine.Options{Loops: 1, Settings: settings(c), Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Stop(t.Context()) })
	n := &node{config: c, live: config.NewLive(c), log: logger, broker: b}
	n.running.Store(b)
	return n, &log
}

// changed are other values than the defaults, for each key that is served and can be set.
var changed = map[string]string{
	"allow_anonymous":                       "on",
	"max_client_id_size":                    "100",
	"max_subscriptions_per_client":          "5",
	"persistent_client_expiration":          "1d",
	"max_last_will_delay":                   "1h",
	"suppress_lwt_on_session_takeover":      "on",
	"retry_interval":                        "7",
	"max_inflight_messages":                 "3",
	"max_message_rate":                      "9",
	"max_message_size":                      "1000",
	"mqtt_connect_timeout":                  "700",
	"upgrade_outgoing_qos":                  "on",
	"max_online_messages":                   "8",
	"max_offline_messages":                  "9",
	"queue_type":                            "lifo",
	"override_max_online_messages":          "on",
	"topic_alias_max_client":                "11",
	"topic_alias_max_broker":                "12",
	"receive_max_client":                    "13",
	"receive_max_broker":                    "14",
	"shared_subscription_policy":            "random",
	"disconnect_on_unauthorized_publish_v3": "on",
	"subscriber_retain_mode":                "syncwait",
	"systree_enabled":                       "off",
	"systree_interval":                      "1500",
	"vmq_acl.acl_file":                      "/x/vmq.acl",
	"vmq_acl.acl_reload_interval":           "3",
	"vmq_acl.strict_wildcards":              "off",
	"vmq_acl.cancel_subscriptions":          "off",
	"vmq_passwd.password_file":              "/x/vmq.passwd",
	"vmq_passwd.password_reload_interval":   "0",
	"graphite_enabled":                      "on",
	"graphite_host":                         "graphite.example",
	"graphite_port":                         "2004",
	"graphite_interval":                     "1000",
	"graphite_include_labels":               "on",
}

// pluginSettings are what the plugins would see.
func pluginSettings(n *node) [2]any { return [2]any{n.aclSettings(), n.passwdSettings()} }

// TestSetReachesBroker proves that each key that can be set means the same as in a file, for sessions, listeners, plugins and Graphite.
func TestSetReachesBroker(t *testing.T) {
	for _, row := range config.Rows() {
		if row.Settable == config.Fixed || row.Status != config.Served {
			continue
		}
		value, known := changed[row.Key]
		if !known {
			t.Errorf("%s can be set, and no value is tried here", row.Key)
			continue
		}
		n, _ := liveNode(t, "")
		l, err := n.broker.Listen(engine.ListenerOptions{Network: "tcp", Address: "127.0.0.1:0"})
		if err != nil {
			t.Fatal(err)
		}
		before, pluginsBefore, pushed := *n.broker.Settings(), pluginSettings(n), graphiteSettings(n.live.Load())
		if err := n.set(config.Change{Key: row.Key, Text: value}); err != nil {
			t.Errorf("%s = %s: %v", row.Key, value, err)
			continue
		}
		file := load(t, row.Key+" = "+value+"\n")
		if got, want := *n.broker.Settings(), *settings(file); got != want {
			t.Errorf("%s = %s: sessions obey\n%+v, a file would give\n%+v", row.Key, value, got, want)
		}
		timeout := l.Options().ConnectTimeout
		if want := connectTimeout(file); timeout != want {
			t.Errorf("%s = %s: the listener's connect timeout is %v, want %v", row.Key, value, timeout, want)
		}
		plugins := pluginSettings(n)
		file.Home = n.config.Home
		if want := pluginSettings(&node{live: config.NewLive(file)}); plugins != want {
			t.Errorf("%s = %s: plugins obey\n%+v, a file would give\n%+v", row.Key, value, plugins, want)
		}
		push := graphiteSettings(n.live.Load())
		if want := graphiteSettings(file); push != want {
			t.Errorf("%s = %s: Graphite gets %+v, want %+v", row.Key, value, push, want)
		}
		if *n.broker.Settings() == before && timeout == 5*time.Second && plugins == pluginsBefore && push == pushed {
			t.Errorf("%s = %s changes nothing", row.Key, value)
		}
	}
}

// TestSetSpeaksInTheLog proves that a change is in the log, with the advice that a file would get.
func TestSetSpeaksInTheLog(t *testing.T) {
	n, log := liveNode(t, "")
	for _, ch := range []config.Change{{Key: "queue_deliver_mode", Text: "balance"}, {Key: "allow_multiple_sessions", Text: "on"}} {
		log.Reset()
		if err := n.set(ch); err != nil {
			t.Errorf("%s: %v", ch.Key, err)
		}
		if text := log.String(); !strings.Contains(text, "msg=set key="+ch.Key+" value="+ch.Text) || !strings.Contains(text, "shared subscriptions") {
			t.Errorf("%s: the log says %q", ch.Key, text)
		}
	}
	log.Reset()
	if err := n.set(config.Change{Key: "systree_interval", Text: "10"}); err != nil {
		t.Fatal(err)
	}
	if built := config.Lookup("systree_interval").Status == config.Served; !built && !strings.Contains(log.String(), "not built yet") {
		t.Errorf("a key without effect: the log says %q", log.String())
	}
	var refused *config.SetError
	if err := n.set(config.Change{Key: "allow_anonymous", Text: "yes"}); !errors.As(err, &refused) {
		t.Errorf("a bad value: %v", err)
	}
}

// TestSetOverControlSocket changes a running node through its socket: the next client is treated accordingly, a connection that never
// says anything loses its patience, and a unix listener serves beside a TCP one.
func TestSetOverControlSocket(t *testing.T) {
	h := newHome(t, freePort)
	h.write("etc/vernemq.conf", freePort+"listener.tcp.unix = local:"+h.path("mqtt.sock")+":0\n")
	c := h.console()
	addr := address(t, c.until("msg=ready"))
	verb := func(want string, args ...string) {
		t.Helper()
		var out strings.Builder
		if _, err := control.Call(t.Context(), h.path("data/vernemq.sock"), append([]string{admin.Verb, admin.Pipe}, args...), &out, io.Discard); err != nil || out.String() != want {
			t.Errorf("%v: %q, %v; want %q", args, out.String(), err, want)
		}
	}
	if code := connack(t, addr); code != 5 {
		t.Errorf("CONNACK %d before, want 5", code)
	}
	verb("allow_anonymous set to \"on\"\nmqtt_connect_timeout set to \"20\"\n", "set", "allow_anonymous=on", "mqtt_connect_timeout=20")
	verb("node,allow_anonymous,mqtt_connect_timeout\r\nVerneMQ@127.0.0.1,on,20\r\n", "show", "allow_anonymous", "mqtt_connect_timeout", "--format=csv")
	silent, err := net.Dial("unix", h.path("mqtt.sock"))
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	silent.SetDeadline(time.Now().Add(patience))
	if b, err := io.ReadAll(silent); err != nil || len(b) > 0 {
		t.Errorf("a silent connection got % x, %v; want the end", b, err)
	}
	verb("mqtt_connect_timeout set to \"5000\"\n", "set", "mqtt_connect_timeout=5000")
	if code := connack(t, addr); code != 0 {
		t.Errorf("CONNACK %d afterwards, want 0", code)
	}
	if text := h.read("log/console.log"); !strings.Contains(text, "msg=set key=allow_anonymous value=on") {
		t.Errorf("the log says:\n%s", text)
	}
}
