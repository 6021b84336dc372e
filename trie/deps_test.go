package trie

import (
	"go/parser"
	"go/token"
	"os"
	"strconv"
	"strings"
	"testing"
)

// TestImports keeps the package free of all that is not the standard library: it is a data structure that others embed, and
// it must not learn what a session or a packet is.
func TestImports(t *testing.T) {
	allowed := map[string]string{
		"github.com/vernemq/vmq/internal/invariants": "the checks of debug builds",
	}
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		checked++
		parsed, err := parser.ParseFile(token.NewFileSet(), f.Name(), nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, imp := range parsed.Imports {
			path, err := strconv.Unquote(imp.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			first, _, _ := strings.Cut(path, "/")
			if _, ok := allowed[path]; !ok && (strings.Contains(first, ".") || strings.HasPrefix(path, "net")) {
				t.Errorf("%s imports %q: trie needs the standard library without net, and %v", f.Name(), path, allowed)
			}
		}
	}
	if checked == 0 {
		t.Fatal("no source file found")
	}
}

// TestMapOfFiles checks that the files that doc.go lists are those that there are.
func TestMapOfFiles(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	listed := make(map[string]bool)
	for line := range strings.Lines(string(doc)) {
		if w := strings.Fields(line); len(w) > 2 && strings.HasSuffix(w[1], ".go") {
			listed[w[1]] = true
		}
	}
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		name := f.Name()
		if strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") && name != "doc.go" && !listed[name] {
			t.Errorf("doc.go does not list %s", name)
		}
		delete(listed, name)
	}
	for name := range listed {
		t.Errorf("doc.go lists %s, which is not there", name)
	}
}
