package netpoll

import (
	"testing"
	"time"
)

// A connection that changes its loop again and again, under traffic in both directions, loses and reorders nothing.
func TestMoveUnderTraffic(t *testing.T) {
	const loops = 3
	s := testServer(t, Options{Loops: loops})
	opened, closed := 0, make(chan error, 1)
	moves := 0
	ln := listenTCP(t, s, func(*Conn) Handler {
		reads := 0
		return &funcs{
			open: func(*Conn) { opened++ },
			traffic: func(c *Conn, b []byte) int {
				c.Loop().Check()
				n := max(len(b)-reads%5, 1) // leave some input behind
				c.Write(b[:n])
				if reads++; reads%3 == 0 {
					to := s.Loops()[(c.Loop().Index()+1)%loops]
					c.MoveTo(to, func(c *Conn) {
						if c.Loop() != to {
							t.Errorf("then runs on loop %d, want %d", c.Loop().Index(), to.Index())
						}
						to.Check()
						moves++
					})
				}
				return n
			},
			close: func(_ *Conn, err error) { closed <- err },
		}
	})
	want := append(pattern(8<<20), make([]byte, 10)...)
	nc := dialTCP(t, ln)
	go nc.Write(want)
	// The last bytes may stay with the handler until more comes.
	wantBytes(t, "echo", readN(t, nc, len(want)-10), want[:len(want)-10])
	nc.Close()
	wait(t, closed, "OnClose")
	if opened != 1 {
		t.Errorf("OnOpen was called %d times", opened)
	}
	if moves < 3 {
		t.Errorf("moved %d times only", moves)
	}
}

// Unconsumed input goes along, and so does pending output; the old loop has nothing left of it.
func TestMoveTakesAllAlong(t *testing.T) {
	f := NewFake(2)
	var got []string
	p := f.Open(0, func(*Conn) Handler {
		return &funcs{traffic: func(c *Conn, b []byte) int {
			got = append(got, string(b))
			if c.Loop().Index() == 0 {
				c.Write([]byte("before "))
				c.MoveTo(f.Loop(1), func(c *Conn) {
					got = append(got, "then")
					c.Write([]byte("after"))
				})
				return 1
			}
			return len(b)
		}}
	})
	p.Block(true)
	p.Send([]byte("abc"))
	if want := "abc then bc"; join(got) != want {
		t.Errorf("got %q, want %q", join(got), want)
	}
	p.Block(false)
	if out := string(p.Take()); out != "before after" {
		t.Errorf("output %q", out)
	}
	if f.Loop(0).Connections() != 0 || f.Loop(1).Connections() != 1 {
		t.Errorf("%d and %d connections, want 0 and 1", f.Loop(0).Connections(), f.Loop(1).Connections())
	}
	p.Send([]byte("d"))
	if want := "abc then bc d"; join(got) != want {
		t.Errorf("got %q, want %q", join(got), want)
	}
}

func join(s []string) (all string) {
	for i, x := range s {
		if i > 0 {
			all += " "
		}
		all += x
	}
	return all
}

// Moving to the own loop is a move like any other.
func TestMoveToSelf(t *testing.T) {
	f := NewFake(1)
	p, e := openEnds(f)
	moved := 0
	settled(f, func() {
		p.Conn().MoveTo(f.Loop(0), func(*Conn) { moved++ })
		p.Conn().MoveTo(f.Loop(0), func(*Conn) { moved += 10 })
	})
	p.Send([]byte("x"))
	if moved != 1 || len(e.heard) > 0 || f.Loop(0).Connections() != 1 {
		t.Errorf("then ran %d times, OnClose heard %v, %d connections", moved, e.heard, f.Loop(0).Connections())
	}
}

// A connection that is closed in the callback that moves it does not arrive.
func TestCloseWinsOverMove(t *testing.T) {
	for _, moveFirst := range []bool{true, false} {
		f := NewFake(2)
		p, e := openEnds(f)
		settled(f, func() {
			if !moveFirst {
				p.Conn().Close(errTest)
			}
			p.Conn().MoveTo(f.Loop(1), func(*Conn) { t.Error("then was called") })
			if moveFirst {
				p.Conn().Close(errTest)
			}
		})
		e.one(t, errTest)
		p.Hangup()
		if !p.Closed() || f.Loop(0).Connections()+f.Loop(1).Connections() != 0 {
			t.Error("the connection is not closed")
		}
	}
}

// The connect timeout goes along.
func TestMoveKeepsConnectTimeout(t *testing.T) {
	f := NewFake(2)
	e := new(ends)
	ln, err := f.Server().Listen(ListenerOptions{Network: "tcp", Address: "127.0.0.1:1883", ConnectTimeout: 10 * time.Second,
		Accept: func(*Conn) Handler { return e }})
	if err != nil {
		t.Fatal(err)
	}
	p := f.Connect(0, ln)
	f.Advance(6 * time.Second)
	settled(f, func() { p.Conn().MoveTo(f.Loop(1), func(*Conn) {}) })
	f.Advance(3 * time.Second)
	if len(e.heard) > 0 {
		t.Fatal("ended before the timeout")
	}
	f.Advance(2 * time.Second)
	e.one(t, ErrConnectTimeout)
}
