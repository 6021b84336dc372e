package netpoll

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vernemq/vmq/internal/invariants"
)

// ends notes what OnClose heard.
type ends struct {
	funcs
	heard []error
}

func (e *ends) OnClose(_ *Conn, err error) { e.heard = append(e.heard, err) }

// one fails unless OnClose was called exactly once with want.
func (e *ends) one(t *testing.T, want error) {
	t.Helper()
	if len(e.heard) != 1 || e.heard[0] != want {
		t.Fatalf("OnClose heard %v, want once %v", e.heard, want)
	}
}

func openEnds(f *Fake) (*FakePeer, *ends) {
	e := new(ends)
	return f.Open(0, func(*Conn) Handler { return e }), e
}

// settled runs fn as a task of loop 0.
func settled(f *Fake, fn func()) {
	f.Loop(0).Post(taskFunc(func(*Loop) { fn() }))
	f.Run()
}

var errTest = errors.New("reason of a test")

func TestCloseInOrder(t *testing.T) {
	f := NewFake(1)
	p, e := openEnds(f)
	settled(f, func() {
		p.Conn().Write([]byte("goodbye"))
		p.Conn().Close(nil)
		p.Conn().Close(errTest)
		p.Conn().Abort(errTest)
		p.Conn().Write([]byte("too late"))
		p.Conn().Commit(append(p.Conn().Reserve(3), "too"...))
		if len(e.heard) != 0 {
			t.Error("OnClose was called from inside Close")
		}
	})
	e.one(t, nil)
	if got := string(p.Take()); got != "goodbye" {
		t.Errorf("peer got %q", got)
	}
	if p.Closed() || !p.Ended() {
		t.Errorf("closed %v, ended %v; want only our side ended until the peer closes", p.Closed(), p.Ended())
	}
	if p.Conn().Handler() != nil {
		t.Error("the handler is kept after OnClose")
	}
	p.Send([]byte("unread")) // thrown away
	p.Hangup()
	if !p.Closed() || f.Loop(0).Connections() != 0 {
		t.Errorf("closed %v, %d connections after the peer has closed", p.Closed(), f.Loop(0).Connections())
	}
	e.one(t, nil)
}

// A peer that neither closes nor is silent is cut off after a second.
func TestLingerBound(t *testing.T) {
	f := NewFake(1)
	p, e := openEnds(f)
	settled(f, func() { p.Conn().Close(nil) })
	f.Advance(900 * time.Millisecond)
	p.Send(make([]byte, 1<<20))
	if p.Closed() {
		t.Error("closed before the bound")
	}
	f.Advance(300 * time.Millisecond)
	if !p.Closed() {
		t.Error("not closed after the bound")
	}
	e.one(t, nil)
}

// Output that the peer does not take is given up after five seconds.
func TestLingerWriteBound(t *testing.T) {
	f := NewFake(1)
	p, e := openEnds(f)
	r := new(counter)
	p.Block(true)
	settled(f, func() {
		p.Conn().WriteShared([]byte("goodbye"), r)
		p.Conn().Close(errTest)
	})
	e.one(t, errTest)
	f.Advance(4 * time.Second)
	p.Accept(3)
	if p.Closed() || p.Ended() {
		t.Error("ended before the output was out or the bound reached")
	}
	f.Advance(1100 * time.Millisecond)
	if !p.Closed() || r.count() != 1 {
		t.Errorf("after the bound: closed %v, payload released %d times", p.Closed(), r.count())
	}
}

func TestLingerFinishesOutput(t *testing.T) {
	f := NewFake(1)
	p, e := openEnds(f)
	p.Block(true)
	settled(f, func() { p.Conn().Write([]byte("goodbye")); p.Conn().Close(nil) })
	p.Hangup() // the peer's side ends, but it still reads
	if p.Closed() {
		t.Fatal("closed with output pending")
	}
	p.Block(false)
	if got := string(p.Take()); got != "goodbye" || !p.Closed() {
		t.Errorf("peer got %q, closed %v", got, p.Closed())
	}
	e.one(t, nil)
}

func TestAbort(t *testing.T) {
	f := NewFake(1)
	p, e := openEnds(f)
	p.Block(true)
	settled(f, func() { p.Conn().Write([]byte("lost")); p.Conn().Abort(errTest) })
	e.one(t, errTest)
	if !p.Closed() || len(p.Take()) > 0 {
		t.Errorf("closed %v, or output was written", p.Closed())
	}
}

// The end of the peer comes after what it sent before, and its reason is told.
func TestPeerEnds(t *testing.T) {
	for _, end := range []struct {
		name string
		by   func(p *FakePeer)
		want error
	}{
		{"hangup", (*FakePeer).Hangup, io.EOF},
		{"reset", (*FakePeer).Reset, syscall.ECONNRESET},
	} {
		t.Run(end.name, func(t *testing.T) {
			f := NewFake(1)
			p, e := openEnds(f)
			var got string
			e.traffic = func(_ *Conn, b []byte) int { got += string(b); return len(b) }
			p.Deliver([]byte("last words"))
			end.by(p)
			e.one(t, end.want)
			if got != "last words" || !p.Closed() {
				t.Errorf("got %q, closed %v", got, p.Closed())
			}
		})
	}
}

