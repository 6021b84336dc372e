package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"

	"github.com/vernemq/vmq/internal/deps"
)

// wantedSeries are the lines of the list of VerneMQ's names that are there from the start: type, name, label sets.
func wantedSeries(t *testing.T) (lines [][]string) {
	t.Helper()
	root, err := deps.Root()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "engine", "metric", "testdata", "names.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) >= 2 && (fields[0] == "counter" || fields[0] == "gauge") && !strings.Contains(line, "test_") {
			lines = append(lines, fields)
		}
	}
	return lines
}

// TestMetricsOfANode holds what a node that has just started shows on /metrics, below $SYS and in `vmq-admin metrics show` to the list of names:
// each name with its type and every one of its label sets is there.
func TestMetricsOfANode(t *testing.T) {
	h := newHome(t, `
allow_anonymous = on
listener.tcp.default = 127.0.0.1:0
listener.http.default = 127.0.0.1:0
systree_interval = 1000
`)
	at := addresses(h.console().until("msg=ready"))
	resp, err := http.Get("http://" + at["http.default"] + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var parser expfmt.TextParser
	families, err := parser.TextToMetricFamilies(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	shown := strings.Split(h.admin("metrics", "show"), "\n")
	tree := sysTopics(t, at["tcp.default"])
	wanted := wantedSeries(t)
	if len(wanted) < 90 {
		t.Fatalf("the list has %d names", len(wanted))
	}
	for _, fields := range wanted {
		typ, name, sets := fields[0], fields[1], fields[2:]
		f := families["vernemq_"+name]
		if f == nil || !strings.EqualFold(f.GetType().String(), typ) {
			t.Errorf("/metrics has %s as %v, want a %s", name, f.GetType(), typ)
			continue
		}
		for _, labels := range labelSets(sets) {
			if !slices.ContainsFunc(f.Metric, func(m *dto.Metric) bool { return labelText(m) == labels }) {
				t.Errorf("/metrics has no %s{%s}", name, labels)
			}
		}
		if !slices.ContainsFunc(shown, func(l string) bool { return strings.HasPrefix(l, typ+"."+name+" = ") }) {
			t.Errorf("metrics show has no %s.%s", typ, name)
		}
		if topic := "$SYS/VerneMQ@127.0.0.1/" + strings.ReplaceAll(name, "_", "/"); !tree[topic] {
			t.Errorf("there is no %s", topic)
		}
	}
}

// labelSets writes the sets of a line one by one: a set whose last label has several values, joined by '|', stands for one of each.
func labelSets(sets []string) (all []string) {
	if len(sets) == 0 {
		return []string{`node="VerneMQ@127.0.0.1"`}
	}
	for _, set := range sets {
		cut := strings.LastIndexByte(set, '=') + 1
		for value := range strings.SplitSeq(set[cut:], "|") {
			text := `node="VerneMQ@127.0.0.1"`
			for pair := range strings.SplitSeq(set[:cut]+value, ",") {
				key, v, _ := strings.Cut(pair, "=")
				text += fmt.Sprintf(",%s=%q", key, v)
			}
			all = append(all, text)
		}
	}
	return all
}

// labelText is the labels of a series, in their order.
func labelText(m *dto.Metric) string {
	var all []string
	for _, l := range m.Label {
		all = append(all, fmt.Sprintf("%s=%q", l.GetName(), l.GetValue()))
	}
	return strings.Join(all, ",")
}

// sysTopics returns the topics of one round of the tree.
func sysTopics(t *testing.T, at string) map[string]bool {
	t.Helper()
	messages := make(chan string, 10_000)
	c := mqtt.NewClient(mqtt.NewClientOptions().AddBroker("tcp://" + at).SetClientID("tree").SetAutoReconnect(false).SetOrderMatters(true))
	if token := c.Connect(); !token.WaitTimeout(patience) || token.Error() != nil {
		t.Fatalf("connect: %v", token.Error())
	}
	defer c.Disconnect(0)
	token := c.Subscribe("$SYS/#", 0, func(_ mqtt.Client, m mqtt.Message) { messages <- m.Topic() })
	if !token.WaitTimeout(patience) || token.Error() != nil {
		t.Fatalf("subscribe: %v", token.Error())
	}
	seen := map[string]bool{}
	for deadline := time.After(patience); ; {
		select {
		case topic := <-messages:
			if seen[topic] {
				return seen // the first of the next round
			}
			seen[topic] = true
		case <-deadline:
			t.Fatalf("no second round after %d topics", len(seen))
		}
	}
}

// TestHealthOfListeners proves what the health checks of a node say when a listener is suspended, runs again, or was taken away.
func TestHealthOfListeners(t *testing.T) {
	h := newHome(t, "listener.tcp.default = 127.0.0.1:0\nlistener.tcp.other = 127.0.0.1:0\nlistener.http.default = 127.0.0.1:0\n")
	at := addresses(h.console().until("msg=ready"))
	address, port, _ := strings.Cut(at["tcp.other"], ":")
	health := func(path string) string {
		t.Helper()
		resp, err := http.Get("http://" + at["http.default"] + path)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(resp.StatusCode, " ", string(body))
	}
	const well = `200 {"status":"OK"}`
	for _, step := range []struct {
		do                       []string
		health, listeners, whole string
	}{
		{nil, well, well, well},
		{[]string{"listener", "stop", "address=" + address, "port=" + port},
			`503 {"status":"DOWN","reasons":["Listeners are not ready: mqtt"]}`, `503 {"status":"DOWN","reason":"Listeners are not ready: mqtt"}`,
			`503 {"status":"DOWN","reasons":["Listeners are not ready: mqtt"]}`},
		{[]string{"listener", "restart", "address=" + address, "port=" + port}, well, well, well},
		{[]string{"listener", "stop", "address=" + address, "port=" + port, "-k"}, well, well, well},
	} {
		if step.do != nil {
			if got := h.admin(step.do...); got != "Done\n" {
				t.Fatalf("%v: %q", step.do, got)
			}
		}
		for path, want := range map[string]string{
			"/health": step.health, "/health/listeners": step.listeners, "/health/listeners_full_cluster": step.whole, "/health/ping": well,
		} {
			if got := health(path); got != want {
				t.Errorf("after %v: %s says %s, want %s", step.do, path, got, want)
			}
		}
	}
}
