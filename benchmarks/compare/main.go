// Command compare runs the scenarios of package benchmarks against two brokers on this machine, in turn (a b a b …), and
// prints what each of them needed. See compare --help.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/vernemq/vmq/benchmarks"
)

const long = `compare runs the scenarios of package benchmarks against two brokers on loopback, in turn, and prints for each scenario what
the brokers needed: CPU per delivered message and its ratio, throughput, latency, loss, memory of an idle connection.

Each run has a broker of its own, started for it with a fresh directory and stopped afterwards. The load comes from vmq-bench, a
process of its own, which shares the cores with the broker: read the CPU per message and the ratios; throughput depends on the machine.
A figure is the median of the rounds.`

const example = `  go run ./benchmarks/compare
  go run ./benchmarks/compare --scenario 'pairs|fan' --rounds 5 --json result.json
  go run ./benchmarks/compare --only-ours --scenario idle
  go run ./benchmarks/compare --a mosquitto --b mosquitto    # how much two equal brokers differ`

// options are what the flags say.
type options struct {
	a, b      string
	rounds    int
	scenario  string
	list      bool
	seconds   float64
	queue     int
	only      bool
	json      string
	goals     bool
	vernemq   string
	mosquitto string
}

// errGoals says that --budgets found something.
var errGoals = errors.New("a goal is missed (--budgets)")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	if err := newCommand().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

// newCommand makes the command.
func newCommand() *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use: "compare", Short: "Measure two brokers side by side", Long: long, Example: example,
		Args: cobra.NoArgs, SilenceErrors: true, SilenceUsage: true,
		RunE: func(cmd *cobra.Command, _ []string) error { return compare(cmd.Context(), &o) },
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVar(&o.a, "a", "vernemq", "the broker that is judged: "+strings.Join(brokerNames(), ", "))
	fs.StringVar(&o.b, "b", "mosquitto", "the broker that it is compared with")
	fs.BoolVar(&o.only, "only-ours", false, "run a alone")
	fs.StringVar(&o.scenario, "scenario", "", "regular expression of scenarios to run; empty: all")
	fs.BoolVar(&o.list, "list", false, "list the scenarios and end")
	fs.IntVar(&o.rounds, "rounds", 3, "runs of each scenario and broker")
	fs.Float64Var(&o.seconds, "seconds", 5, "length of the measured part of a run")
	fs.IntVar(&o.queue, "queue", 10_000, "messages that a broker may queue for one subscriber, the same for both")
	fs.StringVar(&o.json, "json", "", "write everything that was measured to this file")
	fs.BoolVar(&o.goals, "budgets", false, "exit 1 when a goal of a scenario is missed")
	fs.StringVar(&o.vernemq, "vernemq", "", "vernemq binary; empty: build it from cmd/vernemq")
	fs.StringVar(&o.mosquitto, "mosquitto", "", "mosquitto binary; empty: look for it in PATH and /usr/sbin")
	return cmd
}

// compare does what o says.
func compare(ctx context.Context, o *options) error {
	scenarios, err := choose(o.scenario)
	if err != nil {
		return err
	}
	if o.list {
		for _, s := range scenarios {
			fmt.Printf("%-18s %s\n", s.Name, s.About)
		}
		return nil
	}
	if o.rounds < 1 || o.seconds <= 0 {
		return fmt.Errorf("--rounds %d, --seconds %g: above 0", o.rounds, o.seconds)
	}
	dir, err := os.MkdirTemp("", "vmq-compare-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	b, err := newBench(ctx, o, dir)
	if err != nil {
		return err
	}
	res := b.describe()
	for _, s := range scenarios {
		fmt.Fprintf(os.Stderr, "%s: %s\n", s.Name, s.About)
		res.Scenarios = append(res.Scenarios, b.scenario(ctx, s))
		if ctx.Err() != nil {
			break
		}
	}
	if err := res.writeTable(os.Stdout); err != nil {
		return err
	}
	if o.json != "" {
		if err := res.writeJSON(o.json); err != nil {
			return err
		}
	}
	return errors.Join(ctx.Err(), res.verdict(o.goals))
}

// choose picks the scenarios whose name matches expr.
func choose(expr string) ([]benchmarks.Scenario, error) {
	re, err := regexp.Compile(expr)
	if err != nil {
		return nil, fmt.Errorf("--scenario: %w", err)
	}
	out := slices.DeleteFunc(slices.Clone(benchmarks.All), func(s benchmarks.Scenario) bool { return !re.MatchString(s.Name) })
	if len(out) == 0 {
		return nil, fmt.Errorf("--scenario %q matches none of the scenarios; --list shows them", expr)
	}
	return out, nil
}

// settle is how long a broker gets to end after it was asked to.
const settle = 10 * time.Second
