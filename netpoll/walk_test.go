package netpoll

import (
	"errors"
	"testing"
)

var errGoodbye = errors.New("goodbye")

// goodbye is how the tests' owner of connections ends one: with a last word.
func goodbye(c *Conn) {
	c.Loop().Check()
	c.Write([]byte("bye"))
	c.Close(errGoodbye)
}

// Many more connections than one step of a walk takes are all ended, each once and on its loop; those of another listener are not.
func TestCloseWith(t *testing.T) {
	const loops, each = 3, 5*walkEnds + 7
	f := NewFake(loops)
	var hs []*ends
	open := func(name string) *Listener {
		ln, err := f.Server().Listen(ListenerOptions{Name: name, Network: "tcp", Address: "127.0.0.1:1883", Accept: func(*Conn) Handler {
			h := new(ends)
			hs = append(hs, h)
			return h
		}})
		if err != nil {
			t.Fatal(err)
		}
		return ln
	}
	doomed, other := open("doomed"), open("other")
	var peers []*FakePeer
	for i := range loops * each {
		peers = append(peers, f.Connect(i%loops, doomed))
	}
	bystander := f.Connect(0, other)
	doomed.CloseWith(goodbye)
	doomed.CloseWith(func(*Conn) { t.Error("the second CloseWith ends connections too") })
	doomed.Close(true)
	f.Run()
	for i, p := range peers {
		if got := string(p.Take()); got != "bye" || !p.Ended() {
			t.Fatalf("connection %d heard %q, ended %v", i, got, p.Ended())
		}
		hs[i].one(t, errGoodbye)
	}
	if len(bystander.Take()) > 0 || bystander.Ended() {
		t.Error("a connection of another listener was ended")
	}
	if doomed.Running() || !other.Running() {
		t.Errorf("running: %v and %v, want the second one only", doomed.Running(), other.Running())
	}
}

// A connection that is on its way to another loop when its listener is closed arrives first, and is ended then.
func TestCloseWithWhileMoving(t *testing.T) {
	f := NewFake(2)
	var ln *Listener
	arrived := false
	h := new(ends)
	mover := &funcs{
		traffic: func(c *Conn, b []byte) int {
			// The walks are in the mailboxes before the connection is.
			ln.CloseWith(func(c *Conn) {
				if !arrived {
					t.Error("ended before it arrived")
				}
				goodbye(c)
			})
			c.MoveTo(f.Loop(1), func(c *Conn) { arrived = true })
			return len(b)
		},
		close: h.OnClose,
	}
	ln, err := f.Server().Listen(ListenerOptions{Network: "tcp", Address: "127.0.0.1:1883", Accept: func(*Conn) Handler { return mover }})
	if err != nil {
		t.Fatal(err)
	}
	p := f.Connect(0, ln)
	p.Send([]byte("x"))
	f.Run()
	if got := string(p.Take()); got != "bye" || !p.Ended() {
		t.Errorf("heard %q, ended %v", got, p.Ended())
	}
	h.one(t, errGoodbye)
}
