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
func newMosquitto(ctx context.Context, o *options, _ string) (*kind, error) {
	path, err := findBinary(o.mosquitto, "mosquitto")
	if err != nil {
		return nil, err
	}
	// It prints its version with the usage and ends with a status that means nothing.
	usage, _ := exec.CommandContext(ctx, path, "-h").CombinedOutput()
	version, _, _ := strings.Cut(string(usage), "\n")
	return &kind{
		name: "mosquitto", version: strings.TrimPrefix(strings.TrimSpace(version), "mosquitto version "),
		command: func(home string, s service) (*exec.Cmd, error) {
			conf := filepath.Join(home, "mosquitto.conf")
			return exec.Command(path, "-c", conf), os.WriteFile(conf, []byte(mosquittoConf(home, s)), 0o644)
		},
	}, nil
}

// mosquittoConf is a configuration with the rules of the other broker. set_tcp_nodelay is on because it is the rule
// there, and without it mosquitto's latency would be that of delayed acknowledgements in TCP.
func mosquittoConf(home string, s service) string {
	conf := fmt.Sprintf(`listener %d 127.0.0.1
allow_anonymous true
persistence %t
set_tcp_nodelay true
max_queued_messages %d
max_inflight_messages %d
max_connections -1
connection_messages false
log_type error
log_dest stderr
`, s.port, s.persistence, s.queue, s.inflight)
	if s.persistence {
		// Started by root it would go on as a user who may not write there. When it saves is left as Debian has it: each half hour, and
		// when it ends.
		conf += fmt.Sprintf("persistence_location %s/\nuser root\n", home)
	}
	if s.secure() {
		// Each side would choose another suite by itself.
		conf += fmt.Sprintf("certfile %s\nkeyfile %s\nciphers_tls1.3 TLS_AES_128_GCM_SHA256\n", s.certFile, s.keyFile)
	}
	if s.transport == "ws" || s.transport == "wss" {
		conf += "protocol websockets\n"
	}
	return conf
}
