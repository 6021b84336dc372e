package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vernemq/vmq/config"
	"github.com/vernemq/vmq/internal/control"
	"github.com/vernemq/vmq/internal/deps"
)

// binary is the program under test, built once.
var binary string

// patience bounds the wait of a test that fails; what it waits for happens at once.
const patience = 30 * time.Second

func TestMain(m *testing.M) { os.Exit(buildAndRun(m)) }

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "vernemq")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	root, err := deps.Root()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	// go test keeps the result of a run until a file changes that the run looked at; it cannot know of the sources of a binary
	// that the run builds, so look at them.
	if _, err := deps.Sources(root); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	binary = filepath.Join(dir, "vernemq")
	build := exec.Command("go", "build", "-o", binary, ".")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%v: %v\n%s", build, err, out)
		return 1
	}
	return m.Run()
}

// home is a fresh home directory. With text it has a configuration file.
type home struct {
	t   *testing.T
	dir string
}

func newHome(t *testing.T, text string) *home {
	t.Helper()
	// The path of a socket must be short, and that of t.TempDir holds the name of the test.
	dir, err := os.MkdirTemp("", "vmq")
	if err != nil {
		t.Fatal(err)
	}
	h := &home{t, dir}
	t.Cleanup(func() {
		h.run("stop")
		os.RemoveAll(dir)
	})
	if text != "" {
		h.write("etc/vernemq.conf", text)
	}
	return h
}

func (h *home) path(name string) string { return filepath.Join(h.dir, name) }

func (h *home) write(name, text string) {
	h.t.Helper()
	if err := os.MkdirAll(filepath.Dir(h.path(name)), 0o755); err != nil {
		h.t.Fatal(err)
	}
	if err := os.WriteFile(h.path(name), []byte(text), 0o644); err != nil {
		h.t.Fatal(err)
	}
}

func (h *home) read(name string) string {
	h.t.Helper()
	text, err := os.ReadFile(h.path(name))
	if err != nil {
		h.t.Fatal(err)
	}
	return string(text)
}

// result is what a command printed and returned. Out is without the warning about open files, which depends on the machine.
type result struct {
	out, errs string
	code      int
}

func (h *home) command(args ...string) *exec.Cmd {
	c := exec.Command(binary, args...)
	c.Dir = h.dir
	c.Env = append(os.Environ(), "VERNEMQ_HOME=")
	return c
}

func (h *home) run(args ...string) result {
	h.t.Helper()
	c := h.command(args...)
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	err := c.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		h.t.Fatal(err)
	}
	return result{withoutLimits(out.String()), errs.String(), c.ProcessState.ExitCode()}
}

func withoutLimits(s string) string {
	var b strings.Builder
	for line := range strings.Lines(s) {
		if !strings.HasPrefix(line, "!!!!") {
			b.WriteString(line)
		}
	}
	return b.String()
}

// want checks a whole result.
func (h *home) want(got result, out, errs string, code int) {
	h.t.Helper()
	if got != (result{out, errs, code}) {
		h.t.Errorf("got output %q, errors %q, exit %d\nwant output %q, errors %q, exit %d", got.out, got.errs, got.code, out, errs, code)
	}
}

// console is a node in the foreground.
type console struct {
	h      *home
	cmd    *exec.Cmd
	lines  chan string // of standard output
	errs   *bytes.Buffer
	exited chan struct{}
}

func (h *home) console(args ...string) *console {
	h.t.Helper()
	return h.follow(h.command(append([]string{"console"}, args...)...))
}

// follow starts a command and reads what it says.
func (h *home) follow(cmd *exec.Cmd) *console {
	h.t.Helper()
	c := &console{h: h, cmd: cmd, lines: make(chan string, 1000), errs: &bytes.Buffer{}, exited: make(chan struct{})}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		h.t.Fatal(err)
	}
	c.cmd.Stderr = c.errs
	if err := c.cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	go func() {
		defer close(c.exited)
		defer close(c.lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			c.lines <- s.Text()
		}
		_ = c.cmd.Wait() // the exit code says what matters
	}()
	h.t.Cleanup(func() {
		_ = c.cmd.Process.Kill() // it has ended already unless the test failed
		<-c.exited
	})
	return c
}

