package web

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestDocumentsNameMetrics proves that each metric in the dashboard and the alert rules exists.
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
	s := newSite(t, Options{Namespace: "vernemq_"}, ListenerOptions{})
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
}
