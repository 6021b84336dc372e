// Package deps keeps imports pointing the way that the architecture wants.
//
// A package that must stay small says so in a test of its own, with the reason beside the rule:
//
//	func TestDeps(t *testing.T) {
//		deps.OnlyStandard(t, "codec turns bytes into packets; programs embed it without our dependencies")
//		deps.Forbid(t, "net", "codec opens no sockets")
//	}
//
// These two look at everything that the package reaches, directly or through others, in the build of the machine that
// runs the test. The arrows between the packages of the module stand in one table, in arrows_test.go; that test reads the
// import clauses of every source file instead, so it also sees files of other systems and build tags.
package deps

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// Module is the import path of this module.
const Module = "github.com/vernemq/vmq"

// Forbid fails t if the package in whose folder the test runs reaches a package that matches pattern: an import path, or
// one followed by "/..." for everything from there down. The paths of this module may be written without the module's
// own ("queue/..."). The failure carries reason and the chain of imports that leads there. Test files do not count.
func Forbid(t testing.TB, pattern, reason string) {
	t.Helper()
	g := load(t)
	for _, path := range g.reached {
		if match(pattern, path) {
			t.Errorf("%s imports %s: %s\n\t%s", short(g.root), short(path), reason, g.chain(path))
		}
	}
}

// OnlyStandard fails t if the package in whose folder the test runs reaches anything but the standard library,
// internal/invariants and what matches one of the patterns in allowed, written as for Forbid. Test files do not count.
func OnlyStandard(t testing.TB, reason string, allowed ...string) {
	t.Helper()
	allowed = append([]string{"internal/invariants"}, allowed...)
	g := load(t)
	for _, path := range g.reached {
		if path == g.root || g.packages[path].Standard {
			continue
		}
		if !slices.ContainsFunc(allowed, func(pattern string) bool { return match(pattern, path) }) {
			t.Errorf("%s imports %s: %s\n\t%s", short(g.root), short(path), reason, g.chain(path))
		}
	}
}

// graph is what one package reaches.
type graph struct {
	root     string
	reached  []string // every package that root reaches, and root itself last, in the order of go list
	packages map[string]listed
}

// listed is the part of go list's answer about one package that matters here.
type listed struct {
	ImportPath string
	Standard   bool
	Imports    []string
}

// load asks go list about the package in the current directory, which for a test is that of the package under test.
func load(t testing.TB) graph {
	t.Helper()
	out, err := exec.Command("go", "list", "-deps", "-json=ImportPath,Standard,Imports", ".").Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("go list -deps .: %v\n%s", err, exit.Stderr)
		}
		t.Fatalf("go list -deps .: %v", err)
	}
	g := graph{packages: map[string]listed{}}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return g
		} else if err != nil {
			t.Fatalf("answer of go list -deps .: %v", err)
		}
		g.packages[p.ImportPath] = p
		g.reached = append(g.reached, p.ImportPath)
		g.root = p.ImportPath // go list prints a package after everything that it imports
	}
}

// chain is a shortest way from root to path, as "a -> b -> c".
func (g graph) chain(path string) string {
	from := map[string]string{g.root: ""}
	for queue := []string{g.root}; len(queue) > 0; queue = queue[1:] {
		if queue[0] == path {
			break
		}
		for _, next := range g.packages[queue[0]].Imports {
			if _, seen := from[next]; !seen {
				from[next] = queue[0]
				queue = append(queue, next)
			}
		}
	}
	var way []string
	for at := path; at != ""; at = from[at] {
		way = append(way, short(at))
	}
	slices.Reverse(way)
	return strings.Join(way, " -> ")
}

// match tells whether an import path matches a pattern as Forbid describes it.
func match(pattern, path string) bool {
	if below, tree := strings.CutSuffix(pattern, "/..."); tree {
		return within(below, path) || within(Module+"/"+below, path)
	}
	return path == pattern || path == Module+"/"+pattern
}

// within tells whether path is root or lies below it.
func within(root, path string) bool {
	return path == root || strings.HasPrefix(path, root+"/")
}

// short is an import path as the tables here write it: without the module's own path.
func short(path string) string {
	return strings.TrimPrefix(path, Module+"/")
}
