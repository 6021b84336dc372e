package main

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
)

// newVernemq prepares this broker, building it from the source of the module unless a binary is given.
func newVernemq(ctx context.Context, o *options, dir string) (*kind, error) {
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
		command: func(home string, s service) (*exec.Cmd, error) {
			args := []string{"console", "--home", home}
			for _, kv := range vernemqOptions(s) {
				args = append(args, "-o", kv)
			}
			return exec.Command(path, args...), nil
		},
	}, nil
}

// vernemqOptions are the keys that differ from their defaults.
func vernemqOptions(s service) []string {
	listener := "listener." + map[string]string{"": "tcp", "tls": "ssl", "ws": "ws", "wss": "wss"}[s.transport] + ".bench"
	options := []string{
		"allow_anonymous=on",
		fmt.Sprintf("%s=127.0.0.1:%d", listener, s.port),
		listener + ".allowed_protocol_versions=3,4,5",
		listener + ".max_connections=infinity",
		fmt.Sprintf("max_online_messages=%d", s.queue),
		fmt.Sprintf("max_offline_messages=%d", s.queue),
		fmt.Sprintf("max_inflight_messages=%d", s.inflight),
	}
	if s.secure() {
		options = append(options, listener+".certfile="+s.certFile, listener+".keyfile="+s.keyFile, listener+".tls_version=tlsv1.2,tlsv1.3")
	}
	return options
}

// build compiles a command of this module.
func build(ctx context.Context, pkg, to string) error {
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", to, pkg).CombinedOutput(); err != nil {
		return fmt.Errorf("go build %s: %w\n%s", pkg, err, out)
	}
	return nil
}
