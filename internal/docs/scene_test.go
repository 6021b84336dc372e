package docs

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/internal/ports"
)

// patience bounds the wait of a test that fails, on a busy machine.
const patience = time.Minute

// scene is a home directory with a broker that runs or not, as the example at hand needs it.
type scene struct {
	t         *testing.T
	bin, home string
	ports     map[string]string // that a page uses, and the free ones in their places
	up        bool
}

func newScene(t *testing.T, bin string) *scene {
	t.Helper()
	home, err := os.MkdirTemp("", "vmq") // short, because the path of a socket must be
	if err != nil {
		t.Fatal(err)
	}
	s := &scene{t: t, bin: bin, home: home, ports: map[string]string{}}
	if err := os.Mkdir(filepath.Join(home, "etc"), 0o700); err != nil {
		t.Fatal(err)
	}
	conf := "allow_anonymous = on\nlistener.tcp.default = 127.0.0.1:0\nlog.crash = off\n"
	for name, text := range map[string]string{"vernemq.conf": conf, "vmq.acl": "topic #\n"} {
		if err := os.WriteFile(filepath.Join(home, "etc", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		s.want(false)
		os.RemoveAll(home)
	})
	return s
}

func (s *scene) command(ctx context.Context, program string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, filepath.Join(s.bin, program), args...)
	c.Dir = s.home
	c.Env = append(os.Environ(), "VERNEMQ_HOME=")
	return c
}

// run executes a command to its end. The warning about open files, which depends on the machine, is left out.
func (s *scene) run(program string, args ...string) (out, errs string, code int) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c := s.command(ctx, program, args...)
	var o, e bytes.Buffer
	c.Stdout, c.Stderr = &o, &e
	if err := c.Run(); err != nil && c.ProcessState == nil {
		s.t.Fatalf("%s: %v", c, err)
	}
	return regexp.MustCompile(`(?m)^!!!!.*\n`).ReplaceAllString(o.String(), ""), e.String(), c.ProcessState.ExitCode()
}

// want starts or stops the broker, unless it is so already.
func (s *scene) want(up bool) {
	s.t.Helper()
	if s.up == up {
		return
	}
	verb := map[bool]string{true: "start", false: "stop"}[up]
	if out, errs, code := s.run("vernemq", verb); code != 0 {
		s.t.Errorf("vernemq %s: code %d\n%s%s", verb, code, out, errs)
	}
	s.up = up
}

// play runs one example.
func (s *scene) play(e example) {
	s.t.Helper()
	var args []string
	for _, a := range e.args {
		if port, is := strings.CutPrefix(a, "port="); is {
			a = "port=" + s.port(port)
		}
		if a == "DIR" {
			a = filepath.Join(s.home, "copy")
		}
		args = append(args, a)
	}
	var out, errs string
	code := 0
	switch line := e.program + " " + strings.Join(e.args, " "); {
	case e.program == "vernemq" && e.args[0] == "console":
		s.want(false)
		s.console(args)
		return
	case strings.HasPrefix(line, "vmq-admin trace client"):
		s.want(true)
		out, errs, code = s.trace(args)
	default:
		s.want(true) // once at least, so that there is a store to check
		s.want(e.program == "vmq-admin" || !slices.Contains([]string{"start", "check"}, e.args[0]))
		out, errs, code = s.run(e.program, args...)
		s.up = s.up && e.args[0] != "stop" || e.program == "vernemq" && e.args[0] == "start"
	}
	what := fmt.Sprintf("line %d: %s %s", e.line, e.program, strings.Join(e.args, " "))
	if code != 0 || errs != "" {
		s.t.Errorf("%s: code %d\n%s%s", what, code, out, errs)
	}
	if e.output != "" && s.plain(out) != s.plain(e.output) {
		s.t.Errorf("%s prints\n%s, and the page says\n%s", what, out, e.output)
	}
	if e.program == "vmq-admin" {
		s.check(what, args, out)
	}
}

