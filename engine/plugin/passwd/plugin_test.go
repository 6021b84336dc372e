package passwd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/vernemq/vmq/engine/hook"
	"github.com/vernemq/vmq/engine/plugin"
	"github.com/vernemq/vmq/engine/plugin/textfile"
)

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// fileOf writes a password file. An empty text makes none.
func fileOf(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "vmq.passwd")
	if text != "" {
		write(t, path, text)
	}
	return path
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func started(t testing.TB, path string) *Plugin {
	t.Helper()
	p := New(Options{Settings: func() textfile.Settings { return textfile.Settings{Path: path} }, Logger: quiet})
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Stop)
	return p
}

// ask asks as a session does, first on the loop and then on a worker.
func ask(p *Plugin, user, password string) error {
	in := &hook.Register{Client: &hook.Identity{}}
	if user != "-" {
		in.Client.Username, in.Client.HasUsername = user, true
	}
	if password != "-" {
		in.Password, in.HasPassword = hook.Secret(password), true
	}
	_, err := p.AuthOnRegister(hook.Loop, in)
	if err == hook.ErrWait {
		_, err = p.AuthOnRegisterM5(context.Background(), in)
	}
	return err
}

// lineOf makes a line quickly, with parameters that protect nothing.
func lineOf(user string, s Scheme, password string) string {
	h := Hash{scheme: s, rounds: 1, memory: 8, lanes: 1, split: 8, both: make([]byte, 8+sumSize)}
	copy(h.both[8:], h.compute([]byte(password)))
	return user + ":" + h.String() + "\n"
}

// TestAnswers goes through the table of the documentation, for each kind of hash.
func TestAnswers(t *testing.T) {
	for s := range Scheme(len(schemeNames)) {
		p := started(t, fileOf(t, lineOf("bob", s, "secret")+lineOf("", s, "nameless")))
		for _, x := range []struct {
			user, password string
			want           error
		}{
			{"-", "-", hook.ErrNext},
			{"-", "secret", hook.ErrNext},
			{"bob", "-", hook.ErrNext},
			{"al", "secret", hook.ErrNext},
			{"Bob", "secret", hook.ErrNext},
			{"bob ", "secret", hook.ErrNext},
			{"bob", "secret", nil},
			{"bob", "wrong", hook.ErrInvalidCredentials},
			{"bob", "", hook.ErrInvalidCredentials},
			{"", "nameless", nil},
		} {
			if got := ask(p, x.user, x.password); got != x.want {
				t.Errorf("%s: user %q with password %q: %v, want %v", s, x.user, x.password, got, x.want)
			}
		}
	}
}

// TestCostlyHashesWait proves that no loop verifies one, whoever the user is: the time of an unknown one is that of a known one.
func TestCostlyHashesWait(t *testing.T) {
	p := started(t, fileOf(t, lineOf("bob", Argon2id, "secret")))
	for _, user := range []string{"bob", "nobody"} {
		in := &hook.Register{Client: &hook.Identity{Username: user, HasUsername: true}, HasPassword: true}
		if _, err := p.AuthOnRegister(hook.Loop, in); err != hook.ErrWait {
			t.Errorf("user %s on a loop: %v, want %v", user, err, hook.ErrWait)
		}
	}
}

// TestVerifiersAreBounded proves that a client whose connection has ended while it waited is not verified.
func TestVerifiersAreBounded(t *testing.T) {
	v := newVerifiers(1)
	v <- struct{}{} // somebody is being verified
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	h := NewHash(SHA512, []byte("x"))
	if right, err := v.matches(ctx, &h, []byte("x")); right || !errors.Is(err, context.Canceled) {
		t.Errorf("%t, %v", right, err)
	}
	<-v
	if right, err := v.matches(t.Context(), &h, []byte("x")); !right || err != nil {
		t.Errorf("after its turn came: %t, %v", right, err)
	}
	if cap(newVerifiers(0)) < 1 {
		t.Error("nobody is ever verified")
	}
}

// TestLastLineWins is about a user with two lines, and about ends of lines.
func TestLastLineWins(t *testing.T) {
	p := started(t, fileOf(t, lineOf("bob", SHA512, "old")+"\r\n\n"+strings.TrimSuffix(lineOf("bob", SHA512, "new"), "\n")+"\r\n"))
	if err := ask(p, "bob", "new"); err != nil {
		t.Errorf("the last line: %v", err)
	}
	if err := ask(p, "bob", "old"); err != hook.ErrInvalidCredentials {
		t.Errorf("the first line: %v", err)
	}
}

// TestStart is about files at start: none means no users, a wrong one stops the broker.
func TestStart(t *testing.T) {
	if err := ask(started(t, fileOf(t, "")), "bob", "secret"); err != hook.ErrNext {
		t.Errorf("without a file: %v", err)
	}
	path := fileOf(t, lineOf("bob", SHA512, "secret")+"al:secret\n")
	p := New(Options{Settings: func() textfile.Settings { return textfile.Settings{Path: path} }, Logger: quiet})
	err := p.Start()
	var fatal *plugin.FatalError
	var m *textfile.Mistake
	if !errors.As(err, &fatal) || !errors.As(err, &m) || m.File != path || m.Line != 2 || m.Why == "" || strings.Contains(err.Error(), "secret") {
		t.Errorf("a file with a mistake: %v", err)
	}
}

// TestReload proves that the file counts as it is after each change, and as it last was when it is wrong or gone.
func TestReload(t *testing.T) {
	path := fileOf(t, lineOf("bob", SHA512, "one"))
	p := started(t, path)
	change := func(text, why string, want error) {
		t.Helper()
		if text == "" {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		} else {
			write(t, path, text)
		}
		if err := p.OnConfigChange(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		if got := ask(p, "bob", "one"); got != want {
			t.Errorf("%s: %v, want %v", why, got, want)
		}
	}
	change(lineOf("bob", SHA512, "two"), "another password", hook.ErrInvalidCredentials)
	change(lineOf("bob", PBKDF2, "one"), "the old one again", nil)
	change(lineOf("al", SHA512, "one")+"bob\n", "a mistake", nil)
	change("", "no file", nil)
	change("\n", "no users", hook.ErrNext)
}

// TestManyAtOnce lets goroutines ask while the file changes; the race detector watches.
func TestManyAtOnce(t *testing.T) {
	path := fileOf(t, lineOf("bob", SHA512, "one"))
	p := started(t, path)
	var wrong atomic.Int32
	done := make(chan struct{})
	for range 4 {
		go func() {
			defer func() { done <- struct{}{} }()
			for range 1000 {
				if err := ask(p, "bob", "one"); err != nil {
					wrong.Add(1)
				}
			}
		}()
	}
	write(t, path, lineOf("al", SHA512, "x")+lineOf("bob", SHA512, "one"))
	p.OnConfigChange(t.Context(), nil)
	for range 4 {
		<-done
	}
	if n := wrong.Load(); n != 0 {
		t.Errorf("%d times the right password was refused", n)
	}
}

func BenchmarkVerify(b *testing.B) {
	for s := range Scheme(len(schemeNames)) {
		h := NewHash(s, []byte("secret"))
		b.Run("hash="+s.String(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if !h.Matches([]byte("secret")) {
					b.Fatal("refused")
				}
			}
		})
	}
}

// BenchmarkParse measures how long a reload of a large file takes.
func BenchmarkParse(b *testing.B) {
	const users = 100_000
	line := lineOf("", SHA512, "secret")
	var text strings.Builder
	for i := range users {
		fmt.Fprintf(&text, "user%d%s", i, line)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := parse(text.String()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/users, "ns/user")
}
