package netpoll

import (
	"io"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"
)

// deadline bounds what a test waits for, so that a hang shows as a failure; nothing is expected to come near it.
const deadline = 30 * time.Second

// testServer is a started server that the test's end stops.
func testServer(t testing.TB, o Options) *Server {
	t.Helper()
	if o.Logger == nil {
		o.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	s, err := NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}

// listenTCP listens on a free port of the loopback.
func listenTCP(t testing.TB, s *Server, accept func(c *Conn) Handler) *Listener {
	t.Helper()
	return listen(t, s, ListenerOptions{Accept: accept})
}

func listen(t testing.TB, s *Server, o ListenerOptions) *Listener {
	t.Helper()
	if o.Network == "" {
		o.Network, o.Address = "tcp", "127.0.0.1:0"
	}
	ln, err := s.Listen(o)
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

// dialTCP connects the way any other program does.
func dialTCP(t testing.TB, ln *Listener) *net.TCPConn {
	t.Helper()
	nc, err := net.Dial(ln.Addr().Network(), ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	if err := nc.SetDeadline(time.Now().Add(deadline)); err != nil {
		t.Fatal(err)
	}
	return nc.(*net.TCPConn)
}

// funcs is a Handler of functions; nil ones do nothing.
type funcs struct {
	open    func(c *Conn)
	traffic func(c *Conn, b []byte) int
	drain   func(c *Conn)
	close   func(c *Conn, err error)
}

func (h *funcs) OnOpen(c *Conn) {
	if h.open != nil {
		h.open(c)
	}
}

func (h *funcs) OnTraffic(c *Conn, b []byte) int {
	if h.traffic == nil {
		return len(b)
	}
	return h.traffic(c, b)
}

func (h *funcs) OnDrain(c *Conn) {
	if h.drain != nil {
		h.drain(c)
	}
}

func (h *funcs) OnClose(c *Conn, err error) {
	if h.close != nil {
		h.close(c, err)
	}
}

// echo answers with what comes.
func echo(c *Conn, b []byte) int {
	c.Write(b)
	return len(b)
}

func echoHandler(*Conn) Handler { return &funcs{traffic: echo} }

// taskFunc is a Task of a function.
type taskFunc func(l *Loop)

func (f taskFunc) Run(l *Loop) { f(l) }

// timerFunc is a TimerTarget of a function.
type timerFunc func(l *Loop, t *Timer)

func (f timerFunc) OnTimer(l *Loop, t *Timer) { f(l, t) }

// on runs fn on loop l and waits until it has returned.
func on(t testing.TB, l *Loop, fn func()) {
	t.Helper()
	done := make(chan struct{})
	l.Post(taskFunc(func(*Loop) { fn(); close(done) }))
	wait(t, done, "task on a loop")
}

// wait receives from ch.
func wait[T any](t testing.TB, ch <-chan T, what string) (v T) {
	t.Helper()
	select {
	case v = <-ch:
	case <-time.After(deadline):
		t.Fatalf("waited %v for: %s", deadline, what)
	}
	return v
}

// counter is a Releaser that counts.
type counter struct {
	mu sync.Mutex
	n  int
}

func (r *counter) Release() { r.mu.Lock(); r.n++; r.mu.Unlock() }

func (r *counter) count() int { r.mu.Lock(); defer r.mu.Unlock(); return r.n }

// pattern returns n bytes by which order and loss can be told.
func pattern(n int) []byte {
	b := make([]byte, n)
	x := uint32(1)
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
	return b
}

// wantBytes fails unless got is want, and says where they part.
func wantBytes(t testing.TB, what string, got, want []byte) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d bytes, want %d", what, len(got), len(want))
	}
	for i := range got {
		if got[i] != want[i] {
			t.Fatalf("%s: byte %d is %#x, want %#x", what, i, got[i], want[i])
		}
	}
}

// readAll reads n bytes.
func readN(t testing.TB, r io.Reader, n int) []byte {
	t.Helper()
	b := make([]byte, n)
	if m, err := io.ReadFull(r, b); err != nil {
		t.Fatalf("read %d of %d bytes: %v", m, n, err)
	}
	return b
}
