package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// seeds adds the real files and the data-driven cases.
func seeds(f *testing.F) {
	f.Helper()
	for _, name := range []string{"testdata/vernemq-2.2-default.conf", "etc/development.conf"} {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	cases, err := filepath.Glob("testdata/load/*")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range cases {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, part := range strings.Split(string(text), "-- vernemq.conf --\n")[1:] {
			body, _, _ := strings.Cut(part, "\n----")
			f.Add(body)
		}
	}
}

// FuzzParse feeds any text to the syntax: it ends, every line is an item or a problem at most once, and positions lie inside.
func FuzzParse(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, text string) {
		got := parse("f", []byte(text))
		size := 1 + strings.Count(text, "\n")
		seen := map[int]bool{}
		for _, it := range got.items {
			if it.pos.Line < 1 || it.pos.Line > size || it.pos.Column < 1 || seen[it.pos.Line] {
				t.Fatalf("%v:%d: a second item, or outside of %d lines", it.pos, it.pos.Column, size)
			}
			seen[it.pos.Line] = true
			if it.include == "" && keyLength(it.key) != len(it.key) {
				t.Fatalf("%v: key %q", it.pos, it.key)
			}
			if key := joinKey(splitKey(it.key)); key != it.key {
				t.Fatalf("%v: key %q becomes %q", it.pos, it.key, key)
			}
		}
		for _, p := range got.problems {
			if p.Pos.Line < 1 || p.Pos.Line > size || p.Pos.Column < 1 {
				t.Fatalf("%v column %d: outside of %d lines", p, p.Pos.Column, size)
			}
		}
	})
}

// FuzzLoad feeds any text as the main file, which may include itself and a second one. Whatever it is, loading ends, positions
// lie inside the text, and a configuration without problems loads again from what it says it is.
func FuzzLoad(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, text string) {
		files := memFiles{"main": text, "other": "retry_interval = $(max_online_messages)\ninclude main\n"}
		o := Options{File: "main", Home: "/h", Getenv: func(name string) (string, bool) { return name, name == "HOME" }}
		c, err := load(o, files)
		problems, _ := err.(Problems)
		size := 1 + strings.Count(text, "\n")
		for _, p := range append(problems, c.Warnings...) {
			if p.Pos.File == "main" && (p.Pos.Line < 1 || p.Pos.Line > size) {
				t.Fatalf("%v: the text has %d lines", p, size)
			}
			if strings.Contains(p.String(), "\n") {
				t.Fatalf("a problem of several lines: %q", p.String())
			}
		}
		if err != nil {
			return
		}
		var again strings.Builder
		for _, e := range c.Effective() {
			if strings.Contains(e.Value, "'''") || strings.HasPrefix(e.Value, "'") || strings.HasSuffix(e.Value, "'") || strings.Contains(e.Value, "$(") {
				return // cannot be quoted, or would be replaced
			}
			again.WriteString(e.Key + " = '''" + e.Value + "'''\n")
		}
		second, err := load(o, memFiles{"main": again.String()})
		if err != nil {
			t.Fatalf("what is in force is refused: %v", err)
		}
		if c.Session != second.Session || c.Queue != second.Queue {
			t.Fatalf("%+v became %+v", c.Session, second.Session)
		}
	})
}
