package lint

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestNoMachinePaths proves that nothing in the project leans on the folders of one machine.
func TestNoMachinePaths(t *testing.T) {
	forbid(t, texts(t), `(^|[\s"'=(:\x60])/(work|root|farm|home/[a-z0-9]+|Users/[A-Za-z0-9]+)/`,
		"a path of one machine; use one below the project, a temporary folder or a flag")
}

// TestNoRegistryHosts proves that no file pins the place from which modules and packages are fetched: that is the choice of
// the machine that builds.
func TestNoRegistryHosts(t *testing.T) {
	forbid(t, texts(t), `https?://(proxy|registry|deb|sum|pypi|index|npm)\.`,
		"the host of a package registry; each machine has its own")

	const lock = "internal/clients/js/package-lock.json"
	content, err := os.ReadFile(filepath.Join(root(t), lock))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(content), `"resolved"`) {
		t.Errorf("%s carries download addresses; make it with npm's omit-lockfile-registry-resolved, as .npmrc beside it says", lock)
	}
}

// TestNoUnfinishedWork proves that what is in the project is finished: work that is left has an issue, not a remark.
func TestNoUnfinishedWork(t *testing.T) {
	files := texts(t, "*.go", "*.sh", "*.py", "*.js", "*.md", "*.conf", "Makefile", "run", "tools", "fuzz")
	forbid(t, files, `\b(TODO|FIXME|XXX|HACK)\b`, "a remark about unfinished work; finish it or open an issue")
	forbid(t, files, `(?i)\bnot (yet )?implemented\b|\bunimplemented\b`, "say what happens instead, or finish it")
}

// TestNoSleepInTests proves that tests wait for events: a sleep is either too short on a busy machine or wastes time on an
// idle one. Below testing/synctest a sleep is exact and free, so files that use it may.
func TestNoSleepInTests(t *testing.T) {
	var files []text
	for _, f := range texts(t, "*_test.go") {
		if !strings.Contains(strings.Join(f.lines, "\n"), `"testing/synctest"`) {
			files = append(files, f)
		}
	}
	forbid(t, files, `\btime\.Sleep\(`, "wait for the event instead")
}

// TestSkips proves that a skipped test says why, and that none skips for want of a program: a fresh machine can install that,
// and a skip looks like a pass.
func TestSkips(t *testing.T) {
	forbid(t, texts(t, "*_test.go"), `\b[tbf]\.(SkipNow\(|Skip\(\))`, "say why, with Skip(reason)")
	var clients []text
	for _, f := range texts(t, "*_test.go") {
		if strings.HasPrefix(f.path, "internal/clients/") {
			clients = append(clients, f)
		}
	}
	forbid(t, clients, `\b[tbf]\.Skip`, "let it fail with the name of the package that is missing")
}
