package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/internal/ports"
)

// broker is one that runs in the background, with the programs that talk to it.
type broker struct {
	bin, home string
	port      int
	pid       int
}

// startBroker builds the programs and starts vernemq, with its store, in a directory below dir.
func startBroker(ctx context.Context, dir string) (*broker, error) {
	b := &broker{bin: filepath.Join(dir, "bin"), home: dir}
	build := exec.CommandContext(ctx, "go", "build", "-o", b.bin+string(filepath.Separator),
		"github.com/vernemq/vmq/cmd/vernemq", "github.com/vernemq/vmq/cmd/vmq-admin", "github.com/vernemq/vmq/cmd/vmq-bench")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("go build: %w\n%s", err, out)
	}
	addrs, _, err := ports.Reserve(1) // until this program ends
	if err != nil {
		return nil, err
	}
	b.port = int(addrs[0].Port())
	conf := fmt.Sprintf("allow_anonymous = on\nlistener.tcp.bench = 127.0.0.1:%d\nlistener.tcp.fill = local:%s:0\n", b.port, b.socket())
	if err := os.MkdirAll(filepath.Join(b.home, "etc"), 0o755); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(b.home, "etc", "vernemq.conf"), []byte(conf), 0o644); err != nil {
		return nil, err
	}
	if _, err := b.run(ctx, "vernemq", "start"); err != nil {
		return nil, err
	}
	pid, err := b.run(ctx, "vernemq", "getpid")
	if err != nil {
		return nil, err
	}
	b.pid, err = strconv.Atoi(string(bytes.TrimSpace(pid)))
	return b, err
}

// socket is where sessions are made: a unix socket leaves no port behind that has to wait before it is used again.
func (b *broker) socket() string { return filepath.Join(b.home, "fill") }

func (b *broker) command(ctx context.Context, program string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, filepath.Join(b.bin, program), args...)
	c.Env = append(os.Environ(), "VERNEMQ_HOME="+b.home)
	return c
}

// run executes a program and returns what it prints.
func (b *broker) run(ctx context.Context, program string, args ...string) ([]byte, error) {
	c := b.command(ctx, program, args...)
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	if err := c.Run(); err != nil {
		return nil, fmt.Errorf("%s %v: %w\n%s", program, args, err, errs.Bytes())
	}
	return out.Bytes(), nil
}

func (b *broker) stop() error {
	_, err := b.run(context.Background(), "vernemq", "stop")
	return err
}

// fill makes n clients known that have a session and no connection.
func (b *broker) fill(ctx context.Context, n int) error {
	const atOnce = 100
	var next atomic.Int64
	var workers sync.WaitGroup
	errs := make([]error, atOnce)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for w := range errs {
		workers.Go(func() {
			for i := int(next.Add(1)); i <= n && ctx.Err() == nil; i = int(next.Add(1)) {
				if errs[w] = visit(ctx, b.socket(), fmt.Sprintf("sensor-%07d", i)); errs[w] != nil {
					cancel()
				}
			}
		})
	}
	workers.Wait()
	return errors.Join(append(errs, context.Cause(ctx))...)
}

// visit connects a client with a session that stays, and leaves.
func visit(ctx context.Context, socket, id string) error {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", socket)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.Write(codec.AppendConnect(nil, &codec.Connect{Version: codec.V311, ClientID: []byte(id)})); err != nil {
		return err
	}
	const connackLength = 4
	var answer [connackLength]byte
	if _, err := io.ReadFull(conn, answer[:]); err != nil {
		return err
	}
	if code := answer[connackLength-1]; code != 0 {
		return fmt.Errorf("CONNACK with code %d", code)
	}
	return nil
}
