package netpoll

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
	"time"
)

// Everything that a turn writes to a connection leaves with one call.
func TestOneWritePerTurn(t *testing.T) {
	f := NewFake(1)
	shared := new(counter)
	p := f.Open(0, func(*Conn) Handler {
		return &funcs{traffic: func(c *Conn, b []byte) int {
			for range 10 {
				c.Write([]byte("copy "))
				c.WriteShared([]byte("shared "), shared)
				c.Commit(append(c.Reserve(20), "reserved "...))
			}
			return len(b)
		}}
	})
	p.Send([]byte{1})
	want := bytes.Repeat([]byte("copy shared reserved "), 10)
	wantBytes(t, "output", p.Take(), want)
	if p.Writes() != 1 && !shaken {
		t.Errorf("%d writes, want 1", p.Writes())
	}
	if shared.count() != 10 {
		t.Errorf("%d releases, want 10", shared.count())
	}
	if o := &p.Conn().out; o.head != nil || o.tail != nil || o.pending != 0 {
		t.Errorf("an idle connection keeps output buffers: %+v", o)
	}
}

// Whatever the kernel takes at a time, the peer gets the bytes in order, and each shared payload is released once, not before
// its last byte is written.
func TestPartialWrites(t *testing.T) {
	f := NewFake(1)
	p := f.Open(0, func(*Conn) Handler { return &funcs{} })
	c := p.Conn()
	p.Block(true)
	rnd := rand.New(rand.NewPCG(1, 2))
	var want []byte
	type payload struct{ counter }
	var payloads []*payload
	var ends []int
	for i := range 300 {
		b := bytes.Repeat([]byte{byte(i)}, rnd.IntN(3000))
		switch rnd.IntN(3) {
		case 0:
			c.Write(b)
		case 1:
			c.Commit(append(c.Reserve(len(b)+rnd.IntN(100)), b...))
		case 2:
			r := new(payload)
			c.WriteShared(b, r)
			payloads = append(payloads, r)
			ends = append(ends, len(want)+len(b))
		}
		want = append(want, b...)
	}
	f.Run()
	if c.Pending() != len(want) {
		t.Fatalf("%d bytes pending, want %d", c.Pending(), len(want))
	}
	var got []byte
	for len(got) < len(want) {
		p.Accept(1 + rnd.IntN(5000))
		got = append(got, p.Take()...)
		for i, r := range payloads {
			if done := ends[i] <= len(got); done != (r.count() == 1) && ends[i] != len(got) {
				t.Fatalf("%d bytes written: payload that ends at %d was released %d times", len(got), ends[i], r.count())
			}
		}
	}
	wantBytes(t, "output", got, want)
	for i, r := range payloads {
		if r.count() != 1 {
			t.Errorf("payload %d was released %d times", i, r.count())
		}
	}
	if c.Pending() != 0 || c.out.head != nil {
		t.Errorf("%d bytes pending at the end", c.Pending())
	}
}

// A connection that ends gives up what it has not written: each payload is released once, later ones at once.
func TestSharedIsReleasedWhenGivenUp(t *testing.T) {
	f := NewFake(1)
	p := f.Open(0, func(*Conn) Handler { return &funcs{} })
	c := p.Conn()
	p.Block(true)
	r := new(counter)
	for range 5 {
		c.WriteShared([]byte("payload"), r)
	}
	f.Run()
	if r.count() != 0 {
		t.Fatalf("%d payloads released while the kernel took none", r.count())
	}
	c.Abort(nil)
	f.Loop(0).settle()
	if r.count() != 5 {
		t.Fatalf("%d payloads released by Abort, want 5", r.count())
	}
	c.WriteShared([]byte("payload"), r)
	if r.count() != 6 {
		t.Fatalf("a payload written after the end was released %d times, want 1", r.count()-5)
	}
}

// A reader that stands still stops nobody, and gets every byte when it goes on.
func TestBlockedReader(t *testing.T) {
	const size, count = 64 << 10, 256
	s := testServer(t, Options{Loops: 1, HighWater: 1 << 20})
	drained := make(chan int, 100)
	r := new(counter)
	payload := pattern(size)
	conns := make(chan *Conn, 1)
	sent := 0
	more := func(c *Conn) {
		for ; sent < count && !c.Full(); sent++ {
			c.WriteShared(payload, r)
		}
	}
	ln := listenTCP(t, s, func(c *Conn) Handler {
		return &funcs{open: func(c *Conn) { more(c); conns <- c }, drain: func(c *Conn) { drained <- c.Pending(); more(c) }}
	})
	nc := dialTCP(t, ln)
	wait(t, conns, "OnOpen")
	// Another connection is served meanwhile.
	other := listenTCP(t, s, echoHandler)
	nc2 := dialTCP(t, other)
	fmt.Fprint(nc2, "hello")
	readN(t, nc2, 5)

	want := bytes.Repeat(payload, count)
	wantBytes(t, "stream", readN(t, nc, len(want)), want)
	on(t, s.Loops()[0], func() {})
	if r.count() != count {
		t.Errorf("%d payloads released, want %d", r.count(), count)
	}
	close(drained)
	n := 0
	for pending := range drained {
		n++
		if pending >= 64<<10 {
			t.Errorf("OnDrain with %d bytes pending", pending)
		}
	}
	if n == 0 {
		t.Error("Full was true and OnDrain was never called")
	}
}

