package netpoll

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// OnTurnEnd functions run once for a turn in which Touch was called, before the flush, and not otherwise.
func TestTurnEnd(t *testing.T) {
	f := NewFake(2)
	l := f.Loop(0)
	var p *FakePeer
	var log []string
	for i := range 2 {
		l.OnTurnEnd(func() {
			log = append(log, fmt.Sprintf("end%d", i))
			p.Conn().Write([]byte("end "))
			f.Loop(1).Post(taskFunc(func(*Loop) { log = append(log, "posted") }))
		})
	}
	touch := false
	p = f.Open(0, func(*Conn) Handler {
		return &funcs{traffic: func(c *Conn, b []byte) int {
			c.Write([]byte("traffic "))
			if touch {
				l.Touch()
				l.Touch()
			}
			return len(b)
		}}
	})
	p.Send([]byte("x"))
	if len(log) > 0 || string(p.Take()) != "traffic " {
		t.Fatalf("without Touch: %v", log)
	}
	touch = true
	p.Send([]byte("x"))
	if got := fmt.Sprint(log); got != "[end0 end1 posted posted]" {
		t.Errorf("with Touch: %s", got)
	}
	if got := string(p.Take()); got != "traffic end end " {
		t.Errorf("output %q", got)
	}
}

// What the turn's end itself causes is served too: OnDrain and OnTurnEnd that write and touch.
func TestTurnEndCausesWork(t *testing.T) {
	f := NewFakeWith(Options{Loops: 1, HighWater: 100, LowWater: 50})
	l := f.Loop(0)
	ends := 0
	l.OnTurnEnd(func() { ends++ })
	drains := 0
	p := f.Open(0, func(*Conn) Handler {
		return &funcs{
			traffic: func(c *Conn, b []byte) int { c.Write(make([]byte, 100)); c.Full(); return len(b) },
			drain: func(c *Conn) {
				if drains++; drains < 20 {
					c.Write(make([]byte, 100))
					c.Full()
					l.Touch()
				}
			},
		}
	})
	p.Send([]byte("x"))
	if drains != 20 || ends == 0 || len(p.Take()) != 2000 {
		t.Errorf("%d drains, %d turn ends", drains, ends)
	}
}

// storm lets n peers send at once, rounds times, to handlers that all write to one connection, and returns the writes on it.
func storm(f *Fake, n, rounds int) (writes int) {
	sink := f.Open(0, func(*Conn) Handler { return &funcs{} })
	var peers []*FakePeer
	for range n {
		peers = append(peers, f.Open(0, func(*Conn) Handler {
			return &funcs{traffic: func(_ *Conn, b []byte) int { sink.Conn().Write(b); return len(b) }}
		}))
	}
	for range rounds {
		for _, p := range peers {
			p.Deliver([]byte("x"))
		}
		f.Run()
	}
	return sink.Writes()
}

// What the events of a turn write to one connection is written once.
func TestTurnMergesWrites(t *testing.T) {
	f := NewFake(1)
	if writes := storm(f, 50, 100); writes != 100 && !shaken { // such a build writes in pieces
		t.Errorf("%d writes for 100 rounds of 50 events to one connection, want 100", writes)
	}
}

// A turn does not gather output without bound.
func TestTurnIsBounded(t *testing.T) {
	const each = 10_000
	f := NewFake(1)
	sink := f.Open(0, func(*Conn) Handler { return &funcs{} })
	p := f.Open(0, func(*Conn) Handler {
		return &funcs{traffic: func(_ *Conn, b []byte) int { sink.Conn().Write(make([]byte, each)); return len(b) }}
	})
	const events = 3 * turnBytes / each
	f.Together(func() {
		for range events { // as one batch of the poller's
			p.in = append(p.in, 1)
			f.Loop(0).onEvent(int(p.conn.fd), canRead)
			if n := sink.Conn().Pending(); n > turnBytes+each {
				t.Fatalf("%d bytes wait for the end of a turn", n)
			}
		}
	})
	if n := len(sink.Take()); n != events*each {
		t.Errorf("%d bytes written", n)
	}
}

