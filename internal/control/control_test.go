package control

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func serve(t *testing.T, h Handler) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "s")
	s, err := Listen(path, h)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return path
}

func TestCall(t *testing.T) {
	path := serve(t, func(_ context.Context, args []string, out io.Writer) int {
		fmt.Fprint(out, strings.Join(args, "|"), "\nsecond ")
		fmt.Fprint(Errors(out), "wrong\nand ", "worse")
		fmt.Fprint(out, "line\n\nno end")
		return len(args)
	})
	var out, errs bytes.Buffer
	code, err := Call(t.Context(), path, []string{"a b", "=c", "ü\n"}, &out, &errs)
	if err != nil || code != 3 {
		t.Fatalf("code %d, error %v", code, err)
	}
	if want := "a b|=c|ü\n\nsecond line\n\nno end"; out.String() != want {
		t.Errorf("output %q, want %q", out.String(), want)
	}
	if want := "wrong\nand worse\n"; errs.String() != want {
		t.Errorf("about errors %q, want %q", errs.String(), want)
	}
}

func TestDown(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	if _, err := Call(t.Context(), path, []string{"ping"}, io.Discard, io.Discard); !errors.Is(err, ErrDown) {
		t.Errorf("no socket: %v, want ErrDown", err)
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	l.Close()
	if _, err := Call(t.Context(), path, []string{"ping"}, io.Discard, io.Discard); !errors.Is(err, ErrDown) {
		t.Errorf("a socket that a dead process left: %v, want ErrDown", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Call(ended, path, []string{"ping"}, io.Discard, io.Discard); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller who has given up already: %v", err)
	}
	s, err := Listen(path, func(context.Context, []string, io.Writer) int { return 0 })
	if err != nil {
		t.Fatalf("listening where a dead process left a socket: %v", err)
	}
	s.Close()
}

func TestOwnerOnly(t *testing.T) {
	path := serve(t, func(context.Context, []string, io.Writer) int { return 0 })
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if perm := info.Mode().Perm(); perm != 0o600 {
		t.Errorf("the socket has mode %o, want 600", perm)
	}
}

// TestCallerGone proves that a command ends when its caller does.
func TestCallerGone(t *testing.T) {
	started, ended := make(chan struct{}), make(chan struct{})
	path := serve(t, func(ctx context.Context, _ []string, out io.Writer) int {
		fmt.Fprintln(out, "begun")
		close(started)
		<-ctx.Done()
		close(ended)
		return 0
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-started
		cancel()
	}()
	if _, err := Call(ctx, path, []string{"trace"}, io.Discard, io.Discard); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
	<-ended
}

// TestLimits proves that a request as long as the system lets one be is served, and that one which is longer, and one too many at the same
// time, are told why they are not.
func TestLimits(t *testing.T) {
	begun, end := make(chan struct{}, callersMax), make(chan struct{})
	path := serve(t, func(_ context.Context, args []string, _ io.Writer) int {
		if args[0] == "wait" {
			begun <- struct{}{}
			<-end
		}
		return len(args)
	})
	refused := func(what, why string, args ...string) {
		t.Helper()
		var errs bytes.Buffer
		if code, err := Call(t.Context(), path, args, io.Discard, &errs); code != 1 || err != nil || !strings.Contains(errs.String(), why) {
			t.Errorf("%s: %d, %v, %q", what, code, err, errs.String())
		}
	}
	var callers sync.WaitGroup
	for range callersMax {
		callers.Go(func() {
			if code, err := Call(t.Context(), path, []string{"wait"}, io.Discard, io.Discard); code != 1 || err != nil {
				t.Errorf("one of many: %d, %v", code, err)
			}
		})
		<-begun
	}
	refused("one too many", "at the same time", "x")
	close(end)
	callers.Wait()
	refused("one that is too long", "is longer than", strings.Repeat("x", requestMax))
	if code, err := Call(t.Context(), path, []string{"x", strings.Repeat("x", 6<<20)}, io.Discard, io.Discard); code != 2 || err != nil {
		t.Errorf("a long request: %d, %v", code, err)
	}
}

// TestBadRequest proves that nonsense gets an answer and does no harm.
func TestBadRequest(t *testing.T) {
	path := serve(t, func(context.Context, []string, io.Writer) int { return 7 })
	for _, request := range []string{"ping\n", "[]\n", "{}\n", "[1]\n"} {
		conn, err := net.Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, request); err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(conn)
		if err != nil || !strings.HasSuffix(string(answer), "\n=1\n") {
			t.Errorf("%q is answered by %q, %v", request, answer, err)
		}
		conn.Close()
	}
	if code, err := Call(t.Context(), path, []string{"x"}, io.Discard, io.Discard); code != 7 || err != nil {
		t.Errorf("afterwards: %d, %v", code, err)
	}
}

// TestCloseCancels proves that Close does not wait for a command that waits itself.
func TestCloseCancels(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	started := make(chan struct{})
	s, err := Listen(path, func(ctx context.Context, _ []string, _ io.Writer) int {
		close(started)
		<-ctx.Done()
		return 0
	})
	if err != nil {
		t.Fatal(err)
	}
	answer := make(chan error, 1)
	go func() {
		_, err := Call(t.Context(), path, []string{"wait"}, io.Discard, io.Discard)
		answer <- err
	}()
	<-started
	s.Close()
	if err := <-answer; err != nil {
		t.Errorf("the caller got %v, want an exit code", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is still there: %v", err)
	}
}

func TestLongPath(t *testing.T) {
	long := filepath.Join(t.TempDir(), strings.Repeat("x", pathMax))
	if _, err := Listen(long, nil); err == nil || !strings.Contains(err.Error(), long) {
		t.Errorf("error %v, want one that names the path", err)
	}
}