// until returns the lines up to the one that holds text.
func (c *console) until(text string) []string {
	c.h.t.Helper()
	var seen []string
	deadline := time.After(patience)
	for {
		select {
		case line, more := <-c.lines:
			if !more {
				c.h.t.Fatalf("the node ended before it said %q:\n%s\n%s", text, strings.Join(seen, "\n"), c.errs)
			}
			seen = append(seen, line)
			if strings.Contains(line, text) {
				return seen
			}
		case <-deadline:
			c.h.t.Fatalf("the node did not say %q:\n%s", text, strings.Join(seen, "\n"))
		}
	}
}

func (c *console) wait() int {
	c.h.t.Helper()
	select {
	case <-c.exited:
	case <-time.After(patience):
		c.h.t.Fatal("the node does not end")
	}
	return c.cmd.ProcessState.ExitCode()
}

// addresses are where the listeners of a node are, by kind and name, from its log lines.
func addresses(lines []string) map[string]string {
	at := map[string]string{}
	for _, l := range lines {
		if m := regexp.MustCompile(`msg=listening kind=(\w+) name=(\w+) address=(\S+)`).FindStringSubmatch(l); m != nil {
			at[m[1]+"."+m[2]] = m[3]
		}
	}
	return at
}

// address is where the node listens, from its log line.
func address(t *testing.T, lines []string) string {
	t.Helper()
	for _, l := range lines {
		if _, after, found := strings.Cut(l, "msg=listening"); found {
			_, after, _ = strings.Cut(after, "address=")
			addr, _, _ := strings.Cut(after, " ")
			return addr
		}
	}
	t.Fatalf("no line about listening in:\n%s", strings.Join(lines, "\n"))
	return ""
}

// connectV4 is CONNECT of MQTT 3.1.1 with the client id c, clean session.
var connectV4 = []byte{0x10, 13, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 60, 0, 1, 'c'}

// connack connects to a broker and returns the return code of its CONNACK.
func connack(t *testing.T, addr string) byte {
	t.Helper()
	conn, err := net.DialTimeout("tcp", addr, patience)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write(connectV4); err != nil {
		t.Fatal(err)
	}
	var answer [4]byte
	if _, err := io.ReadFull(conn, answer[:]); err != nil {
		t.Fatal(err)
	}
	if answer[0] != 0x20 {
		t.Fatalf("answered by % x, want a CONNACK", answer)
	}
	return answer[3]
}

const freePort = "listener.tcp.default = 127.0.0.1:0\n"

func TestConsole(t *testing.T) {
	h := newHome(t, freePort+"allow_anonymous = on\n")
	c := h.console()
	lines := c.until("msg=ready")
	if lines[0] != "config is OK" {
		t.Errorf("the first line is %q", lines[0])
	}
	if n := len(lines); n > 16 {
		t.Errorf("%d lines at start, want about ten", n)
	}
	if code := connack(t, address(t, lines)); code != 0 {
		t.Errorf("CONNACK %d for an anonymous client", code)
	}
	h.want(h.run("ping"), "pong\n", "", 0)
	h.want(h.run("getpid"), fmt.Sprintf("%d\n", c.cmd.Process.Pid), "", 0)
	if got := h.run("console"); got.code != 1 || !strings.HasPrefix(got.out, "Node is already running!") {
		t.Errorf("a second console: %+v", got)
	}
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code := c.wait(); code != 0 {
		t.Errorf("exit code %d after SIGTERM, errors %s", code, c.errs)
	}
	if text := h.read("log/console.log"); !strings.Contains(text, "msg=ready") || !strings.Contains(text, "msg=stopped") {
		t.Errorf("the log file says:\n%s", text)
	}
	h.want(h.run("ping"), "", "Node 'VerneMQ@127.0.0.1' not responding to pings.\n", 1)
}

