package lint

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// station is one line of a map in a package comment: "//   4 codec/publish.go  ParsePublish: fields alias the read buffer".
var station = regexp.MustCompile(`^//\s+(?:\d+\s+)?([\w./-]+\.go)(?:\s+(.*))?$`)

// declared picks the name that a station's text begins with, "ParsePublish" or "Loop.Flush", where a colon follows.
var declared = regexp.MustCompile(`^(?:\(?\*?(\w+)\)?\.)?(\w+):\s`)

// TestMapsTellTheTruth proves that each file which a package's doc.go places on a path exists, from the root of the module
// or beside doc.go, and declares the function or type that its line begins with. engine/doc.go is the map by which a
// newcomer follows one message; a map that lies is worse than none.
func TestMapsTellTheTruth(t *testing.T) {
	top := root(t)
	for _, f := range texts(t, "doc.go") {
		stations := 0
		for i, line := range f.lines {
			m := station.FindStringSubmatch(line)
			if m == nil {
				continue
			}
			stations++
			file := filepath.Join(top, m[1])
			if _, err := os.Stat(file); err != nil {
				file = filepath.Join(top, filepath.Dir(f.path), m[1])
				if _, err := os.Stat(file); err != nil {
					t.Errorf("%s:%d: there is no file %s", f.path, i+1, m[1])
					continue
				}
			}
			if d := declared.FindStringSubmatch(m[2]); d != nil && !declares(t, file, d[1], d[2]) {
				t.Errorf("%s:%d: %s declares no %s", f.path, i+1, m[1], strings.TrimPrefix(d[1]+"."+d[2], "."))
			}
		}
		if f.path == "engine/doc.go" && stations < 5 {
			t.Errorf("%s: %d lines of the path of a PUBLISH found, want all of it, as \"//   4 codec/publish.go  ParsePublish: …\"", f.path, stations)
		}
	}
}

// declares tells whether a file has a function, method, type, constant or variable with this name at its top level; a
// receiver, where given, must be that of the method.
func declares(t *testing.T, file, receiver, name string) bool {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	for _, decl := range parsed.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if d.Name.Name == name && (receiver == "" || receiver == receiverName(d)) {
				return true
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch s := spec.(type) {
				case *ast.TypeSpec:
					if s.Name.Name == name && receiver == "" {
						return true
					}
				case *ast.ValueSpec:
					for _, n := range s.Names {
						if n.Name == name && receiver == "" {
							return true
						}
					}
				}
			}
		}
	}
	return false
}

// receiverName is the type that a method belongs to, without its star and type parameters.
func receiverName(d *ast.FuncDecl) string {
	if d.Recv == nil || len(d.Recv.List) == 0 {
		return ""
	}
	expr := d.Recv.List[0].Type
	for {
		switch e := expr.(type) {
		case *ast.StarExpr:
			expr = e.X
		case *ast.IndexExpr:
			expr = e.X
		case *ast.IndexListExpr:
			expr = e.X
		case *ast.Ident:
			return e.Name
		default:
			return ""
		}
	}
}

// link is a Markdown link to a file of the project.
var link = regexp.MustCompile(`\]\(([^)#\s]+)(#[^)\s]*)?\)`)

// TestLinksLeadSomewhere proves that each link of README.md and of the pages below docs that points into the project does.
func TestLinksLeadSomewhere(t *testing.T) {
	top := root(t)
	for _, f := range texts(t, "*.md") {
		for i, line := range f.lines {
			for _, m := range link.FindAllStringSubmatch(line, -1) {
				if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "mailto:") {
					continue
				}
				if _, err := os.Stat(filepath.Join(top, filepath.Dir(f.path), m[1])); err != nil {
					t.Errorf("%s:%d: there is no %s", f.path, i+1, m[1])
				}
			}
		}
	}
}

// TestMakeTargets proves that each make target which a page names exists, and that each target of the Makefile has its
// sentence, which `make help` prints.
func TestMakeTargets(t *testing.T) {
	targets := map[string]bool{}
	for _, f := range texts(t, "Makefile") {
		for i, line := range f.lines {
			m := regexp.MustCompile(`^([a-z][a-z-]*):`).FindStringSubmatch(line)
			if m == nil {
				continue
			}
			targets[m[1]] = true
			if i == 0 || !strings.HasPrefix(f.lines[i-1], "## "+m[1]+": ") {
				t.Errorf("%s:%d: target %s has no line \"## %s: …\" above it", f.path, i+1, m[1], m[1])
			}
		}
	}
	for _, want := range []string{"run", "test", "check", "race", "fuzz", "bench", "compare"} {
		if !targets[want] {
			t.Errorf("the Makefile has no target %s", want)
		}
	}
	named := regexp.MustCompile("(?:`|^\\s+)make ([a-z]+)")
	for _, f := range texts(t, "*.md") {
		for i, line := range f.lines {
			for _, m := range named.FindAllStringSubmatch(line, -1) {
				if !targets[m[1]] {
					t.Errorf("%s:%d: the Makefile has no target %s", f.path, i+1, m[1])
				}
			}
		}
	}
}
