package logging

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/vernemq/vmq/config"
)

// load makes the logs of a configuration whose relative paths start at dir.
func load(t *testing.T, dir, text string) config.Log {
	t.Helper()
	file := filepath.Join(dir, "vernemq.conf")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(config.Options{File: file, Home: dir})
	if err != nil {
		t.Fatal(err)
	}
	return c.Log
}

func open(t *testing.T, c config.Log, console *bytes.Buffer) *Logs {
	t.Helper()
	var l *Logs
	var err error
	if console == nil {
		l, err = Open(c, nil)
	} else {
		l, err = Open(c, console)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

func read(t *testing.T, elems ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(elems...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// quiet switches off what a test is not about.
const quiet = "log.console = off\nlog.error = off\nlog.crash = off\n"

func TestOutputs(t *testing.T) {
	dir := t.TempDir()
	var console bytes.Buffer
	l := open(t, load(t, dir, `
log.console = both
log.console.file = sub/main.log
log.console.file.format = json
log.error.file = sub/error.log
log.crash.file = sub/crash.log
log.crash.maximum_message_size = 200
`), &console)
	log := l.Logger()
	log.Debug("hidden")
	log.Log(t.Context(), levelNotice, "noticed", "level", slog.Level(2))
	log.Error("wrong", "client", "c1")
	log.Error("a plugin panicked", stackKey, strings.Repeat("frame\n", 100))

	text := console.String()
	for _, want := range []string{"level=NOTICE msg=noticed", "level=ERROR msg=wrong client=c1"} {
		if !strings.Contains(text, want) || strings.Contains(text, "hidden") {
			t.Errorf("standard output has %q, want %q in it", text, want)
		}
	}
	var entry struct{ Time, Level, Msg string }
	lines := strings.Split(read(t, dir, "sub/main.log"), "\n")
	if err := json.Unmarshal([]byte(lines[0]), &entry); err != nil || entry.Level != "notice" || entry.Msg != "noticed" || entry.Time == "" || len(lines) != 4 {
		t.Errorf("the main log begins with %q, %v, and has %d lines", lines[0], err, len(lines))
	}
	if text := read(t, dir, "sub/error.log"); strings.Contains(text, "noticed") || strings.Count(text, "level=ERROR") != 2 {
		t.Errorf("the error log has %q", text)
	}
	text = read(t, dir, "sub/crash.log")
	if strings.Contains(text, "msg=wrong") || !strings.Contains(text, "a plugin panicked") || len(text) != 200 || !strings.HasSuffix(text, cutMark) {
		t.Errorf("the crash log has %d bytes: %q", len(text), text)
	}
	want := []Target{
		{"console", "info", "standard_io", ""},
		{"consolefile", "info", "file", filepath.Join(dir, "sub/main.log")},
		{"default", "error", "file", filepath.Join(dir, "sub/error.log")},
		{"crash", "error", "file", filepath.Join(dir, "sub/crash.log")},
	}
	for i, got := range l.Targets() {
		if got != want[i] {
			t.Errorf("target %d is %+v, want %+v", i, got, want[i])
		}
	}
	info, err := os.Stat(filepath.Join(dir, "sub/main.log"))
	if err != nil || info.Mode().Perm() != fileMode {
		t.Errorf("the main log: %v, %v; want mode %o", info, err, fileMode)
	}
}

func TestSetLevel(t *testing.T) {
	dir := t.TempDir()
	var console bytes.Buffer
	l := open(t, load(t, dir, quiet+"log.level = info\nlog.console.level = warning\n"), &console)
	said := func(level slog.Level) bool {
		console.Reset()
		l.Logger().Log(t.Context(), level, "x")
		return console.Len() > 0
	}
	for _, step := range []struct {
		level string
		least slog.Level // that is said
		most  slog.Level // that is not
	}{
		{"", slog.LevelWarn, slog.LevelInfo},
		{"info", slog.LevelInfo, slog.LevelDebug},
		{"debug", slog.LevelInfo, slog.LevelDebug}, // log.level holds
		{"all", slog.LevelInfo, slog.LevelDebug},
		{"emergency", levelEmergency, levelAlert},
		{"none", levelNone, levelEmergency},
	} {
		if step.level != "" {
			if err := l.SetLevel("console", step.level); err != nil {
				t.Fatal(err)
			}
		}
		if !said(step.least) || said(step.most) {
			t.Errorf("at level %q: %v is said %v, %v is said %v", step.level, step.least, said(step.least), step.most, said(step.most))
		}
	}
	for _, wrong := range [][2]string{{"consolefile", "info"}, {"console", "loud"}, {"", ""}} {
		if err := l.SetLevel(wrong[0], wrong[1]); err == nil {
			t.Errorf("SetLevel(%q, %q) succeeds", wrong[0], wrong[1])
		}
	}
}

func TestShort(t *testing.T) {
	var console bytes.Buffer
	l := open(t, load(t, t.TempDir(), quiet+"log.template = simple\n"), &console)
	l.Logger().With("loop", 3).WithGroup("g").Warn("two\nlines", "peer", "p q")
	l.Logger().Info("nothing more")
	want := regexp.MustCompile(`^[0-9-]+T[0-9:.]+(Z|[+-][0-9:]+) warning: two\\nlines loop=3 g\.peer="p q"\n[0-9-]+T\S+ info: nothing more\n$`)
	if !want.MatchString(console.String()) {
		t.Errorf("got %q, want %v", console.String(), want)
	}
}

// TestRotation proves that a file stays below its size, that as many old ones stay as are wanted, and that nothing is lost before.
func TestRotation(t *testing.T) {
	dir := t.TempDir()
	l := open(t, load(t, dir, quiet+`
log.console = file
log.console.file = main.log
log.console.rotation.size = 1000
log.console.rotation.keep = 5
`), nil)
	const entries = 30 // of a hundred bytes
	for i := range entries {
		l.Logger().Info(strings.Repeat("x", 40), "i", i)
	}
	files, err := filepath.Glob(filepath.Join(dir, "main*.log"))
	if err != nil || len(files) < 2 {
		t.Fatalf("files %v, %v", files, err)
	}
	for _, f := range files {
		if info, err := os.Stat(f); err != nil || info.Size() > 1000 || info.Mode().Perm() != fileMode {
			t.Errorf("%s: %v, %v; want at most 1000 bytes, mode %o", f, info, err, fileMode)
		}
	}
	if last := read(t, dir, "main.log"); !strings.HasSuffix(last, "i=29\n") {
		t.Errorf("the file ends with %q", last)
	}
}

// TestKeepNone proves that a limit without old files still is one.
func TestKeepNone(t *testing.T) {
	dir := t.TempDir()
	l := open(t, load(t, dir, quiet+"log.console = file\nlog.console.file = main.log\nlog.console.rotation.size = 1000\nlog.console.rotation.keep = 0\n"), nil)
	for range 30 {
		l.Logger().Info(strings.Repeat("x", 40))
	}
	files, err := filepath.Glob(filepath.Join(dir, "main*"))
	if err != nil || len(files) != 1 || len(read(t, files[0])) > 1000 {
		t.Errorf("files %v, %v", files, err)
	}
}

func TestReopen(t *testing.T) {
	dir := t.TempDir()
	l := open(t, load(t, dir, quiet+"log.console = file\nlog.console.file = main.log\nlog.crash = on\nlog.crash.file = crash.log\n"), nil)
	l.Logger().Info("first")
	if err := os.Rename(filepath.Join(dir, "main.log"), filepath.Join(dir, "moved.log")); err != nil {
		t.Fatal(err)
	}
	if err := l.Reopen(); err != nil {
		t.Fatal(err)
	}
	l.Logger().Info("second")
	if moved, now := read(t, dir, "moved.log"), read(t, dir, "main.log"); !strings.Contains(moved, "first") ||
		strings.Contains(moved, "second") || !strings.Contains(now, "second") {
		t.Errorf("the old file has %q, the new one %q", moved, now)
	}
}

func TestCannotOpen(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "main.log"), 0o700); err != nil {
		t.Fatal(err)
	}
	c := load(t, dir, quiet+"log.console = file\nlog.console.file = main.log\n")
	if _, err := Open(c, nil); err == nil || !strings.HasPrefix(err.Error(), "log.console.file: ") {
		t.Errorf("error %v, want one that names the key", err)
	}
}
