package netpoll

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"syscall"
	"testing"
)

func TestDial(t *testing.T) {
	s := testServer(t, Options{Loops: 2})
	unixPath := filepath.Join(t.TempDir(), "s")
	for _, x := range []struct{ network, address string }{{"tcp", "127.0.0.1:0"}, {"tcp", "[::1]:0"}, {"unix", unixPath}} {
		ln, err := s.Listen(ListenerOptions{Network: x.network, Address: x.address, Accept: echoHandler})
		if err != nil {
			t.Log(err)
			continue
		}
		opened := make(chan struct{})
		got := make(chan string, 1)
		c, err := s.Dial(nil, x.network, ln.Addr().String(), &funcs{
			open: func(*Conn) { close(opened) },
			traffic: func(c *Conn, b []byte) int {
				if len(b) < 5 {
					return 0
				}
				got <- string(b)
				return len(b)
			}})
		if err != nil {
			t.Fatal(err)
		}
		wait(t, opened, "OnOpen")
		on(t, c.Loop(), func() { c.Write([]byte("hello")) })
		if b := wait(t, got, "echo"); b != "hello" {
			t.Errorf("echo is %q", b)
		}
		on(t, c.Loop(), func() {
			if x.network == "tcp" && c.RemoteAddr().String() != ln.Addr().String() {
				t.Errorf("remote address %v, want %v", c.RemoteAddr(), ln.Addr())
			}
			c.Close(nil)
		})
	}
}

// What is written before the connection is there goes out first when it is.
func TestWriteWhileConnecting(t *testing.T) {
	s := testServer(t, Options{Loops: 1})
	ln := listenTCP(t, s, echoHandler)
	got := make(chan string, 1)
	hold := make(chan struct{})
	l := s.Loops()[0]
	l.Post(taskFunc(func(*Loop) { <-hold })) // so that both posts are there before the loop looks
	c, err := s.Dial(l, "tcp", ln.Addr().String(), &funcs{
		open: func(c *Conn) { c.Write([]byte("open")) },
		traffic: func(_ *Conn, b []byte) int {
			if len(b) < 9 {
				return 0
			}
			got <- string(b)
			return len(b)
		}})
	if err != nil {
		t.Fatal(err)
	}
	l.Post(taskFunc(func(*Loop) { c.Write([]byte("early")) }))
	close(hold)
	if b := wait(t, got, "echo"); b != "earlyopen" {
		t.Errorf("echo is %q", b)
	}
}

func TestDialRefused(t *testing.T) {
	s := testServer(t, Options{Loops: 1})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	heard := make(chan error, 1)
	_, err = s.Dial(nil, "tcp", ln.Addr().String(), &funcs{
		open:  func(*Conn) { t.Error("OnOpen of a connection that was refused") },
		close: func(_ *Conn, err error) { heard <- err },
	})
	if err == nil {
		err = wait(t, heard, "OnClose")
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("dial of a closed port: %v", err)
	}
	if _, err := s.Dial(nil, "unix", filepath.Join(t.TempDir(), "none"), &funcs{}); !errors.Is(err, syscall.ENOENT) {
		t.Errorf("dial of a missing unix socket: %v", err)
	}
	if _, err := s.Dial(nil, "tcp", "127.0.0.1:1", nil); err == nil {
		t.Error("dial without handler")
	}
	on(t, s.Loops()[0], func() {})
	if n := s.Loops()[0].Connections(); n != 0 {
		t.Errorf("%d connections left", n)
	}
}

// A peer that does not answer is given up in time.
func TestDialTimeout(t *testing.T) {
	f := NewFake(1)
	l := f.Loop(0)
	c := newConn(l, 1000)
	e := new(ends)
	c.handler, c.flags = e, flagConnecting
	f.peers[1000] = &FakePeer{fake: f, conn: c}
	l.Post(&armDial{c, 2e9})
	l.Post(&adopt{c})
	f.Advance(19e8)
	if len(e.heard) > 0 {
		t.Fatal("given up before the timeout")
	}
	f.Advance(2e8)
	e.one(t, ErrConnectTimeout)
	if l.Connections() != 0 {
		t.Errorf("%d connections left", l.Connections())
	}
}

// Several local addresses make room for more connections than there are ports.
func TestDialLocalAddr(t *testing.T) {
	s := testServer(t, Options{Loops: 1})
	peers := make(chan netip.AddrPort, 1)
	ln := listenTCP(t, s, func(c *Conn) Handler { peers <- c.RemoteAddr(); return &funcs{} })
	for i := 1; i <= 3; i++ {
		local := netip.MustParseAddr(fmt.Sprintf("127.0.0.%d", i))
		_, err := s.DialWith(DialOptions{Network: "tcp", Address: ln.Addr().String(), LocalAddr: netip.AddrPortFrom(local, 0), Handler: &funcs{}})
		if errors.Is(err, syscall.EADDRNOTAVAIL) {
			t.Skip("only 127.0.0.1 here")
		}
		if err != nil {
			t.Fatal(err)
		}
		if got := wait(t, peers, "Accept"); got.Addr() != local {
			t.Errorf("peer is %v, want %v", got, local)
		}
	}
}