// Full and OnDrain come in pairs, at the marks.
func TestWaterMarks(t *testing.T) {
	f := NewFakeWith(Options{Loops: 1, HighWater: 5000, LowWater: 100})
	drains := 0
	p := f.Open(0, func(*Conn) Handler { return &funcs{drain: func(*Conn) { drains++ }} })
	c := p.Conn()
	p.Block(true)
	c.Write(make([]byte, 4999))
	if c.Full() {
		t.Error("full below the high mark")
	}
	c.Write(make([]byte, 1))
	if !c.Full() {
		t.Error("not full at the high mark")
	}
	p.Accept(4900)
	if drains != 0 {
		t.Error("OnDrain at the low mark, want below it")
	}
	p.Accept(1)
	if drains != 1 {
		t.Errorf("OnDrain called %d times below the low mark, want 1", drains)
	}
	p.Accept(10)
	if drains != 1 {
		t.Errorf("OnDrain called %d times though Full was not asked again", drains)
	}
}

// Many peers that do not read share the memory for output with one that does: it is bounded, and the reader has its part.
func TestOutputMemory(t *testing.T) {
	const budget = 1 << 20
	f := NewFakeWith(Options{Loops: 1, HighWater: 1 << 20, OutputMemory: budget})
	open := func() *FakePeer { return f.Open(0, func(*Conn) Handler { return &funcs{} }) }
	reader := open()
	var stalled []*FakePeer
	total := 0
	for range 100 {
		p := open()
		p.Block(true)
		settled(f, func() {
			for !p.Conn().Full() {
				p.Conn().Write(make([]byte, 1000))
			}
		})
		total += p.Conn().Pending()
		stalled = append(stalled, p)
	}
	if first := stalled[0].Conn().Pending(); first < budget/5 {
		t.Errorf("the first stalled one may have %d bytes pending, want about a quarter of %d", first, budget)
	}
	if most := budget + len(stalled)*(fullFloor+1000); total > most || f.Loop(0).pending != total {
		t.Errorf("%d bytes are pending, want at most %d; the loop counts %d", total, most, f.Loop(0).pending)
	}
	settled(f, func() {
		if reader.Conn().Full() {
			t.Error("a connection with nothing pending is full")
		}
	})
	for _, p := range stalled {
		p.Reset()
	}
	f.Run()
	if n := f.Loop(0).pending; n != 0 {
		t.Errorf("the loop counts %d pending bytes when none are left", n)
	}
}

// WantDrain asks for OnDrain below the high mark too, and for nothing where nothing is pending.
func TestWantDrain(t *testing.T) {
	f := NewFakeWith(Options{Loops: 1, HighWater: 5000, LowWater: 100})
	drains := 0
	p := f.Open(0, func(*Conn) Handler { return &funcs{drain: func(*Conn) { drains++ }} })
	settled(f, p.Conn().WantDrain)
	settled(f, func() { p.Conn().Write(make([]byte, 10)) })
	if drains != 0 {
		t.Fatal("OnDrain though nothing was pending when it was asked for")
	}
	p.Block(true)
	p.Conn().Write(make([]byte, 300))
	p.Conn().WantDrain()
	p.Accept(200)
	if drains != 0 {
		t.Fatal("OnDrain at the low mark, want below it")
	}
	p.Accept(1)
	if drains != 1 {
		t.Errorf("OnDrain called %d times below the low mark, want 1", drains)
	}
}

// A peer that takes nothing is given up when the time is over, and not before; one that takes a little is not.
func TestSlowPeer(t *testing.T) {
	f := NewFakeWith(Options{Loops: 1, SlowPeerTimeout: 30 * time.Second})
	var ended error
	p := f.Open(0, func(*Conn) Handler { return &funcs{close: func(_ *Conn, err error) { ended = err }} })
	p.Block(true)
	p.Conn().Write(make([]byte, 100))
	f.Run()
	for range 5 {
		f.Advance(29 * time.Second)
		if ended != nil {
			t.Fatalf("ended %v after 29 s without progress", ended)
		}
		p.Accept(1)
	}
	f.Advance(29 * time.Second)
	if ended != nil {
		t.Fatal("ended after 29 s without progress")
	}
	f.Advance(2 * time.Second)
	if ended != ErrSlowPeer || !p.Closed() {
		t.Fatalf("ended %v, closed %v after 31 s without progress", ended, p.Closed())
	}
}