// A peer that shuts down its sending side and reads on gets the answers to what it sent.
func TestHalfClose(t *testing.T) {
	s := testServer(t, Options{Loops: 1})
	nc := dialTCP(t, listenTCP(t, s, echoHandler))
	want := pattern(1 << 20)
	go func() {
		nc.Write(want)
		nc.CloseWrite()
	}()
	got, err := io.ReadAll(nc)
	if err != nil {
		t.Fatal(err)
	}
	wantBytes(t, "echo", got, want)
}

// The last bytes reach a peer although it has sent much that was never read, and goes on sending: a bare close would answer
// that with a reset, which destroys them.
func TestLingerDeliversLastBytes(t *testing.T) {
	s := testServer(t, Options{Loops: 1})
	heard := make(chan error, 1)
	ln := listenTCP(t, s, func(*Conn) Handler {
		return &funcs{
			traffic: func(c *Conn, b []byte) int {
				c.Write([]byte("goodbye"))
				c.Close(errTest)
				return 0
			},
			close: func(_ *Conn, err error) { heard <- err },
		}
	})
	for range 20 {
		nc := dialTCP(t, ln)
		junk := make([]byte, 256<<10)
		if _, err := nc.Write(junk); err != nil {
			t.Fatal(err)
		}
		if err := wait(t, heard, "OnClose"); err != errTest {
			t.Fatalf("OnClose heard %v", err)
		}
		nc.Write(junk) // may fail; must not destroy what is on its way
		got, err := io.ReadAll(nc)
		if string(got) != "goodbye" || err != nil {
			t.Fatalf("peer got %q, %v", got, err)
		}
		nc.Close()
	}
}

// OnClose of one connection may close another one; both hear it once.
func TestCloseFromOnClose(t *testing.T) {
	f := NewFake(1)
	p1, e1 := openEnds(f)
	p2, e2 := openEnds(f)
	e := &funcs{close: func(*Conn, error) { p2.Conn().Abort(errTest) }}
	settled(f, func() {
		e1.heard = nil
		p1.Conn().SetHandler(e)
		p1.Conn().Abort(nil)
	})
	e2.one(t, errTest)
	if !p1.Closed() || !p2.Closed() {
		t.Error("not both closed")
	}
}

// A panic in a handler costs that connection and says where it came from; others and the loop go on.
func TestHandlerPanic(t *testing.T) {
	if invariants.Enabled {
		t.Skip("builds with the tag crash instead")
	}
	var log strings.Builder
	f := NewFakeWith(Options{Loops: 1, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	other, e := openEnds(f)
	for _, where := range []string{"open", "traffic", "drain", "close", "accept"} {
		log.Reset()
		boom := func() { panic("boom in " + where) }
		var heard []error
		h := &funcs{close: func(_ *Conn, err error) {
			heard = append(heard, err)
			if where == "close" {
				boom()
			}
		}}
		switch where {
		case "open":
			h.open = func(*Conn) { boom() }
		case "traffic":
			h.traffic = func(*Conn, []byte) int { boom(); return 0 }
		case "drain":
			h.traffic = func(c *Conn, b []byte) int { c.Write(make([]byte, 1<<20)); c.Full(); return len(b) }
			h.drain = func(*Conn) { boom() }
		}
		p := f.Open(0, func(*Conn) Handler {
			if where == "accept" {
				boom()
			}
			return h
		})
		p.Send([]byte{1})
		if where == "close" {
			p.Hangup()
		}
		f.Advance(10 * time.Second)
		if !p.Closed() {
			t.Errorf("%s: connection is not closed", where)
		}
		want := map[string]string{"close": "[EOF]", "accept": "[]"}[where]
		if want == "" {
			want = fmt.Sprint([]error{ErrHandlerPanic})
		}
		if fmt.Sprint(heard) != want {
			t.Errorf("%s: OnClose heard %v, want %s", where, heard, want)
		}
		if !strings.Contains(log.String(), "boom in "+where) || !strings.Contains(log.String(), "close_test.go") {
			t.Errorf("%s: log does not name the panic and its place: %s", where, log.String())
		}
	}
	settled(f, func() { panic("boom in a task") })
	other.Send([]byte("still there"))
	if len(e.heard) != 0 {
		t.Errorf("another connection was closed: %v", e.heard)
	}
	if f.Loop(0).Connections() != 1 {
		t.Errorf("%d connections left, want 1", f.Loop(0).Connections())
	}
}

// Unexpected ends of a real peer: reset while we write.
func TestResetWhileWriting(t *testing.T) {
	s := testServer(t, Options{Loops: 1})
	heard := make(chan error, 1)
	r := new(counter)
	ln := listenTCP(t, s, func(*Conn) Handler {
		return &funcs{
			open: func(c *Conn) {
				for range 64 {
					c.WriteShared(make([]byte, 1<<20), r)
				}
			},
			close: func(_ *Conn, err error) { heard <- err },
		}
	})
	nc := dialTCP(t, ln)
	readN(t, nc, 1000)
	nc.SetLinger(0)
	nc.Close()
	err := wait(t, heard, "OnClose")
	if !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) {
		t.Errorf("OnClose heard %v, want a reset", err)
	}
	on(t, s.Loops()[0], func() {})
	if r.count() != 64 {
		t.Errorf("%d payloads released, want 64", r.count())
	}
	if _, err := net.Dial(ln.Addr().Network(), ln.Addr().String()); err != nil {
		t.Error(err)
	}
}
