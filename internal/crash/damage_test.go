package crash

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vernemq/vmq/codec"
)

// TestDamage changes and removes files of a broker that was killed: either nothing that was acknowledged is missing, or the broker refuses
// to start, names the file and says what to do, and the offline check finds it too.
func TestDamage(t *testing.T) {
	b := newBroker(t)
	b.start()
	s := b.connect(codec.V311, "s", persistent)
	s.subscribe(1, "a")
	s.leave()
	const stored = 30
	for i := range uint16(stored) {
		if i == stored/2 {
			b.again() // which brings what the log has into a table
		}
		p := b.connect(codec.V311, "p")
		p.send(publish("a", fmt.Sprint(i+1), 1, 1))
		p.want("stored", "PUBACK id=1 code=0x00")
	}
	b.kill()
	data := filepath.Join(b.home, "data")
	good := t.TempDir()
	if err := os.CopyFS(good, os.DirFS(filepath.Join(data, "store"))); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(good)
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	try := func(what string, change func(path string, size int64) error, name string) {
		t.Helper()
		store := filepath.Join(data, "store")
		if err := os.RemoveAll(store); err != nil {
			t.Fatal(err)
		}
		if err := os.CopyFS(store, os.DirFS(good)); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(store, name)
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := change(path, info.Size()); err != nil {
			t.Fatal(err)
		}
		said, code := b.command(nil, "check")
		lines := b.launch()
		up := false
		for !up && lines.Scan() {
			up = strings.Contains(lines.Text(), "msg=ready")
		}
		if !up {
			refused++
			_ = b.cmd.Wait()
			if b.cmd.ProcessState.ExitCode() != 1 || !strings.Contains(b.output.String(), "damaged") || !strings.Contains(b.output.String(), "backup") {
				t.Errorf("%s of %s: exit code %d: %s", what, name, b.cmd.ProcessState.ExitCode(), b.output.String())
			}
			if code != 1 {
				t.Errorf("%s of %s: the broker refuses what check finds sound: %s", what, name, said)
			}
			b.cmd = nil
			return
		}
		go drain(lines)
		s := b.resume(codec.V311, "s")
		n := s.takeAll("a", nil)
		// The last record of a log looks the same whether it was damaged or a crash cut it off.
		if torn := filepath.Ext(name) == ".log" && n == stored-1; n != stored && !torn && code == 0 {
			t.Errorf("%s of %s: %d of %d messages are left, and check says %s", what, name, n, stored, said)
		}
		b.kill()
	}
	for _, f := range files {
		name := f.Name()
		if name == "LOCK" {
			continue
		}
		if filepath.Ext(name) != ".log" { // one that is gone leaves no trace
			try("removal", func(path string, _ int64) error { return os.Remove(path) }, name)
		}
		info, err := f.Info()
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() == 0 {
			continue
		}
		for _, share := range []int64{0, 2, 5, 9} {
			try(fmt.Sprintf("a change at %d tenths", share), func(path string, size int64) error {
				f, err := os.OpenFile(path, os.O_RDWR, 0)
				if err != nil {
					return err
				}
				defer f.Close()
				_, err = f.WriteAt([]byte("ZZZZ"), size*share/10)
				return err
			}, name)
		}
	}
	if refused < 5 {
		t.Errorf("only %d kinds of damage are refused", refused)
	}
}