// A loop that is awake is not woken: who posts to it then, and what its own turn leaves to do, costs no system call.
func TestAwakeLoopIsNotWoken(t *testing.T) {
	f := NewFake(2)
	l, other := f.Loop(0), f.Loop(1)
	ran := 0
	count := taskFunc(func(*Loop) { ran++ })
	if !l.mail.put(count) {
		t.Error("the first task for a loop that rests does not wake it")
	}
	if l.mail.put(count) {
		t.Error("the second task wakes it, too")
	}
	l.mail.waking.Store(0)
	l.finish()
	if l.mail.put(count) {
		t.Error("a task that comes before the loop rests wakes it")
	}
	if l.rest() {
		t.Fatal("the loop rests although a task has come")
	}
	l.finish()
	if !l.rest() {
		t.Fatal("nothing is left to do, but the loop does not rest")
	}
	if ran != 3 {
		t.Errorf("%d tasks ran, want 3", ran)
	}
	if other.mail.armed.Load() {
		t.Error("another loop was woken")
	}
}

// An alarm that rings while a turn goes on, after its clock was read, is not lost.
func TestAlarmDuringTurn(t *testing.T) {
	f := NewFake(1)
	l := f.Loop(0)
	l.finish()
	l.alarm.ringing.Store(true)
	if l.rest() {
		t.Fatal("the loop rests although its alarm rings")
	}
	l.finish()
	if !l.rest() {
		t.Error("the alarm was heard, but the loop does not rest")
	}
}

// An event for a descriptor that has another owner by now is nobody's.
func TestStaleEvents(t *testing.T) {
	f := NewFake(2)
	got := 0
	p := f.Open(1, func(*Conn) Handler { return &funcs{traffic: func(_ *Conn, b []byte) int { got++; return len(b) }} })
	p.in = []byte("x")
	f.Loop(0).onEvent(int(p.conn.fd), canRead|canWrite|hangup) // a number that loop 0 had before
	f.Loop(0).onEvent(99999, canRead)                          // a number that nobody has
	f.Run()
	if got != 0 || p.Closed() {
		t.Error("an event of another loop's descriptor was served")
	}
}

// TestFloodStarvesNobody has a peer send faster than its loop reads, so that the loop always has more to read from it: another
// connection of that loop is still answered, and a new one is accepted.
func TestFloodStarvesNobody(t *testing.T) {
	s := testServer(t, Options{Loops: 1, ReadBuffer: 16 << 10})
	flooded := make(chan struct{})
	var once sync.Once
	ln, err := s.Listen(ListenerOptions{Name: "t", Network: "tcp", Address: "127.0.0.1:0", ReceiveBuffer: 4 << 20, Accept: func(c *Conn) Handler {
		return &funcs{traffic: func(c *Conn, b []byte) int {
			if b[0] == 'x' { // the flood
				once.Do(func() { close(flooded) })
				digest := sha256.New()
				for range 20 { // more work than it takes to send as much again
					digest.Write(b)
				}
				return len(b)
			}
			c.Write(b)
			return len(b)
		}}
	}})
	if err != nil {
		t.Fatal(err)
	}
	dial := func() net.Conn {
		conn, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		return conn
	}
	pings := func(conn net.Conn) {
		t.Helper()
		conn.SetDeadline(time.Now().Add(20 * time.Second)) // an upper bound: without a flood it takes a millisecond
		answer := make([]byte, 1)
		for range 20 {
			if _, err := conn.Write([]byte{'p'}); err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadFull(conn, answer); err != nil {
				t.Fatalf("no answer beside a flood: %v", err)
			}
		}
	}
	early := dial()
	pings(early)
	var done sync.WaitGroup
	flood := dial()
	done.Go(func() {
		for b := bytes.Repeat([]byte{'x'}, 1<<20); ; {
			if _, err := flood.Write(b); err != nil {
				return
			}
		}
	})
	<-flooded
	pings(early)
	pings(dial())
	flood.Close()
	done.Wait()
}
