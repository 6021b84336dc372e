package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vernemq/vmq/benchmarks"
	"github.com/vernemq/vmq/internal/loadgen"
)

// report is one round with the figures that are compared.
func report(cpu, p99, bytesEach float64) *loadgen.Report {
	return &loadgen.Report{
		Messages: &loadgen.Messages{ReceivedRate: 1000, LostShare: 0.25},
		Latency:  &loadgen.Quantiles{P50: p99 / 2, P99: p99},
		Broker:   &loadgen.Broker{Usage: loadgen.Usage{CPUPerMessage: cpu}, BytesPerConnection: bytesEach},
	}
}

// pair is a scenario in which broker a has the rounds ra and b the rounds rb.
func pair(goal benchmarks.Goal, ra, rb []*loadgen.Report) *result {
	r := &result{Name: "x", Sides: []side{{Rounds: ra}, {Rounds: rb}}, goal: goal}
	for i := range r.Sides {
		r.Sides[i].summarise()
	}
	return r
}

func TestMedian(t *testing.T) {
	for _, tt := range []struct {
		values []float64
		want   float64
	}{{nil, 0}, {[]float64{3}, 3}, {[]float64{9, 1, 5}, 5}, {[]float64{9, 1, 5, 7}, 6}} {
		if got := median(tt.values); got != tt.want {
			t.Errorf("median(%v) = %g, want %g", tt.values, got, tt.want)
		}
	}
}

func TestMedianOfRounds(t *testing.T) {
	r := pair(benchmarks.Goal{}, []*loadgen.Report{report(1, 10, 0), report(100, 30, 0), report(2, 20, 0)}, nil)
	if m := r.Sides[0].Median; m.CPUPerMessage != 2 || m.P99 != 20 || m.P50 != 10 || m.LostShare != 0.25 || m.ReceivedRate != 1000 {
		t.Errorf("median %+v", m)
	}
	if got := r.ratio(func(f *figures) float64 { return f.CPUPerMessage }); got != 0 {
		t.Errorf("ratio %g to a broker without rounds, want 0", got)
	}
}

// TestIdleRoundsHaveNoMessages summarises reports that lack what idle connections do not have.
func TestIdleRoundsHaveNoMessages(t *testing.T) {
	rep := &loadgen.Report{Broker: &loadgen.Broker{BytesPerConnection: 900, ConnectCPU: 50}}
	m := pair(benchmarks.Goal{}, []*loadgen.Report{rep}, []*loadgen.Report{rep}).Sides[0].Median
	if m.BytesPerConnection != 900 || m.ConnectCPU != 50 || m.P99 != 0 || m.ReceivedRate != 0 {
		t.Errorf("median %+v", m)
	}
}

func TestGoals(t *testing.T) {
	one := func(r *loadgen.Report) []*loadgen.Report { return []*loadgen.Report{r} }
	slow, fast := one(report(10, 200, 2000)), one(report(1, 100, 1000))
	tests := []struct {
		name   string
		goal   benchmarks.Goal
		a, b   []*loadgen.Report
		missed string // empty: none
	}{
		{"none", benchmarks.Goal{}, slow, fast, ""},
		{"CPU reached", benchmarks.Goal{CPURatio: 10}, fast, slow, ""},
		{"CPU missed", benchmarks.Goal{CPURatio: 10.1}, fast, slow, "10.00 times the messages"},
		{"latency reached", benchmarks.Goal{P99Ratio: 1}, fast, slow, ""},
		{"latency equal", benchmarks.Goal{P99Ratio: 1}, fast, fast, ""},
		{"latency missed", benchmarks.Goal{P99Ratio: 1}, slow, fast, "2.00 times the other's"},
		{"memory reached", benchmarks.Goal{BytesPerConnection: 1024}, fast, slow, ""},
		{"memory missed", benchmarks.Goal{BytesPerConnection: 1024}, slow, fast, "2000 B"},
		{"nothing measured", benchmarks.Goal{CPURatio: 1}, nil, fast, "no round"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := pair(tt.goal, tt.a, tt.b).missed()
			if tt.missed == "" && len(got) > 0 {
				t.Errorf("missed %q, want none", got)
			}
			if tt.missed != "" && (len(got) != 1 || !strings.Contains(got[0], tt.missed)) {
				t.Errorf("missed %q, want one with %q", got, tt.missed)
			}
		})
	}
}

