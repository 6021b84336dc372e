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
	"testing"
)

// broker is the program, which is started again on the same directory and port after each kill.
type broker struct {
	t       *testing.T
	program string
	home    string
	addr    string
	cmd     *exec.Cmd
	output  strings.Builder // of the present process

	mu struct {
		sync.Mutex
		up chan struct{} // closed while the broker serves
	}
}

func newBroker(t *testing.T) *broker {
	b := &broker{t: t, home: t.TempDir()}
	b.program = filepath.Join(b.home, "vernemq")
	build := exec.Command("go", "build", "-o", b.program, "github.com/vernemq/vmq/cmd/vernemq")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b.addr = l.Addr().String()
	l.Close()
	conf := fmt.Sprintf("allow_anonymous = on\nlistener.tcp.default = %s\nmax_offline_messages = -1\nmax_online_messages = -1\nretry_interval = 0\n"+
		"systree_enabled = off\n", b.addr)
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
	})
	return b
}

// start returns when the listeners are open.
func (b *broker) start() {
	b.t.Helper()
	b.cmd = exec.Command(b.program, "console", "-noinput", "--home", b.home)
	out, err := b.cmd.StdoutPipe()
	if err != nil {
		b.t.Fatal(err)
	}
	b.output.Reset()
	b.cmd.Stderr = &b.output
	if err := b.cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	ready := false
	lines := bufio.NewScanner(out)
	for !ready && lines.Scan() {
		fmt.Fprintln(&b.output, lines.Text())
		ready = strings.Contains(lines.Text(), "msg=ready") || strings.Contains(lines.Text(), " ready ")
	}
	if !ready {
		_ = b.cmd.Wait()
		b.t.Fatalf("the broker did not start:\n%s", b.output.String())
	}
	go func() { // so that it never waits for somebody to read its log
		for lines.Scan() {
		}
	}()
	b.mu.Lock()
	close(b.mu.up)
	b.mu.Unlock()
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
