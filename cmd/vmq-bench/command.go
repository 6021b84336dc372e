package main

import (
	"errors"
	"io"
	"os"
	"runtime/pprof"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vernemq/vmq/internal/loadgen"
	"github.com/vernemq/vmq/netpoll"
)

// errUnclean is what --strict makes of a run that lost, doubled or reordered something.
var errUnclean = errors.New("not everything arrived once and in order, or a connection was lost (--strict)")

// patternHelp is what the help says about a pattern.
type patternHelp struct{ short, long, example string }

var help = map[loadgen.Pattern]patternHelp{
	loadgen.Connect: {
		"open connections and keep them idle",
		"Opens connections, each with a subscription if asked for, keeps them idle with PINGREQs as the keep-alive demands, and closes\n" +
			"them. With --broker-pid it tells what a connection costs the broker in memory and CPU.",
		"  vmq-bench connect --connections 19000 --connect-rate 2000 --subscribe --hold 30s\n" +
			"  vmq-bench connect --connections 10000 --tls --cafile ca.crt --port 8883     # what a TLS handshake costs, and what stays\n" +
			"  vmq-bench connect --connections 100000 --local-addr 127.0.0.1,127.0.0.2,127.0.0.3,127.0.0.4",
	},
	loadgen.Pairs: {
		"publisher i to subscriber i, a topic for each pair (1:1)",
		"Each publisher has a topic of its own and one subscriber on it.",
		"  vmq-bench pairs                                     # 50 pairs, QoS 0, full speed, 10 s\n" +
			"  vmq-bench pairs --qos 1 --window 20 --payload 1024\n" +
			"  vmq-bench pairs --rate 5000 --duration 60s          # latency at 5,000 msg/s\n" +
			"  vmq-bench pairs --ahead 1 --one-per-write           # one message at a time\n" +
			"  vmq-bench pairs --wss --port 8084 --cafile ca.crt   # by WebSocket over TLS",
	},
	loadgen.FanIn: {
		"many publishers to one subscriber (N:1)",
		"Each publisher has a topic of its own; every subscriber holds one filter with a wildcard that matches all of them.",
		"  vmq-bench fan-in --publishers 50",
	},
	loadgen.FanOut: {
		"one publisher to many subscribers (1:N)",
		"All publishers publish to one topic, to which every subscriber subscribes.",
		"  vmq-bench fan-out --subscribers 1000 --rate 100",
	},
	loadgen.Shared: {
		"many publishers to a shared subscription",
		"Each publisher has a topic of its own; all subscribers are members of one $share group, so that each message goes to one of\n" +
			"them. Losses and duplicates are counted over the group, reorderings for each member and publisher.",
		"  vmq-bench shared --publishers 10 --subscribers 10 --mqtt-version 5",
	},
	loadgen.Queue: {
		"fill the queues of sessions that are away, then drain them",
		"Each publisher has a topic of its own and one subscriber on it with a session that outlives its connection. The subscribers\n" +
			"subscribe and leave. Publishers send, until every message is acknowledged: the rate of *stored*. Then the subscribers come back\n" +
			"and take what waits for them: the rate of *delivered*. With --only the halves are two runs of vmq-bench, between which the broker\n" +
			"may be restarted. The sessions stay at the broker.",
		"  vmq-bench queue --messages 500000                   # 50 queues of 10,000 messages, QoS 1\n" +
			"  vmq-bench queue --only store --run 7 --messages 100000\n" +
			"  vmq-bench queue --only deliver --run 7 --messages 100000",
	},
	loadgen.Retain: {
		"set retained messages, then subscribe to them",
		"Publishers send retained messages, each to a topic of its own, until every one is acknowledged: the rate of *stored*. Then the\n" +
			"subscribers come and get all of them: the rate of *delivered*. With --only the halves are two runs of vmq-bench, between which the\n" +
			"broker may be restarted. The messages stay at the broker.",
		"  vmq-bench retain --messages 100000\n" +
			"  vmq-bench retain --only store --run 7 --messages 100000\n" +
			"  vmq-bench retain --only deliver --run 7 --messages 100000 --subscribers 10",
	},
}

const rootLong = `vmq-bench loads an MQTT broker and measures what comes out at its other side.

It publishes and subscribes from one process, so that it knows of every single message whether it came, how often, in which order
and how late. It counts losses, duplicates and reorderings exactly. Latency is measured from the time at which a message was due,
so that a broker that stops for a second cannot hide it. At a fixed rate (--rate) read the latencies; at full speed (no rate) read
the throughput: latency is then only the length of the queues. A broker may drop QoS 0 messages when it cannot keep up: look at
"lost" before you compare throughputs.

A line of progress goes to standard error each second; the report goes to standard output, as a table or with --json.`

// newRoot makes the command with its subcommands. The report goes to out, progress to errs.
func newRoot(out, errs io.Writer) *cobra.Command {
	root := &cobra.Command{
		Use: "vmq-bench", Short: "Load generator for MQTT brokers", Long: rootLong,
		SilenceErrors: true, SilenceUsage: true,
	}
	root.SetOut(out)
	root.SetErr(errs)
	var examples []string
	for _, p := range loadgen.Patterns {
		root.AddCommand(newPattern(p, out, errs))
		examples = append(examples, help[p].example)
	}
	root.Example = strings.Join(examples, "\n")
	return root
}

// newPattern makes the subcommand that runs pattern p.
func newPattern(p loadgen.Pattern, out, errs io.Writer) *cobra.Command {
	f := flags{Options: loadgen.Defaults(p)}
	cmd := &cobra.Command{
		Use: string(p), Short: help[p].short, Long: help[p].long, Example: help[p].example,
		Args: cobra.NoArgs,
	}
	f.bind(cmd.Flags())
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		progress := errs
		if f.quiet {
			progress = nil
		}
		stop, err := startProfile(f.profile)
		if err != nil {
			return err
		}
		if f.Loops == 0 {
			f.Loops = netpoll.SpareProcessor()
		}
		report, err := loadgen.Run(cmd.Context(), f.Options, progress)
		if err := errors.Join(err, stop()); err != nil {
			return err
		}
		write := report.WriteTable
		if f.json {
			write = report.WriteJSON
		}
		if err := write(out); err != nil {
			return err
		}
		if f.strict && !report.Clean() {
			return errUnclean
		}
		return nil
	}
	return cmd
}

// startProfile writes a CPU profile of the generator to file until stop is called; an empty name: none.
func startProfile(file string) (stop func() error, err error) {
	if file == "" {
		return func() error { return nil }, nil
	}
	w, err := os.Create(file)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(w); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return func() error {
		pprof.StopCPUProfile()
		return w.Close()
	}, nil
}
