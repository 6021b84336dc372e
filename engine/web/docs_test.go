package web

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/vernemq/vmq/config"
	"github.com/vernemq/vmq/engine/plugin/httppub"
)

// TestDocumentsNameMetrics proves that each metric in the dashboard, the alert rules and the page about metrics exists.
func TestDocumentsNameMetrics(t *testing.T) {
	list, err := os.ReadFile(filepath.Join("..", "metric", "testdata", "names.txt"))
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for line := range strings.Lines(string(list)) {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		switch kind, name := fields[0], fields[1]; kind {
		case "counter", "gauge":
			known["vernemq_"+name] = true
		case "histogram":
			for _, suffix := range []string{"_bucket", "_count", "_sum"} {
				known["vernemq_"+name+suffix] = true
			}
		}
	}
	s := newPress(t, httppub.Settings{}, Options{Namespace: "vernemq_"}) // with the plugin, which has metrics of its own
	for name := range parse(t, s.get("/metrics").body) {
		known[name] = true
	}
	metricName := regexp.MustCompile(`\b(?:vernemq|go|process)_[a-z0-9_]+`)
	for _, file := range []string{"grafana.json", "alerts.yml"} {
		text, err := os.ReadFile(filepath.Join("..", "..", "docs", "monitoring", file))
		if err != nil {
			t.Fatal(err)
		}
		names := metricName.FindAllString(string(text), -1)
		if len(names) < 10 {
			t.Errorf("%s names %d metrics", file, len(names))
		}
		for _, name := range names {
			if !known[name] {
				t.Errorf("%s names %s, which does not exist", file, name)
			}
		}
		if file == "grafana.json" && !json.Valid(text) {
			t.Errorf("%s is no JSON", file)
		}
	}
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "metrics.md"))
	if err != nil {
		t.Fatal(err)
	}
	labels := []string{"mqtt_version", "reason_code", "return_code"}
	for _, found := range regexp.MustCompile("`([a-z]+(?:_[a-z0-9]+)+)`").FindAllStringSubmatch(string(page), -1) {
		name := found[1]
		if !known["vernemq_"+name] && !known["vernemq_"+name+"_sum"] && config.Lookup(name) == nil && !slices.Contains(labels, name) {
			t.Errorf("metrics.md names %s, which does not exist", name)
		}
	}
}
