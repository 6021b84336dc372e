package main

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
)

// TestMeasure runs the whole measurement, with few sessions and for a moment: what it prints are figures of each look, and commands were carried
// out where somebody looks.
func TestMeasure(t *testing.T) {
	cmd := newCommand()
	var out bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetArgs([]string{"--sessions=300", "--rounds=1", "--rate=100", "--seconds=0.5"})
	if err := cmd.ExecuteContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, l := range looks {
		commands := `[1-9]\d*`
		if i == 0 {
			commands = "0"
		}
		line := regexp.MustCompile(`(?m)^` + l.name + `(?: +\d+ +\d+\.\d\d){3} +\d+\.\d\d +` + commands + `(?: +\d+)?$`)
		if !line.MatchString(out.String()) {
			t.Errorf("no figures of %q in\n%s", l.name, out.String())
		}
	}
	if !strings.HasPrefix(out.String(), "300 sessions, 100 messages a second for 0.5 s, 1 rounds; ") {
		t.Errorf("it begins\n%s", out.String())
	}
	cmd.SetArgs([]string{"--rounds=0"})
	if err := cmd.ExecuteContext(t.Context()); err == nil {
		t.Error("no rounds at all are accepted")
	}
}

func TestMedian(t *testing.T) {
	for _, test := range []struct {
		list []float64
		want float64
	}{{[]float64{3}, 3}, {[]float64{5, 1, 3}, 3}, {[]float64{4, 1, 3, 2}, 2.5}} {
		if got := median(test.list); got != test.want {
			t.Errorf("median of %v is %v, want %v", test.list, got, test.want)
		}
	}
}