// check looks for what a command says with exit code 0 that no example should, and whether programs can read the answer, too.
func (s *scene) check(what string, args []string, out string) {
	s.t.Helper()
	if slices.Contains([]string{"describe", "metrics", "trace", "completion"}, args[0]) {
		return // these words may stand in their answers
	}
	for _, refusal := range []string{"vmq-admin " + args[0], "Can't", "no such", "Invalid", "is missing", "error,"} {
		if strings.Contains(out, refusal) {
			s.t.Errorf("%s refuses: %s", what, out)
		}
	}
	if args[0] == "show" || slices.Contains(args, "show") {
		out, errs, code := s.run("vmq-admin", append(args, "--format=json")...)
		if code != 0 || errs != "" || !json.Valid([]byte(out)) {
			s.t.Errorf("%s in JSON: code %d\n%s%s", what, code, out, errs)
		}
	}
}

// port is a free port in place of one on a page, the same one each time.
func (s *scene) port(written string) string {
	if s.ports[written] == "" {
		s.ports[written] = fmt.Sprint(ports.Free(s.t, 1)[0].Port())
	}
	return s.ports[written]
}

// plain is an output without what differs from one run to the next: directories, times, ports of clients, and the widths that follow.
func (s *scene) plain(text string) string {
	for _, r := range []struct{ pattern, with string }{
		{regexp.QuoteMeta(filepath.Join(s.home, "log")), "/var/log/vernemq"},
		{`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`, "TIME"},
		{`127\.0\.0\.1:\d+`, "PEER"},
		{` +`, " "},
		{`-+`, "-"},
	} {
		text = regexp.MustCompile(r.pattern).ReplaceAllString(text, r.with)
	}
	return text
}

// console runs the broker in the foreground until it is ready.
func (s *scene) console(args []string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c := s.command(ctx, "vernemq", args...)
	out, err := c.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		s.t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() && !strings.Contains(lines.Text(), "msg=ready") {
	}
	if err := c.Process.Signal(os.Interrupt); err != nil {
		s.t.Error(err)
	}
	_, _ = io.Copy(io.Discard, out)
	if err := c.Wait(); err != nil {
		s.t.Errorf("%s: %v", c, err)
	}
}

// trace runs a trace while the client of the page connects, publishes and leaves, and until somebody else ends it.
func (s *scene) trace(args []string) (out, errs string, code int) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c := s.command(ctx, "vmq-admin", args...)
	var e, said bytes.Buffer
	c.Stderr = &e
	pipe, err := c.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		s.t.Fatal(err)
	}
	lines := bufio.NewScanner(pipe)
	until := func(text string) {
		for lines.Scan() {
			said.WriteString(lines.Text() + "\n")
			if strings.Contains(lines.Text(), text) {
				return
			}
		}
	}
	until("No sessions found")
	s.client("sensor-1")
	until("session ended")
	s.run("vmq-admin", "trace", "stop_all")
	until("Done.")
	_ = c.Wait() // the exit code says it
	return said.String(), e.String(), c.ProcessState.ExitCode()
}

// client connects, publishes one message and disconnects.
func (s *scene) client(id string) {
	s.t.Helper()
	out, _, _ := s.run("vmq-admin", "listener", "show", "--format=csv")
	m := regexp.MustCompile(`mqtt,running,127\.0\.0\.1,(\d+)`).FindStringSubmatch(out)
	if m == nil {
		s.t.Fatalf("no listener in %s", out)
	}
	conn, err := net.Dial("tcp", "127.0.0.1:"+m[1])
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close()
	connect := codec.AppendConnect(nil, &codec.Connect{Version: codec.V311, ClientID: []byte(id), CleanStart: true, KeepAlive: 60})
	publish := codec.AppendPublish(nil, codec.V311, &codec.Publish{Topic: []byte("house/kitchen"), Payload: []byte("21.5"), QoS: 1, PacketID: 1})
	for _, step := range []struct {
		send    []byte
		answers int
	}{{connect, 4}, {publish, 4}, {codec.AppendDisconnect(nil, codec.V311, &codec.Disconnect{}), 0}} {
		if _, err := conn.Write(step.send); err != nil {
			s.t.Fatal(err)
		}
		if _, err := io.ReadFull(conn, make([]byte, step.answers)); err != nil {
			s.t.Fatal(err)
		}
	}
}
