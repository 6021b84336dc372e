package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/vernemq/vmq/benchmarks"
)

// ceiling is what the part of the broker that bounds a scenario does alone.
type ceiling struct {
	Name   string    `json:"name"`
	Bench  string    `json:"bench"`
	Unit   string    `json:"unit"`
	Rounds []float64 `json:"rounds"`
	Errors []string  `json:"errors,omitempty"`
}

// round runs the benchmark once. Its test binary stays in dir for the next round.
func (c *ceiling) round(ctx context.Context, dir string, of *benchmarks.Ceiling) {
	if ctx.Err() != nil {
		return
	}
	rate, err := runBenchmark(ctx, dir, of)
	if err != nil {
		c.Errors = append(c.Errors, err.Error())
		fmt.Fprintf(os.Stderr, "  %s: %v\n", of.Name, err)
		return
	}
	c.Rounds = append(c.Rounds, rate)
	fmt.Fprintf(os.Stderr, "  %s: %.0f %s\n", of.Name, rate, of.Unit)
}

// median of the rounds.
func (c *ceiling) median() float64 { return median(append([]float64(nil), c.Rounds...)) }

// runBenchmark builds the test binary of the package, unless dir holds it, and runs the benchmark.
func runBenchmark(ctx context.Context, dir string, of *benchmarks.Ceiling) (float64, error) {
	binary := filepath.Join(dir, strings.ReplaceAll(of.Package, "/", "-")+".test")
	if _, err := os.Stat(binary); err != nil {
		if out, err := exec.CommandContext(ctx, "go", "test", "-c", "-o", binary, of.Package).CombinedOutput(); err != nil {
			return 0, fmt.Errorf("go test -c %s: %w\n%s", of.Package, err, out)
		}
	}
	out, err := exec.CommandContext(ctx, binary, "-test.run=^$", "-test.bench="+of.Bench, "-test.benchtime="+of.Time).CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("benchmark %s: %w\n%s", of.Bench, err, out)
	}
	return benchFigure(string(out), of.Unit)
}

// benchFigure finds the figure with that unit in the output of one benchmark.
func benchFigure(out, unit string) (float64, error) {
	found, value := 0, 0.0
	for line := range strings.Lines(out) {
		fields := strings.Fields(line)
		if len(fields) < 2 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		for i := 2; i+1 < len(fields); i += 2 { // after name and count, figures and their units
			if fields[i+1] != unit {
				continue
			}
			v, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				return 0, fmt.Errorf("%q in the line %q: %w", unit, line, err)
			}
			found, value = found+1, v
		}
	}
	if found != 1 {
		return 0, fmt.Errorf("%d figures in %s, where one was due:\n%s", found, unit, out)
	}
	return value, nil
}
