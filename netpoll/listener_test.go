package netpoll

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestListenNetworks(t *testing.T) {
	s := testServer(t, Options{Loops: 2})
	dir := t.TempDir()
	for _, x := range []struct{ network, address, dial string }{
		{"tcp", "127.0.0.1:0", ""},
		{"tcp4", "127.0.0.1:0", ""},
		{"tcp", "[::1]:0", ""},
		{"tcp6", "[::1]:0", ""},
		{"tcp", ":0", "127.0.0.1"},
		{"tcp", "[::]:0", "[::1]"},
		{"tcp", "localhost:0", ""},
		{"unix", filepath.Join(dir, "s"), ""},
	} {
		t.Run(x.network+" "+strings.ReplaceAll(x.address, dir, ""), func(t *testing.T) {
			peers := make(chan [2]netip.AddrPort, 1)
			ln, err := s.Listen(ListenerOptions{Name: "n", Network: x.network, Address: x.address, Accept: func(c *Conn) Handler {
				peers <- [2]netip.AddrPort{c.RemoteAddr(), c.LocalAddr()}
				if c.Listener().Name() != "n" {
					t.Errorf("listener is %q", c.Listener().Name())
				}
				return &funcs{traffic: echo}
			}})
			if errors.Is(err, unix.EADDRNOTAVAIL) || errors.Is(err, unix.EAFNOSUPPORT) {
				t.Skip("no IPv6 here")
			}
			if err != nil {
				t.Fatal(err)
			}
			target := ln.Addr().String()
			if x.dial != "" {
				target = fmt.Sprintf("%s:%d", x.dial, ln.Addr().(*net.TCPAddr).Port)
			}
			nc, err := net.Dial(ln.Addr().Network(), target)
			if err != nil {
				t.Fatal(err)
			}
			defer nc.Close()
			fmt.Fprint(nc, "hello")
			readN(t, nc, 5)
			got := wait(t, peers, "Accept")
			if x.network == "unix" {
				if got[0].IsValid() || got[1].IsValid() {
					t.Errorf("addresses of a unix socket: %v", got)
				}
			} else if got[0].String() != nc.LocalAddr().String() || got[1].String() != nc.RemoteAddr().String() {
				t.Errorf("addresses %v, want %s and %s", got, nc.LocalAddr(), nc.RemoteAddr())
			}
		})
	}
}

func TestListenErrors(t *testing.T) {
	s := testServer(t, Options{Loops: 1})
	ln := listenTCP(t, s, echoHandler)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct{ network, address, want string }{
		{"tcp", ln.Addr().String(), "address already in use"},
		{"udp", "127.0.0.1:0", `network "udp"`},
		{"tcp", "127.0.0.1", "missing port"},
		{"tcp6", "127.0.0.1:0", "is not of network tcp6"},
		{"unix", "", "without a path"},
		{"unix", file, "not a socket"},
		{"unix", filepath.Join(file, "x"), "not a directory"},
	} {
		_, err := s.Listen(ListenerOptions{Network: x.network, Address: x.address, Accept: echoHandler})
		if err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("listen %s %q: %v, want an error with %q", x.network, x.address, err, x.want)
		}
	}
	if _, err := s.Listen(ListenerOptions{Network: "tcp", Address: "127.0.0.1:0"}); err == nil {
		t.Error("a listener without Accept was opened")
	}
	if n := len(*s.listeners.Load()); n != 1 {
		t.Errorf("%d listeners known, want 1", n)
	}
}

// The file of a socket that nobody serves is replaced; one that somebody serves is left alone; ours goes when we go.
func TestUnixSocketFile(t *testing.T) {
	s := testServer(t, Options{Loops: 1})
	path := filepath.Join(t.TempDir(), "s")
	stale, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	o := ListenerOptions{Network: "unix", Address: path, Mode: 0o600, Accept: echoHandler}
	if _, err := s.Listen(o); !errors.Is(err, syscall.EADDRINUSE) {
		t.Fatalf("listen on a socket that is served: %v", err)
	}
	stale.SetUnlinkOnClose(false)
	stale.Close()
	ln, err := s.Listen(o)
	if err != nil {
		t.Fatalf("listen on a stale socket: %v", err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("socket file: %v, %v; want mode 0600", info.Mode(), err)
	}
	ln.Close(false)
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("the socket file is still there: %v", err)
	}
}

