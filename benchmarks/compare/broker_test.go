package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// playRole is the name of an environment variable that turns the test binary into a process for the test to start.
const playRole = "COMPARE_TEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(playRole) {
	case "broker": // listens until it is told to end
		stop := make(chan os.Signal, 1)
		signal.Notify(stop, syscall.SIGTERM)
		l, err := net.Listen("tcp", os.Args[1])
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		<-stop
		_ = l.Close()
	case "wreck": // says something and ends
		fmt.Println("no disk")
		os.Exit(3)
	default:
		os.Exit(m.Run())
	}
}

// actor is a kind whose process is this test binary in a role.
func actor(role string) *kind {
	return &kind{name: role, command: func(_ string, s service) (*exec.Cmd, error) {
		cmd := exec.Command(os.Args[0], net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)))
		cmd.Env = append(os.Environ(), playRole+"="+role)
		return cmd, nil
	}}
}

func TestBrokerStartsAndStops(t *testing.T) {
	dir := t.TempDir()
	p, err := actor("broker").start(t.Context(), dir, service{})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(p.listen.port)))
	if err != nil {
		t.Fatalf("start returned before the broker listens: %v", err)
	}
	_ = conn.Close()
	if err := p.stop(); err != nil {
		t.Error(err)
	}
	if !p.cmd.ProcessState.Success() {
		t.Errorf("the broker ended with %v", p.cmd.ProcessState)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("stop leaves %v, %v", left, err)
	}
}

// TestRestart starts another process in the same directory, at the same address.
func TestRestart(t *testing.T) {
	p, err := actor("broker").start(t.Context(), t.TempDir(), service{})
	if err != nil {
		t.Fatal(err)
	}
	first, left := p.cmd.Process.Pid, filepath.Join(p.dir, "left")
	if err := os.WriteFile(left, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if took, err := p.restart(t.Context()); err != nil || took <= 0 {
		t.Fatalf("restart took %v: %v", took, err)
	}
	if p.cmd.Process.Pid == first {
		t.Error("the process is the same")
	}
	if _, err := os.Stat(left); err != nil {
		t.Error(err)
	}
	conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(p.listen.port)))
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	if err := p.stop(); err != nil {
		t.Error(err)
	}
}

func TestBrokerThatEndsByItself(t *testing.T) {
	_, err := actor("wreck").start(t.Context(), t.TempDir(), service{})
	if err == nil || !strings.Contains(err.Error(), "no disk") || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("error %v; want how it ended and what it said", err)
	}
}

func TestBrokerThatEndsDuringTheRun(t *testing.T) {
	p, err := actor("broker").start(t.Context(), t.TempDir(), service{})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-p.done
	if err := p.stop(); err == nil || !strings.Contains(err.Error(), "signal: killed") {
		t.Errorf("stop of a broker that had ended: %v", err)
	}
}

func TestStartEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := actor("broker").start(ctx, t.TempDir(), service{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
}

func TestFindBinary(t *testing.T) {
	_, err := findBinary("", "no-such-broker-anywhere")
	if err == nil || !strings.Contains(err.Error(), "apt-get install no-such-broker-anywhere") {
		t.Errorf("error %v; want it to say how to get one", err)
	}
	given := filepath.Join(t.TempDir(), "x")
	if got, err := findBinary(given, "x"); err != nil || got != given {
		t.Errorf("findBinary(%q) = %q, %v", given, got, err)
	}
}

// TestEqualRules checks that mosquitto is told what the other broker is told.
func TestEqualRules(t *testing.T) {
	conf := mosquittoConf("home", service{port: 1999, rules: rules{queue: 123, inflight: 45}})
	for _, want := range []string{
		"listener 1999 127.0.0.1\n", "max_queued_messages 123\n", "max_inflight_messages 45\n", "persistence false\n",
	} {
		if !strings.Contains(conf, want) {
			t.Errorf("no %q in\n%s", want, conf)
		}
	}
}

// TestPersistence has mosquitto keep on disk what this broker keeps.
func TestPersistence(t *testing.T) {
	conf := mosquittoConf("home", service{rules: rules{persistence: true}})
	for _, want := range []string{"persistence true\n", "persistence_location home/\n", "user root\n"} {
		if !strings.Contains(conf, want) {
			t.Errorf("no %q in\n%s", want, conf)
		}
	}
	args := vernemqOptions(service{rules: rules{queue: 123}})
	for _, want := range []string{"max_online_messages=123", "max_offline_messages=123"} {
		if !slices.Contains(args, want) {
			t.Errorf("no %q in %q", want, args)
		}
	}
}

// TestSecureService checks that both brokers are told to speak TLS with the certificate that the load generator trusts.
func TestSecureService(t *testing.T) {
	s := service{port: 1999, transport: "tls", certFile: "c", keyFile: "k"}
	conf := mosquittoConf("home", s)
	for _, want := range []string{"listener 1999 127.0.0.1\n", "certfile c\n", "keyfile k\n", "ciphers_tls1.3 TLS_AES_128_GCM_SHA256\n"} {
		if !strings.Contains(conf, want) {
			t.Errorf("no %q in\n%s", want, conf)
		}
	}
	args := vernemqOptions(s)
	for _, want := range []string{"listener.ssl.bench=127.0.0.1:1999", "listener.ssl.bench.certfile=c", "listener.ssl.bench.keyfile=k"} {
		if !slices.Contains(args, want) {
			t.Errorf("no %q in %q", want, args)
		}
	}
}