// A peer that has taken all of it is not slow, however long nothing is written.
func TestIdleIsNotSlow(t *testing.T) {
	f := NewFake(1)
	ended := false
	p := f.Open(0, func(*Conn) Handler { return &funcs{close: func(*Conn, error) { ended = true }} })
	p.Block(true)
	p.Conn().Write(make([]byte, 100))
	f.Run()
	p.Block(false)
	f.Advance(10 * time.Minute)
	if ended {
		t.Error("an idle connection was ended")
	}
}

// The time without progress begins when there is output, not when the peer last took some.
func TestSlowPeerAfterIdleTime(t *testing.T) {
	f := NewFakeWith(Options{Loops: 1, SlowPeerTimeout: 30 * time.Second})
	e := new(ends)
	p := f.Open(0, func(*Conn) Handler { return e })
	p.Block(true)
	p.Conn().Write(make([]byte, 100))
	f.Run()
	p.Block(false)
	f.Advance(25 * time.Second)
	p.Block(true)
	settled(f, func() { p.Conn().Write(make([]byte, 100)) })
	f.Advance(29 * time.Second)
	if len(e.heard) != 0 {
		t.Fatalf("ended %v after 29 s", e.heard)
	}
	f.Advance(2 * time.Second)
	e.one(t, ErrSlowPeer)
}

// A slow peer over a real socket is cut off with a reset.
func TestSlowPeerSocket(t *testing.T) {
	s := testServer(t, Options{Loops: 1, SlowPeerTimeout: 200 * time.Millisecond, Tick: 10 * time.Millisecond})
	ended := make(chan error, 1)
	ln := listenTCP(t, s, func(*Conn) Handler {
		return &funcs{
			open:  func(c *Conn) { c.Write(make([]byte, 32<<20)) },
			close: func(_ *Conn, err error) { ended <- err },
		}
	})
	nc := dialTCP(t, ln)
	if err := wait(t, ended, "OnClose"); err != ErrSlowPeer {
		t.Errorf("ended with %v, want %v", err, ErrSlowPeer)
	}
	if _, err := io.Copy(io.Discard, nc); err == nil {
		t.Error("the peer saw an orderly end in the midst of the output")
	}
}

// Output that was written while connecting, or is reserved and not committed, costs nothing afterwards.
func TestReserveWithoutCommit(t *testing.T) {
	f := NewFake(1)
	p := f.Open(0, func(*Conn) Handler {
		return &funcs{traffic: func(c *Conn, b []byte) int { c.Reserve(100); return len(b) }}
	})
	p.Send([]byte{1})
	if c := p.Conn(); c.out.head != nil {
		t.Error("a chunk to which nothing was committed is kept")
	}
	if p.Writes() != 0 {
		t.Errorf("%d writes of nothing", p.Writes())
	}
}

func BenchmarkCommit(b *testing.B) {
	f := NewFake(1)
	p := f.Open(0, func(*Conn) Handler { return &funcs{} })
	c, msg := p.Conn(), make([]byte, 70)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		c.Commit(append(c.Reserve(80), msg...))
		if i%800 == 0 {
			f.Loop(0).endTurn()
			p.out = p.out[:0]
		}
	}
}

// A callback that writes much to many is relieved on the way, keeps the order, and loses no reservation.
func TestRelief(t *testing.T) {
	const n, each = 100, 400 << 10
	f := NewFake(1)
	var peers []*FakePeer
	for range n {
		peers = append(peers, f.Open(0, func(*Conn) Handler { return &funcs{} }))
	}
	msg := pattern(1000)
	var want []byte
	most := 0
	settled(f, func() {
		for len(want) < each {
			for _, p := range peers {
				b := p.Conn().Reserve(len(msg))
				p.Conn().Commit(append(b, msg...))
			}
			want = append(want, msg...)
			pending := 0
			for _, p := range peers {
				pending += p.Conn().Pending()
			}
			most = max(most, pending)
			b := peers[0].Conn().Reserve(1)
			_ = b // given up
		}
	})
	if most > reliefBytes+n*len(msg) && !shaken {
		t.Errorf("%d bytes were pending at once, want at most %d", most, reliefBytes)
	}
	for _, p := range peers {
		wantBytes(t, "output", p.Take(), want)
	}
}

// A flush whose OnDrain writes so much that it is relieved on the way meets the part of the list that is already done.
func TestReliefWhileFlushing(t *testing.T) {
	f := NewFake(1)
	idle := f.Open(0, func(*Conn) Handler { return &funcs{} })
	msg := pattern(64 << 10)
	var want []byte
	more := 2*reliefBytes/len(msg) + 1
	p := f.Open(0, func(*Conn) Handler {
		return &funcs{drain: func(c *Conn) {
			for ; more > 0; more-- {
				c.Write(msg)
				want = append(want, msg...)
			}
		}}
	})
	settled(f, func() {
		idle.Conn().Write(msg)
		p.Conn().Write(msg)
		p.Conn().WantDrain()
		want = append(want, msg...)
	})
	wantBytes(t, "output", p.Take(), want)
	if p.Closed() || idle.Closed() {
		t.Error("a connection was closed")
	}
}
