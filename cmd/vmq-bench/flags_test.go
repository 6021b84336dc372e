package main

import (
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/internal/loadgen"
)

// parse returns what the flags of pattern p make of args.
func parse(p loadgen.Pattern, args ...string) (flags, error) {
	f := flags{Options: loadgen.Defaults(p)}
	fs := pflag.NewFlagSet(string(p), pflag.ContinueOnError)
	fs.SetOutput(io.Discard)
	f.bind(fs)
	return f, fs.Parse(args)
}

func TestNoFlagsAreTheDefaults(t *testing.T) {
	for _, p := range loadgen.Patterns {
		f, err := parse(p)
		if err != nil {
			t.Fatal(err)
		}
		want := loadgen.Defaults(p)
		f.LocalAddrs = nil // a flag that was not given is an empty list rather than none
		if !reflect.DeepEqual(f.Options, want) {
			t.Errorf("pattern %s: %+v, want %+v", p, f.Options, want)
		}
	}
}

func TestFlagsReachTheOptions(t *testing.T) {
	f, err := parse(loadgen.Pairs, "--host", "example.org", "-p", "1999", "-V", "5", "-u", "me", "-P", "secret", "--client-id=x",
		"-t", "top", "-k", "30s", "--persistent", "-n", "7", "--ahead=6", "--qos=2", "--sub-qos=1", "-l", "128", "-r", "5000", "-w", "9",
		"--one-per-write", "--batch=4096", "--send-buffer=8192", "--warm-up=3s", "-d", "4s", "-m", "77", "--drain=5s", "--connect-rate=10",
		"--connect-window=3", "--connect-timeout=6s", "--local-addr=127.0.0.1,127.0.0.2", "--loops=1", "--broker-pid=42", "--json", "-q",
		"--strict", "--cpu-profile=file", "--wss", "--cafile=ca", "--cert=c", "--key=k", "--insecure", "--tls-version=tlsv1.3", "--ciphers=s",
		"--curves=x25519", "--ws-path=/x")
	if err != nil {
		t.Fatal(err)
	}
	want := loadgen.Options{
		Pattern: loadgen.Pairs, Host: "example.org", Port: 1999, LocalAddrs: []string{"127.0.0.1", "127.0.0.2"}, Loops: 1,
		Version: codec.V5, Username: "me", Password: "secret", ClientID: "x", Topic: "top", KeepAlive: 30 * time.Second, Persistent: true,
		Connections: 1000, Publishers: 7, Subscribers: 50, Group: "bench", ConnectRate: 10, ConnectWindow: 3,
		ConnectTimeout: 6 * time.Second, Hold: 10 * time.Second, QoS: 2, SubQoS: 1, Payload: 128, Rate: 5000, Window: 9,
		Transport: loadgen.Transport{TLS: true, WebSocket: true, CAFile: "ca", CertFile: "c", KeyFile: "k", Insecure: true, TLSVersions: "tlsv1.3",
			Ciphers: "s", Curves: "x25519", Path: "/x"},
		Ahead: 6, OnePerWrite: true, BatchBytes: 4096, SendBuffer: 8192, WarmUp: 3 * time.Second, Duration: 4 * time.Second,
		Messages: 77, Drain: 5 * time.Second, BrokerPID: 42,
	}
	if !reflect.DeepEqual(f.Options, want) {
		t.Errorf("options\n%+v, want\n%+v", f.Options, want)
	}
	if !f.json || !f.quiet || !f.strict || f.profile != "file" {
		t.Errorf("json %v, quiet %v, strict %v, profile %q", f.json, f.quiet, f.strict, f.profile)
	}
}

func TestFlagsOfHalves(t *testing.T) {
	f, err := parse(loadgen.Retain, "-s", "3", "--filter=#", "--only=deliver", "--run=7", "-m", "12")
	if err != nil {
		t.Fatal(err)
	}
	if f.Subscribers != 3 || f.Filter != "#" || f.Only != loadgen.Deliver || f.Run != 7 || f.Messages != 12 {
		t.Errorf("options %+v", f.Options)
	}
}

func TestVersionNames(t *testing.T) {
	for name, want := range map[string]codec.Version{
		"3.1": codec.V31, "3": codec.V31, "mqttv31": codec.V31, "3.1.1": codec.V311, "4": codec.V311, "mqttv311": codec.V311,
		"5": codec.V5, "5.0": codec.V5, "mqttv5": codec.V5,
	} {
		f, err := parse(loadgen.Pairs, "-V", name)
		if err != nil || f.Version != want {
			t.Errorf("-V %s: version %d, %v; want %d", name, f.Version, err, want)
		}
		if again, err := parse(loadgen.Pairs, "-V", (*version)(&f.Version).String()); err != nil || again.Version != want {
			t.Errorf("-V %s prints as %q, which is version %d, %v", name, (*version)(&f.Version).String(), again.Version, err)
		}
	}
}

func TestBadFlags(t *testing.T) {
	tests := []struct {
		pattern loadgen.Pattern
		arg     string
	}{
		{loadgen.Pairs, "--mqtt-version=6"},
		{loadgen.Pairs, "--qos=-1"},
		{loadgen.Pairs, "--duration=5"}, // a duration needs a unit
		{loadgen.Pairs, "--connections=5"},
		{loadgen.Pairs, "--subscribers=5"},
		{loadgen.Shared, "--ahead=1"},
		{loadgen.FanOut, "--group=x"},
		{loadgen.Pairs, "--only=store"},
		{loadgen.Queue, "--filter=#"},
		{loadgen.Queue, "--subscribers=5"},
		{loadgen.Retain, "--warm-up=1s"},
		{loadgen.Connect, "--qos=1"},
		{loadgen.Connect, "--wss=maybe"},
	}
	for _, tt := range tests {
		if _, err := parse(tt.pattern, tt.arg); err == nil {
			t.Errorf("%s %s is accepted", tt.pattern, tt.arg)
		} else if name, _, _ := strings.Cut(strings.TrimLeft(tt.arg, "-"), "="); !strings.Contains(err.Error(), name) {
			t.Errorf("%s %s: error %q does not name the flag", tt.pattern, tt.arg, err)
		}
	}
}
