package netpoll

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"
)

// framed calls packet for each packet of a stream in which four bytes of length precede each.
func framed(packet func(c *Conn, p []byte)) func(c *Conn, b []byte) int {
	return func(c *Conn, b []byte) int {
		n := 0
		for len(b)-n >= 4 {
			size := int(binary.BigEndian.Uint32(b[n:]))
			if len(b)-n-4 < size {
				break
			}
			packet(c, b[n+4:n+4+size])
			n += 4 + size
		}
		return n
	}
}

func frame(p []byte) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(p))), p...)
}

func TestEcho(t *testing.T) {
	for _, loops := range []int{1, 3} {
		t.Run(fmt.Sprintf("loops=%d", loops), func(t *testing.T) {
			s := testServer(t, Options{Loops: loops})
			ln := listenTCP(t, s, echoHandler)
			want := pattern(3 << 20)
			for range 3 {
				nc := dialTCP(t, ln)
				go nc.Write(want)
				wantBytes(t, "echo", readN(t, nc, len(want)), want)
			}
		})
	}
}

// Packets come in pieces of every size; the handler must see each of them whole, once and in order.
func TestSegmentation(t *testing.T) {
	sizes := []int{0, 1, 2, 255, 256, 257, 4095, 5000, 32768, 65535, 65536, 70000, 300000, 3}
	for _, piece := range []int{1, 7, 1000, 4097, 65536, 200001} {
		t.Run(fmt.Sprintf("piece=%d", piece), func(t *testing.T) {
			f := NewFake(1)
			var got []byte
			p := f.Open(0, func(*Conn) Handler {
				return &funcs{traffic: framed(func(_ *Conn, b []byte) { got = append(got, frame(b)...) })}
			})
			var want []byte
			for i, n := range sizes {
				want = append(want, frame(bytes.Repeat([]byte{byte(i + 1)}, n))...)
			}
			for b := want; len(b) > 0; b = b[min(piece, len(b)):] {
				p.Send(b[:min(piece, len(b))])
			}
			wantBytes(t, "packets", got, want)
			if c := p.Conn(); c.in != nil {
				t.Errorf("a buffer of %d bytes is kept with no input left", cap(c.in))
			}
		})
	}
}

// A packet larger than the loop's buffer must not make the connection keep a large buffer once it is consumed.
func TestLargePacketGivesBufferBack(t *testing.T) {
	f := NewFake(1)
	consume := false
	p := f.Open(0, func(*Conn) Handler {
		return &funcs{traffic: func(_ *Conn, b []byte) int {
			if !consume {
				return 0
			}
			return len(b) - 1
		}}
	})
	c := p.Conn()
	p.Send(pattern(1 << 20))
	if len(c.in) != 1<<20 || cap(c.in) > 4<<20 {
		t.Fatalf("kept %d bytes in a buffer of %d", len(c.in), cap(c.in))
	}
	consume = true
	p.Send([]byte{1})
	if len(c.in) != 1 || cap(c.in) != slabSizes[0] {
		t.Fatalf("kept %d bytes in a buffer of %d after the packet was consumed", len(c.in), cap(c.in))
	}
}

// The buffer grows by what has arrived: never does a peer that claims much and sends little hold much.
func TestBufferGrowsWithArrival(t *testing.T) {
	f := NewFake(1)
	p := f.Open(0, func(*Conn) Handler { return &funcs{traffic: func(*Conn, []byte) int { return 0 }} })
	for sent := 0; sent < 1<<20; {
		n := 1 + sent/10
		p.Send(make([]byte, n))
		sent += n
		if c := p.Conn(); cap(c.in) > max(slabSizes[1], 8*sent) {
			t.Fatalf("%d bytes arrived, buffer of %d", sent, cap(c.in))
		}
	}
}

