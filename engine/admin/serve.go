package admin

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// Verb is the word under which vmq-admin asks a node, through its control socket, and Terminal and Pipe the one that follows: they say
// whether the answer is for a terminal. The command line comes behind them.
const (
	Verb     = "admin"
	Terminal = "terminal"
	Pipe     = "pipe"
)

// Answer is Serve for what follows Verb.
func (t *Commands) Answer(ctx context.Context, args []string, out, errs io.Writer) int {
	if len(args) == 0 {
		args = []string{Pipe}
	}
	return t.Serve(ctx, args[1:], out, errs, args[0] == Terminal)
}

// Serve executes a command line of vmq-admin: it writes the answer to out and errs, in the format that the line asks for, and returns the
// exit code. bold says that out is a terminal. What a command streams is written as it comes.
func (t *Commands) Serve(ctx context.Context, line []string, out, errs io.Writer, bold bool) int {
	p, err := t.prepare(line)
	if err == nil && p.help {
		return p.serveHelp(out)
	}
	var r Result
	if err == nil {
		r, err = p.run(ctx, func(line string) { fmt.Fprintln(out, line) })
	}
	var usage *UsageError
	var bad *InvalidError
	var failed *FailedError
	switch {
	case err == nil:
		p.write(r, out, errs, bold)
		return 0
	case errors.As(err, &usage):
		fmt.Fprint(out, usage.Usage)
	case errors.As(err, &bad):
		fmt.Fprintln(out, bad.What)
	case errors.As(err, &failed):
		p.write(failed.Result, out, errs, bold)
	case errors.Is(err, ErrNodeStopped):
		p.write(alert(capital(err.Error())), out, errs, bold)
	default:
		fmt.Fprintf(errs, "%s %s: %v\n", program, p.command.Path, err)
	}
	return 1
}

// serveHelp answers --help. Help on the beginning of a command is no success, so that a script with a word missing notices.
func (p *prepared) serveHelp(out io.Writer) int {
	fmt.Fprint(out, usagePrefix, p.usage)
	if p.command == nil {
		fmt.Fprintln(out)
		return 1
	}
	return 0
}

// write writes an answer. An unknown format is the one for people, with a note.
func (p *prepared) write(r Result, out, errs io.Writer, bold bool) {
	switch p.format {
	case "json":
		send(out, r.AppendJSON(nil))
	case "csv":
		table, alerts := r.AppendCSV(nil, nil)
		send(out, table)
		send(errs, alerts)
	default:
		if p.format != "" && p.format != "human" {
			fmt.Fprintf(errs, "There is no format %s: human, json and csv are known.\n", p.format)
		}
		send(out, r.AppendHuman(nil, bold))
	}
}

// send writes b, if there is any. A caller that is gone misses nothing.
func send(w io.Writer, b []byte) {
	if len(b) > 0 {
		_, _ = w.Write(b)
	}
}
