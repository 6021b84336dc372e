package locate

import (
	"os"
	"path/filepath"
	"testing"
)

// TestConfig proves which home directory wins, and that the environment of a container counts.
func TestConfig(t *testing.T) {
	node := func(name string) (dir string) {
		t.Helper()
		dir = t.TempDir()
		if err := os.Mkdir(filepath.Join(dir, "etc"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "etc", "vernemq.conf"), []byte("nodename = "+name+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	here, env, named := node("here@host"), node("env@host"), node("named@host")
	want := func(what, dir, file string, overrides []string, name string) {
		t.Helper()
		c, err := Config(dir, file, overrides)
		if err != nil || c.Node.Name != name {
			t.Errorf("%s: %+v, %v; want the node %s", what, c, err, name)
		}
	}
	t.Setenv("VERNEMQ_HOME", "")
	t.Chdir(here)
	want("the present directory", "", "", nil, "here@host")
	t.Setenv("VERNEMQ_HOME", env)
	want("VERNEMQ_HOME", "", "", nil, "env@host")
	want("a directory", named, "", nil, "named@host")
	want("a file", "", filepath.Join(here, "etc", "vernemq.conf"), nil, "here@host")
	want("an override", named, "", []string{"nodename=over@host"}, "over@host")
	t.Setenv("DOCKER_VERNEMQ_NODENAME", "inside")
	t.Setenv("DOCKER_IP_ADDRESS", "127.0.0.1")
	want("a container", named, "", nil, "VerneMQ@inside")
}

// TestPrograms proves that the programs are where this one is.
func TestPrograms(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if program, err = filepath.EvalSymlinks(program); err != nil {
		t.Fatal(err)
	}
	if dir, err := Programs(); err != nil || dir != filepath.Dir(program) {
		t.Errorf("%q, %v; want that of %s", dir, err, program)
	}
}
