package netpoll

import (
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// logLines hands out the lines of a log.
type logLines struct {
	mu    sync.Mutex
	all   strings.Builder
	first chan struct{}
}

func (w *logLines) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.all.Len() == 0 {
		close(w.first)
	}
	return w.all.Write(b)
}

// assign sets a field whose type is not the same on all systems.
func assign[T int64 | uint64](to *T, n int) { *to = T(n) }

// Without descriptors the listener says so once, waits, and goes on by itself when there are some; peers only wait.
func TestAcceptWithoutDescriptors(t *testing.T) {
	log := &logLines{first: make(chan struct{})}
	s := testServer(t, Options{Loops: 1, Logger: slog.New(slog.NewTextHandler(log, nil))})
	ln := listenTCP(t, s, echoHandler)
	hold, held := make(chan struct{}), make(chan struct{})
	s.Loops()[0].Post(taskFunc(func(*Loop) { close(held); <-hold }))
	<-held
	var conns []net.Conn
	for range 5 {
		conns = append(conns, dialTCP(t, ln))
	}
	// Descriptors are given lowest first: a limit at the first free one leaves none.
	free, err := unix.Dup(0)
	if err != nil {
		t.Fatal(err)
	}
	unix.Close(free)
	var old unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	low := old
	assign(&low.Cur, free)
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &low); err != nil {
		t.Fatal(err)
	}
	close(hold)
	wait(t, log.first, "log line")
	on(t, s.Loops()[0], func() {
		if !ln.retry.Armed() {
			t.Error("the listener does not wait to try again")
		}
		ln.accept() // a second failure of the same shortage
		(*listenerTimer)(ln).OnTimer(nil, nil)
	})
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	for _, nc := range conns {
		fmt.Fprint(nc, "hello")
		readN(t, nc, 5)
	}
	log.mu.Lock()
	defer log.mu.Unlock()
	if lines := log.all.String(); strings.Count(lines, "\n") != 1 || !strings.Contains(lines, "too many open files") {
		t.Errorf("log: %s", lines)
	}
	if ln.Accepted() != 5 {
		t.Errorf("%d accepted, want 5", ln.Accepted())
	}
}

// Accept may refuse a connection, or close it at once; neither leaves anything behind.
func TestAcceptRefuses(t *testing.T) {
	s := testServer(t, Options{Loops: 1})
	e := make(chan error, 10)
	for _, accept := range []func(c *Conn) Handler{
		func(*Conn) Handler { return nil },
		func(c *Conn) Handler { c.Close(nil); return nil },
		func(c *Conn) Handler { c.Abort(errTest); return nil },
		func(c *Conn) Handler {
			c.Close(errTest)
			return &funcs{
				open:  func(*Conn) { t.Error("OnOpen of a connection that Accept closed") },
				close: func(_ *Conn, err error) { e <- err },
			}
		},
	} {
		ln := listenTCP(t, s, accept)
		nc := dialTCP(t, ln)
		if n, err := nc.Read(make([]byte, 1)); err == nil {
			t.Errorf("peer got %d bytes, want the end", n)
		}
		nc.Close()
	}
	if err := wait(t, e, "OnClose"); err != errTest {
		t.Errorf("OnClose heard %v", err)
	}
}
