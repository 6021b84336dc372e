package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// newMosquitto prepares Eclipse mosquitto as the distribution ships it.
func newMosquitto(ctx context.Context, o *options, r rules, _ string) (*kind, error) {
	path, err := findBinary(o.mosquitto, "mosquitto")
	if err != nil {
		return nil, err
	}
	// It prints its version with the usage and ends with a status that means nothing.
	usage, _ := exec.CommandContext(ctx, path, "-h").CombinedOutput()
	version, _, _ := strings.Cut(string(usage), "\n")
	return &kind{
		name: "mosquitto", version: strings.TrimPrefix(strings.TrimSpace(version), "mosquitto version "),
		command: func(home string, port int) (*exec.Cmd, error) {
			conf := filepath.Join(home, "mosquitto.conf")
			return exec.Command(path, "-c", conf), os.WriteFile(conf, []byte(mosquittoConf(port, r)), 0o644)
		},
	}, nil
}

// mosquittoConf is a configuration with the rules of the other broker. set_tcp_nodelay is on because it is the rule
// there, and without it mosquitto's latency would be that of delayed acknowledgements in TCP.
func mosquittoConf(port int, r rules) string {
	return fmt.Sprintf(`listener %d 127.0.0.1
allow_anonymous true
persistence false
set_tcp_nodelay true
max_queued_messages %d
max_inflight_messages %d
max_connections -1
connection_messages false
log_type error
log_dest stderr
`, port, r.queue, r.inflight)
}
