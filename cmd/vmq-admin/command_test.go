package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vernemq/vmq/internal/control"
)

// patience is how long a broker may take to start on a busy machine.
const patience = time.Minute

// startBroker runs vernemq in a home directory of its own until the test ends.
func startBroker(t *testing.T) (home string) {
	t.Helper()
	sources, err := filepath.Glob(filepath.Join("..", "vernemq", "*.go"))
	if err != nil || len(sources) == 0 {
		t.Fatalf("the sources of vernemq: %v, %v", sources, err)
	}
	for _, file := range sources { // reading them makes them part of the key under which go test caches this result
		if _, err := os.ReadFile(file); err != nil {
			t.Fatal(err)
		}
	}
	home = t.TempDir()
	program := filepath.Join(home, "vernemq")
	if out, err := exec.Command("go", "build", "-o", program, "../vernemq").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := os.Mkdir(filepath.Join(home, "etc"), 0o700); err != nil {
		t.Fatal(err)
	}
	conf := "allow_anonymous = on\nlistener.tcp.default = 127.0.0.1:0\n"
	if err := os.WriteFile(filepath.Join(home, "etc", "vernemq.conf"), []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if out, err := exec.CommandContext(ctx, program, "start", "--home", home).CombinedOutput(); err != nil {
		t.Fatalf("start: %v\n%s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command(program, "stop", "--home", home).CombinedOutput(); err != nil {
			t.Errorf("stop: %v\n%s", err, out)
		}
	})
	return home
}

// call runs vmq-admin.
func call(args ...string) (out, errs string, code int) {
	var o, e bytes.Buffer
	code = run(args, streams{out: &o, errs: &e})
	return o.String(), e.String(), code
}

// TestClusterLeave proves that a node which leaves lets nobody in any more, first, and then ends its sessions and its broker, but not its
// process, with an exit code that lets scripts go on.
func TestClusterLeave(t *testing.T) {
	home := startBroker(t)
	admin := func(line string) string {
		t.Helper()
		out, errs, code := call(append([]string{"--home", home}, strings.Fields(line)...)...)
		if code != 0 || errs != "" {
			t.Errorf("%s: code %d\n%s%s", line, code, out, errs)
		}
		return out
	}
	listener := strings.Split(strings.Split(admin("listener show --format=csv"), "\r\n")[1], ",")
	conn, err := net.Dial("tcp", net.JoinHostPort(listener[2], listener[3]))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01c")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(conn, make([]byte, 4)); err != nil {
		t.Fatal(err)
	}
	if out := admin("cluster leave node=VerneMQ@127.0.0.1"); !strings.HasPrefix(out, "Done") {
		t.Errorf("the first step: %s", out)
	}
	if out := admin("listener show --format=csv"); !strings.Contains(out, "mqtt,suspended,") || !strings.Contains(out, ",1,1\r\n") {
		t.Errorf("after it: %s", out)
	}
	if out := admin("cluster leave node=VerneMQ@127.0.0.1 -k -i 1 -t 60"); !strings.HasSuffix(out, "\nDone\n") {
		t.Errorf("the second step: %s", out)
	}
	if n, err := conn.Read(make([]byte, 1)); err == nil {
		t.Errorf("the client is still connected, and got %d bytes", n)
	}
	admin("node start")
	if out := admin("listener show --format=csv"); !strings.Contains(out, "mqtt,running,") {
		t.Errorf("started again: %s", out)
	}
}

// TestNodeStopAndStart proves that a broker which is stopped and started again serves its listeners with the settings of now.
func TestNodeStopAndStart(t *testing.T) {
	home := startBroker(t)
	want := func(line, text string, wantCode int) string {
		t.Helper()
		out, errs, code := call(append([]string{"--home", home}, strings.Fields(line)...)...)
		if code != wantCode || !strings.Contains(out, text) || errs != "" {
			t.Errorf("%s: code %d\n%s%s", line, code, out, errs)
		}
		return out
	}
	want("set max_online_messages=7", "set to", 0)
	want("listener show", "running", 0)
	for range 2 {
		want("node stop", "Done", 0)
		want("listener show", "stopped", 1)
		want("set max_offline_messages=8", "set to", 0)
		want("node start", "Done", 0)
		want("node start", "Done", 0)
	}
	want("show max_online_messages max_offline_messages --format=csv", "7,8", 0)
	if out := want("listener show --format=csv", "mqtt,running,127.0.0.1,", 0); strings.Count(out, "running") != 1 {
		t.Errorf("listeners: %s", out)
	}
	want("node stop", "Done", 0)
}

