package main

import (
	"testing"

	"github.com/vernemq/vmq/benchmarks"
)

// TestCeiling runs the benchmarks that scenarios name, as short as they can be.
func TestCeiling(t *testing.T) {
	found := 0
	for _, s := range benchmarks.All {
		if s.Ceiling == nil {
			continue
		}
		found++
		of := *s.Ceiling
		of.Time = "1x"
		if rate, err := runBenchmark(t.Context(), t.TempDir(), &of); err != nil || rate <= 0 {
			t.Errorf("%s: %g %s, %v", s.Name, rate, of.Unit, err)
		}
	}
	if found == 0 {
		t.Error("no scenario has a ceiling")
	}
}

func TestBenchFigure(t *testing.T) {
	const line = "BenchmarkX/size=1-2 \t 200 \t 811.8 ns/op \t 1231768 entries/s \t 0 B/op\n"
	if got, err := benchFigure("goos: linux\n"+line+"PASS\n", "entries/s"); err != nil || got != 1231768 {
		t.Errorf("%g, %v", got, err)
	}
	for name, out := range map[string]string{
		"none": "PASS\n", "two": line + line, "another unit": "BenchmarkX 200 811.8 ns/op\n", "no number": "BenchmarkX 200 many entries/s\n",
	} {
		if got, err := benchFigure(out, "entries/s"); err == nil {
			t.Errorf("%s: %g", name, got)
		}
	}
}
