package crash

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vernemq/vmq/codec"
)

// smallDisk is a file system in memory of a few megabytes, in a mount namespace of its own, which goes away with the process that holds
// it; so nothing is left behind, and users who are not root may have one.
type smallDisk struct {
	t      *testing.T
	holder *exec.Cmd
	where  string // mount point, inside
}

func newSmallDisk(t *testing.T, where, size string) *smallDisk {
	t.Helper()
	flags := []string{"--mount"}
	if os.Getuid() != 0 {
		flags = append(flags, "--map-root-user")
	}
	holder := exec.Command("unshare", append(flags, "sh", "-c", `mount -t tmpfs -o size="$1" none "$2" && echo mounted && cat`, "sh", size, where)...)
	in, err := holder.StdinPipe() // the holder ends when this is closed
	if err != nil {
		t.Fatal(err)
	}
	out, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	holder.Stderr = os.Stderr
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		_ = holder.Wait()
	})
	if said, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatalf("no small disk: %q, %v", said, err)
	}
	return &smallDisk{t, holder, where}
}

// enter is what makes a command run inside.
func (d *smallDisk) enter() []string {
	args := []string{"nsenter", "--target", fmt.Sprint(d.holder.Process.Pid), "--mount"}
	if os.Getuid() != 0 {
		args = append(args, "--user", "--preserve-credentials")
	}
	return args
}

// outside is the path by which everybody reaches a file on the disk.
func (d *smallDisk) outside(name string) string {
	return filepath.Join("/proc", fmt.Sprint(d.holder.Process.Pid), "root", d.where, name)
}

// fill takes all the room.
func (d *smallDisk) fill() {
	d.t.Helper()
	f, err := os.Create(d.outside("filler"))
	if err != nil {
		d.t.Fatal(err)
	}
	defer f.Close()
	for b := make([]byte, 1<<16); len(b) > 0; {
		if _, err := f.Write(b); err != nil { // and in the end byte by byte
			b = b[:len(b)/2]
		}
	}
}

func (d *smallDisk) free() {
	d.t.Helper()
	if err := os.Remove(d.outside("filler")); err != nil {
		d.t.Fatal(err)
	}
}

// on makes the broker run where the disk is.
func (d *smallDisk) on(b *broker) {
	enter := append(d.enter(), b.program)
	b.program, b.args = enter[0], append(enter[1:], b.args...)
}

// command runs a command of the program and returns what it said and its exit code.
func (b *broker) command(d *smallDisk, args ...string) (said string, code int) {
	b.t.Helper()
	line := append([]string{program}, args...)
	if d != nil {
		line = append(d.enter(), line...)
	}
	c := exec.Command(line[0], append(line[1:], "--home", b.home)...)
	out, err := c.CombinedOutput()
	if c.ProcessState == nil {
		b.t.Fatal(err)
	}
	return string(out), c.ProcessState.ExitCode()
}

// fails starts the broker, which must refuse to with an exit code of 1 and say so in those words.
func (b *broker) fails(words ...string) {
	b.t.Helper()
	lines := b.launch()
	for lines.Scan() {
		if strings.Contains(lines.Text(), "msg=ready") {
			b.t.Fatal("the broker starts")
		}
	}
	_ = b.cmd.Wait() // the exit code says what matters
	if code := b.cmd.ProcessState.ExitCode(); code != 1 {
		b.t.Errorf("exit code %d", code)
	}
	b.cmd = nil
	for _, w := range words {
		if !strings.Contains(b.output.String(), w) {
			b.t.Errorf("it says\n%s\nand not %q", b.output.String(), w)
		}
	}
}

// TestDiskFull fills the disk below a running broker: what must be stored is not acknowledged, all else is served, and when there is room
// again it goes on, without a restart. A broker does not start on a full disk, and loses nothing by that.
func TestDiskFull(t *testing.T) {
	b := newBroker(t)
	if err := os.Mkdir(filepath.Join(b.home, "data"), 0o755); err != nil {
		t.Fatal(err)
	}
	d := newSmallDisk(t, filepath.Join(b.home, "data"), "16m")
	d.on(b)
	b.start()
	s := b.connect(codec.V311, "s", persistent)
	s.subscribe(1, "a")
	s.leave()
	p, q := b.connect(codec.V311, "p"), b.connect(codec.V5, "q")
	p.send(publish("a", "before", 1, 1))
	p.want("there is room", "PUBACK id=1 code=0x00")

	d.fill()
	large := strings.Repeat("x", 100_000)
	p.send(publish("a", large, 1, 2), publish("a", "small", 1, 3))
	q.subscribe(1, "b")
	q.send(publish("b", "clean sessions", 1, 1), publish("b", "are served", 0, 0))
	got := []string{q.line(), q.line(), q.line()}
	for _, want := range []string{"PUBACK id=1 code=0x00", `PUBLISH qos=1 id=1 topic="b" payload="clean sessions"`, `PUBLISH qos=0 topic="b" payload="are served"`} {
		if !strings.Contains(strings.Join(got, "\n"), want) {
			t.Errorf("on a full disk a client gets %q, want %s among them", got, want)
		}
	}
	p.wantNothing("nothing is stored, so nothing is acknowledged")
	if said, code := b.command(d, "ping"); code != 0 || said != "pong\n" {
		t.Errorf("ping: %q, %d", said, code)
	}
	copied := filepath.Join(b.home, "copy")
	if said, code := b.command(d, "backup", copied); code != 1 || !strings.Contains(said, "no space left") {
		t.Errorf("backup while the disk fails: %q, %d", said, code)
	}
	if _, err := os.Stat(copied); !os.IsNotExist(err) {
		t.Errorf("a backup that failed is left behind: %v", err)
	}
	d.free()
	p.want("there is room again", "PUBACK id=2 code=0x00", "PUBACK id=3 code=0x00")

	d.fill()
	b.kill()
	b.fails("no space left on device", "make room")
	if said, code := b.command(d, "check"); code != 0 || !strings.HasSuffix(said, "sound\n") {
		t.Errorf("check on a full disk: %q, %d", said, code)
	}
	d.free()
	b.start()
	s = b.resume(codec.V311, "s")
	s.want("in order", `PUBLISH qos=1 id=1 topic="a" payload="before"`)
	if got := s.line(); !strings.Contains(got, "id=2 ") {
		t.Errorf("got %s", got)
	}
	s.want("in order", `PUBLISH qos=1 id=3 topic="a" payload="small"`)
}

