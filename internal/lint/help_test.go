package lint

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// helpCode are commands whose --help alone has an exit code other than 0: that of VerneMQ's vmq-admin tells scripts that a sub-command is
// missing.
var helpCode = map[string]int{"vmq-admin": 1}

// TestCommandsHaveHelp proves that every command answers --help on standard output, with its own name and its exit code, 0.
func TestCommandsHaveHelp(t *testing.T) {
	top := root(t)
	texts(t, "*.go") // reading the sources makes them part of the key under which go test caches this result

	mains, err := filepath.Glob(filepath.Join(top, "cmd", "*", "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	commands := map[string]bool{}
	for _, file := range mains {
		commands[filepath.Base(filepath.Dir(file))] = true
	}
	if len(commands) == 0 {
		t.Fatal("there is no command below cmd")
	}

	bin := t.TempDir()
	build := exec.Command("go", "build", "-o", bin+string(os.PathSeparator), "./cmd/...")
	build.Dir = top
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", build, err, out)
	}
	for name := range commands {
		help := exec.Command(filepath.Join(bin, name), "--help")
		help.Dir = t.TempDir()
		out, err := help.Output()
		var failed *exec.ExitError
		if err != nil && !errors.As(err, &failed) || help.ProcessState.ExitCode() != helpCode[name] {
			t.Errorf("%s --help: %v, want exit code %d", name, err, helpCode[name])
		}
		if !strings.Contains(string(out), name) || !strings.Contains(strings.ToLower(string(out)), "usage") {
			t.Errorf("%s --help printed %q, want its usage", name, out)
		}
	}
}
