package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/vernemq/vmq/internal/ports"
)

// kind is a broker that can be measured.
type kind struct {
	name    string
	version string
	// command makes the command line of a broker that listens on 127.0.0.1 as s says and takes anonymous clients of all
	// versions. It may write files to dir.
	command func(dir string, s service) (*exec.Cmd, error)
}

// service is what a broker listens for, and the rules that it gets.
type service struct {
	rules
	port              int
	transport         string // tls, ws or wss; empty: tcp
	certFile, keyFile string // of tls and wss
}

func (s *service) secure() bool { return s.transport == "tls" || s.transport == "wss" }

// rules are what both brokers are told, so that they are measured by the same ones.
type rules struct {
	queue       int  // messages for one subscriber that does not keep up, or is away
	inflight    int  // QoS 1 and 2 messages to one subscriber without acknowledgement
	persistence bool // what must survive its end is kept on disk
}

// makers know how to prepare each kind; ctx bounds what they run for it, such as a build into dir.
var makers = map[string]func(ctx context.Context, o *options, dir string) (*kind, error){
	"vernemq":   newVernemq,
	"mosquitto": newMosquitto,
}

// brokerNames are the kinds that --a and --b may name.
func brokerNames() []string {
	names := make([]string, 0, len(makers))
	for name := range makers {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// process is a running broker.
type process struct {
	kind   *kind
	listen service
	dir    string // its own
	cmd    *exec.Cmd
	output *bytes.Buffer // both streams; read it after done only
	done   chan struct{} // closed when the process has ended
	free   func()        // gives its port back
}

// start runs a broker of kind k in a directory of its own below dir, with s but for its port, and returns when it accepts connections.
func (k *kind) start(ctx context.Context, dir string, s service) (*process, error) {
	home, err := os.MkdirTemp(dir, k.name+"-")
	if err != nil {
		return nil, err
	}
	// A broker may give up root's rights before it reads its files.
	if err := os.Chmod(home, 0o755); err != nil {
		return nil, err
	}
	addrs, free, err := ports.Reserve(1)
	if err != nil {
		return nil, err
	}
	s.port = int(addrs[0].Port())
	p := &process{kind: k, listen: s, dir: home, free: free}
	if err := p.run(ctx); err != nil {
		free()
		return nil, errors.Join(err, os.RemoveAll(home))
	}
	return p, nil
}

// run starts the process in its directory and returns when it accepts connections. After an error there is no process.
func (p *process) run(ctx context.Context) error {
	cmd, err := p.kind.command(p.dir, p.listen)
	if err != nil {
		return err
	}
	p.cmd, p.output, p.done = cmd, new(bytes.Buffer), make(chan struct{})
	cmd.Stdout, cmd.Stderr = p.output, p.output
	// A signal from the terminal is for compare, which ends the broker in order.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("%s: %w", p.kind.name, err)
	}
	go func(done chan struct{}) {
		_ = cmd.Wait() // how it ended is in cmd.ProcessState
		close(done)
	}(p.done)
	if err := p.await(ctx); err != nil {
		return fmt.Errorf("%s: %w", p.kind.name, errors.Join(err, p.end()))
	}
	return nil
}

// restart ends the process in order and starts another one in its directory. It tells how long that one took until it accepted
// connections.
func (p *process) restart(ctx context.Context) (took time.Duration, err error) {
	if err := p.end(); err != nil {
		return 0, err
	}
	began := time.Now()
	err = p.run(ctx)
	return time.Since(began), err
}

// await returns when the broker accepts connections.
func (p *process) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(p.listen.port))
	for {
		var d net.Dialer
		conn, err := d.DialContext(ctx, "tcp", address)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-p.done:
			return fmt.Errorf("ended before it listened on %s", address)
		case <-ctx.Done():
			return fmt.Errorf("does not listen on %s: %w", address, err)
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// stop ends the broker and removes its directory.
func (p *process) stop() error {
	defer p.free()
	return errors.Join(p.end(), os.RemoveAll(p.dir))
}

// end ends the broker in order, or by force when it takes too long. A broker that had ended before is an error, with
// what it said.
func (p *process) end() error {
	select {
	case <-p.done:
		return fmt.Errorf("broker ended by itself: %v\n%s", p.cmd.ProcessState, tail(p.output.Bytes()))
	default:
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-p.done:
		return nil
	case <-time.After(settle):
		err := p.cmd.Process.Kill()
		<-p.done
		return errors.Join(fmt.Errorf("broker did not end within %v of SIGTERM", settle), err)
	}
}

// tail is the end of what a broker said.
func tail(b []byte) []byte { return b[max(0, len(b)-4096):] }

// findBinary resolves where name is: as given, in PATH, or where Debian puts servers.
func findBinary(given, name string) (string, error) {
	if given != "" {
		return filepath.Abs(given)
	}
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	path := filepath.Join("/usr/sbin", name)
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("%s is neither in PATH nor in /usr/sbin: install it (Debian: apt-get install %s)", name, name)
	}
	return path, nil
}
