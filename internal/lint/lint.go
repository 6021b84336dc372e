// Package lint keeps the project's own rules, those that no tool knows, as ordinary tests: what a source text must not
// contain, what every package and command has, and that documents name only things that exist. Each rule is a test with
// its reason; a failure names file, line and text.
package lint

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/vernemq/vmq/internal/deps"
)

// text is one text file of the project.
type text struct {
	path  string // from the root of the module, with slashes
	lines []string
}

// root is the folder of the module.
func root(t testing.TB) string {
	t.Helper()
	dir, err := deps.Root()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// texts reads every text file of the project whose name matches one of the patterns, as path.Match has them for the last
// element of the path; without patterns all. Sums, locks and fuzz corpora are left out: no person wrote them.
func texts(t testing.TB, patterns ...string) []text {
	t.Helper()
	top := root(t)
	var all []text
	err := deps.Walk(top, func(path string) error {
		base := filepath.Base(path)
		if base == "go.sum" || base == "package-lock.json" || strings.Contains(path, "testdata/fuzz/") || !named(base, patterns) {
			return nil
		}
		content, err := os.ReadFile(filepath.Join(top, path))
		if err != nil {
			return err
		}
		if bytes.IndexByte(content, 0) >= 0 {
			return nil
		}
		all = append(all, text{path, strings.Split(string(content), "\n")})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Fatalf("no file of the project matches %q", patterns)
	}
	return all
}

// named tells whether base matches one of the patterns, or there is none.
func named(base string, patterns []string) bool {
	for _, pattern := range patterns {
		if ok, _ := filepath.Match(pattern, base); ok {
			return true
		}
	}
	return len(patterns) == 0
}

// forbid fails t for each line of files that matches the expression. Lines of this package are left out where they spell
// the expressions themselves.
func forbid(t testing.TB, files []text, expression, reason string) {
	t.Helper()
	re := regexp.MustCompile(expression)
	for _, f := range files {
		if strings.HasPrefix(f.path, "internal/lint/") {
			continue
		}
		for i, line := range f.lines {
			if found := re.FindString(line); found != "" {
				t.Errorf("%s:%d: %q: %s", f.path, i+1, found, reason)
			}
		}
	}
}
