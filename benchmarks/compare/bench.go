package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/vernemq/vmq/benchmarks"
	"github.com/vernemq/vmq/internal/loadgen"
)

// inflight is how many QoS 1 and 2 messages both brokers may have under way to one subscriber: what both do when nobody says otherwise.
const inflight = 20

// bench runs scenarios.
type bench struct {
	opts   *options
	dir    string // everything temporary lies below
	tool   string // vmq-bench
	sides  []*kind
	cert   service // certificate and key alone
	isGoal bool    // the goals are about this broker against mosquitto; other pairs have none
}

// newBench builds the tools and finds the brokers.
func newBench(ctx context.Context, o *options, dir string) (*bench, error) {
	b := &bench{opts: o, dir: dir, tool: filepath.Join(dir, "vmq-bench")}
	if err := build(ctx, "github.com/vernemq/vmq/cmd/vmq-bench", b.tool); err != nil {
		return nil, err
	}
	// A broker that has given up root's rights must get at its certificate below.
	if err := os.Chmod(dir, 0o711); err != nil {
		return nil, err
	}
	var err error
	if b.cert.certFile, b.cert.keyFile, err = benchmarks.WriteCertificate(dir); err != nil {
		return nil, err
	}
	names := []string{o.a, o.b}
	if o.only {
		names = names[:1]
	}
	for _, name := range names {
		newKind := makers[name]
		if newKind == nil {
			return nil, fmt.Errorf("broker %q: one of %s", name, strings.Join(brokerNames(), ", "))
		}
		k, err := newKind(ctx, o, dir)
		if err != nil {
			return nil, err
		}
		b.sides = append(b.sides, k)
	}
	b.isGoal = o.a == "vernemq" && (o.only || o.b == "mosquitto")
	return b, nil
}

// describe says what the results were measured with.
func (b *bench) describe() *results {
	r := &results{Time: time.Now().UTC().Format(time.RFC3339), Machine: loadgen.ThisMachine(), Rounds: b.opts.rounds,
		Seconds: b.opts.seconds, Queue: b.opts.queue, Inflight: inflight}
	for _, k := range b.sides {
		r.Brokers = append(r.Brokers, brokerInfo{Name: k.name, Version: k.version})
	}
	return r
}

// scenario runs s against both brokers in turn. What goes wrong with a run is part of the result, and the others still
// take place.
func (b *bench) scenario(ctx context.Context, s benchmarks.Scenario) *result {
	res := &result{Name: s.Name, About: s.About, Steady: s.Steady, Idle: s.Idle, Stored: s.Stored, Sides: make([]side, len(b.sides))}
	if b.isGoal {
		res.goal = s.Goal
	}
	if s.Alone {
		res.Sides = res.Sides[:1]
	}
	if s.Beside != nil {
		res.Beside = &beside{What: s.Beside.Name}
	}
	if s.Ceiling != nil {
		res.Ceiling = &ceiling{Name: s.Ceiling.Name, Bench: s.Ceiling.Bench, Unit: s.Ceiling.Unit}
	}
	for round := range b.opts.rounds {
		for i := range res.Sides {
			b.round(ctx, s, b.sides[i], round+1, &res.Sides[i])
		}
		if s.Beside != nil {
			b.round(ctx, *s.Beside, b.sides[0], round+1, &res.Beside.side)
		}
		if s.Ceiling != nil {
			res.Ceiling.round(ctx, b.dir, s.Ceiling)
		}
	}
	for i := range res.Sides {
		res.Sides[i].summarise()
	}
	if res.Beside != nil {
		res.Beside.summarise()
	}
	return res
}

// round runs s once against a broker of kind k and notes in to what came of it; nothing when ctx has ended.
func (b *bench) round(ctx context.Context, s benchmarks.Scenario, k *kind, number int, to *side) {
	if ctx.Err() != nil {
		return
	}
	rep, start, err := b.once(ctx, s, k)
	if err != nil {
		to.Errors = append(to.Errors, err.Error())
		fmt.Fprintf(os.Stderr, "  round %d %s, %s: %v\n", number, k.name, s.Name, err)
		return
	}
	to.Rounds = append(to.Rounds, rep)
	if s.Restart {
		to.Starts = append(to.Starts, start.Seconds())
	}
	fmt.Fprintf(os.Stderr, "  round %d %s, %s: %s\n", number, k.name, s.Name, oneLine(rep))
}

