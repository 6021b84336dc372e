package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"

	"github.com/vernemq/vmq/benchmarks"
	"github.com/vernemq/vmq/internal/loadgen"
)

// results are everything that was measured.
type results struct {
	Time      string          `json:"time"`
	Machine   loadgen.Machine `json:"machine"`
	Brokers   []brokerInfo    `json:"brokers"`
	Rounds    int             `json:"rounds"`
	Seconds   float64         `json:"seconds"`
	Queue     int             `json:"queue_per_subscriber"`
	Inflight  int             `json:"max_inflight"`
	Scenarios []*result       `json:"scenarios"`
}

// brokerInfo names a broker.
type brokerInfo struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// result is one scenario. Sides stand in the order of results.Brokers.
type result struct {
	Name   string `json:"name"`
	About  string `json:"about"`
	Steady bool   `json:"steady"`
	Idle   bool   `json:"idle"`
	Sides  []side `json:"sides"`
	TCP    *side  `json:"tcp,omitempty"` // the first side with the same load by TCP
	goal   benchmarks.Goal
}

// side is one broker in one scenario.
type side struct {
	Median figures           `json:"median"`
	Rounds []*loadgen.Report `json:"rounds"`
	Errors []string          `json:"errors,omitempty"`
}

// figures are what is compared; each is the median of the rounds.
type figures struct {
	CPUPerMessage      float64 `json:"broker_cpu_us_per_message"`
	GeneratorCPU       float64 `json:"generator_cpu_us_per_message"`
	ReceivedRate       float64 `json:"received_rate"`
	LostShare          float64 `json:"lost_share"`
	P50                float64 `json:"p50_us"`
	P99                float64 `json:"p99_us"`
	BytesPerConnection float64 `json:"bytes_per_connection"`
	ConnectCPU         float64 `json:"connect_cpu_us"`
	ConnectRate        float64 `json:"connect_rate"`
}

// summarise fills in Median.
func (s *side) summarise() {
	of := func(f func(*loadgen.Report) float64) float64 {
		values := make([]float64, 0, len(s.Rounds))
		for _, r := range s.Rounds {
			values = append(values, f(r))
		}
		return median(values)
	}
	quantile := func(f func(*loadgen.Quantiles) float64) float64 {
		return of(func(r *loadgen.Report) float64 {
			if r.Latency == nil {
				return 0
			}
			return f(r.Latency)
		})
	}
	message := func(f func(*loadgen.Messages) float64) float64 {
		return of(func(r *loadgen.Report) float64 {
			if r.Messages == nil {
				return 0
			}
			return f(r.Messages)
		})
	}
	s.Median = figures{
		CPUPerMessage:      of(func(r *loadgen.Report) float64 { return r.Broker.CPUPerMessage }),
		GeneratorCPU:       of(func(r *loadgen.Report) float64 { return r.Generator.CPUPerMessage }),
		ReceivedRate:       message(func(m *loadgen.Messages) float64 { return m.ReceivedRate }),
		LostShare:          message(func(m *loadgen.Messages) float64 { return m.LostShare }),
		P50:                quantile(func(q *loadgen.Quantiles) float64 { return q.P50 }),
		P99:                quantile(func(q *loadgen.Quantiles) float64 { return q.P99 }),
		BytesPerConnection: of(func(r *loadgen.Report) float64 { return r.Broker.BytesPerConnection }),
		ConnectCPU:         of(func(r *loadgen.Report) float64 { return r.Broker.ConnectCPU }),
		ConnectRate:        of(func(r *loadgen.Report) float64 { return r.Connections.Rate }),
	}
}

// misdelivered counts messages of all rounds that came twice or out of order. No connection is lost in a scenario, so no
// broker has a reason for either, with any QoS.
func (s *side) misdelivered() (twice, order uint64) {
	for _, r := range s.Rounds {
		if r.Messages != nil {
			twice += r.Messages.Duplicates
			order += r.Messages.Reordered
		}
	}
	return twice, order
}

// median is the middle one of values, the mean of both middle ones where their number is even, 0 where there is none. It
// sorts values.
func median(values []float64) float64 {
	slices.Sort(values)
	n := len(values)
	switch {
	case n == 0:
		return 0
	case n%2 == 1:
		return values[n/2]
	}
	return (values[n/2-1] + values[n/2]) / 2
}

