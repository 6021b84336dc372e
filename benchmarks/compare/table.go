package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// writeTable prints the results for a reader: what was measured with, messages, latency, memory.
func (r *results) writeTable(w io.Writer) error {
	m := r.Machine
	fmt.Fprintf(w, "%s, %d cores, %s %s, %s\n", m.CPU, m.Cores, m.OS, m.Kernel, m.Go)
	names := make([]string, len(r.Brokers))
	for i, b := range r.Brokers {
		names[i] = b.Name
		fmt.Fprintf(w, "%c: %s %s\n", 'a'+i, b.Name, oneLineOf(b.Version))
	}
	fmt.Fprintf(w, "median of %d rounds of %g s; queue of a subscriber %d, in flight %d\n", r.Rounds, r.Seconds, r.Queue, r.Inflight)

	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	r.messageTable(tw, names)
	r.besideTable(tw)
	r.storedTables(tw, names)
	r.latencyTable(tw, names)
	r.idleTable(tw, names)
	return tw.Flush()
}

// messageTable compares CPU and throughput of all scenarios with messages.
func (r *results) messageTable(w io.Writer, names []string) {
	r.table(w, names, "\nmessages", func(s *result) bool { return !s.Idle && !s.Stored }, []column{
		{"broker CPU µs/msg", func(f *figures) string { return fmt.Sprintf("%.3f", f.CPUPerMessage) }},
		{"received/s", func(f *figures) string { return fmt.Sprintf("%.0f", f.ReceivedRate) }},
		{"lost %", func(f *figures) string { return fmt.Sprintf("%.2f", 100*f.LostShare) }},
		{"generator CPU µs/msg", func(f *figures) string { return fmt.Sprintf("%.3f", f.GeneratorCPU) }},
	}, "b/a CPU", func(f *figures) float64 { return f.CPUPerMessage })
}

// latencyTable compares latencies; at full speed they only tell how long the queues are, so these are left out.
func (r *results) latencyTable(w io.Writer, names []string) {
	r.table(w, names, "\nlatency", func(s *result) bool { return s.Steady }, []column{
		{"p50 µs", func(f *figures) string { return fmt.Sprintf("%.0f", f.P50) }},
		{"p99 µs", func(f *figures) string { return fmt.Sprintf("%.0f", f.P99) }},
	}, "b/a p99", func(f *figures) float64 { return f.P99 })
}

// idleTable compares what connections cost.
func (r *results) idleTable(w io.Writer, names []string) {
	r.table(w, names, "\nconnections", func(s *result) bool { return s.Idle }, []column{
		{"bytes each", func(f *figures) string { return fmt.Sprintf("%.0f", f.BytesPerConnection) }},
		{"connected/s", func(f *figures) string { return fmt.Sprintf("%.0f", f.ConnectRate) }},
		{"CPU µs to connect", func(f *figures) string { return fmt.Sprintf("%.1f", f.ConnectCPU) }},
	}, "b/a CPU", func(f *figures) float64 { return f.ConnectCPU })
}

// besideTable shows what the difference between two loads costs.
func (r *results) besideTable(w io.Writer) {
	head := "\nbeside\tbroker CPU µs/msg\tthe same with\tbroker CPU µs/msg\ttimes\t\n"
	for _, s := range r.Scenarios {
		if s.Beside == nil {
			continue
		}
		fmt.Fprintf(w, "%s%s\t%.3f\t%s\t%.3f\t%.2f\t\n", head, s.Name, s.Sides[0].Median.CPUPerMessage, s.Beside.What,
			s.Beside.Median.CPUPerMessage, s.overBeside())
		head = ""
	}
}

// storedTables compares the two stages of stored loads, a table each, and what bounds them.
func (r *results) storedTables(w io.Writer, names []string) {
	stored := func(s *result) bool { return s.Stored }
	mebibytes := func(bytes float64) string { return fmt.Sprintf("%.0f", bytes/(1<<20)) }
	r.table(w, names, "\nstored", stored, []column{
		{"acknowledged/s", func(f *figures) string { return fmt.Sprintf("%.0f", f.StoredRate) }},
		{"broker CPU µs/msg", func(f *figures) string { return fmt.Sprintf("%.3f", f.StoredCPU) }},
		{"MiB then", func(f *figures) string { return mebibytes(f.StoredMemory) }},
	}, "b/a CPU", func(f *figures) float64 { return f.StoredCPU })
	for _, s := range r.Scenarios {
		if s.Ceiling != nil && len(s.Ceiling.Rounds) > 0 {
			fmt.Fprintf(w, "%s\t%.0f\t%s\t\n", s.Ceiling.Name, s.Ceiling.median(), s.Ceiling.Unit)
		}
	}
	r.table(w, names, "\ndelivered", stored, []column{
		{"received/s", func(f *figures) string { return fmt.Sprintf("%.0f", f.DeliveredRate) }},
		{"broker CPU µs/msg", func(f *figures) string { return fmt.Sprintf("%.3f", f.DeliveredCPU) }},
		{"lost %", func(f *figures) string { return fmt.Sprintf("%.2f", 100*f.LostShare) }},
		{"MiB then", func(f *figures) string { return mebibytes(f.DeliveredMemory) }},
		{"start s", func(f *figures) string {
			if f.Start == 0 {
				return "-"
			}
			return fmt.Sprintf("%.3f", f.Start)
		}},
	}, "b/a CPU", func(f *figures) float64 { return f.DeliveredCPU })
}

// column is one figure, shown for each broker.
type column struct {
	title string
	cell  func(*figures) string
}

// table prints the scenarios that want accepts, with a ratio in the last column where there are two brokers; nothing
// where there is no such scenario.
func (r *results) table(w io.Writer, names []string, title string, want func(*result) bool, cols []column, ratioTitle string,
	ratio func(*figures) float64) {
	head := title + "\t"
	for _, c := range cols {
		for i := range names {
			head += fmt.Sprintf("%s %c\t", c.title, 'a'+i)
		}
	}
	if len(names) == 2 {
		head += ratioTitle + "\t"
	}
	for _, s := range r.Scenarios {
		if !want(s) {
			continue
		}
		if head != "" {
			fmt.Fprintln(w, head)
			head = ""
		}
		row := s.Name + "\t"
		for _, c := range cols {
			for i := range names {
				switch {
				case i >= len(s.Sides):
					row += "-\t"
				case len(s.Sides[i].Rounds) == 0:
					row += "failed\t"
				default:
					row += c.cell(&s.Sides[i].Median) + "\t"
				}
			}
		}
		switch {
		case len(names) == 2 && len(s.Sides) == 2:
			row += fmt.Sprintf("%.2f\t", s.ratio(ratio))
		case len(names) == 2:
			row += "-\t"
		}
		fmt.Fprintln(w, row)
	}
}

// oneLineOf joins the lines of a version text.
func oneLineOf(s string) string { return strings.Join(strings.Fields(s), " ") }