// once starts a broker, loads it and stops it. start is how long it took to start in the directory of a stored load.
func (b *bench) once(ctx context.Context, s benchmarks.Scenario, k *kind) (rep *loadgen.Report, start time.Duration, err error) {
	listens := b.cert
	listens.transport = s.Transport
	listens.rules = rules{queue: max(b.opts.queue, s.Queue), inflight: inflight, persistence: s.Persistence}
	p, err := k.start(ctx, b.dir, listens)
	if err != nil {
		return nil, 0, err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	if !s.Restart {
		rep, err = b.load(ctx, s, p)
		return rep, 0, err
	}
	const run = "--run=1"
	first, err := b.load(ctx, s, p, run, "--only="+string(loadgen.Store))
	if err != nil {
		return nil, 0, err
	}
	if start, err = p.restart(ctx); err != nil {
		return nil, 0, err
	}
	if rep, err = b.load(ctx, s, p, run, "--only="+string(loadgen.Deliver)); err != nil {
		return nil, 0, err
	}
	rep.Stored = first.Stored
	return rep, start, nil
}

// load runs vmq-bench with the arguments of s and more against p.
func (b *bench) load(ctx context.Context, s benchmarks.Scenario, p *process, more ...string) (*loadgen.Report, error) {
	args := append(append([]string(nil), s.Args...), more...)
	args = append(args, s.TransportArgs(b.cert.certFile)...)
	args = append(args, "--host=127.0.0.1", "--port="+strconv.Itoa(p.listen.port), "--json", "--quiet",
		"--broker-pid="+strconv.Itoa(p.cmd.Process.Pid))
	if s.Idle {
		// Some addresses, because one has some 28,000 ports, of which many may wait in TIME_WAIT.
		args = append(args, "--connections="+strconv.Itoa(idleConnections(s.Connections)), "--local-addr=127.0.0.1,127.0.0.2,127.0.0.3,127.0.0.4")
	} else {
		args = append(args, fmt.Sprintf("--duration=%gs", b.opts.seconds))
	}
	cmd := exec.CommandContext(ctx, b.tool, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("vmq-bench: %w: %s", err, bytes.TrimSpace(errs.Bytes()))
	}
	rep := new(loadgen.Report)
	if err := json.Unmarshal(out.Bytes(), rep); err != nil {
		return nil, fmt.Errorf("report of vmq-bench: %w", err)
	}
	if rep.Broker == nil || rep.Messages == nil && !s.Idle {
		return nil, errors.New("report of vmq-bench lacks figures of the broker or of messages")
	}
	if rep.Connections.Lost > 0 || rep.Connections.Ready < rep.Connections.Asked {
		return nil, fmt.Errorf("%d of %d connections were made and %d lost: %s",
			rep.Connections.Ready, rep.Connections.Asked, rep.Connections.Lost, strings.Join(rep.Problems[:min(len(rep.Problems), 1)], ""))
	}
	return rep, nil
}

// idleConnections is how many of most connections a process may have here: the limit of open files less what it needs besides.
func idleConnections(most int) int {
	const spare = 500
	var lim unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &lim); err != nil {
		return min(spare, most)
	}
	return int(min(uint64(lim.Max)-spare, uint64(most)))
}

// oneLine is what the user sees of a run while the others go on.
func oneLine(r *loadgen.Report) string {
	if r.Messages == nil {
		return fmt.Sprintf("%d connections, %.0f/s, %.1f µs CPU and %.0f B each",
			r.Connections.Ready, r.Connections.Rate, r.Broker.ConnectCPU, r.Broker.BytesPerConnection)
	}
	if r.Delivered != nil {
		text := fmt.Sprintf("%.0f msg/s delivered, %.3f µs CPU each, lost %.2f %%", r.Delivered.Rate, r.Delivered.Broker.CPUPerMessage,
			100*r.Messages.LostShare)
		if r.Stored != nil {
			text = fmt.Sprintf("%.0f msg/s stored, %.3f µs CPU each; ", r.Stored.Rate, r.Stored.Broker.CPUPerMessage) + text
		}
		return text
	}
	p99 := 0.0
	if r.Latency != nil {
		p99 = r.Latency.P99
	}
	return fmt.Sprintf("%.3f µs CPU per message, %.0f msg/s received, p99 %.0f µs, lost %.2f %%",
		r.Broker.CPUPerMessage, r.Messages.ReceivedRate, p99, 100*r.Messages.LostShare)
}
