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
	Name    string   `json:"name"`
	About   string   `json:"about"`
	Steady  bool     `json:"steady"`
	Idle    bool     `json:"idle"`
	Stored  bool     `json:"stored"`
	Sides   []side   `json:"sides"`
	Beside  *beside  `json:"beside,omitempty"`
	Ceiling *ceiling `json:"ceiling,omitempty"`
	goal    benchmarks.Goal
}

// beside is the first broker with another load.
type beside struct {
	What string `json:"what"` // is different about that load
	side
}

// side is one broker in one scenario.
type side struct {
	Median figures           `json:"median"`
	Rounds []*loadgen.Report `json:"rounds"`
	Starts []float64         `json:"starts_s,omitempty"` // seconds until connections are accepted, with everything of the first stage on disk
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
	StoredRate         float64 `json:"stored_rate"`
	StoredCPU          float64 `json:"stored_broker_cpu_us_per_message"`
	StoredMemory       float64 `json:"stored_memory_bytes"` // of the broker, when all is stored
	Start              float64 `json:"start_s"`
	DeliveredRate      float64 `json:"delivered_rate"`
	DeliveredCPU       float64 `json:"delivered_broker_cpu_us_per_message"`
	DeliveredMemory    float64 `json:"delivered_memory_bytes"` // of the broker, when all is delivered
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
	// A round without the stage makes no figure, and one without a broker's process was refused before.
	stage := func(which func(*loadgen.Report) *loadgen.Stage, f func(*loadgen.Stage) float64) float64 {
		return of(func(r *loadgen.Report) float64 {
			if st := which(r); st != nil {
				return f(st)
			}
			return 0
		})
	}
	stored := func(r *loadgen.Report) *loadgen.Stage { return r.Stored }
	delivered := func(r *loadgen.Report) *loadgen.Stage { return r.Delivered }
	rate := func(st *loadgen.Stage) float64 { return st.Rate }
	cpu := func(st *loadgen.Stage) float64 { return st.Broker.CPUPerMessage }
	memory := func(st *loadgen.Stage) float64 { return float64(st.Memory) }
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
		StoredRate:         stage(stored, rate),
		StoredCPU:          stage(stored, cpu),
		StoredMemory:       stage(stored, memory),
		Start:              median(slices.Clone(s.Starts)),
		DeliveredRate:      stage(delivered, rate),
		DeliveredCPU:       stage(delivered, cpu),
		DeliveredMemory:    stage(delivered, memory),
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

// overBeside is the CPU per message of the first broker divided by that with the load beside, 0 where either is not known.
func (r *result) overBeside() float64 {
	if r.Beside == nil || r.Beside.Median.CPUPerMessage <= 0 {
		return 0
	}
	return r.Sides[0].Median.CPUPerMessage / r.Beside.Median.CPUPerMessage
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
	if got := r.overBeside(); r.Beside != nil && r.goal.BesideRatio > 0 && (got == 0 || got > r.goal.BesideRatio) {
		out = append(out, fmt.Sprintf("%s: %.2f times the CPU of the same load with %s, at most %g wanted",
			r.Name, got, r.Beside.What, r.goal.BesideRatio))
	}
	out = append(out, r.missedRates()...)
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

// missedRates says which goals of a stored load the first broker does not reach.
func (r *result) missedRates() (out []string) {
	m := &r.Sides[0].Median
	if r.goal.StoredRate > m.StoredRate {
		text := fmt.Sprintf("%s: %.0f messages stored a second, at least %.0f wanted", r.Name, m.StoredRate, r.goal.StoredRate)
		if r.Ceiling != nil {
			text += fmt.Sprintf("; %s has %.0f %s", r.Ceiling.Name, r.Ceiling.median(), r.Ceiling.Unit)
		}
		out = append(out, text)
	}
	if r.goal.DeliveredRate > m.DeliveredRate {
		out = append(out, fmt.Sprintf("%s: %.0f messages delivered a second, at least %.0f wanted", r.Name, m.DeliveredRate, r.goal.DeliveredRate))
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
		if s.Beside != nil && len(s.Beside.Errors) > 0 && err == nil {
			err = fmt.Errorf("%s: %d of %d rounds with %s failed", s.Name, len(s.Beside.Errors), r.Rounds, s.Beside.What)
		}
		if s.Ceiling != nil && len(s.Ceiling.Errors) > 0 && err == nil {
			err = fmt.Errorf("%s: %d of %d rounds of %s failed", s.Name, len(s.Ceiling.Errors), r.Rounds, s.Ceiling.Name)
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
