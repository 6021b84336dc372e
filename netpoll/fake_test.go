package netpoll

import (
	"fmt"
	"testing"
	"time"
)

// Two runs of the same script give the same bytes, turns and times.
func TestFakeIsDeterministic(t *testing.T) {
	script := func() (out []byte, stats Stats, now time.Duration) {
		f := NewFake(3)
		var timers []*firing
		peers := make([]*FakePeer, 6)
		for i := range peers {
			peers[i] = f.Open(i%3, func(*Conn) Handler {
				return &funcs{traffic: func(c *Conn, b []byte) int {
					x := new(firing)
					x.Init(x)
					c.Loop().Schedule(&x.Timer, time.Duration(len(b))*time.Second)
					timers = append(timers, x)
					to := peers[(i+1)%len(peers)].Conn()
					msg := string(b)
					to.Loop().Post(taskFunc(func(*Loop) { to.Write([]byte(msg)) }))
					return len(b)
				}}
			})
		}
		for i := range 100 {
			peers[i%6].Deliver(pattern(i + 1))
			if i%4 == 0 {
				f.Advance(time.Duration(i) * 10 * time.Millisecond)
			}
		}
		f.Run()
		for _, p := range peers {
			out = append(out, p.Take()...)
		}
		for _, x := range timers {
			now += x.fired
		}
		return out, f.Server().Stats(), now
	}
	out1, stats1, now1 := script()
	out2, stats2, now2 := script()
	wantBytes(t, "second run", out2, out1)
	if len(out1) != 5050 {
		t.Errorf("%d bytes of output, want 5050", len(out1))
	}
	if !shaken && (stats1 != stats2 || now1 != now2) {
		t.Errorf("first run %+v at %v, second %+v at %v", stats1, now1, stats2, now2)
	}
}

// Clocks of all loops show the time that was advanced to, and the wall goes with it.
func TestFakeClock(t *testing.T) {
	f := NewFake(2)
	wall := f.Loop(1).NowUnix()
	f.Advance(90 * time.Second)
	for i := range 2 {
		if got := f.Loop(i).Now() - fakeUptime; got != 90*time.Second {
			t.Errorf("loop %d: %v passed, want 90s", i, got)
		}
		if got := f.Loop(i).NowUnix() - wall; got != 90 {
			t.Errorf("loop %d: %d s of wall time passed, want 90", i, got)
		}
	}
}

// A listener of a Fake counts like a real one.
func TestFakeListener(t *testing.T) {
	f := NewFake(1)
	ln, err := f.Server().Listen(ListenerOptions{Name: "x", Network: "tcp", Address: "127.0.0.1:1883",
		Accept: func(*Conn) Handler { return &funcs{} }})
	if err != nil {
		t.Fatal(err)
	}
	p := f.Connect(0, ln)
	if ln.Active() != 1 || ln.Accepted() != 1 || !ln.Running() || ln.Addr().String() != "127.0.0.1:1883" {
		t.Errorf("active %d, accepted %d, running %v, at %v", ln.Active(), ln.Accepted(), ln.Running(), ln.Addr())
	}
	if a := p.Conn().RemoteAddr(); !a.IsValid() || a == f.Connect(0, ln).Conn().RemoteAddr() {
		t.Errorf("remote address %v, want a different one for each peer", a)
	}
	ln.Close(true)
	f.Run()
	p.Hangup()
	if !p.Closed() || ln.Running() {
		t.Errorf("after Close(true): closed %v, running %v", p.Closed(), ln.Running())
	}
	f.Server().Stop()
	if n := f.Loop(0).Connections(); n != 0 {
		t.Errorf("%d connections after Stop", n)
	}
}

// TestFakeChoose proves that Choose decides between the loops, that the events of one connection stay in order whatever it says,
// and that Together holds everything back until it is over.
func TestFakeChoose(t *testing.T) {
	for _, last := range []bool{false, true} {
		f := NewFake(2)
		var seen []string
		open := func(i int) *FakePeer {
			return f.Open(i, func(*Conn) Handler {
				return &funcs{traffic: func(_ *Conn, b []byte) int {
					seen = append(seen, fmt.Sprintf("%d%s", i, b))
					return len(b)
				}}
			})
		}
		a, b := open(0), open(1)
		f.Choose = func(n int) int {
			if last {
				return n - 1
			}
			return 0
		}
		f.Together(func() {
			a.Send([]byte("x"))
			b.Send([]byte("y"))
			if len(seen) > 0 {
				t.Fatalf("served too early: %q", seen)
			}
		})
		want := []string{"0x", "1y"}
		if last {
			want = []string{"1y", "0x"}
		}
		if fmt.Sprint(seen) != fmt.Sprint(want) {
			t.Errorf("last %v: got %q, want %q", last, seen, want)
		}
	}
}
