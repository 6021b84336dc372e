package conformance

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/vernemq/vmq/internal/deps"
)

// joined scans the module once for a test.
func joined(t *testing.T) (root string, table []Covered, problems []error) {
	t.Helper()
	root, err := deps.Root()
	if err != nil {
		t.Fatal(err)
	}
	found, err := Scan(root)
	if err != nil {
		t.Fatal(err)
	}
	table, problems = Join(All(), found)
	return root, table, problems
}

// TestEveryStatementIsEnforcedAndProved proves that each statement that binds a server is cited by the code that enforces it and by
// a test, on the versions it is about, and that no citation names a number that no standard has.
func TestEveryStatementIsEnforcedAndProved(t *testing.T) {
	_, table, problems := joined(t)
	for _, p := range problems {
		t.Error(p)
	}
	for i := range table {
		if c := &table[i]; c.Pending != "" {
			t.Logf("pending with %s: %s %s", c.Pending, c.Ref, c.Says)
		}
	}
}

// TestPageIsUpToDate proves that docs/conformance.md is what the tables and citations make of it.
func TestPageIsUpToDate(t *testing.T) {
	root, table, _ := joined(t)
	var want bytes.Buffer
	if err := WritePage(&want, table); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(root, "docs", "conformance.md"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want.Bytes()) {
		t.Error("docs/conformance.md is out of date: run go generate ./internal/conformance")
	}
}
