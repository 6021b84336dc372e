package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/vernemq/vmq/internal/loadgen"
	"github.com/vernemq/vmq/internal/loadgen/testbroker"
)

// execute runs the command with args and returns what it printed.
func execute(t *testing.T, args ...string) (out, errs string, err error) {
	t.Helper()
	var o, e bytes.Buffer
	root := newRoot(&o, &e)
	root.SetArgs(args)
	err = root.ExecuteContext(t.Context())
	return o.String(), e.String(), err
}

// port starts a broker with faults f and returns the flag that leads to it.
func port(t *testing.T, f testbroker.Faults) string {
	t.Helper()
	return "--port=" + strconv.Itoa(testbroker.Start(t, f).Port())
}

func TestTable(t *testing.T) {
	out, _, err := execute(t, "pairs", port(t, testbroker.Faults{}), "-n", "3", "-m", "300", "--warm-up=0s", "--qos=1")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"pairs 3→3", "6 of 6", "sent", "300", "acknowledged", "latency, from due to received", "p99", "generator CPU",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}

func TestJSON(t *testing.T) {
	out, errs, err := execute(t, "fan-out", port(t, testbroker.Faults{Drop: 10}), "-s", "5", "-m", "100", "--warm-up=0s", "--drain=1s",
		"--json", "--quiet", "--broker-pid", strconv.Itoa(os.Getpid()))
	if err != nil {
		t.Fatal(err)
	}
	var r loadgen.Report
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatalf("%v in\n%s", err, out)
	}
	if r.Settings.Pattern != loadgen.FanOut || r.Messages == nil || r.Messages.Expected != 500 || r.Messages.Lost != 50 {
		t.Errorf("settings %+v, messages %+v; want fan-out with 50 of 500 lost", r.Settings, r.Messages)
	}
	if r.Broker == nil || r.Broker.MemoryAfter == 0 {
		t.Errorf("broker %+v; want the memory of the process", r.Broker)
	}
	if errs != "" {
		t.Errorf("--quiet prints %q", errs)
	}
}

func TestStrict(t *testing.T) {
	args := []string{"pairs", "-n", "2", "-m", "100", "--warm-up=0s", "--drain=1s", "--strict"}
	if _, _, err := execute(t, append(args, port(t, testbroker.Faults{}))...); err != nil {
		t.Errorf("a clean run: %v", err)
	}
	out, _, err := execute(t, append(args, port(t, testbroker.Faults{Duplicate: 10}))...)
	if !errors.Is(err, errUnclean) {
		t.Errorf("a run with duplicates: error %v, want %v", err, errUnclean)
	}
	if !strings.Contains(out, "duplicates") {
		t.Errorf("the report is missing: %q", out)
	}
}

func TestMistakesAreNamedAtOnce(t *testing.T) {
	_, _, err := execute(t, "pairs", "--payload=8", "--qos=7", "--port=0")
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{"--payload 8", "--qos 7", "--port 0"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in %q", want, err)
		}
	}
}

func TestHelpShowsExamples(t *testing.T) {
	for _, p := range append([]loadgen.Pattern{""}, loadgen.Patterns...) {
		args := []string{string(p), "--help"}
		if p == "" {
			args = args[1:]
		}
		out, _, err := execute(t, args...)
		if err != nil || !strings.Contains(out, "Examples:") || !strings.Contains(out, "vmq-bench "+string(p)) {
			t.Errorf("help of %q: %v\n%s", p, err, out)
		}
	}
}

func TestProfile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "cpu.out")
	_, _, err := execute(t, "pairs", port(t, testbroker.Faults{}), "-n", "1", "-m", "10", "--warm-up=0s", "--cpu-profile", file)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(file); err != nil || info.Size() == 0 {
		t.Errorf("profile: %v, %v", info, err)
	}
	if _, _, err := execute(t, "pairs", "--cpu-profile", filepath.Join(file, "not-a-directory")); err == nil {
		t.Error("a profile that cannot be written is no error")
	}
}