func TestMisdeliveredIsMissed(t *testing.T) {
	bad := report(1, 1, 1)
	bad.Messages.Duplicates, bad.Messages.Reordered = 3, 4
	got := pair(benchmarks.Goal{}, []*loadgen.Report{report(1, 1, 1)}, []*loadgen.Report{bad, bad}).missed()
	if len(got) != 1 || !strings.Contains(got[0], "broker b delivered 6 messages twice and 8 out of order") {
		t.Errorf("missed %q", got)
	}
}

func TestVerdict(t *testing.T) {
	good := pair(benchmarks.Goal{CPURatio: 2}, []*loadgen.Report{report(1, 1, 1)}, []*loadgen.Report{report(5, 1, 1)})
	bad := pair(benchmarks.Goal{CPURatio: 9}, []*loadgen.Report{report(1, 1, 1)}, []*loadgen.Report{report(5, 1, 1)})
	if err := (&results{Scenarios: []*result{good}}).verdict(true); err != nil {
		t.Errorf("all goals reached: %v", err)
	}
	if err := (&results{Scenarios: []*result{good, bad}}).verdict(true); err == nil {
		t.Error("a goal missed is no error")
	}
	if err := (&results{Scenarios: []*result{bad}}).verdict(false); err != nil {
		t.Errorf("without --budgets goals do not count: %v", err)
	}
	bad.Sides[1].Errors = []string{"ended by itself"}
	failed := &results{Brokers: []brokerInfo{{Name: "p"}, {Name: "q"}}, Scenarios: []*result{bad}}
	if err := failed.verdict(false); err == nil || !strings.Contains(err.Error(), "q") {
		t.Errorf("a failed round of q: %v", err)
	}
}

func TestTableAndJSON(t *testing.T) {
	res := &results{Brokers: []brokerInfo{{"p", "1"}, {"q", "2\n3"}}, Rounds: 1, Scenarios: []*result{
		pair(benchmarks.Goal{}, []*loadgen.Report{report(1, 1, 1)}, []*loadgen.Report{report(5, 1, 1)}),
		{Name: "gone", Sides: []side{{}, {}}},
	}}
	var out bytes.Buffer
	if err := res.writeTable(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"b: q 2 3", "broker CPU µs/msg a", "5.00", "failed", "gone"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "latency") || strings.Contains(out.String(), "connections") {
		t.Errorf("tables without scenarios in\n%s", out.String())
	}
	file := filepath.Join(t.TempDir(), "r.json")
	if err := res.writeJSON(file); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var back results
	if err := json.Unmarshal(b, &back); err != nil || back.Scenarios[0].Sides[1].Median.CPUPerMessage != 5 {
		t.Errorf("JSON does not come back: %v", err)
	}
}

func TestChoose(t *testing.T) {
	all, err := choose("")
	if err != nil || len(all) != len(benchmarks.All) {
		t.Errorf("all: %d, %v", len(all), err)
	}
	if some, err := choose("^pairs$"); err != nil || len(some) != 1 || some[0].Name != "pairs" {
		t.Errorf("^pairs$: %v, %v", some, err)
	}
	for _, bad := range []string{"nonesuch", "("} {
		if _, err := choose(bad); err == nil {
			t.Errorf("--scenario %q is accepted", bad)
		}
	}
}

