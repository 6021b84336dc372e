package main

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
)

// newVernemq prepares this broker, building it from the source of the module unless a binary is given.
func newVernemq(ctx context.Context, o *options, r rules, dir string) (*kind, error) {
	path := o.vernemq
	if path == "" {
		path = filepath.Join(dir, "vernemq")
		if err := build(ctx, "github.com/vernemq/vmq/cmd/vernemq", path); err != nil {
			return nil, err
		}
	}
	version, err := exec.CommandContext(ctx, path, "version").Output()
	if err != nil {
		return nil, fmt.Errorf("%s version: %w", path, err)
	}
	return &kind{
		name: "vernemq", version: strings.TrimSpace(string(version)),
		command: func(home string, port int) (*exec.Cmd, error) {
			args := []string{"console", "--home", home}
			for _, kv := range []string{
				"allow_anonymous=on",
				fmt.Sprintf("listener.tcp.bench=127.0.0.1:%d", port),
				"listener.tcp.bench.allowed_protocol_versions=3,4,5",
				"listener.tcp.bench.max_connections=infinity",
				fmt.Sprintf("max_online_messages=%d", r.queue),
				fmt.Sprintf("max_inflight_messages=%d", r.inflight),
			} {
				args = append(args, "-o", kv)
			}
			return exec.Command(path, args...), nil
		},
	}, nil
}

// build compiles a command of this module.
func build(ctx context.Context, pkg, to string) error {
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", to, pkg).CombinedOutput(); err != nil {
		return fmt.Errorf("go build %s: %w\n%s", pkg, err, out)
	}
	return nil
}