func TestConsoleStops(t *testing.T) {
	for _, how := range []struct {
		name string
		stop func(h *home, c *console)
	}{
		{"SIGINT", func(_ *home, c *console) {
			if err := c.cmd.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
		}},
		{"vernemq stop", func(h *home, _ *console) { h.want(h.run("stop"), "ok\n", "", 0) }},
	} {
		t.Run(how.name, func(t *testing.T) {
			h := newHome(t, freePort)
			c := h.console("-noshell", "-noinput", "more", "--words=x")
			c.until("msg=ready")
			how.stop(h, c)
			if code := c.wait(); code != 0 {
				t.Errorf("exit code %d, errors %s", code, c.errs)
			}
		})
	}
}

func TestNoConfiguration(t *testing.T) {
	h := newHome(t, "")
	c := h.console("-o", "listener.tcp.x=127.0.0.1:0")
	lines := c.until("msg=ready")
	if text := strings.Join(lines, "\n"); strings.Count(text, "built-in defaults are in force") != 1 {
		t.Errorf("no line about the missing file in:\n%s", text)
	}
	if code := connack(t, address(t, lines)); code != 5 {
		t.Errorf("CONNACK %d, want 5: the defaults refuse anonymous clients", code)
	}
	h.want(h.run("stop"), "ok\n", "", 0)
	if code := c.wait(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func TestStartStop(t *testing.T) {
	h := newHome(t, freePort)
	h.want(h.run("stop"), "Node is not running!\n", "Node 'VerneMQ@127.0.0.1' not responding to pings.\n", 1)
	h.want(h.run("restart"), "Node is not running!\n", "Node 'VerneMQ@127.0.0.1' not responding to pings.\n", 1)
	h.want(h.run("getpid"), "Node is not running!\n", "Node 'VerneMQ@127.0.0.1' not responding to pings.\n", 1)
	h.want(h.run("start"), "", "", 0)
	h.want(h.run("ping"), "pong\n", "", 0)
	h.want(h.run("start"), "", "Node is already running!\n", 1)
	first := h.run("getpid")
	h.want(h.run("restart"), "ok\n", "", 0)
	if second := h.run("getpid"); second == first || second.code != 0 {
		t.Errorf("process %+v after restart, %+v before", second, first)
	}
	h.want(h.run("stop"), "ok\n", "", 0)
	h.want(h.run("ping"), "", "Node 'VerneMQ@127.0.0.1' not responding to pings.\n", 1)
}

// TestKilled proves that a node starts where another one died.
func TestKilled(t *testing.T) {
	h := newHome(t, freePort)
	c := h.console()
	c.until("msg=ready")
	if err := c.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	c.wait()
	h.want(h.run("ping"), "", "Node 'VerneMQ@127.0.0.1' not responding to pings.\n", 1)
	h.want(h.run("start"), "", "", 0)
	h.want(h.run("stop"), "ok\n", "", 0)
}

// TestFrozen proves that a node which takes the question and never answers counts as one that is down.
func TestFrozen(t *testing.T) {
	dir := t.TempDir()
	s, err := control.Listen(control.Path(dir), func(ctx context.Context, _ []string, _ io.Writer) int {
		<-ctx.Done()
		return 0
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	defer func(d time.Duration) { answerPatience = d }(answerPatience)
	answerPatience = 20 * time.Millisecond
	if answers(&config.Config{Node: config.Node{DataDir: dir}}) {
		t.Error("it is said to be up")
	}
}

func TestOneBrokerPerDataDirectory(t *testing.T) {
	h := newHome(t, freePort)
	c := h.console()
	c.until("msg=ready")
	// The socket is gone, so nothing but the lock tells that the directory is in use.
	if err := os.Remove(h.path("data/vernemq.sock")); err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("data directory %s is in use by process %d", h.path("data"), c.cmd.Process.Pid)
	for _, command := range []string{"console", "start"} {
		if got := h.run(command); got.code != 1 || !strings.Contains(got.errs, want) {
			t.Errorf("%s: %+v, want the error %q", command, got, want)
		}
	}
}

func TestBadConfiguration(t *testing.T) {
	h := newHome(t, "allow_anonymous = yes\nmax_client_id_siz = 100\nnonsense\n"+freePort)
	file := h.path("etc/vernemq.conf")
	for _, command := range []string{"console", "start", "chkconfig", "restart"} {
		got := h.run(command, "--config", file, "--home", h.dir)
		lines := strings.Split(got.errs, "\n")
		if got.code != 1 || got.out != "" || len(lines) != 6 {
			t.Errorf("%s: %+v, want three problems, two lines after them and exit code 1", command, got)
			continue
		}
		for i := range 3 {
			if want := fmt.Sprintf("%s:%d: ", file, i+1); !strings.HasPrefix(lines[i], want) {
				t.Errorf("%s: line %q, want it to start with %q", command, lines[i], want)
			}
		}
		if !strings.Contains(lines[1], "max_client_id_size") {
			t.Errorf("%s: no hint in %q", command, lines[1])
		}
	}
	if got := h.run("config", "generate"); got.code != 1 || got.out != "" || strings.Count(got.errs, "error") != 3 {
		t.Errorf("config generate: %+v", got)
	}
	if got := h.run("config", "effective"); got.code != 0 || !strings.HasPrefix(got.out, "allow_anonymous = yes\n") {
		t.Errorf("config effective: %+v", got)
	}
	if got := h.run("ping"); got.code != 1 {
		t.Errorf("ping: %+v", got)
	}
	if got := h.run("console", "--config", "missing.conf"); got.code != 1 || !strings.HasPrefix(got.errs, "missing.conf:1: ") {
		t.Errorf("a file that is missing: %+v", got)
	}
}

func TestChkconfig(t *testing.T) {
	h := newHome(t, freePort)
	got := h.run("chkconfig")
	if lines := strings.Split(got.out, "\n"); got.code != 0 || got.errs != "" || lines[0] != "config is OK" || len(lines) != 3 {
		t.Errorf("%+v", got)
	}
	got = h.run("chkconfig", "-o", "plugins.vmq_webhooks=on")
	if got.code != 0 || !strings.HasPrefix(got.errs, "warning: -o:1: plugins.vmq_webhooks = on: ") {
		t.Errorf("with a warning: %+v", got)
	}
}

func TestConfig(t *testing.T) {
	h := newHome(t, freePort+"max_online_messages = 7\n")
	h.write("etc/advanced.config", "[\n].\n")
	got := h.run("config", "-o", "max_offline_messages=8")
	for _, want := range []string{`max_online_messages = 7 +# etc/vernemq\.conf:2`, `max_offline_messages = 8 +# -o:1`, `retry_interval = 20 +# default`} {
		if !matches(want, got.out) {
			t.Errorf("config does not print %q", want)
		}
	}
	got = h.run("config", "effective")
	if got.code != 0 || !strings.Contains(got.out, "\nmax_online_messages = 7\n") || !strings.HasSuffix(got.out, "\n## [\n## ].\n") {
		t.Errorf("config effective: %+v", got)
	}
	for range 5 {
		got = h.run("config", "generate", "-l", "debug")
		if got.code != 0 || got.errs != "" || !strings.HasPrefix(got.out, "-config ") {
			t.Fatalf("config generate: %+v", got)
		}
	}
	name := strings.TrimSpace(strings.TrimPrefix(got.out, "-config "))
	if text, err := os.ReadFile(name); err != nil || !strings.Contains(string(text), "\nmax_online_messages = 7\n") {
		t.Errorf("the generated file: %v\n%s", err, text)
	}
	if files, err := filepath.Glob(h.path("data/generated.configs/*")); err != nil || len(files) != 3 {
		t.Errorf("generated files %v, %v, want the last three", files, err)
	}
	got = h.run("config", "describe", "max_online_messages")
	for _, want := range []string{"Length of the queue", "1000", "7 (etc/vernemq.conf:2)"} {
		if got.code != 0 || !strings.Contains(got.out, want) {
			t.Errorf("config describe: %+v lacks %q", got, want)
		}
	}
	if got = h.run("config", "describe", "retry_interval"); !strings.Contains(got.out, "not set") {
		t.Errorf("config describe of a default: %+v", got)
	}
	h.want(h.run("config", "describe", "nonsense"), "There is no key nonsense.\n", "", 0)
	for _, args := range [][]string{{"config", "describe"}, {"config", "nonsense"}} {
		if got := h.run(args...); got.code != 1 || got.out == "" || got.errs != "" {
			t.Errorf("%v: %+v", args, got)
		}
	}
}

func TestUsage(t *testing.T) {
	h := newHome(t, "")
	h.want(h.run("version"), version+"\n", "", 0)
	h.want(h.run(), usageShort, "", 0)
	h.want(h.run("nonsense"), usageShort, "", 0)
	for _, args := range [][]string{{"help"}, {"--help"}, {"start", "--help"}} {
		h.want(h.run(args...), usageLong, "", 0)
	}
	if got := h.run("ping", "--nonsense"); got.code != 1 || !strings.Contains(got.errs, "--nonsense") {
		t.Errorf("an unknown flag: %+v", got)
	}
}

// TestHomes proves that the node is found by --home, by the environment and by the current directory.
func TestHomes(t *testing.T) {
	h := newHome(t, freePort)
	c := h.console()
	c.until("msg=ready")
	elsewhere := newHome(t, "")
	elsewhere.want(elsewhere.run("ping", "--home", h.dir), "pong\n", "", 0)
	cmd := elsewhere.command("ping")
	cmd.Env = append(os.Environ(), "VERNEMQ_HOME="+h.dir)
	if out, err := cmd.Output(); err != nil || string(out) != "pong\n" {
		t.Errorf("with VERNEMQ_HOME: %q, %v", out, err)
	}
	if got := elsewhere.run("ping"); got.code != 1 {
		t.Errorf("elsewhere: %+v", got)
	}
}

// TestTakenPort proves that one listener that cannot open does not keep the others from serving.
func TestTakenPort(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	h := newHome(t, "listener.tcp.a = "+taken.Addr().String()+"\nlistener.tcp.b = 127.0.0.1:0\nallow_anonymous = on\n")
	lines := h.console().until("msg=ready")
	if text := strings.Join(lines, "\n"); !strings.Contains(text, "level=ERROR msg=\"listener not started\" kind=tcp name=a") {
		t.Errorf("no error about the taken port in:\n%s", text)
	}
	if code := connack(t, address(t, lines)); code != 0 {
		t.Errorf("CONNACK %d on the other listener", code)
	}
}

func TestAttach(t *testing.T) {
	h := newHome(t, freePort)
	h.want(h.run("attach"), "", "Node did not respond to ping!\n", 1)
	h.want(h.run("attach-direct"), "", "Node did not respond to ping!\n", 1)
	h.want(h.run("attach-direct", "-f"), "", "", 0)
	c := h.console()
	c.until("msg=ready")
	cmd := h.command("attach")
	cmd.Stdin = strings.NewReader("ping\n\nvmq-admin show max_online_messages\nnonsense\n")
	out, err := cmd.Output()
	text := string(out)
	if err != nil || !strings.HasPrefix(text, "pong\n") || !strings.Contains(text, "max_online_messages") || !strings.Contains(text, "1000") ||
		strings.Count(text, "Usage:") != 1 {
		t.Errorf("attach: %q, %v, want the answers to ping and show, and the usage for nonsense", out, err)
	}
	h.want(h.run("ping"), "pong\n", "", 0)
}

func TestErlangWords(t *testing.T) {
	h := newHome(t, "")
	h.want(h.run("ertspath"), filepath.Dir(binary)+"\n", "", 0)
	if got := h.run("escript", "x.escript", "-f"); got.code != 1 || got.out != "" || got.errs == "" {
		t.Errorf("escript: %+v", got)
	}
}

// TestCompletion proves that a shell can learn the commands, and the keys that describe explains.
func TestCompletion(t *testing.T) {
	h := newHome(t, "")
	for _, shell := range []string{"bash", "zsh", "fish"} {
		if got := h.run("completion", shell); got.code != 0 || !strings.Contains(got.out, "vernemq") {
			t.Errorf("completion %s: exit code %d, %d bytes", shell, got.code, len(got.out))
		}
	}
	for _, c := range []struct{ words, want string }{
		{"att", "attach\n"},
		{"config des", "describe\n"},
		{"config describe max_online", "max_online_messages\n"},
	} {
		if got := h.run(append([]string{"__complete"}, strings.Fields(c.words)...)...); !strings.HasPrefix(got.out, c.want) {
			t.Errorf("completing %q: %+v, want %q first", c.words, got, c.want)
		}
	}
}

// TestHangup proves that SIGHUP makes a node open its logs again, and does not end it.
func TestHangup(t *testing.T) {
	h := newHome(t, freePort+"log.console = both\n")
	c := h.console()
	c.until("msg=ready")
	if err := os.Rename(h.path("log/console.log"), h.path("log/moved.log")); err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	c.until("log files opened again")
	h.want(h.run("stop"), "ok\n", "", 0)
	if code := c.wait(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if text := h.read("log/console.log"); !strings.Contains(text, "log files opened again") {
		t.Errorf("the new file has %q", text)
	}
}

// TestSupervisor plays systemd: it hears when the node is ready, that it is alive, and when it stops.
func TestSupervisor(t *testing.T) {
	h := newHome(t, freePort)
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: h.path("notify"), Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	t.Setenv("NOTIFY_SOCKET", h.path("notify"))
	t.Setenv("WATCHDOG_USEC", "20000")
	c := h.console()
	heard := func(what string) {
		t.Helper()
		for b := make([]byte, 100); ; {
			n, err := conn.Read(b)
			if err != nil {
				t.Fatalf("not heard of %s: %v", what, err)
			}
			if string(b[:n]) == what {
				return
			}
		}
	}
	for _, what := range []string{"READY=1", "WATCHDOG=1", "WATCHDOG=1"} {
		heard(what)
	}
	c.until("msg=ready")
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	heard("STOPPING=1")
	if code := c.wait(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// TestEnvironment proves that variables of containers reach the node and the commands that look for it.
func TestEnvironment(t *testing.T) {
	h := newHome(t, "nodename = VerneMQ@127.0.0.1\n")
	t.Setenv("DOCKER_VERNEMQ_LISTENER__TCP__DEFAULT", "127.0.0.1:0")
	t.Setenv("DOCKER_VERNEMQ_LISTENER__WS__DEFAULT", "127.0.0.1:0")
	t.Setenv("DOCKER_VERNEMQ_LISTENER__VMQ__CLUSTERING", "127.0.0.1:0")
	t.Setenv("DOCKER_VERNEMQ_LISTENER__HTTP__METRICS", "127.0.0.1:0")
	t.Setenv("DOCKER_VERNEMQ_ALLOW_ANONYMOUS", "on")
	t.Setenv("DOCKER_VERNEMQ_NODENAME", "container1")
	t.Setenv("DOCKER_VERNEMQ_PLATFORM_DATA_DIR", "elsewhere")
	t.Setenv("DOCKER_IP_ADDRESS", "127.0.0.1")
	lines := h.console().until("msg=ready")
	if code := connack(t, address(t, lines)); code != 0 || !strings.Contains(lines[len(lines)-1], "node=VerneMQ@container1") {
		t.Errorf("CONNACK %d; the last line is %q", code, lines[len(lines)-1])
	}
	h.want(h.run("ping"), "pong\n", "", 0)
	t.Setenv("DOCKER_VERNEMQ_ALLOW_ANONYMOUS", "yes")
	if got := h.run("chkconfig"); got.code != 1 || !strings.HasPrefix(got.errs, "DOCKER_VERNEMQ_ALLOW_ANONYMOUS: ") {
		t.Errorf("a mistake: %+v", got)
	}
}
