package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/vernemq/vmq/internal/deps"
)

// pack makes a package of the given kind and returns its file.
func pack(t *testing.T, kind string) string {
	t.Helper()
	root, err := deps.Root()
	if err != nil {
		t.Fatal(err)
	}
	scripts, err := filepath.Glob(filepath.Join(root, "packaging", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(scripts, filepath.Join(root, "config", "etc", "vernemq.conf")) {
		if _, err := os.ReadFile(name); err != nil { // makes it part of the key under which go test keeps this result
			t.Fatal(err)
		}
	}
	build := exec.Command(filepath.Join(root, "packaging", "build"), kind, t.TempDir(), "9.8.7")
	build.Env = append(os.Environ(), "BUILDFLAGS=") // what other tests have compiled already
	build.Stderr = os.Stderr
	out, err := build.Output()
	if err != nil {
		t.Fatalf("%v: %v", build, err)
	}
	return strings.TrimSpace(string(out))
}

func do(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
	return string(out)
}

// isInstalled proves that both programs of a release have a manual that a reader of manuals understands, and completion for bash.
func isInstalled(t *testing.T, manuals, completion string) {
	t.Helper()
	for _, program := range []string{"vernemq", "vmq-admin"} {
		page := do(t, "gzip", "-dc", filepath.Join(manuals, program+".8.gz"))
		if !strings.HasPrefix(page, ".TH ") || !strings.Contains(page, program+` \- `) {
			t.Errorf("the manual of %s begins %.60q", program, page)
		}
		do(t, "bash", "-n", strings.ReplaceAll(completion, "PROGRAM", program))
	}
}

// serves starts and stops the broker of an unpacked release with the given script, from a directory that has nothing to do with it.
func serves(t *testing.T, h *home, script string) {
	t.Helper()
	// The file of the release is closed to anonymous clients and opens fixed ports; both do not suit a test.
	flags := []string{"-o", "listener.tcp.default=127.0.0.1:0", "-o", "listener.http.default=127.0.0.1:0", "-o", "listener.vmq.clustering=127.0.0.1:0"}
	run := func(command string) result {
		c := exec.Command(script, append([]string{command}, flags...)...)
		if command == "show" {
			c = exec.Command(filepath.Join(filepath.Dir(script), "vmq-admin"), "cluster", "show", "--format=csv")
		}
		c.Dir = t.TempDir()
		c.Env = append(os.Environ(), "VERNEMQ_HOME=")
		var errs strings.Builder
		c.Stderr = &errs
		out, _ := c.Output() // the exit code says what matters
		return result{withoutLimits(string(out)), errs.String(), c.ProcessState.ExitCode()}
	}
	t.Cleanup(func() { run("stop") })
	h.want(run("start"), "", "", 0)
	h.want(run("ping"), "pong\n", "", 0)
	h.want(run("show"), "Node,Running\r\nVerneMQ@127.0.0.1,true\r\n", "", 0)
	h.want(run("version"), "9.8.7\n", "", 0)
	h.want(run("stop"), "ok\n", "", 0)
	h.want(run("ping"), "", "Node 'VerneMQ@127.0.0.1' not responding to pings.\n", 1)
}

func TestTarball(t *testing.T) {
	h := newHome(t, "")
	do(t, "tar", "-xzf", pack(t, "tarball"), "-C", h.dir)
	serves(t, h, h.path("vernemq/bin/vernemq"))
	isInstalled(t, h.path("vernemq/share/man/man8"), h.path("vernemq/share/completions/PROGRAM.bash"))
	if text := h.read("vernemq/log/console.log"); !strings.Contains(text, "msg=ready") {
		t.Errorf("the log of the tree has %q", text)
	}
}

// TestDebianPackage unpacks the package into a directory and starts the broker from there, where only the user is missing, and installs it.
func TestDebianPackage(t *testing.T) {
	h := newHome(t, "")
	file := pack(t, "deb")
	do(t, "dpkg-deb", "-x", file, h.dir)
	do(t, "dpkg-deb", "-e", file, h.path("control"))
	if !strings.HasSuffix(file, ".deb") || !strings.Contains(do(t, "dpkg-deb", "-f", file, "Version"), "9.8.7") {
		t.Errorf("%s is not of version 9.8.7", file)
	}
	for _, script := range []string{"postinst", "prerm", "postrm"} {
		do(t, "sh", "-n", h.path("control/"+script))
	}
	if files := h.read("control/conffiles"); !strings.Contains(files, "/etc/vernemq/vernemq.conf\n") || strings.Contains(files, "development") {
		t.Errorf("conffiles are %q", files)
	}
	if unit := h.read("lib/systemd/system/vernemq.service"); !strings.Contains(unit, "Type=notify\n") {
		t.Errorf("the unit is %q", unit)
	}
	serves(t, h, h.path("usr/sbin/vernemq"))
	isInstalled(t, h.path("usr/share/man/man8"), h.path("usr/share/bash-completion/completions/PROGRAM"))
	if text := h.read("var/log/vernemq/console.log"); !strings.Contains(text, "msg=ready") {
		t.Errorf("the log of the package has %q", text)
	}
	t.Run("installed", func(t *testing.T) { installed(t, file) })
}

// installed installs, upgrades, removes and purges the package in a copy of this system: files, owners, permissions, and that a changed
// configuration stays until the purge.
func installed(t *testing.T, file string) {
	if os.Getuid() != 0 {
		t.Skip("only root can install a package")
	}
	got := do(t, "unshare", "--mount", "sh", filepath.Join("testdata", "install"), t.TempDir(), file)
	want, err := os.ReadFile(filepath.Join("testdata", "install.txt"))
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestEntryPoint runs the script of the container image with this program and a vmq-passwd that only notes what it is asked.
func TestEntryPoint(t *testing.T) {
	h := newHome(t, "")
	root, err := deps.Root()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(binary, h.path("vernemq")); err != nil {
		t.Fatal(err)
	}
	h.write("vmq-passwd", "#!/bin/sh\necho \"$@\" >> \"$VERNEMQ_HOME/asked\"\ncat >> \"$VERNEMQ_HOME/asked\"\n")
	if err := os.Chmod(h.path("vmq-passwd"), 0o755); err != nil {
		t.Fatal(err)
	}
	h.write("etc/vernemq.conf", freePort)
	script := exec.Command("sh", filepath.Join(root, "packaging", "docker-entrypoint.sh"), "-o", "listener.tcp.default=127.0.0.1:0",
		"-o", "listener.ws.default=127.0.0.1:0", "-o", "listener.vmq.clustering=127.0.0.1:0", "-o", "listener.http.metrics=127.0.0.1:0")
	script.Env = append(os.Environ(), "PATH="+h.dir+":"+os.Getenv("PATH"), "VERNEMQ_HOME="+h.dir, "DOCKER_VERNEMQ_LOG__CONSOLE=console",
		"DOCKER_VERNEMQ_USER_JOE=open sesame", "DOCKER_IP_ADDRESS=127.0.0.1")
	c := h.follow(script)
	c.until("msg=ready")
	if asked, want := h.read("asked"), h.path("etc/vmq.passwd")+" joe\nopen sesame\nopen sesame\n"; asked != want {
		t.Errorf("vmq-passwd is asked %q, want %q", asked, want)
	}
	for _, s := range []os.Signal{syscall.SIGHUP, syscall.SIGTERM} { // the first one has the broker open its logs again
		if err := script.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
	}
	if code := c.wait(); code != 143 {
		t.Errorf("exit code %d, errors %s", code, c.errs)
	}
}
