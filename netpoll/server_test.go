package netpoll

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"
)

// Stop with many connections, some idle, some with output that nobody reads: each hears OnClose once, no goroutine and no
// descriptor is left.
func TestStopLeaksNothing(t *testing.T) {
	before, goroutines := openDescriptors(t), runtime.NumGoroutine()
	var opened, closed atomic.Int64
	wrong := make(chan error, 1)
	s, peers := testServer(t, Options{Loops: 3}), testServer(t, Options{Loops: 1})
	all := make(chan struct{})
	const n = 200
	ln := listen(t, s, ListenerOptions{ConnectTimeout: time.Hour, Accept: func(*Conn) Handler {
		return &funcs{
			open: func(c *Conn) {
				k := opened.Add(1)
				if k%3 == 0 {
					c.Write(make([]byte, 4<<20))
				}
				if k == n {
					close(all)
				}
			},
			close: func(_ *Conn, err error) {
				closed.Add(1)
				if err != ErrServerClosed {
					select {
					case wrong <- err:
					default:
					}
				}
			},
		}
	}})
	for range n {
		if _, err := peers.Dial(nil, "tcp", ln.Addr().String(), &funcs{open: func(c *Conn) { c.Pause() }}); err != nil {
			t.Fatal(err)
		}
	}
	wait(t, all, "connections")
	s.Stop()
	s.Stop()
	peers.Stop()
	if closed.Load() != n {
		t.Errorf("OnClose was called %d times, want %d", closed.Load(), n)
	}
	select {
	case err := <-wrong:
		t.Errorf("OnClose heard %v", err)
	default:
	}
	for _, l := range s.Loops() {
		if l.Connections() != 0 {
			t.Errorf("loop %d has %d connections", l.Index(), l.Connections())
		}
	}
	if ln.Active() != 0 || ln.Running() {
		t.Errorf("listener: %d active, running %v", ln.Active(), ln.Running())
	}
	if after := openDescriptors(t); after > before {
		t.Errorf("%d descriptors open, %d before", after, before)
	}
	for runtime.NumGoroutine() > goroutines {
		runtime.Gosched() // a hang here fails by the test's time limit, with all stacks
	}
	// Whoever comes too late is turned away, and wakes nobody.
	s.Loops()[0].Post(taskFunc(func(*Loop) { t.Error("a task ran after Stop") }))
	if _, err := s.Dial(nil, "tcp", "127.0.0.1:1", &funcs{}); err != ErrServerClosed {
		t.Errorf("Dial after Stop: %v", err)
	}
	if _, err := s.Listen(ListenerOptions{Network: "tcp", Address: "127.0.0.1:0", Accept: echoHandler}); err != ErrServerClosed {
		t.Errorf("Listen after Stop: %v", err)
	}
	if err := s.Start(); err == nil {
		t.Error("Start after Stop")
	}
}

// A server that was never started gives its pollers back too.
func TestStopWithoutStart(t *testing.T) {
	before := openDescriptors(t)
	s, err := NewServer(Options{Loops: 4})
	if err != nil {
		t.Fatal(err)
	}
	listenTCP(t, s, echoHandler)
	s.Loops()[0].Post(taskFunc(func(*Loop) {}))
	s.Stop()
	if after := openDescriptors(t); after > before {
		t.Errorf("%d descriptors open, %d before", after, before)
	}
}

// What OnClose posts to another loop while the server stops still runs.
func TestStopRunsWhatOnClosePosts(t *testing.T) {
	s := testServer(t, Options{Loops: 2})
	var ran atomic.Int64
	opened := make(chan struct{}, 100)
	ln := listenTCP(t, s, func(*Conn) Handler {
		return &funcs{
			open: func(*Conn) { opened <- struct{}{} },
			close: func(c *Conn, _ error) {
				s.Loops()[1-c.Loop().Index()].Post(taskFunc(func(*Loop) { ran.Add(1) }))
			},
		}
	})
	for range 100 {
		dialTCP(t, ln)
		wait(t, opened, "OnOpen")
	}
	s.Stop()
	if ran.Load() != 100 {
		t.Errorf("%d tasks ran, want 100", ran.Load())
	}
}

// New connections go where the fewest are.
func TestLeastLoaded(t *testing.T) {
	s := testServer(t, Options{Loops: 4})
	opened := make(chan struct{}, 1)
	ln := listenTCP(t, s, func(*Conn) Handler { return &funcs{open: func(*Conn) { opened <- struct{}{} }} })
	for range 40 {
		dialTCP(t, ln)
		wait(t, opened, "OnOpen")
	}
	for _, l := range s.Loops() {
		if l.Connections() != 10 {
			t.Errorf("loop %d has %d connections, want 10", l.Index(), l.Connections())
		}
	}
}

func TestStats(t *testing.T) {
	s := testServer(t, Options{Loops: 2})
	done := make(chan struct{})
	ln := listenTCP(t, s, func(*Conn) Handler {
		return &funcs{traffic: echo, close: func(*Conn, error) { close(done) }}
	})
	nc := dialTCP(t, ln)
	fmt.Fprint(nc, "hello")
	readN(t, nc, 5)
	nc.Close()
	wait(t, done, "OnClose")
	for _, l := range s.Loops() {
		on(t, l, func() {})
	}
	st := s.Stats()
	if st.BytesReceived != 5 || st.BytesSent != 5 || st.Accepted != 1 || st.Opened != 1 || st.Closed != 1 || st.Errors != 0 {
		t.Errorf("stats %+v", st)
	}
	if st.Reads == 0 || st.Writes == 0 || st.Wakeups == 0 || st.Tasks < 2 {
		t.Errorf("stats %+v", st)
	}
}
