package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/vernemq/vmq/internal/loadgen"
)

// look is what an operator does during a measurement; without a line nothing.
type look struct {
	name string
	line []string
}

// result has what came out of each round.
type result struct {
	name          string
	p50, p99, max []float64 // latency, µs
	cpu           []float64 // of the broker, s
	looks         []float64 // commands that were carried out
	took          []float64 // ms for each of them
}

// add measures once.
func (r *result) add(ctx context.Context, b *broker, l look, o *options) error {
	r.name = l.name
	busy, rest := context.WithCancel(ctx)
	defer rest()
	looked := make(chan error, 1)
	count, begin := 0, time.Now()
	go func() {
		var err error
		for l.line != nil && err == nil && busy.Err() == nil {
			if _, err = b.run(ctx, "vmq-admin", l.line...); err == nil {
				count++
			}
		}
		looked <- err
	}()
	out, err := b.run(ctx, "vmq-bench", "pairs", "--publishers=50", "--qos=0", "--payload=64", "--rate="+strconv.Itoa(o.rate),
		"--host=127.0.0.1", "--port="+strconv.Itoa(b.port), fmt.Sprintf("--duration=%gs", o.seconds), "--broker-pid="+strconv.Itoa(b.pid),
		"--json", "--quiet", "--strict")
	rest()
	took := time.Since(begin)
	if err := errors.Join(err, <-looked); err != nil {
		return err
	}
	var rep loadgen.Report
	if err := json.Unmarshal(out, &rep); err != nil || rep.Latency == nil || rep.Broker == nil {
		return fmt.Errorf("report of vmq-bench: %v\n%s", err, out)
	}
	r.p50, r.p99, r.max = append(r.p50, rep.Latency.P50), append(r.p99, rep.Latency.P99), append(r.max, rep.Latency.Max)
	r.cpu = append(r.cpu, rep.Broker.CPUSeconds)
	r.looks, r.took = append(r.looks, float64(count)), append(r.took, float64(took.Milliseconds())/float64(max(count, 1)))
	return nil
}

// last is what the latest round showed.
func (r *result) last() string {
	i := len(r.p99) - 1
	return fmt.Sprintf("p50 %.0f µs, p99 %.0f µs, max %.0f µs, %.0f commands", r.p50[i], r.p99[i], r.max[i], r.looks[i])
}

// writeTable prints medians, and what they are to those of the first result.
func writeTable(to io.Writer, all []result) error {
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\tp50 µs\tratio\tp99 µs\tratio\tmax µs\tratio\tbroker CPU s\tcommands\tms each")
	for _, r := range all {
		fmt.Fprint(w, r.name)
		for i, figure := range [][]float64{r.p50, r.p99, r.max} {
			base := [][]float64{all[0].p50, all[0].p99, all[0].max}[i]
			fmt.Fprintf(w, "\t%.0f\t%.2f", median(figure), median(figure)/median(base))
		}
		fmt.Fprintf(w, "\t%.2f\t%.0f", median(r.cpu), median(r.looks))
		if median(r.looks) > 0 {
			fmt.Fprintf(w, "\t%.0f", median(r.took))
		}
		fmt.Fprintln(w)
	}
	return w.Flush()
}

func median(list []float64) float64 {
	sorted := slices.Sorted(slices.Values(list))
	if n := len(sorted); n%2 == 0 {
		return (sorted[n/2-1] + sorted[n/2]) / 2
	}
	return sorted[len(sorted)/2]
}
