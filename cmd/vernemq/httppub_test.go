package main

import (
	"strings"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"github.com/vernemq/vmq/config"
	"github.com/vernemq/vmq/engine/plugin/httppub"
	"github.com/vernemq/vmq/engine/plugin/passwd"
)

// TestHTTPPubSettings proves which keys say who publishes, and that those of a listener win one by one.
func TestHTTPPubSettings(t *testing.T) {
	n := &node{live: config.NewLive(load(t, `
max_message_size = 1000
vmq_http_pub.mqtt_auth.mode = predefined
vmq_http_pub.mqtt_auth.user = joe
vmq_http_pub.mqtt_auth.password = secret
vmq_http_pub.mqtt_auth.client_id = c
vmq_http_pub.mountpoint = mp
listener.http.a = 127.0.0.1:8001
listener.http.b = 127.0.0.1:8002
listener.http.b.http_modules.vmq_http_pub.mqtt_auth.user = eve
listener.http.b.http_modules.vmq_http_pub.mountpoint = x
listener.https.c = 127.0.0.1:8003
listener.https.c.http_modules.vmq_http_pub.mqtt_auth.mode = on-behalf-of
`))}
	joe, secret, eve := "joe", "secret", "eve"
	for listener, want := range map[string]httppub.Settings{
		"http.a":  {Predefined: true, User: &joe, Password: &secret, ClientID: "c", Mountpoint: "mp", MaxMessageSize: 1000},
		"http.b":  {Predefined: true, User: &eve, Password: &secret, ClientID: "c", Mountpoint: "x", MaxMessageSize: 1000},
		"https.c": {User: &joe, Password: &secret, ClientID: "c", Mountpoint: "mp", MaxMessageSize: 1000},
		// An operator may start one that the configuration does not know.
		"127.0.0.1:9": {Predefined: true, User: &joe, Password: &secret, ClientID: "c", Mountpoint: "mp", MaxMessageSize: 1000},
	} {
		got := n.httpPubSettings(listener)
		if *got.User != *want.User || *got.Password != *want.Password {
			t.Errorf("%s: %s, %s", listener, *got.User, *got.Password)
		}
		got.User, got.Password, want.User, want.Password = nil, nil, nil, nil
		if got != want {
			t.Errorf("%s: %+v, want %+v", listener, got, want)
		}
	}
	n.live = config.NewLive(load(t, "allow_anonymous = on\n"))
	if got := n.httpPubSettings("http.a"); got.Predefined || got.User != nil || !got.Anonymous {
		t.Errorf("without keys: %+v", got)
	}
}

// publishingNode is a node with a user joe, whose HTTP listener serves vmq_http_pub.
func publishingNode(t *testing.T, settings string) (h *home, start func() (c *console, mqttAt, httpAt string)) {
	t.Helper()
	h = newHome(t, `
listener.tcp.default = 127.0.0.1:0
listener.http.pub = 127.0.0.1:0
listener.http.pub.http_modules = [vmq_http_pub, vmq_metrics_http]
`+settings)
	joe := passwd.NewHash(passwd.SHA512, []byte("secret"))
	h.write("etc/vmq.passwd", "joe:"+joe.String()+"\n")
	h.write("etc/vmq.acl", "topic sensor/#\n")
	return h, func() (c *console, mqttAt, httpAt string) {
		c = h.console()
		at := addresses(c.until("msg=ready"))
		return c, at["tcp.default"], at["http.pub"]
	}
}