// TestBackupOntoFullDisk proves that a backup that does not fit says so and leaves nothing.
func TestBackupOntoFullDisk(t *testing.T) {
	b := newBroker(t)
	small := filepath.Join(b.home, "small")
	if err := os.Mkdir(small, 0o755); err != nil {
		t.Fatal(err)
	}
	d := newSmallDisk(t, small, "128k")
	d.on(b)
	b.start()
	b.connect(codec.V311, "s", persistent).subscribe(1, "a")
	p := b.connect(codec.V311, "p")
	for i := range uint16(20) {
		p.send(publish("a", strings.Repeat(fmt.Sprint(i), 50_000), 1, i+1))
		p.want("stored", fmt.Sprintf("PUBACK id=%d code=0x00", i+1))
	}
	if said, code := b.command(d, "backup", filepath.Join(small, "copy")); code != 1 || !strings.Contains(said, "no space left") {
		t.Errorf("backup onto a full disk: %q, %d", said, code)
	}
	if left, err := os.ReadDir(d.outside("")); err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
	p.send(publish("a", "on", 1, 99))
	p.want("the broker goes on", "PUBACK id=99 code=0x00")
}

// TestDirectories proves what a broker says to data directories that it cannot use.
func TestDirectories(t *testing.T) {
	t.Run("file", func(t *testing.T) {
		b := newBroker(t)
		if err := os.WriteFile(filepath.Join(b.home, "data"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		b.fails(filepath.Join(b.home, "data"), "not a directory", "platform_data_dir")
	})
	t.Run("read-only", func(t *testing.T) {
		b := newBroker(t)
		b.start()
		b.connect(codec.V311, "s", persistent).subscribe(1, "a")
		b.kill()
		if err := os.Remove(filepath.Join(b.home, "data", "vernemq.sock")); err != nil { // which cannot be copied
			t.Fatal(err)
		}
		d := newSmallDisk(t, b.home, "16m")
		if err := os.CopyFS(d.outside(""), os.DirFS(b.home)); err != nil {
			t.Fatal(err)
		}
		remount := append(d.enter(), "mount", "-o", "remount,ro", b.home)
		if out, err := exec.Command(remount[0], remount[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		if said, code := b.command(d, "check"); code != 0 || !strings.Contains(said, "1 subscriptions") || !strings.HasSuffix(said, "sound\n") {
			t.Errorf("check of a directory that cannot be written: %q, %d", said, code)
		}
		d.on(b)
		b.fails("read-only file system", "platform_data_dir")
	})
	t.Run("other node", func(t *testing.T) {
		b := newBroker(t)
		b.start()
		b.kill()
		b.args = append(b.args, "-o", "nodename=other@127.0.0.1")
		b.fails("VerneMQ@127.0.0.1", "other@127.0.0.1", "nodename", "platform_data_dir")
	})
	t.Run("second process", func(t *testing.T) {
		b := newBroker(t)
		b.start()
		second := &broker{t: t, program: b.program, args: b.args, home: b.home}
		second.fails() // the first one answers, which is said on standard output
		if err := os.Remove(filepath.Join(b.home, "data", "vernemq.sock")); err != nil {
			t.Fatal(err)
		}
		second.fails("in use by process", fmt.Sprint(b.cmd.Process.Pid), "platform_data_dir")
		if said, code := b.command(nil, "check"); code != 1 || !strings.Contains(said, "in use by another process") {
			t.Errorf("check of a directory in use: %q, %d", said, code)
		}
		p := b.connect(codec.V311, "p")
		p.wantNothing("the first one serves")
	})
	t.Run("empty", func(t *testing.T) {
		b := newBroker(t)
		if said, code := b.command(nil, "check"); code != 1 || !strings.Contains(said, "no store") {
			t.Errorf("check of nothing: %q, %d", said, code)
		}
		if _, err := os.Stat(filepath.Join(b.home, "data")); !os.IsNotExist(err) {
			t.Errorf("check makes a data directory: %v", err)
		}
	})
}