// TestBeside holds a load against another one on the same broker.
func TestBeside(t *testing.T) {
	of := func(rounds ...*loadgen.Report) side {
		s := side{Rounds: rounds}
		s.summarise()
		return s
	}
	r := &result{
		Name: "x", Sides: []side{of(report(3, 0, 0))}, Beside: &beside{What: "TCP", side: of(report(2, 0, 0))},
		goal: benchmarks.Goal{BesideRatio: 1.5},
	}
	if missed := r.missed(); len(missed) > 0 {
		t.Errorf("1.5 times the CPU misses a goal of 1.5: %q", missed)
	}
	r.goal.BesideRatio = 1.4
	if missed := r.missed(); len(missed) != 1 || !strings.Contains(missed[0], "1.50 times the CPU of the same load with TCP") {
		t.Errorf("1.5 times the CPU with a goal of 1.4: %q", missed)
	}
	var out bytes.Buffer
	all := &results{Brokers: []brokerInfo{{Name: "a"}, {Name: "b"}}, Scenarios: []*result{r}}
	if err := all.writeTable(&out); err != nil || !strings.Contains(out.String(), "the same with") || !strings.Contains(out.String(), "1.50") {
		t.Errorf("%v, the table is\n%s", err, out.String())
	}
	r.Beside = &beside{What: "TCP", side: side{Errors: []string{"no port"}}}
	if err := all.verdict(false); err == nil || !strings.Contains(err.Error(), "with TCP failed") {
		t.Errorf("rounds by TCP that failed: %v", err)
	}
}

// stored is one round with two stages.
func stored(acked, got float64) *loadgen.Report {
	stage := func(rate, cpu float64, memory uint64) *loadgen.Stage {
		return &loadgen.Stage{Rate: rate, Broker: &loadgen.Usage{CPUPerMessage: cpu}, Memory: memory}
	}
	rep := report(9, 0, 0)
	rep.Stored, rep.Delivered = stage(acked, 2, 30<<20), stage(got, 4, 50<<20)
	return rep
}

// TestStored has the figures of both stages in tables of their own, and the goals and the ceiling beside them.
func TestStored(t *testing.T) {
	r := pair(benchmarks.Goal{StoredRate: 1000, DeliveredRate: 2000}, []*loadgen.Report{stored(1000, 2000)}, []*loadgen.Report{stored(10, 20)})
	r.Stored = true
	r.Sides[0].Starts = []float64{3, 0.5, 0.25}
	r.Sides[0].summarise()
	r.Ceiling = &ceiling{Name: "the store alone", Unit: "entries/s", Rounds: []float64{5000, 7000, 1}}
	m := r.Sides[0].Median
	if m.StoredRate != 1000 || m.StoredCPU != 2 || m.StoredMemory != 30<<20 || m.DeliveredRate != 2000 || m.DeliveredCPU != 4 ||
		m.DeliveredMemory != 50<<20 || m.Start != 0.5 {
		t.Errorf("median %+v", m)
	}
	if missed := r.missed(); len(missed) > 0 {
		t.Errorf("missed %q, want none", missed)
	}
	r.goal = benchmarks.Goal{StoredRate: 1001, DeliveredRate: 2001}
	if missed := r.missed(); len(missed) != 2 || !strings.Contains(missed[0], "1000 messages stored a second, at least 1001 wanted; the store alone has 5000 entries/s") ||
		!strings.Contains(missed[1], "2000 messages delivered a second, at least 2001 wanted") {
		t.Errorf("missed %q", missed)
	}
	all := &results{Brokers: []brokerInfo{{Name: "a"}, {Name: "b"}}, Scenarios: []*result{r}}
	var out bytes.Buffer
	if err := all.writeTable(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"stored", "acknowledged/s a", "the store alone", "5000", "delivered", "start s b", "0.500"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "messages  ") {
		t.Errorf("a stored load is in the table of those that pass through:\n%s", out.String())
	}
	r.Ceiling.Errors = []string{"no disk"}
	if err := all.verdict(false); err == nil || !strings.Contains(err.Error(), "the store alone failed") {
		t.Errorf("a benchmark that failed: %v", err)
	}
}

// TestDifferentCiphersAreMissed says that rounds do not compare in which something else was negotiated.
func TestDifferentCiphersAreMissed(t *testing.T) {
	a, b := report(1, 0, 0), report(1, 0, 0)
	a.Settings.TLS, b.Settings.TLS = "TLS 1.3, one", "TLS 1.3, other"
	if missed := pair(benchmarks.Goal{}, []*loadgen.Report{a, a}, []*loadgen.Report{b}).missed(); len(missed) != 1 ||
		!strings.Contains(missed[0], `["TLS 1.3, one" "TLS 1.3, other"]`) {
		t.Errorf("missed %q", missed)
	}
}
