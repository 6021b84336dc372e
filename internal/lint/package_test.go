package lint

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/vernemq/vmq/internal/deps"
)

// TestPackageComments proves that every package says what it is, in one place: "Package name …", or for a command
// anything that go doc can print.
func TestPackageComments(t *testing.T) {
	top := root(t)
	comments := map[string][]string{} // package folder to the files with a package comment
	names := map[string]string{}
	for _, f := range goFiles(t, top) {
		if f.Test {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(top, f.Path), nil, parser.ParseComments|parser.PackageClauseOnly)
		if err != nil {
			t.Fatal(err)
		}
		names[f.Package] = parsed.Name.Name
		if parsed.Doc == nil || buildTagged(parsed) && len(comments[f.Package]) > 0 {
			continue
		}
		comments[f.Package] = append(comments[f.Package], f.Path)
		if want := "Package " + parsed.Name.Name + " "; parsed.Name.Name != "main" && !strings.HasPrefix(parsed.Doc.Text(), want) {
			t.Errorf("%s: its package comment begins with %.40q, want %q", f.Path, parsed.Doc.Text(), want)
		}
	}
	for pkg, name := range names {
		switch files := comments[pkg]; len(files) {
		case 0:
			t.Errorf("package %s (%s) has no package comment", name, pkg)
		case 1:
		default:
			t.Errorf("package %s has %d package comments, in %s: keep one", pkg, len(files), strings.Join(files, ", "))
		}
	}
}

// TestFileNames proves that no file is named after nothing: such a name collects what belongs elsewhere.
func TestFileNames(t *testing.T) {
	empty := []string{"util", "utils", "helper", "helpers", "common", "misc", "manager", "types", "base", "stuff"}
	for _, f := range goFiles(t, root(t)) {
		if slices.Contains(empty, strings.TrimSuffix(path.Base(f.Path), ".go")) {
			t.Errorf("%s: name the file after the concept that lives there", f.Path)
		}
	}
}

func goFiles(t *testing.T, top string) []deps.File {
	t.Helper()
	files, err := deps.Sources(top)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// buildTagged tells whether a file is one of several variants: each variant may carry the comment, go doc shows one.
func buildTagged(f *ast.File) bool {
	for _, group := range f.Comments {
		for _, c := range group.List {
			if c.Pos() < f.Package && strings.HasPrefix(c.Text, "//go:build ") {
				return true
			}
		}
	}
	return false
}
