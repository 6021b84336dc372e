package web

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"

	"github.com/VictoriaMetrics/metrics"

	"github.com/vernemq/vmq/engine/metric"
)

func (s *Server) mountMetrics(mux *http.ServeMux, g *guard) {
	mux.HandleFunc("/metrics", methods("HEAD, GET, OPTIONS", g.wrap(s.serveMetrics)))
}

// serveMetrics answers a collector: the broker's series with their labels, then what the Go runtime and the system say about the
// process, under the names that all Go programs have.
func (s *Server) serveMetrics(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodOptions {
		return
	}
	const plain = "text/plain"
	if !accepts(r, plain) {
		w.WriteHeader(http.StatusNotAcceptable)
		return
	}
	w.Header().Set("Content-Type", plain)
	b := bytes.NewBuffer(AppendPrometheus(nil, s.Broker.Metrics(), s.Namespace, s.Broker.NodeName()))
	metrics.WriteProcessMetrics(b)
	metrics.WriteFDMetrics(b)
	_, _ = w.Write(b.Bytes()) // a collector that is gone misses nothing
}

// AppendPrometheus appends the text form of all series to dst: namespace in front of each name, node as the first label of each. all
// must be sorted by name, as Broker.Metrics returns it. Any goroutine.
func AppendPrometheus(dst []byte, all metric.Snapshot, namespace, node string) []byte {
	first := appendLabel(nil, metric.Label{Key: "node", Value: node})
	last := ""
	for i := range all {
		x := &all[i]
		name := namespace + x.Name
		if x.Name != last {
			last = x.Name
			dst = append(append(append(dst, "# HELP "...), name...), ' ')
			dst = append(append(dst, helpText.Replace(x.Help)...), '\n')
			dst = append(append(append(append(append(dst, "# TYPE "...), name...), ' '), x.Type.String()...), '\n')
		}
		h := x.Histogram
		if h == nil {
			dst = appendSample(dst, name, first, nil, x.Labels, x.Value)
			continue
		}
		for bound, n := range h.Buckets("+Inf") {
			le := metric.Label{Key: "le", Value: bound}
			dst = appendSample(dst, name+"_bucket", first, &le, x.Labels, n)
		}
		dst = appendSample(dst, name+"_count", first, nil, x.Labels, h.Count())
		dst = appendSample(dst, name+"_sum", first, nil, x.Labels, h.Sum())
	}
	return dst
}

func appendSample(dst []byte, name string, first []byte, le *metric.Label, labels []metric.Label, value uint64) []byte {
	dst = append(append(append(dst, name...), '{'), first...)
	if le != nil {
		dst = appendLabel(append(dst, ','), *le)
	}
	for _, l := range labels {
		dst = appendLabel(append(dst, ','), l)
	}
	return append(strconv.AppendUint(append(dst, "} "...), value, 10), '\n')
}

func appendLabel(dst []byte, l metric.Label) []byte {
	dst = append(append(append(dst, l.Key...), '=', '"'), labelText.Replace(l.Value)...)
	return append(dst, '"')
}

// The text format has two rules for what stands as it is.
var (
	labelText = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)
	helpText  = strings.NewReplacer(`\`, `\\`, "\n", `\n`)
)
