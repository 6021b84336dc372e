package config

import (
	"bytes"
	"fmt"
	goparser "go/parser"
	"go/token"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// loadFile loads one of the real files with its folder as home.
func loadFile(t *testing.T, name string) *Config {
	t.Helper()
	c, err := Load(Options{File: name, Home: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestFilesOfVerneMQ2Load(t *testing.T) {
	for _, name := range []string{"testdata/vernemq-2.2-default.conf", "testdata/vernemq-2.2-commented.conf"} {
		c := loadFile(t, name)
		if len(c.Listeners) != 2 || c.Listeners[0].Kind != VMQ || c.Listeners[1].Kind != HTTP {
			t.Errorf("%s: listeners %+v, want one for the cluster and one for HTTP", name, c.Listeners)
		}
		if c.Session.AllowAnonymous || c.Session.MaxInflight != 20 || c.Session.TopicMaxDepth != 10 || c.Queue.MaxOnline != 1000 {
			t.Errorf("%s: sections are %+v %+v", name, c.Session, c.Queue)
		}
		if c.Session.MaxClientIDSize != 23 {
			t.Errorf("%s: client ids of %d bytes, want the built-in 23", name, c.Session.MaxClientIDSize)
		}
		for _, w := range c.Warnings {
			if strings.Contains(w.What, "Erlang runtime") {
				t.Errorf("%s: a default of the runtime brings a warning: %v", name, w)
			}
		}
	}
}

// TestSamplesOfVerneMQ2 reads the same file with all its samples switched on; those that were never valid are known.
func TestSamplesOfVerneMQ2(t *testing.T) {
	text, err := os.ReadFile("testdata/vernemq-2.2-commented.conf")
	if err != nil {
		t.Fatal(err)
	}
	all := regexp.MustCompile(`(?m)^## `).ReplaceAllString(string(text), "")
	files := memFiles{"vernemq.conf": all, "/h/etc/vmq.acl": ""}
	for _, pem := range []string{"cacerts", "cert", "key", "cafile", "keyfile"} {
		files["/h/etc/"+pem+".pem"] = "-----BEGIN CERTIFICATE-----"
	}
	_, err = load(Options{File: "vernemq.conf", Home: "/h"}, files)
	problems, ok := err.(Problems)
	if !ok {
		t.Fatalf("got %v, want Problems", err)
	}
	for _, p := range problems {
		if !strings.Contains(p.What, "has no value") {
			t.Errorf("%v", p)
		}
	}
	if empty := len(regexp.MustCompile(`(?m)^## .* =$`).FindAllString(string(text), -1)); len(problems) != empty {
		t.Errorf("%d problems, want one for each of the %d samples without a value", len(problems), empty)
	}
}

func TestShippedFile(t *testing.T) {
	c := loadFile(t, "etc/vernemq.conf")
	if c.Session.AllowAnonymous {
		t.Error("the file that ships admits anonymous clients")
	}
	if c.Session.MaxClientIDSize < 100 {
		t.Errorf("client ids of %d bytes", c.Session.MaxClientIDSize)
	}
	mqtt := c.Listeners[0]
	if mqtt.Kind != TCP || mqtt.Addr.String() != "127.0.0.1:1883" || !bytes.Contains(mqtt.Versions, []byte{5}) {
		t.Errorf("the first listener is %+v, want MQTT 5 on 127.0.0.1:1883", mqtt)
	}
	for _, w := range c.Warnings {
		if !strings.HasPrefix(w.What, "not built yet") {
			t.Errorf("the file that ships brings a warning: %v", w)
		}
	}
}

// TestShippedSamples reads the shipped file with every sample switched on.
func TestShippedSamples(t *testing.T) {
	var b bytes.Buffer
	if err := WriteShipped(&b); err != nil {
		t.Fatal(err)
	}
	text := regexp.MustCompile(`(?m)^## `).ReplaceAllString(b.String(), "")
	files := memFiles{"vernemq.conf": text}
	for _, pem := range []string{"cacerts", "cert", "key", "cafile", "keyfile"} {
		files["/h/etc/"+pem+".pem"] = "-----BEGIN CERTIFICATE-----"
	}
	if _, err := load(Options{File: "vernemq.conf", Home: "/h"}, files); err != nil {
		t.Error(err)
	}
}

func TestDevelopmentFile(t *testing.T) {
	c := loadFile(t, "etc/development.conf")
	if !c.Session.AllowAnonymous || len(c.Listeners) != 2 {
		t.Errorf("anonymous %v, listeners %+v", c.Session.AllowAnonymous, c.Listeners)
	}
	for _, l := range c.Listeners {
		if !l.Addr.IP.IsLoopback() {
			t.Errorf("listener %s.%s is open to other machines, at %v", l.Kind, l.Name, l.Addr)
		}
	}
	if len(c.Warnings) > 0 {
		t.Errorf("warnings %v", c.Warnings)
	}
}

// TestGenerated fails when rows changed and go generate ./config was not run.
func TestGenerated(t *testing.T) {
	for path, write := range map[string]func(io.Writer) error{
		"../docs/configuration.md": WriteReference,
		"etc/vernemq.conf":         WriteShipped,
	} {
		var want bytes.Buffer
		if err := write(&want); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want.Bytes()) {
			t.Errorf("%s is stale: run go generate ./config", path)
		}
	}
}

// TestImports keeps the package at the bottom: it imports nothing else of the module, so that any program can read a
// vernemq.conf.
func TestImports(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := goparser.ParseFile(token.NewFileSet(), name, nil, goparser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, imp := range f.Imports {
			if strings.Contains(imp.Path.Value, ".") {
				t.Errorf("%s imports %s; config needs the standard library only", name, imp.Path.Value)
			}
		}
	}
}

// TestDocNamesFiles checks that the files which doc.go lists exist.
func TestDocNamesFiles(t *testing.T) {
	text, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	names := regexp.MustCompile(`\d ([a-z]+\.go)`).FindAllSubmatch(text, -1)
	if len(names) != 9 {
		t.Errorf("doc.go lists %d steps, want 9", len(names))
	}
	for _, n := range names {
		if _, err := os.Stat(string(n[1])); err != nil {
			t.Error(err)
		}
	}
}

// TestRoundTrip writes the effective configuration as a file and reads it again.
func TestRoundTrip(t *testing.T) {
	first := loadFile(t, "testdata/vernemq-2.2-default.conf")
	var b strings.Builder
	for _, e := range first.Effective() {
		fmt.Fprintf(&b, "%s = '''%s'''\n", e.Key, e.Value)
	}
	name := filepath.Join(t.TempDir(), "again.conf")
	if err := os.WriteFile(name, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	second, err := Load(Options{File: name, Home: first.Home})
	if err != nil {
		t.Fatal(err)
	}
	if first.Session != second.Session || first.Queue != second.Queue || first.Log != second.Log || first.Node.Name != second.Node.Name {
		t.Errorf("sections differ:\n%+v %+v\n%+v %+v", first.Session, first.Queue, second.Session, second.Queue)
	}
	again := map[string]string{}
	for _, e := range second.Effective() {
		again[e.Key] = e.Value
	}
	for _, e := range first.Effective() {
		if again[e.Key] != e.Value {
			t.Errorf("%s was %q and is %q", e.Key, e.Value, again[e.Key])
		}
	}
}
