package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/vernemq/vmq/config"
)

const (
	// waitEnv is the number of seconds that start waits; the name is that of VerneMQ, whose scripts set it.
	waitEnv     = "WAIT_FOR_ERLANG"
	waitDefault = 15
)

// start runs the node in the background and returns when its listeners are open.
func start(p place, term terminal) error {
	c, err := p.load()
	if err != nil {
		refuse(term.errs, err)
		return exitCode(1)
	}
	if answers(c) {
		fmt.Fprintln(term.errs, "Node is already running!")
		return exitCode(1)
	}
	warnOpenFiles(term.out, openFiles())
	said, pid, err := p.spawn(c)
	if err != nil {
		return err
	}
	seconds := waitSeconds()
	select {
	case text := <-said:
		if text != readyWord {
			fmt.Fprintln(term.errs, text)
			return exitCode(1)
		}
	case <-time.After(time.Duration(seconds) * time.Second):
		fmt.Fprintf(term.out, "VerneMQ did not come up within %d seconds. See what it does with vernemq console,\n"+
			"or give it more time with %s=SECONDS in the environment.\n", seconds, waitEnv)
		return exitCode(1)
	}
	writePidFile(pid)
	return nil
}

func waitSeconds() int {
	if n, err := strconv.Atoi(os.Getenv(waitEnv)); err == nil && n > 0 {
		return n
	}
	return waitDefault
}

// spawn starts this program again, in a session of its own. What the child says about its start comes through the channel, once.
func (p place) spawn(c *config.Config) (said <-chan string, pid int, err error) {
	program, err := os.Executable()
	if err != nil {
		return nil, 0, err
	}
	log, err := openStderrLog(c)
	if err != nil {
		return nil, 0, err
	}
	defer log.Close()
	read, write, err := os.Pipe()
	if err != nil {
		return nil, 0, err
	}
	defer write.Close()
	args := []string{"console", "--home", c.Home}
	if p.config != "" {
		args = append(args, "--config", p.config)
	}
	for _, o := range p.overrides {
		args = append(args, "-o", o)
	}
	child := exec.Command(program, args...)
	child.Stdout, child.Stderr = log, log
	child.ExtraFiles = []*os.File{write}
	const firstExtra = 3 // behind standard input, output and error
	child.Env = append(os.Environ(), fmt.Sprintf("%s=%d", readyEnv, firstExtra))
	child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := child.Start(); err != nil {
		read.Close()
		return nil, 0, err
	}
	words := make(chan string, 1)
	go func() {
		text, err := io.ReadAll(read)
		if err != nil || len(text) == 0 {
			text = fmt.Appendf(nil, "VerneMQ ended while it started; %s has what it said last.", log.Name())
		}
		words <- strings.TrimSpace(string(text))
	}()
	return words, child.Process.Pid, nil
}

// openStderrLog opens the file for what a node in the background writes besides its log, such as the stack of a crash.
func openStderrLog(c *config.Config) (*os.File, error) {
	dir := filepath.Dir(c.Log.File.Path)
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, err
	}
	return os.OpenFile(filepath.Join(dir, "stderr.log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o640)
}

// pidFile is where service scripts look. It is written where its directory lets us, and missing otherwise.
const pidFile = "/var/run/vernemq/vernemq.pid"

func writePidFile(pid int) {
	_ = os.WriteFile(pidFile, []byte(strconv.Itoa(pid)+"\n"), 0o644)
}

func removePidFile(pid string) {
	if text, err := os.ReadFile(pidFile); err == nil && strings.TrimSpace(string(text)) == pid {
		_ = os.Remove(pidFile)
	}
}

// stop ends the node in order and returns when its process has let go of the data directory.
func stop(p place, term terminal) error {
	c, err := p.find()
	if err != nil {
		return err
	}
	var pid strings.Builder
	if !askQuickly(c, &pid, "getpid") {
		fmt.Fprintln(term.out, "Node is not running!")
		fmt.Fprintln(term.errs, notResponding(c))
		return exitCode(1)
	}
	code, err := call(context.Background(), c, io.Discard, "stop")
	if err := errors.Join(err, waitUnlocked(c)); err != nil {
		return err
	}
	removePidFile(strings.TrimSpace(pid.String()))
	fmt.Fprintln(term.out, "ok")
	if code != 0 {
		return exitCode(code)
	}
	return nil
}

// restart is stop and then start; a node that is down is not started.
func restart(p place, term terminal) error {
	if _, err := p.load(); err != nil { // a node that could not come back is not stopped
		refuse(term.errs, err)
		return exitCode(1)
	}
	if err := stop(p, term); err != nil {
		return err
	}
	return start(p, term)
}

func ping(p place, term terminal) error {
	c, err := p.find()
	if err != nil {
		return err
	}
	if !answers(c) {
		fmt.Fprintln(term.errs, notResponding(c))
		return exitCode(1)
	}
	fmt.Fprintln(term.out, "pong")
	return nil
}

func getpid(p place, term terminal) error {
	c, err := p.find()
	if err != nil {
		return err
	}
	if !askQuickly(c, term.out, "getpid") {
		fmt.Fprintln(term.out, "Node is not running!")
		fmt.Fprintln(term.errs, notResponding(c))
		return exitCode(1)
	}
	return nil
}