// ratio is how many times the other broker needs what this one does: CPU per message of b divided by that of a, which is
// messages per CPU second of a divided by those of b. 0 where either is not known.
func (r *result) ratio(f func(*figures) float64) float64 {
	if len(r.Sides) < 2 {
		return 0
	}
	a, b := f(&r.Sides[0].Median), f(&r.Sides[1].Median)
	if a <= 0 || b <= 0 {
		return 0
	}
	return b / a
}

// overTCP is the CPU per message of the first broker divided by that of the same load by TCP, 0 where either is not known.
func (r *result) overTCP() float64 {
	if r.TCP == nil || r.TCP.Median.CPUPerMessage <= 0 {
		return 0
	}
	return r.Sides[0].Median.CPUPerMessage / r.TCP.Median.CPUPerMessage
}

// negotiated lists what TLS connections of all rounds have agreed on, each once.
func (r *result) negotiated() (used []string) {
	for i := range r.Sides {
		for _, rep := range r.Sides[i].Rounds {
			if text := rep.Settings.TLS; !slices.Contains(used, text) {
				used = append(used, text)
			}
		}
	}
	return used
}

// missed says which goals the scenario does not reach.
func (r *result) missed() (out []string) {
	for i := range r.Sides {
		if len(r.Sides[i].Rounds) == 0 {
			return []string{r.Name + ": no round of a broker succeeded"}
		}
	}
	for i := range r.Sides {
		if twice, order := r.Sides[i].misdelivered(); twice+order > 0 {
			out = append(out, fmt.Sprintf("%s: broker %c delivered %d messages twice and %d out of order", r.Name, 'a'+i, twice, order))
		}
	}
	if used := r.negotiated(); len(used) > 1 {
		out = append(out, fmt.Sprintf("%s: rounds have negotiated different things, so that they do not compare: %q", r.Name, used))
	}
	if got := r.overTCP(); r.goal.TCPRatio > 0 && (got == 0 || got > r.goal.TCPRatio) {
		out = append(out, fmt.Sprintf("%s: %.2f times the CPU of the same load by TCP, at most %g wanted", r.Name, got, r.goal.TCPRatio))
	}
	both := len(r.Sides) == 2
	if got := r.ratio(func(f *figures) float64 { return f.CPUPerMessage }); both && r.goal.CPURatio > 0 && got < r.goal.CPURatio {
		out = append(out, fmt.Sprintf("%s: %.2f times the messages per CPU second, at least %g wanted", r.Name, got, r.goal.CPURatio))
	}
	if got := r.ratio(func(f *figures) float64 { return f.P99 }); both && r.goal.P99Ratio > 0 && got*r.goal.P99Ratio < 1 {
		out = append(out, fmt.Sprintf("%s: p99 latency is %.2f times the other's, at most %g wanted", r.Name, 1/got, r.goal.P99Ratio))
	}
	if got := r.Sides[0].Median.BytesPerConnection; r.goal.BytesPerConnection > 0 && got > r.goal.BytesPerConnection {
		out = append(out, fmt.Sprintf("%s: %.0f B for a connection, at most %g wanted", r.Name, got, r.goal.BytesPerConnection))
	}
	return out
}

// verdict prints what is missed. It is an error when goals count, and always when a broker failed in each round of a
// scenario.
func (r *results) verdict(goals bool) error {
	var err error
	for _, s := range r.Scenarios {
		for _, m := range s.missed() {
			fmt.Fprintln(os.Stderr, "missed:", m)
			if goals {
				err = errGoals
			}
		}
		if s.TCP != nil && len(s.TCP.Errors) > 0 && err == nil {
			err = fmt.Errorf("%s: %d of %d rounds by TCP failed", s.Name, len(s.TCP.Errors), r.Rounds)
		}
		for i := range s.Sides {
			if n := len(s.Sides[i].Errors); n > 0 && err == nil {
				err = fmt.Errorf("%s: %d of %d rounds of %s failed", s.Name, n, r.Rounds, r.Brokers[i].Name)
			}
		}
	}
	return err
}

// writeJSON writes everything to a file.
func (r *results) writeJSON(file string) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(b, '\n'), 0o644)
}
