package codec

import (
	"go/parser"
	"go/token"
	"os"
	"strconv"
	"strings"
	"testing"
)

// TestImports keeps the package at the bottom: anyone may take it to turn bytes into packets without taking a broker.
func TestImports(t *testing.T) {
	forbidden := map[string]string{
		"net":    "codec turns bytes into packets; it opens no sockets",
		"os":     "codec opens no files",
		"io":     "codec works on slices; whoever reads or writes calls it",
		"time":   "codec knows no clock; seconds in properties are numbers to it",
		"sync":   "codec has no state to guard",
		"unsafe": "codec reads what strangers send",
	}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	files := 0
	for _, e := range entries {
		name := e.Name()
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		files++
		for _, spec := range f.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			first, _, _ := strings.Cut(path, "/")
			if strings.Contains(first, ".") && path != "github.com/vernemq/vmq/internal/invariants" {
				t.Errorf("%s imports %s: codec stands on the standard library alone", name, path)
			}
			if why := forbidden[first]; why != "" {
				t.Errorf("%s imports %s: %s", name, path, why)
			}
		}
	}
	if files < 20 {
		t.Fatalf("only %d files looked at", files)
	}
}