// TestNoBroker proves that a command without a broker fails plainly, and that help works all the same.
func TestNoBroker(t *testing.T) {
	home := t.TempDir()
	out, errs, code := call("--home", home, "session", "show")
	if code != 1 || out != "" || !strings.HasPrefix(errs, "Node 'VerneMQ@127.0.0.1' not responding to pings.\n") || !strings.Contains(errs, filepath.Join(home, "data", "vernemq.sock")) {
		t.Errorf("code %d, %q, %q", code, out, errs)
	}
	t.Setenv("VERNEMQ_HOME", home)
	if _, errs, code := call("session", "show"); code != 1 || !strings.Contains(errs, home) {
		t.Errorf("by VERNEMQ_HOME: code %d, %q", code, errs)
	}
	t.Setenv("DOCKER_VERNEMQ_NODENAME", "inside")
	t.Setenv("DOCKER_IP_ADDRESS", "127.0.0.1")
	if _, errs, code := call("session", "show"); code != 1 || !strings.HasPrefix(errs, "Node 'VerneMQ@inside' not responding") {
		t.Errorf("in a container: code %d, %q", code, errs)
	}
	if _, errs, code := call("session", "show", "--socket", "x.sock"); code != 1 || !strings.Contains(errs, "x.sock") {
		t.Errorf("by --socket: code %d, %q", code, errs)
	}
	if out, errs, code := call("session", "show", "--help"); code != 0 || !strings.HasPrefix(out, "Usage: vmq-admin session show") || errs != "" {
		t.Errorf("help: code %d, %q, %q", code, out, errs)
	}
	if out, _, code := call(); code != 1 || !strings.HasPrefix(out, "Usage: vmq-admin <sub-command>") {
		t.Errorf("nothing: code %d, %q", code, out)
	}
	for _, line := range []string{"--home", "-rpctimeout soon cluster show", "-rpctimeout", "-rpctimeout 0 x"} {
		if _, errs, code := call(strings.Fields(line)...); code != 1 || !strings.HasPrefix(errs, "vmq-admin: ") {
			t.Errorf("%s: code %d, %q", line, code, errs)
		}
	}
}

// TestSilentBroker proves that a broker which does not answer costs no more patience than was asked for, and that one which goes on
// answering has as much time as it needs.
func TestSilentBroker(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	speak := make(chan struct{})
	s, err := control.Listen(path, func(ctx context.Context, args []string, out io.Writer) int {
		if args[2] == "trace" {
			<-speak
			fmt.Fprintln(out, "at last")
			return 0
		}
		<-ctx.Done()
		return 0
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, errs, code := call("-rpctimeout", "20", "--socket="+path, "session", "show"); code != 1 || !strings.Contains(errs, "did not answer within 20ms") {
		t.Errorf("code %d, %q", code, errs)
	}
	timer := time.AfterFunc(50*time.Millisecond, func() { close(speak) })
	defer timer.Stop()
	if out, errs, code := call("-rpctimeout", "1", "--socket="+path, "trace", "client", "client-id=c"); code != 0 || out != "at last\n" || errs != "" {
		t.Errorf("a trace: code %d, %q, %q", code, out, errs)
	}
}

// TestNobodyReads proves that a trace ends when nobody reads it any more, although its client does nothing.
func TestNobodyReads(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	begun := make(chan struct{})
	s, err := control.Listen(path, func(ctx context.Context, _ []string, _ io.Writer) int {
		close(begun)
		<-ctx.Done()
		return 0
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	go func() {
		<-begun
		r.Close()
	}()
	if code := run([]string{"--socket", path, "trace", "client", "client-id=c"}, streams{out: w, errs: io.Discard, file: w}); code != 1 {
		t.Errorf("code %d", code)
	}
}

// TestForbidden proves that another user, who may not open the socket, is told so rather than that nothing runs.
func TestForbidden(t *testing.T) {
	dir := t.TempDir()
	for _, d := range []string{filepath.Dir(dir), dir} { // which are their owner's
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	program := filepath.Join(dir, "vmq-admin")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	path := filepath.Join(dir, "s")
	s, err := control.Listen(path, func(context.Context, []string, io.Writer) int { return 0 })
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := os.Chmod(path, 0); err != nil { // for its owner, too, who is not root everywhere
		t.Fatal(err)
	}
	c := exec.Command(program, "--socket", path, "cluster", "show")
	if os.Geteuid() == 0 {
		const nobody = 65534
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	if out, err := c.CombinedOutput(); c.ProcessState.ExitCode() != 1 || !strings.Contains(string(out), "permission denied") {
		t.Errorf("%v, %s", err, out)
	}
}

// TestCompletion proves that each shell has its script, and that bash understands it and is given what fits.
func TestCompletion(t *testing.T) {
	for shell := range scripts {
		if out, _, code := call("completion", shell); code != 0 || !strings.Contains(out, completeWord) {
			t.Errorf("%s: code %d, %q", shell, code, out)
		}
	}
	if _, errs, code := call("completion", "none"); code != 1 || errs == "" {
		t.Errorf("an unknown shell: code %d, %q", code, errs)
	}
	bin := t.TempDir()
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for line, want := range map[string]string{
		"vmq-admin sess":                     "session",
		"vmq-admin session disconnect cl":    "client-id=|clients",
		"vmq-admin cluster show --format=j":  "json",
		"vmq-admin api-key create scope=":    "|api2|health|httppub|metrics|mgmt|status",
		"vmq-admin log level level=emergenc": "emergency",
	} {
		script := scripts["bash"] + fmt.Sprintf("compopt() { :; }\nCOMP_LINE=%q COMP_POINT=%d\n_vmq_admin\nIFS='|'; echo \"${COMPREPLY[*]}\"\n", line, len(line))
		bash := exec.Command("bash", "-c", script)
		bash.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
		if out, err := bash.CombinedOutput(); err != nil || strings.TrimSpace(string(out)) != want {
			t.Errorf("%s: %s, %v; want %s", line, out, err, want)
		}
	}
}
