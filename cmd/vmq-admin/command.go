package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/vernemq/vmq/engine/admin"
	"github.com/vernemq/vmq/internal/control"
)

// streams are where answers go.
type streams struct {
	out, errs io.Writer
	terminal  bool     // out is one
	file      *os.File // that out writes to; nil: whether anybody reads it is not known
}

// isTerminal tells a terminal from a pipe or a file.
func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// run executes one command line and returns the exit code.
func run(args []string, s streams) int {
	p, line, err := split(args)
	if err != nil {
		fmt.Fprintln(s.errs, "vmq-admin:", err)
		return 1
	}
	if len(line) > 0 {
		switch line[0] {
		case "completion":
			return printCompletion(line[1:], s)
		case completeWord:
			return complete(line[1:], s)
		}
	}
	return p.ask(line, s)
}

// errSilent ends a command whose node has said nothing for too long, and errUnread one whose answer nobody reads any more.
var (
	errSilent = errors.New("no answer")
	errUnread = errors.New("nobody reads the answer")
)

// ask has the node execute the command line.
func (p *place) ask(line []string, s streams) int {
	t, err := p.target()
	if err != nil {
		fmt.Fprintln(s.errs, "vmq-admin:", err)
		return 1
	}
	mode := admin.Pipe
	if s.terminal {
		mode = admin.Terminal
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	if endless(line) && s.file != nil { // other commands do what they do, whoever looks
		go func() {
			if awaitNoReader(s.file) {
				cancel(errUnread)
			}
		}()
	}
	out := s.out
	if timeout := p.patience(line); timeout > 0 {
		w := &watched{to: s.out, timeout: timeout, timer: time.AfterFunc(timeout, func() { cancel(errSilent) })}
		defer w.timer.Stop()
		out = w
	}
	code, err := control.Call(ctx, t.socket, append([]string{admin.Verb, mode}, line...), out, s.errs)
	switch {
	case err == nil:
		return code
	case errors.Is(context.Cause(ctx), errUnread):
		return 1 // nobody is there to be told
	case errors.Is(context.Cause(ctx), errSilent):
		fmt.Fprintf(s.errs, "vmq-admin: the broker at %s did not answer within %v; -rpctimeout MILLISECONDS gives it more time\n", t.socket, p.patience(line))
		return 1
	case errors.Is(err, control.ErrDown):
		if wantsHelp(line) {
			return helpWithout(line, s)
		}
		if t.node != "" {
			fmt.Fprintln(s.errs, control.NotResponding(t.node))
		}
		if errors.Is(err, control.ErrForbidden) {
			fmt.Fprintf(s.errs, "vmq-admin: permission denied at %s: only the user who runs the broker, and root, may ask it\n", t.socket)
			return 1
		}
		fmt.Fprintf(s.errs, "vmq-admin: no broker answers at %s; --home DIR or --socket PATH says where it runs\n", t.socket)
		return 1
	}
	fmt.Fprintln(s.errs, "vmq-admin:", err)
	return 1
}

// wantsHelp says whether the line can be answered without a broker.
func wantsHelp(line []string) bool {
	for _, a := range line {
		if a == "--help" || a == "-h" {
			return true
		}
	}
	return len(line) == 0
}

// helpWithout answers --help while no broker runs.
func helpWithout(line []string, s streams) int {
	return everything().Serve(context.Background(), line, s.out, s.errs, s.terminal)
}

// watched stretches the time that is left with each line that comes.
type watched struct {
	to      io.Writer
	timeout time.Duration
	timer   *time.Timer
}

func (w *watched) Write(b []byte) (int, error) {
	w.timer.Reset(w.timeout)
	return w.to.Write(b)
}
