package crash

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/vernemq/vmq/internal/ports"
)

// broker is the program, which is started again on the same directory and port after each kill.
type broker struct {
	t       *testing.T
	program string
	args    []string
	env     []string // besides that of the test
	home    string
	dir     string // where it runs; empty: where the test does
	addr    string
	cmd     *exec.Cmd
	output  output // of the present process

	mu struct {
		sync.Mutex
		up chan struct{} // closed while the broker serves
	}
}

// output collects what a process says on both of its outputs, which are read side by side.
type output struct {
	mu struct {
		sync.Mutex
		text strings.Builder
	}
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.mu.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.mu.text.String()
}

func (o *output) Reset() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.mu.text.Reset()
}

// program is the broker, built once.
var program string

func TestMain(m *testing.M) {
	if os.Getenv(hookedEnv) != "" {
		runHooked()
		return
	}
	os.Exit(buildAndRun(m))
}

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "crash")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	program = filepath.Join(dir, "vernemq")
	build := exec.Command("go", "build", "-o", program, "github.com/vernemq/vmq/cmd/vernemq")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%v: %v\n%s", build, err, out)
		return 1
	}
	return m.Run()
}

// newBroker prepares a broker with those lines in its configuration and does not start it. Its queues have no limits, unless the lines
// say so.
func newBroker(t *testing.T, lines ...string) *broker {
	t.Helper()
	// The path of a socket must be short, and that of t.TempDir holds the name of the test.
	home, err := os.MkdirTemp("", "vmq")
	if err != nil {
		t.Fatal(err)
	}
	b := &broker{t: t, home: home, program: program, addr: ports.Free(t, 1)[0].String(), args: []string{"console", "-noinput", "--home", home}}
	conf := fmt.Sprintf("allow_anonymous = on\nlistener.tcp.default = %s\nlistener.tcp.allowed_protocol_versions = 3,4,5\nmax_offline_messages = -1\n"+
		"max_online_messages = -1\nretry_interval = 0\nsystree_enabled = off\n%s\n", b.addr, strings.Join(lines, "\n"))
	if err := os.MkdirAll(filepath.Join(b.home, "etc"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(b.home, "etc", "vernemq.conf"), []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	b.mu.up = make(chan struct{})
	t.Cleanup(func() {
		if b.cmd != nil {
			b.kill()
		}
		os.RemoveAll(home)
	})
	return b
}

// launch starts the process and returns what it says.
func (b *broker) launch(args ...string) *bufio.Scanner {
	b.t.Helper()
	b.cmd = exec.Command(b.program, append(b.args[:len(b.args):len(b.args)], args...)...)
	b.cmd.Dir = b.dir
	b.cmd.Env = append(os.Environ(), b.env...)
	out, err := b.cmd.StdoutPipe()
	if err != nil {
		b.t.Fatal(err)
	}
	b.output.Reset()
	b.cmd.Stderr = &b.output
	if err := b.cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	return bufio.NewScanner(out)
}

// start returns when the listeners are open.
func (b *broker) start(args ...string) {
	b.t.Helper()
	lines := b.launch(args...)
	ready := false
	for !ready && lines.Scan() {
		fmt.Fprintln(&b.output, lines.Text())
		ready = strings.Contains(lines.Text(), "msg=ready") || strings.Contains(lines.Text(), " ready ")
	}
	if !ready {
		_ = b.cmd.Wait()
		b.t.Fatalf("the broker did not start:\n%s", b.output.String())
	}
	go drain(lines)
	b.mu.Lock()
	close(b.mu.up)
	b.mu.Unlock()
}

// ask runs a command of operators in the broker and returns its answer.
func (b *broker) ask(command string) string {
	c := exec.Command(program, "attach", "--home", b.home)
	c.Stdin = strings.NewReader(command + "\n")
	out, err := c.CombinedOutput()
	return fmt.Sprintf("%s\n%v", out, err)
}

// drain reads what a process says, so that it never waits for somebody to do that.
func drain(lines *bufio.Scanner) {
	for lines.Scan() {
	}
}

// again kills the process and starts another one.
func (b *broker) again() {
	b.t.Helper()
	b.kill()
	b.start()
}

// killStarting starts a process and kills it while it starts, or soon after.
func (b *broker) killStarting(after time.Duration) {
	b.t.Helper()
	lines := b.launch()
	read := make(chan struct{})
	go func() {
		defer close(read)
		drain(lines)
	}()
	<-time.After(after)
	_ = b.cmd.Process.Kill()
	<-read
	_ = b.cmd.Wait()
	b.cmd = nil
}

// killStopping tells the process to end and kills it while it does, unless it is faster.
func (b *broker) killStopping(after time.Duration) {
	b.t.Helper()
	if err := b.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		b.t.Fatal(err)
	}
	<-time.After(after)
	b.kill()
}

// kill ends the process as the kernel does it.
func (b *broker) kill() {
	b.mu.Lock()
	b.mu.up = make(chan struct{})
	b.mu.Unlock()
	_ = b.cmd.Process.Kill()
	_ = b.cmd.Wait() // it says that the process was killed
	b.cmd = nil
}

// dial connects when the broker serves; nil when ctx is done.
func (b *broker) dial(ctx context.Context) net.Conn {
	for ctx.Err() == nil {
		b.mu.Lock()
		up := b.mu.up
		b.mu.Unlock()
		select {
		case <-up:
		case <-ctx.Done():
			return nil
		}
		var d net.Dialer
		if c, err := d.DialContext(ctx, "tcp", b.addr); err == nil {
			return c
		}
	}
	return nil
}
