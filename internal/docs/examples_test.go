package docs

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/vernemq/vmq/internal/deps"
)

// pages are README.md and all pages below docs.
func pages(t *testing.T, root string) []string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil || len(list) < 10 {
		t.Fatalf("pages: %v, %v", list, err)
	}
	return append(list, filepath.Join(root, "README.md"))
}

// build makes the programs that pages show.
func build(t *testing.T, root string) (bin string) {
	t.Helper()
	if _, err := deps.Sources(root); err != nil { // looking at them makes them part of the key under which go test keeps this result
		t.Fatal(err)
	}
	bin = t.TempDir()
	c := exec.Command("go", "build", "-o", bin+string(filepath.Separator), "./cmd/vernemq", "./cmd/vmq-admin")
	c.Dir = root
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return bin
}

// TestExamples runs each page with a broker of its own.
func TestExamples(t *testing.T) {
	root, err := deps.Root()
	if err != nil {
		t.Fatal(err)
	}
	bin := build(t, root)
	total := 0
	for _, file := range pages(t, root) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		examples := readExamples(string(text))
		total += len(examples)
		if len(examples) > 0 {
			t.Run(filepath.Base(file), func(t *testing.T) {
				s := newScene(t, bin)
				for _, e := range examples {
					s.play(e)
				}
			})
		}
	}
	const shown = 70 // there were more when this was written
	if total < shown {
		t.Errorf("%d command lines found", total)
	}
}

// TestEveryCommandIsShown proves that each command of vmq-admin that its help lists stands on a page.
func TestEveryCommandIsShown(t *testing.T) {
	root, err := deps.Root()
	if err != nil {
		t.Fatal(err)
	}
	bin := build(t, root)
	var all strings.Builder
	for _, file := range pages(t, root) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	help := func(words ...string) (below []string) {
		c := exec.Command(filepath.Join(bin, "vmq-admin"), append(words, "--help")...)
		out, _ := c.Output() // help on a group ends with 1
		for _, m := range regexp.MustCompile(`(?m)^    (\S+(?: \S+)*)  +\S`).FindAllStringSubmatch(string(out), -1) {
			below = append(below, m[1])
		}
		return below
	}
	groups := help()
	if len(groups) < 10 {
		t.Fatalf("groups %q", groups)
	}
	for _, group := range groups {
		for _, command := range help(group) {
			if line := "vmq-admin " + group + " " + command; !strings.Contains(all.String(), line) {
				t.Errorf("no page shows %s", line)
			}
		}
	}
}
