package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vernemq/vmq/engine/plugin/passwd"
)

// desk is a folder with a password file, and what the program said.
type desk struct {
	t         *testing.T
	file      string
	out, errs string
}

func newDesk(t *testing.T, text string) *desk {
	d := &desk{t: t, file: filepath.Join(t.TempDir(), "vmq.passwd")}
	if text != "" {
		d.write(text, 0o640)
	}
	return d
}

func (d *desk) write(text string, mode fs.FileMode) {
	d.t.Helper()
	if err := os.WriteFile(d.file, []byte(text), mode); err != nil {
		d.t.Fatal(err)
	}
	if err := os.Chmod(d.file, mode); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) read() string {
	d.t.Helper()
	b, err := os.ReadFile(d.file)
	if err != nil {
		d.t.Fatal(err)
	}
	return string(b)
}

// run calls the program with that on its standard input; FILE stands for the file.
func (d *desk) run(input string, code int, args ...string) {
	d.t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		d.t.Fatal(err)
	}
	defer r.Close()
	if _, err := w.WriteString(input); err != nil {
		d.t.Fatal(err)
	}
	w.Close()
	for i, a := range args {
		if a == "FILE" {
			args[i] = d.file
		}
	}
	var out, errs strings.Builder
	if got := run(args, &terminal{in: r, out: &out, errs: &errs}); got != code {
		d.t.Errorf("%q: exit code %d, want %d; said %q and %q", args, got, code, out.String(), errs.String())
	}
	d.out, d.errs = out.String(), errs.String()
	if (code != 0) != (d.errs != "" || strings.HasPrefix(d.out, "Usage")) && !strings.HasPrefix(d.errs, "Warning") {
		d.t.Errorf("%q: exit code %d, and it said %q and %q", args, code, d.out, d.errs)
	}
	if strings.Contains(d.out+d.errs, "s3cret") {
		d.t.Errorf("%q: it shows the password: %q, %q", args, d.out, d.errs)
	}
	if _, err := os.Stat(d.file + ".tmp"); err == nil {
		d.t.Errorf("%q: the copy is left behind", args)
	}
}

// wantUsers checks the file: user=password for each line, or the line itself where it is no user's.
func (d *desk) wantUsers(want ...string) {
	d.t.Helper()
	lines := strings.Split(strings.TrimSuffix(d.read(), "\n"), "\n")
	if len(lines) != len(want) {
		d.t.Fatalf("the file is %q, want %q", lines, want)
	}
	for i, line := range lines {
		user, password, is := strings.Cut(want[i], "=")
		if !is {
			if line != want[i] {
				d.t.Errorf("line %d is %q, want %q", i+1, line, want[i])
			}
			continue
		}
		got, h, err := passwd.ParseLine(line)
		if err != nil || got != user || !h.Matches([]byte(password)) {
			d.t.Errorf("line %d is %q (%v), want user %q with password %q", i+1, line, err, user, password)
		}
	}
}

func TestUsers(t *testing.T) {
	d := newDesk(t, "")
	d.run("s3cret\ns3cret\n", 1, "FILE", "bob") // the file must exist
	d.run("s3cret\ns3cret\n", 0, "-c", "FILE", "bob")
	if d.out != "Password: \nReenter password: \n" {
		t.Errorf("it asks %q", d.out)
	}
	d.wantUsers("bob=s3cret")
	d.run("two\r\ntwo\r\n", 0, "FILE", "al")
	d.wantUsers("bob=s3cret", "al=two")
	d.run("pässwörd\npässwörd", 0, "FILE", "bob") // the last line may lack its end
	d.wantUsers("bob=pässwörd", "al=two")
	d.run("x\nx\n", 0, "--hash", "pbkdf2", "FILE", "cy")
	d.run("y\ny\n", 0, "--hash=argon2id", "FILE", "di")
	d.wantUsers("bob=pässwörd", "al=two", "cy=x", "di=y")
	d.run("", 0, "-D", "FILE", "al")
	d.wantUsers("bob=pässwörd", "cy=x", "di=y")
	before := d.read()
	d.run("", 0, "-D", "FILE", "nobody")
	if !strings.HasPrefix(d.errs, "Warning: ") || d.read() != before {
		t.Errorf("an unknown user: %q", d.errs)
	}
	d.run("s3cret\ns3cret\n", 0, "-cf", "FILE", "eve")
	if !strings.HasPrefix(d.out, "Warning: ") || strings.Count(d.out, "\n") != 3 {
		t.Errorf("overwriting says %q", d.out)
	}
	d.wantUsers("eve=s3cret")
}