// The kept input comes again in front of what follows, and again after Resume though nothing follows.
func TestPauseKeepsInput(t *testing.T) {
	f := NewFake(1)
	var calls []string
	pauseAt := 3
	p := f.Open(0, func(*Conn) Handler {
		return &funcs{traffic: func(c *Conn, b []byte) int {
			calls = append(calls, string(b))
			if len(calls) == pauseAt {
				c.Pause()
				c.Pause()
				return 1
			}
			return max(len(b)-1, 0)
		}}
	})
	p.Send([]byte("ab"))
	p.Send([]byte("cd"))
	p.Send([]byte("efg"))
	p.Send([]byte("hij"))
	if got, want := fmt.Sprint(calls), "[ab bcd defg]"; got != want {
		t.Fatalf("OnTraffic got %s, want %s", got, want)
	}
	if p.Unread() != 3 {
		t.Errorf("%d bytes unread while paused, want 3", p.Unread())
	}
	p.Conn().Resume()
	p.Conn().Resume()
	f.Run()
	if got, want := fmt.Sprint(calls), "[ab bcd defg efg ghij]"; got != want {
		t.Fatalf("OnTraffic got %s, want %s", got, want)
	}
}

// Pause and Resume within one OnTraffic show again what that call leaves.
func TestResumeInsideOnTraffic(t *testing.T) {
	f := NewFake(1)
	var calls []string
	p := f.Open(0, func(*Conn) Handler {
		return &funcs{traffic: func(c *Conn, b []byte) int {
			calls = append(calls, string(b))
			c.Pause()
			c.Resume()
			return 1
		}}
	})
	p.Send([]byte("abc"))
	if got := fmt.Sprint(calls); got != "[abc bc c]" {
		t.Errorf("OnTraffic got %s", got)
	}
}

// The end of input waits behind a pause, because what came before it was not read yet.
func TestPauseHidesHangup(t *testing.T) {
	f := NewFake(1)
	var got []byte
	closed := "open"
	p := f.Open(0, func(c *Conn) Handler {
		c.Pause()
		return &funcs{
			traffic: func(_ *Conn, b []byte) int { got = append(got, b...); return len(b) },
			close:   func(_ *Conn, err error) { closed = fmt.Sprint(err) },
		}
	})
	p.Deliver([]byte("last words"))
	p.Hangup()
	if len(got) > 0 || closed != "open" {
		t.Fatalf("paused: got %q, closed %s", got, closed)
	}
	p.Conn().Resume()
	f.Run()
	if string(got) != "last words" || closed != "EOF" {
		t.Fatalf("resumed: got %q, closed %s", got, closed)
	}
}

// Pausing against a sender that fills the kernel's buffers, over a real socket: nothing is lost and reading goes on.
func TestPauseResumeUnderLoad(t *testing.T) {
	s := testServer(t, Options{Loops: 1})
	l := s.Loops()[0]
	var timer Timer
	var conn *Conn
	timer.Init(timerFunc(func(*Loop, *Timer) { conn.Resume() }))
	ln := listenTCP(t, s, func(c *Conn) Handler {
		conn = c
		n := 0
		return &funcs{traffic: func(c *Conn, b []byte) int {
			c.Write(b)
			if n++; n%10 == 0 {
				c.Pause()
				if n%20 == 0 {
					l.Schedule(&timer, 0)
				} else {
					l.Post(taskFunc(func(*Loop) { c.Resume() }))
				}
			}
			return len(b)
		}}
	})
	want := pattern(4 << 20)
	nc := dialTCP(t, ln)
	go nc.Write(want)
	wantBytes(t, "echo", readN(t, nc, len(want)), want)
}

func BenchmarkReadTail(b *testing.B) {
	for _, size := range []int{64, 1024, 10000} {
		b.Run(fmt.Sprintf("packet=%d", size), func(b *testing.B) {
			f := NewFake(1)
			packets := 0
			p := f.Open(0, func(*Conn) Handler {
				return &funcs{traffic: framed(func(*Conn, []byte) { packets++ })}
			})
			stream := bytes.Repeat(frame(make([]byte, size)), 1+(256<<10)/size)
			b.SetBytes(int64(len(stream)))
			b.ReportAllocs()
			for b.Loop() {
				p.Send(stream)
				p.in = nil
			}
		})
	}
}
