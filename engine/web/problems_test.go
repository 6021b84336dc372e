package web

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// TestProblems proves what of the log is remembered, and in which words.
func TestProblems(t *testing.T) {
	p := NewProblems()
	log := slog.New(p)
	log.Info("all is well")
	log.Warn("it is slow", "client", "c", "took", 3)
	log.With("listener", "http.a").WithGroup("tls").Error("it broke", "reason", "cut")
	log.Warn("it is slow", "client", "c", "took", 3)
	log.Warn("it is slow", "client", "d", "took", 3)
	log.Error("it is slow", "client", "c", "took", 3)

	var got []string
	for _, x := range p.Recent() {
		got = append(got, fmt.Sprintf("%s %d: %s (%s)", x.Level, x.Count, x.Text, x.Detail))
	}
	want := []string{
		"error 1: it is slow (client c, took 3)",
		"warning 1: it is slow (client d, took 3)",
		"warning 2: it is slow (client c, took 3)",
		"error 1: it broke (listener http.a, tls.reason cut)",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestProblemsAreBounded proves that neither many nor long ones take more than their room.
func TestProblemsAreBounded(t *testing.T) {
	p := NewProblems()
	log := slog.New(p)
	for i := range 3 * problemsMax {
		log.Warn(fmt.Sprint("number ", i), "value", strings.Repeat("ü", problemText))
	}
	got := p.Recent()
	if len(got) != problemsMax || got[0].Text != fmt.Sprint("number ", 3*problemsMax-1) {
		t.Errorf("%d problems, the last is %q", len(got), got[0].Text)
	}
	if n := len(got[0].Detail); n > problemText+len("…") || strings.Contains(got[0].Detail, "\uFFFD") {
		t.Errorf("a detail of %d bytes: %.20q…", n, got[0].Detail)
	}
}
