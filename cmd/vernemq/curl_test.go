package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vernemq/vmq/engine/admin"
	"github.com/vernemq/vmq/internal/control"
	"github.com/vernemq/vmq/internal/deps"
)

// admin runs a command of vmq-admin and returns what it prints.
func (h *home) admin(args ...string) string {
	h.t.Helper()
	var out strings.Builder
	if _, err := control.Call(h.t.Context(), h.path("data/vernemq.sock"), append([]string{admin.Verb, admin.Pipe}, args...), &out, io.Discard); err != nil {
		h.t.Fatal(err)
	}
	return out.String()
}

// curl runs a line of shell in the home, and returns the status and the body.
func (h *home) curl(line string) (status, body string) {
	h.t.Helper()
	if _, err := exec.LookPath("curl"); err != nil {
		h.t.Fatalf("%v: install the package curl (make tools does)", err)
	}
	cmd := exec.Command("sh", "-c", line+` -sS -w '\n%{http_code}'`)
	cmd.Dir = h.dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		h.t.Fatalf("%s: %v: %s", line, err, out)
	}
	text := strings.TrimRight(string(out), "\n")
	i := strings.LastIndexByte(text, '\n')
	return text[i+1:], text[:max(i, 0)]
}

// curlExamples are the curl commands of a page of docs, each on one line.
func curlExamples(t *testing.T, page string) (lines []string) {
	t.Helper()
	root, err := deps.Root()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "docs", page))
	if err != nil {
		t.Fatal(err)
	}
	joined := strings.ReplaceAll(string(text), "\\\n", " ")
	for line := range strings.Lines(joined) {
		if strings.HasPrefix(line, "    curl ") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}