// TestRefusals proves that what goes wrong changes nothing.
func TestRefusals(t *testing.T) {
	d := newDesk(t, "bob:$6$x\n")
	for _, x := range []struct {
		input string
		args  string
	}{
		{"", "FILE bob"},
		{"\n\n", "FILE bob"},
		{"s3cret", "FILE bob"},
		{"s3cret\nother\n", "FILE bob"},
		{"s3cret\nother\n", "-c FILE bob"},
		{"s3cret\ns3cret\n", "FILE a:b"},
		{"s3cret\ns3cret\n", "-c FILE a:b"},
		{"s3cret\ns3cret\n", "--hash md5 FILE bob"},
		{"s3cret\ns3cret\n", "--hash"},
		{"", ""},
		{"", "FILE"},
		{"", "-D FILE"},
		{"", "-x FILE bob"},
		{"", "-U FILE bob"},
		{"", "FILE bob -D"},
		{"", "-D -U FILE bob"},
		{"", "-D FILE.missing bob"},
		{"", "-U FILE.missing"},
		{"s3cret\ns3cret\n", "-c FILE/below bob"},
	} {
		d.run(x.input, 1, strings.Fields(strings.ReplaceAll(x.args, "FILE", d.file))...)
		if got := d.read(); got != "bob:$6$x\n" {
			t.Errorf("%q: the file is now %q", x.args, got)
		}
	}
}

// TestOtherLinesStay proves that nothing is changed but the lines of the user, all of which go.
func TestOtherLinesStay(t *testing.T) {
	d := newDesk(t, "# by hand\r\n\nbob:1\nbobby:x\nbob:2\n :y")
	d.run("new\nnew\n", 0, "FILE", "bob")
	d.wantUsers("# by hand\r", "", "bob=new", "bobby:x", " :y")
	d.run("new\nnew\n", 0, "FILE", "al")
	d.wantUsers("# by hand\r", "", "bob=new", "bobby:x", " :y", "al=new")
}

// TestUpgrade is about files of plain passwords.
func TestUpgrade(t *testing.T) {
	d := newDesk(t, "bob:s3cret\r\nal:a:b\nnothing\n\ncy:")
	d.run("", 0, "-U", "FILE")
	d.wantUsers("bob=s3cret", "al=a", "nothing", "", "cy=")
	once := d.read()
	d.run("", 0, "--hash", "argon2id", "-U", "FILE")
	if got := d.read(); got != once {
		t.Errorf("hashed lines are hashed again:\n%s", got)
	}
}

// TestFileIsReplaced proves that mode and links stay, and that a file that may not be written to is not replaced.
func TestFileIsReplaced(t *testing.T) {
	d := newDesk(t, "bob:x\n")
	d.write("bob:x\n", 0o604)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(d.file, link); err != nil {
		t.Fatal(err)
	}
	d.run("new\nnew\n", 0, link, "bob")
	d.wantUsers("bob=new")
	if info, err := os.Stat(d.file); err != nil || info.Mode() != 0o604 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("the link is now %v, %v", info.Mode(), err)
	}
	d.run("", 1, "-D", t.TempDir(), "bob")
}

func TestHelp(t *testing.T) {
	d := newDesk(t, "")
	var out, errs strings.Builder
	if code := run([]string{"--help"}, &terminal{in: os.Stdin, out: &out, errs: &errs}); code != 0 || out.String() != usage {
		d.t.Errorf("--help: code %d, %q", code, out.String())
	}
}
