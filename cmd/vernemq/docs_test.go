package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/vernemq/vmq/internal/deps"
)

// examples are the indented blocks of docs/operating.md.
func examples(t *testing.T) (lines []string) {
	t.Helper()
	root, err := deps.Root()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "docs", "operating.md"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if example, indented := strings.CutPrefix(line, "    "); indented {
			lines = append(lines, strings.TrimSpace(example))
		}
	}
	return lines
}

// TestOperatingSettings loads the settings of the page, from a file and from the environment.
func TestOperatingSettings(t *testing.T) {
	var file strings.Builder
	variables := 0
	for _, line := range examples(t) {
		if name, value, found := strings.Cut(line, "="); found && strings.HasPrefix(name, "DOCKER_VERNEMQ_") {
			t.Setenv(name, value)
			variables++
		}
		if regexp.MustCompile(`^[a-z_.]+ = `).MatchString(line) {
			file.WriteString(line + "\n")
		}
	}
	t.Setenv("DOCKER_IP_ADDRESS", "127.0.0.1")
	h := newHome(t, file.String())
	got := h.run("chkconfig")
	if got.code != 0 || got.errs != "" || variables < 3 || file.Len() == 0 {
		t.Errorf("%d variables and the file\n%s\ngive %+v", variables, file.String(), got)
	}
}
