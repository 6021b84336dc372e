// Command sessionshow measures what the clients of a broker feel of an operator who looks at its sessions, again and again. See
// sessionshow --help.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/vernemq/vmq/internal/loadgen"
)

const long = `sessionshow starts a broker, stores offline sessions in it, and then measures how long messages of other clients take from
publisher to subscriber at a fixed rate: while nobody looks, while vmq-admin runs again and again and asks for no session, while it shows
a page of the sessions, and while it looks for a user that none of them has, for which it goes through all of them. These take turns,
round after round, with the same broker; each figure is the median of the rounds, and the ratio is to the rounds while nobody looks.`

type options struct {
	sessions, rounds int
	rate             int
	seconds          float64
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	if err := newCommand().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "sessionshow:", err)
		os.Exit(1)
	}
}

func newCommand() *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use: "sessionshow", Short: "Measure what clients feel of session show", Long: long,
		Args: cobra.NoArgs, SilenceErrors: true, SilenceUsage: true,
		RunE: func(cmd *cobra.Command, _ []string) error { return measure(cmd.Context(), &o, cmd.OutOrStdout()) },
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.IntVar(&o.sessions, "sessions", 1_000_000, "offline sessions; making them takes minutes")
	fs.IntVar(&o.rate, "rate", 2000, "messages a second, of 50 publishers together, each to a subscriber of its own")
	fs.IntVar(&o.rounds, "rounds", 5, "how often each is measured")
	fs.Float64Var(&o.seconds, "seconds", 10, "length of a measurement")
	return cmd
}

// looks are what the operator does. The first is the measure for the others, and the second has the price of starting vmq-admin over and
// over, which the machine pays whatever the command is.
var looks = []look{
	{name: "nobody looks"},
	{name: "no session", line: []string{"cluster", "show"}},
	{name: "a page", line: []string{"session", "show", "--limit=100"}},
	{name: "all of them", line: []string{"session", "show", "--limit=100", "--user=nobody"}},
}

// measure does what o says and prints the table to out.
func measure(ctx context.Context, o *options, out io.Writer) (err error) {
	if o.sessions < 1 || o.rounds < 1 || o.rate < 1 || o.seconds <= 0 {
		return errors.New("--sessions, --rounds, --rate and --seconds must be above 0")
	}
	dir, err := os.MkdirTemp("", "vmq-") // short, because the path of a socket must be
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	b, err := startBroker(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.stop()) }()
	begin := time.Now()
	if err := b.fill(ctx, o.sessions); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "%d sessions made in %v\n", o.sessions, time.Since(begin).Round(time.Second))
	results := make([]result, len(looks))
	for round := range o.rounds {
		for i, l := range looks {
			if err := results[i].add(ctx, b, l, o); err != nil {
				return fmt.Errorf("round %d, %s: %w", round+1, l.name, err)
			}
			fmt.Fprintf(os.Stderr, "round %d, %s: %s\n", round+1, l.name, results[i].last())
		}
	}
	m := loadgen.ThisMachine()
	fmt.Fprintf(out, "%d sessions, %d messages a second for %g s, %d rounds; %s, %s, %d cores, %s\n\n",
		o.sessions, o.rate, o.seconds, o.rounds, m.OS, m.Arch, m.Cores, m.Go)
	return writeTable(out, results)
}