// TestHTTPPublishPage runs what docs/http-publish.md shows against a node of its own, and a subscriber gets every message. Before that the
// plugin is switched on, and afterwards off.
func TestHTTPPublishPage(t *testing.T) {
	h, start := publishingNode(t, "")
	_, mqttAt, httpAt := start()
	examples := curlExamples(t, "http-publish.md")
	if len(examples) != 4 {
		t.Fatalf("%d examples on the page", len(examples))
	}
	for i := range examples {
		examples[i] = strings.ReplaceAll(examples[i], "https://broker.example:8889", "http://"+httpAt)
	}
	h.write("photo.jpg", "\xff\xd8picture")
	if got := h.admin("api-key", "add", "key=my-secret-key", "scope=httppub"); got != "ok\n" {
		t.Fatalf("api-key: %q", got)
	}
	if status, _ := h.curl(examples[0]); status != "404" {
		t.Errorf("before the plugin runs: %s", status)
	}
	if got := h.admin("plugin", "enable", "--name=vmq_http_pub"); got != "Done\n" {
		t.Fatalf("plugin enable: %q", got)
	}
	if got := h.admin("plugin", "show", "--plugin=vmq_http_pub", "--format=csv"); !strings.Contains(got, "vmq_http_pub,application") {
		t.Errorf("plugin show: %q", got)
	}
	_, payloads := subscribe(t, mqttAt, "sensor/1")
	for i, want := range []string{"21.5", "\xff\xd8picture", "21.5", "\x00\x01\x02\x03"} {
		if status, body := h.curl(examples[i]); status != "200" || body != "Published" {
			t.Errorf("%s: %s %q", examples[i], status, body)
		}
		wantPayload(t, payloads, want)
	}
	if status, body := h.curl(strings.ReplaceAll(examples[0], "my-secret-key", "another")); status != "401" || body != "" {
		t.Errorf("with another key: %s %q", status, body)
	}
	if status, _ := h.curl(strings.ReplaceAll(examples[0], `"secret"`, `"guessed"`)); status != "401" {
		t.Errorf("with another password: %s", status)
	}
	if status, _ := h.curl(strings.ReplaceAll(examples[0], "sensor/1", "door/1")); status != "403" {
		t.Errorf("to another topic: %s", status)
	}
	if status, body := h.curl(strings.ReplaceAll(examples[0], `"qos": 1`, `"qos": 7`)); status != "400" || body != "qos is 0, 1 or 2." {
		t.Errorf("with another QoS: %s %q", status, body)
	}
	_, metrics := h.curl("curl http://" + httpAt + "/metrics")
	shown := h.admin("metrics", "show")
	for name, n := range map[string]string{"http_pub_published": "4", "http_pub_api_error": "1", "http_pub_auth_error": "3"} {
		if !strings.Contains(metrics, "\n# TYPE vernemq_"+name+" counter\nvernemq_"+name+`{node="VerneMQ@127.0.0.1"} `+n+"\n") {
			t.Errorf("%s is not %s on /metrics", name, n)
		}
		if !strings.Contains(shown, "counter."+name+" = "+n+"\n") {
			t.Errorf("%s is not %s in metrics show", name, n)
		}
	}
	h.admin("plugin", "disable", "--name=vmq_http_pub")
	if status, _ := h.curl(examples[0]); status != "404" {
		t.Errorf("after the plugin was switched off: %s", status)
	}
}

// subscribe connects joe with a session that stays, subscribes unless the session is there already, and returns where payloads come in.
func subscribe(t *testing.T, at, filter string) (c mqtt.Client, payloads chan string) {
	t.Helper()
	payloads = make(chan string, 100)
	c = mqtt.NewClient(mqtt.NewClientOptions().AddBroker("tcp://" + at).SetClientID("joe-1").SetUsername("joe").SetPassword("secret").
		SetCleanSession(false).SetAutoReconnect(false).
		SetDefaultPublishHandler(func(_ mqtt.Client, m mqtt.Message) { payloads <- string(m.Payload()) }))
	tokens := c.Connect().(*mqtt.ConnectToken)
	if !tokens.WaitTimeout(patience) || tokens.Error() != nil {
		t.Fatalf("connect: %v", tokens.Error())
	}
	t.Cleanup(func() { c.Disconnect(0) })
	if tokens.SessionPresent() {
		return c, payloads
	}
	if sub := c.Subscribe(filter, 1, nil); !sub.WaitTimeout(patience) || sub.Error() != nil {
		t.Fatalf("subscribe: %v", sub.Error())
	}
	return c, payloads
}

// wantPayload waits for the next message.
func wantPayload(t *testing.T, payloads chan string, want string) {
	t.Helper()
	select {
	case got := <-payloads:
		if got != want {
			t.Errorf("received %q, want %q", got, want)
		}
	case <-time.After(patience):
		t.Errorf("nothing was received, want %q", want)
	}
}

// TestHTTPPublishSurvivesKill proves that a message whose publisher was told "Published" is delivered although the broker is killed at once,
// and that the plugin can be switched on in the configuration.
func TestHTTPPublishSurvivesKill(t *testing.T) {
	h, start := publishingNode(t, `
plugins.vmq_http_pub = on
http_module.vmq_http_pub.auth.mode = noauth
vmq_http_pub.mqtt_auth.mode = predefined
vmq_http_pub.mqtt_auth.user = joe
vmq_http_pub.mqtt_auth.password = secret
`)
	c, mqttAt, httpAt := start()
	away, _ := subscribe(t, mqttAt, "sensor/1")
	away.Disconnect(0)
	if status, body := h.curl("curl -H 'content-type: application/octet-stream' -H 'topic: sensor/1' -H 'qos: 1' -d kept http://" + httpAt + "/restmqtt/api/v1/publish"); status != "200" || body != "Published" {
		t.Fatalf("%s %q", status, body)
	}
	if err := c.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	c.wait()
	_, mqttAt, _ = start()
	_, payloads := subscribe(t, mqttAt, "sensor/1")
	wantPayload(t, payloads, "kept")
}
