package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/vernemq/vmq/config"
)

// runConsole runs a node in the foreground until a signal, a command or the keyboard stops it.
func runConsole(p place, term terminal, noInput bool) error {
	ready := openReady()
	c, err := p.load()
	if err != nil {
		refuse(io.MultiWriter(term.errs, ready), err)
		return exitCode(1)
	}
	if answers(context.Background(), c) {
		fmt.Fprintln(term.out, "Node is already running! vernemq attach talks to it; vernemq stop ends it.")
		return exitCode(1)
	}
	if !ready.detached() {
		accept(term.out, c)
		warnOpenFiles(term.out, openFiles())
		fmt.Fprintf(term.out, "Node %s, process %d\n", c.Node.Name, os.Getpid())
		fmt.Fprintln(term.out, "Ctrl-C stops it.")
	}

	supervisor := openNotifier()
	keyboard := !noInput && isTerminal(term.in)
	ending := []os.Signal{os.Interrupt, syscall.SIGTERM}
	hangups := make(chan os.Signal, 1)
	if keyboard {
		ending = append(ending, syscall.SIGHUP) // the terminal is gone, and nobody could stop the node any more
	} else {
		signal.Notify(hangups, syscall.SIGHUP)
		defer signal.Stop(hangups)
	}
	signals, forget := signal.NotifyContext(context.Background(), ending...)
	defer forget()
	ctx, stop := context.WithCancelCause(signals)
	defer stop(nil)
	n, err := startNode(c, logTerminal(c, term.out, ready.detached()), func() { stop(errors.New("vernemq stop")) })
	if err != nil {
		fmt.Fprintln(io.MultiWriter(term.errs, ready), advise(err))
		return exitCode(1)
	}
	ready.done()
	supervisor.say("READY=1")
	go supervisor.watch(ctx.Done(), n.alive)
	if keyboard {
		go readKeyboard(term, func() { stop(errors.New("keyboard")) })
	}
	for ctx.Err() == nil {
		select {
		case <-hangups:
			n.reopenLogs()
		case <-ctx.Done():
		}
	}
	forget() // a second signal does what signals do: it ends the process at once
	supervisor.say("STOPPING=1")
	return n.close(context.Cause(ctx).Error())
}

// logTerminal is where the log goes besides its file: to the terminal of a foreground node, unless the log is switched off, and to
// standard output of a background node that asks for it.
func logTerminal(c *config.Config, out io.Writer, detached bool) io.Writer {
	off := !c.Log.ToFile && !c.Log.ToConsole
	if c.Log.ToConsole || !detached && !off {
		return out
	}
	return nil
}

// isTerminal tells a terminal from a pipe, a file, and a device such as /dev/null: only a terminal has a size.
func isTerminal(f *os.File) bool {
	_, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	return err == nil
}

// readKeyboard stops the node on the lines that stop an Erlang one, and explains itself on any other.
func readKeyboard(term terminal, stop func()) {
	lines := bufio.NewScanner(term.in)
	for lines.Scan() {
		switch strings.TrimSpace(lines.Text()) {
		case "":
		case "q().", "init:stop().":
			stop()
			return
		default:
			fmt.Fprintln(term.out, "This is no shell: q(). stops the broker.")
		}
	}
}

// readyEnv names the file descriptor on which a node in the background tells the process that started it how the start went.
const readyEnv = "VERNEMQ_READY_FD"

// readyWord is what it says when the listeners are open; anything else is the reason why they are not.
const readyWord = "ready"

// readyPipe is that descriptor; the zero value is for a node that nobody waits for.
type readyPipe struct{ file *os.File }

func openReady() *readyPipe {
	fd, err := strconv.Atoi(os.Getenv(readyEnv))
	if err != nil {
		return &readyPipe{}
	}
	os.Unsetenv(readyEnv)
	return &readyPipe{os.NewFile(uintptr(fd), "ready")}
}

// detached tells whether a process waits, so that this one runs in the background.
func (r *readyPipe) detached() bool { return r.file != nil }

// Write passes on the reason for a failure.
func (r *readyPipe) Write(p []byte) (int, error) {
	if r.file == nil {
		return len(p), nil
	}
	return r.file.Write(p)
}

func (r *readyPipe) done() {
	if r.file != nil {
		fmt.Fprintln(r.file, readyWord) // if the other side is gone, nobody waits any more
		r.file.Close()
	}
}
