package conformance

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestTables proves that the tables hold each statement of the appendices once, in order. The sums are those of the appendices, by
// chapter; the numbers of a section go up from 1 without a gap, but for section 2.2.1 of MQTT 5.0, which begins with 2.
func TestTables(t *testing.T) {
	want := map[Standard]map[string]int{
		MQTT5:   {"1": 5, "2": 7, "3": 175, "4": 60, "6": 4},
		MQTT311: {"1": 3, "2": 9, "3": 95, "4": 26, "6": 4, "7": 4},
	}
	got := map[Standard]map[string]int{MQTT5: {}, MQTT311: {}}
	last := map[string]int{}
	for _, s := range All() {
		got[s.Standard][s.Number[:1]]++
		var sub, n int
		at := strings.LastIndex(s.Number, "-")
		name := strings.Replace(s.Number[:at], "3-8.3", "3.8.3", 1)
		if _, err := fmt.Sscanf(name, "%d.%d.%d", &n, &n, &sub); err != nil {
			t.Errorf("%s: %v", s.Ref, err)
		}
		if _, err := fmt.Sscanf(s.Number[at+1:], "%d", &n); err != nil {
			t.Errorf("%s: %v", s.Ref, err)
		}
		key := s.Standard.String() + " " + name
		if before := last[key]; n != before+1 && !(key == "MQTT 5.0 2.2.1" && n == 2) {
			t.Errorf("%s comes after number %d", s.Ref, before)
		}
		last[key] = n
		if s.Says == "" || !strings.HasSuffix(s.Says, ".") {
			t.Errorf("%s says %q, want a sentence", s.Ref, s.Says)
		}
		notes := 0
		for _, set := range []bool{len(s.SameAs) > 0, s.Moot != "", s.Pending != ""} {
			if set {
				notes++
			}
		}
		if notes > 1 || s.Standard == MQTT5 && len(s.SameAs) > 0 {
			t.Errorf("%s: same as %q, moot %q, pending %q", s.Ref, s.SameAs, s.Moot, s.Pending)
		}
	}
	for standard, chapters := range want {
		for chapter, n := range chapters {
			if got[standard][chapter] != n {
				t.Errorf("%s, chapter %s: %d statements, want %d", standard, chapter, got[standard][chapter], n)
			}
		}
		if len(got[standard]) != len(chapters) {
			t.Errorf("%s: chapters %v", standard, got[standard])
		}
	}
}

// TestScan reads a little module whose citations are known.
func TestScan(t *testing.T) {
	root := t.TempDir()
	for name, content := range map[string]string{
		"codec/rule.go": `package codec

// Check enforces [MQTT-3.3.1-4], [MQTT-3.1.2-22 v3.1.1].
func (p *Publish) Check() error {
	return nil // [MQTT-3.3.1-2]
}

var err = "MQTT-9.9.9-9"
`,
		"codec/rule_test.go": `package codec

// TestCheck proves [MQTT-3.3.1-4].
func TestCheck(t *T) {
	for _, c := range cases { run(c, V5) }
}

var cases = []row{
	{"QoS 3 [MQTT-3.3.1-2]", V311},
	{"other", V5},
}

// unused names [MQTT-1.5.4-1] for nobody.
func unused() {}
`,
		"trie/rule_test.go": "package trie\n\n// TestTopic proves [MQTT-4.7.1-1].\nfunc TestTopic(t *T) {}\n",
		"internal/x/x.go":   "package x\n\n// X is not the broker [MQTT-4.7.1-2].\nvar X int\n",
	} {
		full := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	found, err := Scan(root)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range found.Citations {
		got = append(got, fmt.Sprint(c.Ref, " ", c.File, ":", c.Line, " ", c.Name, " ", c.Test, " ", c.Versions))
	}
	want := []string{
		"[MQTT-3.1.2-22 v3.1.1] codec/rule.go:3 Publish.Check false 0",
		"[MQTT-3.3.1-4] codec/rule.go:3 Publish.Check false 0",
		"[MQTT-3.3.1-2] codec/rule.go:5 Publish.Check false 0",
		"[MQTT-3.3.1-4] codec/rule_test.go:3 TestCheck true 3", // V5 of its body, V311 of the cases it uses
		"[MQTT-3.3.1-2] codec/rule_test.go:9 TestCheck true 1", // the row's own version counts
		"[MQTT-4.7.1-1] trie/rule_test.go:3 TestTopic true 3",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if len(found.Loose) != 1 || found.Loose[0].Number != "1.5.4-1" {
		t.Errorf("citations of no test: %v", found.Loose)
	}
	_, problems := Join(nil, found)
	unknown := false
	for _, p := range problems {
		unknown = unknown || strings.Contains(p.Error(), "9.9.9-9")
	}
	if !unknown {
		t.Errorf("the number of no statement went unnoticed: %v", problems)
	}
}

// TestJoin proves that each kind of gap is noticed.
func TestJoin(t *testing.T) {
	ref := Ref{MQTT5, "3.3.1-4"}
	old := Ref{MQTT311, "3.3.1-4"}
	code := Citation{Ref: ref, File: "codec/publish.go", Name: "Check"}
	test := func(v Versions) Citation {
		return Citation{Ref: ref, File: "codec/publish_test.go", Name: "TestPublish", Test: true, Versions: v}
	}
	server := Statement{Ref: ref, Binds: Server, Says: "x."}
	with := func(change func(*Statement)) []Statement {
		s := server
		change(&s)
		return []Statement{s}
	}
	twin := Statement{Ref: old, Binds: Server, Says: "x.", SameAs: []string{ref.Number}}
	for _, tt := range []struct {
		why  string
		all  []Statement
		cite []Citation
		want int
	}{
		{"complete", []Statement{server}, []Citation{code, test(On5)}, 0},
		{"no code", []Statement{server}, []Citation{test(On5)}, 1},
		{"no test", []Statement{server}, []Citation{code}, 1},
		{"nothing", []Statement{server}, nil, 2},
		{"test on the wrong version", []Statement{server}, []Citation{code, test(On311)}, 1},
		{"of the client", with(func(s *Statement) { s.Binds = Client }), nil, 0},
		{"moot", with(func(s *Statement) { s.Moot = "x" }), nil, 0},
		{"pending", with(func(s *Statement) { s.Pending = "x" }), []Citation{code}, 0},
		{"no longer pending", with(func(s *Statement) { s.Pending = "x" }), []Citation{code, test(On5)}, 1},
		{"a deviation is shown too", with(func(s *Statement) { s.Deviation = "x" }), nil, 2},
		{"the same on both", []Statement{server, twin}, []Citation{code, test(On5 | On311)}, 0},
		{"the same on one", []Statement{server, twin}, []Citation{code, test(On5)}, 1},
		{"the same as nothing", []Statement{twin}, nil, 1},
	} {
		if _, problems := Join(tt.all, &Scanned{Citations: tt.cite}); len(problems) != tt.want {
			t.Errorf("%s: %d problems %v, want %d", tt.why, len(problems), problems, tt.want)
		}
	}
}
