package web

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"

	"github.com/vernemq/vmq/engine/metric"
)

// parse reads an exposition with Prometheus's own parser.
func parse(t *testing.T, text string) map[string]*dto.MetricFamily {
	t.Helper()
	var parser expfmt.TextParser
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return families
}

// TestMetricsAreWhatTheBrokerCounts proves that Prometheus understands /metrics and finds every series of the broker there, with its
// type, labels and node, and what Go programs have besides.
func TestMetricsAreWhatTheBrokerCounts(t *testing.T) {
	s := plainSite(t)
	c := s.connect("c", true)
	s.subscribe(c, "a", 0)
	got := s.get("/metrics")
	if got.code != 200 || got.header.Get("Content-Type") != "text/plain" || got.header.Get("Allow") != "HEAD, GET, OPTIONS" {
		t.Fatalf("%d, headers %v", got.code, got.header)
	}
	families := parse(t, got.body)
	for _, x := range s.broker.Metrics() {
		f := families["vernemq_"+x.Name]
		if f == nil {
			t.Errorf("%s is missing", x.Name)
			continue
		}
		if want := strings.ToUpper(x.Type.String()); f.GetType().String() != want {
			t.Errorf("%s is a %s, want %s", x.Name, f.GetType(), want)
		}
		if !slices.ContainsFunc(f.Metric, func(m *dto.Metric) bool { return sameLabels(m.Label, x.Labels) }) {
			t.Errorf("%s%v is missing", x.Name, x.Labels)
		}
	}
	if n := families["vernemq_mqtt_connect_received"].Metric[0].GetCounter().GetValue(); n != 1 {
		t.Errorf("mqtt_connect_received is %v, want 1", n)
	}
	for _, name := range []string{"go_goroutines", "process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds"} {
		if families[name] == nil {
			t.Errorf("%s is missing", name)
		}
	}
}

// sameLabels says whether got is the node and then want.
func sameLabels(got []*dto.LabelPair, want []metric.Label) bool {
	return len(got) == len(want)+1 && got[0].GetName() == "node" && got[0].GetValue() == "here@127.0.0.1" &&
		slices.EqualFunc(got[1:], want, func(g *dto.LabelPair, w metric.Label) bool { return g.GetName() == w.Key && g.GetValue() == w.Value })
}

// TestAppendPrometheus proves the form to the letter: one HELP and TYPE for each name, the node first and le behind it, buckets upwards,
// characters with a meaning escaped.
func TestAppendPrometheus(t *testing.T) {
	var h metric.Histogram
	h.Observe(7)
	h.Observe(5000)
	got := string(AppendPrometheus([]byte("before\n"), metric.Snapshot{
		{Name: "a", Help: "One\\two.", Labels: []metric.Label{{Key: "mqtt_version", Value: "4"}, {Key: "return_code", Value: "success"}}, Value: 11},
		{Name: "a", Help: "One\\two.", Labels: []metric.Label{{Key: "mqtt_version", Value: `q"\`}}, Value: 1<<64 - 1},
		{Name: "b", Type: metric.Gauge, Help: "B."},
		{Name: "c", Type: metric.HistogramGroup, Help: "C.", Labels: []metric.Label{{Key: "x", Value: "y"}}, Histogram: &h},
	}, "ns_", "n@h"))
	want := `before
# HELP ns_a One\\two.
# TYPE ns_a counter
ns_a{node="n@h",mqtt_version="4",return_code="success"} 11
ns_a{node="n@h",mqtt_version="q\"\\"} 18446744073709551615
# HELP ns_b B.
# TYPE ns_b gauge
ns_b{node="n@h"} 0
# HELP ns_c C.
# TYPE ns_c histogram
ns_c_bucket{node="n@h",le="10",x="y"} 1
ns_c_bucket{node="n@h",le="100",x="y"} 1
ns_c_bucket{node="n@h",le="1000",x="y"} 1
ns_c_bucket{node="n@h",le="10000",x="y"} 2
ns_c_bucket{node="n@h",le="100000",x="y"} 2
ns_c_bucket{node="n@h",le="1000000",x="y"} 2
ns_c_bucket{node="n@h",le="+Inf",x="y"} 2
ns_c_count{node="n@h",x="y"} 2
ns_c_sum{node="n@h",x="y"} 5007
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	parse(t, strings.TrimPrefix(got, "before\n"))
}

// TestMetricsMethods proves which requests /metrics answers, and how.
func TestMetricsMethods(t *testing.T) {
	s := newSite(t, Options{}, ListenerOptions{Modules: []string{"vmq_metrics_http"}})
	for _, test := range []struct {
		method, accept string
		code           int
		body           bool
	}{
		{"GET", "", 200, true},
		{"GET", "text/plain;version=0.0.4;q=0.5,*/*;q=0.1", 200, true},
		{"GET", "text/*", 200, true},
		{"GET", "application/json", 406, false},
		{"GET", "application/json, text/plain;q=0", 406, false},
		{"GET", "text/plain; q=0.000", 406, false},
		{"GET", "text/plain; q=0.001", 200, true},
		{"HEAD", "", 200, false},
		{"OPTIONS", "", 200, false},
		{"POST", "", 405, false},
		{"DELETE", "", 405, false},
	} {
		var header []string
		if test.accept != "" {
			header = []string{"Accept", test.accept}
		}
		got := s.request(test.method, "/metrics", header...)
		if got.code != test.code || (got.body != "") != test.body || got.header.Get("Allow") != "HEAD, GET, OPTIONS" {
			t.Errorf("%s, accepting %q: %d, %d bytes, %v; want %d, a body: %t",
				test.method, test.accept, got.code, len(got.body), got.header, test.code, test.body)
		}
	}
	if got := s.request(http.MethodGet, "/metrics"); strings.Contains(got.body, "vernemq_") || !strings.Contains(got.body, "\nmqtt_publish_received{") {
		t.Error("without a namespace the names have one all the same")
	}
}

// BenchmarkMetrics is one scrape, without the network.
func BenchmarkMetrics(b *testing.B) {
	all := new(metric.Reading).Snapshot()
	var out []byte
	b.ReportAllocs()
	for b.Loop() {
		out = AppendPrometheus(out[:0], all, "vernemq_", "VerneMQ@127.0.0.1")
	}
	b.ReportMetric(float64(len(out)), "bytes")
}
