package netpoll

import (
	"fmt"
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A larger limit lets those in who wait, a smaller one keeps those that are in and lets nobody else in until there is room.
func TestSetMaxConnections(t *testing.T) {
	s := testServer(t, Options{Loops: 2})
	opened, closed := make(chan *Conn, 100), make(chan error, 100)
	ln := listen(t, s, ListenerOptions{MaxConnections: 2, Accept: func(*Conn) Handler {
		return &funcs{open: func(c *Conn) { opened <- c }, traffic: echo, close: func(_ *Conn, err error) { closed <- err }}
	}})
	var conns []net.Conn
	for range 9 {
		conns = append(conns, dialTCP(t, ln))
	}
	in := func(want int) {
		t.Helper()
		for range want {
			wait(t, opened, "OnOpen")
		}
	}
	in(2)
	ln.SetMaxConnections(5)
	in(3)
	if n, limit := ln.Active(), ln.Options().MaxConnections; n != 5 || limit != 5 {
		t.Fatalf("%d connections, limit %d, want 5 and 5", n, limit)
	}
	ln.SetMaxConnections(4)
	for i := range 2 { // 5 are in: the first to go makes no room, the second does
		conns[i].Close()
		wait(t, closed, "OnClose")
	}
	in(1)
	if n := ln.Accepted(); n != 6 {
		t.Errorf("%d accepted, want 6", n)
	}
	for _, nc := range conns[2:6] {
		fmt.Fprint(nc, "hello")
		readN(t, nc, 5)
	}
	ln.SetMaxConnections(0)
	in(3)
}

// A connect timeout holds for connections that come after the change.
func TestSetConnectTimeout(t *testing.T) {
	f := NewFake(1)
	var hs []*ends
	accept := func(*Conn) Handler {
		h := new(ends)
		hs = append(hs, h)
		return h
	}
	ln, err := f.Server().Listen(ListenerOptions{Network: "tcp", Address: "127.0.0.1:1883", ConnectTimeout: 5 * time.Second, Accept: accept})
	if err != nil {
		t.Fatal(err)
	}
	f.Connect(0, ln)
	ln.SetConnectTimeout(time.Minute)
	f.Connect(0, ln)
	if got := ln.Options().ConnectTimeout; got != time.Minute {
		t.Errorf("the options say %v", got)
	}
	f.Advance(6 * time.Second)
	hs[0].one(t, ErrConnectTimeout)
	if len(hs[1].heard) > 0 {
		t.Fatal("the second connection ended with the timeout of the first")
	}
	f.Advance(time.Minute)
	hs[1].one(t, ErrConnectTimeout)
	ln.SetConnectTimeout(0)
	f.Connect(0, ln)
	f.Advance(200 * time.Millisecond)
	hs[2].one(t, ErrConnectTimeout)
}

// Accepted sockets send small packets at once, and have the buffers that the listener was made with.
func TestAcceptedSocketOptions(t *testing.T) {
	s := testServer(t, Options{Loops: 1})
	type facts struct{ noDelay, send, receive int }
	seen := make(chan facts, 1)
	option := func(c *Conn, level, name int) int {
		n, err := unix.GetsockoptInt(int(c.fd), level, name)
		if err != nil {
			t.Error(err)
		}
		return n
	}
	ln := listen(t, s, ListenerOptions{Network: "tcp", Address: "127.0.0.1:0", SendBuffer: 20000, ReceiveBuffer: 30000, Accept: func(*Conn) Handler {
		return &funcs{open: func(c *Conn) {
			seen <- facts{option(c, unix.IPPROTO_TCP, unix.TCP_NODELAY), option(c, unix.SOL_SOCKET, unix.SO_SNDBUF), option(c, unix.SOL_SOCKET, unix.SO_RCVBUF)}
		}}
	}})
	dialTCP(t, ln)
	// Linux doubles what it is asked for, to have room for its own bookkeeping.
	if got := wait(t, seen, "OnOpen"); got.noDelay == 0 || got.send < 20000 || got.send > 40000 || got.receive < 30000 || got.receive > 60000 {
		t.Errorf("no-delay %d, send buffer %d, receive buffer %d", got.noDelay, got.send, got.receive)
	}
}
