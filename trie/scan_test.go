package trie

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
)

// TestScan runs testdata/scan: "set" and "delete" take a topic a line, "scan" a filter a line.
func TestScan(t *testing.T) {
	datadriven.Walk(t, "testdata/scan", func(t *testing.T, path string) {
		topics := NewTopics[string]()
		m := topics.Mount("")
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			var out strings.Builder
			for line := range strings.Lines(d.Input) {
				line = strings.TrimSuffix(line, "\n")
				switch d.Cmd {
				case "set":
					m.Set(line, line)
				case "delete":
					_, existed := m.Delete(line)
					fmt.Fprintf(&out, "%s: %v\n", line, existed)
				case "scan":
					got := scanAll(t, m, line, 3)
					if all := scanAll(t, m, line, 0); !maps.Equal(got, all) {
						t.Errorf("Scan(%q): in pages %v, at once %v", line, got, all)
					}
					fmt.Fprintf(&out, "%s: %s\n", line, strings.Join(slices.Sorted(maps.Keys(got)), " "))
				default:
					d.Fatalf(t, "unknown command %s", d.Cmd)
				}
			}
			if d.Cmd == "set" {
				fmt.Fprintf(&out, "%d topics\n", m.Len())
			}
			return out.String()
		})
	})
}

// TestScanIsBounded scans for what hardly any of many topics matches: a page must not look at all of them.
func TestScanIsBounded(t *testing.T) {
	m := NewTopics[int]().Mount("")
	for i := range 8000 {
		m.Set(fmt.Sprintf("a/%d/b", i), i)
	}
	m.Set("a/7/c", 7)
	pages, found := 0, 0
	var cursor Cursor
	for done := false; !done; pages++ {
		cursor, done = m.Scan("a/+/c", cursor, 10, func(string, int) bool { found++; return true })
	}
	if found != 1 || pages < 8000/(scanSlack+80) || pages > 3*8000/scanSlack {
		t.Fatalf("%d topics on %d pages", found, pages)
	}
	// What lies below one level only is passed over without a look.
	for i := range 8000 {
		m.Set(fmt.Sprintf("b/x/%d", i), i)
	}
	if _, done := m.Scan("b/+", Cursor{}, 10, func(string, int) bool { return true }); !done {
		t.Fatal("b/+ walked through b/x/…")
	}
}

func TestScanStops(t *testing.T) {
	m := NewTopics[int]().Mount("")
	for i := range 10 {
		m.Set(fmt.Sprintf("a/%d", i), i)
	}
	var got []string
	next, done := m.Scan("a/+", Cursor{}, 0, func(topic string, _ int) bool { got = append(got, topic); return len(got) < 4 })
	if done || len(got) != 4 {
		t.Fatalf("stopped at %q, done %v", got, done)
	}
	_, done = m.Scan("a/+", next, 0, func(topic string, _ int) bool { got = append(got, topic); return true })
	slices.Sort(got)
	if !done || len(got) != 10 || len(slices.Compact(got)) != 10 {
		t.Fatalf("after going on: %q, done %v", got, done)
	}
}

// TestScanCallsBack changes the Topics from within yield.
func TestScanCallsBack(t *testing.T) {
	m := NewTopics[int]().Mount("")
	for i := range 1000 {
		m.Set(fmt.Sprintf("a/%03d", i), i)
	}
	n := 0
	m.Scan("a/#", Cursor{}, 0, func(topic string, v int) bool {
		n++
		m.Delete(topic)
		m.Set(fmt.Sprintf("A/%03d", v), v)
		return true
	})
	if n != 1000 || m.Len() != 1000 || len(scanAll(t, m, "A/+", 7)) != 1000 {
		t.Fatalf("%d seen, %d left", n, m.Len())
	}
}

func TestCompareIsLevelByLevel(t *testing.T) {
	sorted := []string{"", "/", "//", "/a", "\x00", "!", "$", "a", "a/", "a//", "a/b", "a/b/c", "a/b\x00", "a/b!", "a/b-1/c", "a!", "a0", "b"}
	for i, a := range sorted {
		for j, b := range sorted {
			if got, want := sign(compare(a, []byte(b))), sign(i-j); got != want {
				t.Errorf("compare(%q, %q) = %d, want %d", a, b, got, want)
			}
		}
	}
}

func sign(n int) int { return min(max(n, -1), 1) }