func TestPauseResumeClose(t *testing.T) {
	s := testServer(t, Options{Loops: 2})
	heard := make(chan error, 10)
	ln := listenTCP(t, s, func(*Conn) Handler {
		return &funcs{traffic: echo, close: func(_ *Conn, err error) { heard <- err }}
	})
	hello := func(nc net.Conn) {
		t.Helper()
		fmt.Fprint(nc, "hello")
		readN(t, nc, 5)
	}
	refused := func() {
		t.Helper()
		if nc, err := net.Dial("tcp", ln.Addr().String()); err == nil {
			nc.Close()
			t.Fatal("connected to a listener that is not running")
		}
	}
	nc := dialTCP(t, ln)
	hello(nc)
	ln.Pause()
	ln.Pause()
	if ln.Running() {
		t.Error("running after Pause")
	}
	refused()
	hello(nc)
	if err := ln.Resume(); err != nil {
		t.Fatal(err)
	}
	if err := ln.Resume(); err != nil || !ln.Running() {
		t.Fatalf("second Resume: %v, running %v", err, ln.Running())
	}
	nc2 := dialTCP(t, ln)
	hello(nc2)
	ln.Close(false)
	refused()
	hello(nc)
	if err := ln.Resume(); !errors.Is(err, ErrListenerClosed) {
		t.Errorf("Resume after Close: %v", err)
	}
	ln.Close(true)
	ln.Close(true)
	for range 2 {
		if err := wait(t, heard, "OnClose"); err != ErrListenerClosed {
			t.Errorf("OnClose heard %v", err)
		}
	}
	for _, c := range []net.Conn{nc, nc2} {
		if _, err := io.ReadAll(c); err != nil {
			t.Errorf("peer saw %v, want an orderly end", err)
		}
	}
	if ln.Accepted() != 2 {
		t.Errorf("%d accepted, want 2", ln.Accepted())
	}
}

// At the limit peers wait in the backlog, and each end of a connection lets one in.
func TestMaxConnections(t *testing.T) {
	const limit, clients = 3, 20
	s := testServer(t, Options{Loops: 2})
	opened := make(chan *Conn, clients)
	var ln *Listener
	ready := make(chan struct{})
	ln = listen(t, s, ListenerOptions{MaxConnections: limit, Accept: func(*Conn) Handler {
		<-ready
		return &funcs{open: func(c *Conn) { opened <- c }, traffic: echo}
	}})
	close(ready)
	// Accepted in the order of their connecting, because the backlog is a queue.
	var conns []net.Conn
	for range clients {
		conns = append(conns, dialTCP(t, ln))
	}
	for i, nc := range conns {
		wait(t, opened, "OnOpen")
		fmt.Fprint(nc, "hello")
		readN(t, nc, 5)
		if n := ln.Active(); n > limit {
			t.Fatalf("%d connections at once, limit %d", n, limit)
		}
		if want := min(i+limit, clients); int(ln.Accepted()) > want {
			t.Fatalf("%d accepted with %d closed, want at most %d", ln.Accepted(), i, want)
		}
		nc.Close()
	}
}

func TestConnectTimeout(t *testing.T) {
	f := NewFake(1)
	var hs []*ends
	ln, err := f.Server().Listen(ListenerOptions{Network: "tcp", Address: "127.0.0.1:1883", ConnectTimeout: 5 * time.Second,
		Accept: func(*Conn) Handler {
			h := new(ends)
			hs = append(hs, h)
			return h
		}})
	if err != nil {
		t.Fatal(err)
	}
	silent, good := f.Connect(0, ln), f.Connect(0, ln)
	good.Conn().Established()
	f.Advance(4900 * time.Millisecond)
	silent.Send([]byte("half a packet")) // does not extend the time
	if len(hs[0].heard) != 0 {
		t.Fatal("ended before the timeout")
	}
	f.Advance(300 * time.Millisecond)
	hs[0].one(t, ErrConnectTimeout)
	f.Advance(time.Hour)
	if !silent.Closed() || good.Closed() || len(hs[1].heard) != 0 {
		t.Errorf("closed: silent %v, established %v", silent.Closed(), good.Closed())
	}
	if st := f.Server().Stats(); st.Timeouts != 1 {
		t.Errorf("%d timeouts counted, want 1", st.Timeouts)
	}
}

// Closing a listener with kill in the midst of a storm of connections leaves none of them behind.
func TestCloseDuringStorm(t *testing.T) {
	before := openDescriptors(t)
	s := testServer(t, Options{Loops: 3})
	for range 5 {
		ln := listenTCP(t, s, func(*Conn) Handler { return &funcs{traffic: echo} })
		var dialers sync.WaitGroup
		started := make(chan struct{}, 1000)
		for range 8 {
			dialers.Add(1)
			go func() {
				defer dialers.Done()
				for {
					nc, err := net.Dial("tcp", ln.Addr().String())
					if err != nil {
						return
					}
					started <- struct{}{}
					nc.SetDeadline(time.Now().Add(deadline))
					fmt.Fprint(nc, "hello")
					io.Copy(io.Discard, nc) // ends when the server closes
					nc.Close()
					if !ln.Running() {
						return
					}
				}
			}()
		}
		for range 8 {
			wait(t, started, "connections")
		}
		ln.Close(true)
		dialers.Wait()
	}
	s.Stop()
	if after := openDescriptors(t); after > before {
		t.Errorf("%d descriptors open, %d before", after, before)
	}
}

// openDescriptors counts the descriptors of this process; the test is skipped where that cannot be asked.
func openDescriptors(t testing.TB) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("no /proc/self/fd here")
	}
	return len(list)
}
