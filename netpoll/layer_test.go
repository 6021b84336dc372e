package netpoll

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"
)

// framer is a Layer of frames: a kind, a length of two bytes, and bytes that are turned over with a key. It opens with a hello
// that it answers, answers pings, and ends with a farewell.
type framer struct {
	key    byte
	in     []byte
	open   bool
	closed int
	limit  time.Duration
}

const (
	frameHello = iota
	frameData
	framePing
	framePong
	frameBye
	frameBad
)

func (f *framer) frame(dst []byte, kind byte, b []byte) []byte {
	for first := true; first || len(b) > 0; first = false {
		n := min(len(b), 1<<16-1)
		dst = append(dst, kind)
		dst = binary.BigEndian.AppendUint16(dst, uint16(n))
		for _, x := range b[:n] {
			dst = append(dst, x^f.key)
		}
		b = b[n:]
	}
	return dst
}

func (f *framer) Input(b, plain, wire []byte) ([]byte, []byte, error) {
	f.in = append(f.in, b...)
	for len(f.in) >= 3 {
		n := int(binary.BigEndian.Uint16(f.in[1:]))
		if len(f.in) < 3+n {
			break
		}
		kind, body := f.in[0], f.in[3:3+n]
		f.in = f.in[3+n:]
		for i := range body {
			body[i] ^= f.key
		}
		switch {
		case kind == frameHello && !f.open:
			f.open = true
			wire = f.frame(wire, frameHello, body)
		case kind == frameData && f.open:
			plain = append(plain, body...)
		case kind == framePing:
			wire = f.frame(wire, framePong, body)
		case kind == frameBye:
			return plain, wire, io.EOF
		default:
			return plain, wire, fmt.Errorf("frame of kind %d", kind)
		}
	}
	return plain, wire, nil
}

func (f *framer) Output(b, wire []byte) ([]byte, error) { return f.frame(wire, frameData, b), nil }

func (f *framer) Close(wire []byte, why error) []byte {
	f.closed++
	return f.frame(wire, frameBye, nil)
}

func (f *framer) State() LayerState {
	if f.open {
		return LayerOpen
	}
	return LayerOpening
}

func (f *framer) OpeningLimit() (time.Duration, error) { return f.limit, errFramedLate }

var errFramedLate = errors.New("no hello")

// unframe returns the bodies of whole frames, the highest layer's last.
func (f *framer) unframe(t *testing.T, b []byte) (data []byte, others []string) {
	t.Helper()
	for len(b) > 0 {
		n := int(binary.BigEndian.Uint16(b[1:]))
		body := bytes.Clone(b[3 : 3+n])
		for i := range body {
			body[i] ^= f.key
		}
		if b[0] == frameData {
			data = append(data, body...)
		} else {
			others = append(others, fmt.Sprint(b[0], " ", string(body)))
		}
		b = b[3+n:]
	}
	return data, others
}

// header is a Layer that takes one line and is done.
type header struct {
	conn *Conn
	line []byte
}

func (h *header) Input(b, plain, wire []byte) ([]byte, []byte, error) {
	before, after, found := bytes.Cut(b, []byte("\n"))
	h.line = append(h.line, before...)
	if !found {
		return plain, wire, nil
	}
	h.conn.SetRemoteAddr(netip.MustParseAddrPort(string(h.line)))
	line := string(h.line)
	h.conn.SetIdentity(&Identity{CommonName: line})
	h.line = nil
	h.conn = nil
	return append(plain, after...), wire, nil
}

func (h *header) Output(b, wire []byte) ([]byte, error) { return append(wire, b...), nil }
func (h *header) Close(wire []byte, why error) []byte   { return wire }
func (h *header) State() LayerState {
	if h.conn == nil {
		return LayerDone
	}
	return LayerOpening
}

// openLayered makes a connection of a Fake with layers.
func openLayered(t *testing.T, f *Fake, o ListenerOptions) *FakePeer {
	t.Helper()
	o.Network, o.Address = "tcp", "198.51.100.1:1883"
	ln, err := f.Server().Listen(o)
	if err != nil {
		t.Fatal(err)
	}
	return f.Connect(0, ln)
}

// What a peer sends through a header and two layers arrives, however it is cut, and so does what the handler answers; the peer
// sees each layer's answers and farewells where they belong.
func TestLayersCutAnywhere(t *testing.T) {
	for seed := range uint64(200) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		f := NewFake(1)
		low, high := &framer{key: 0x55}, &framer{key: 0x0f}
		var got []byte
		var closed error
		opened, released := 0, 0
		h := &funcs{
			open: func(c *Conn) {
				opened++
				if c.RemoteAddr() != netip.MustParseAddrPort("203.0.113.9:77") || c.Identity().CommonName != "203.0.113.9:77" {
					t.Errorf("OnOpen sees the peer %v, %v", c.RemoteAddr(), c.Identity())
				}
			},
			traffic: func(c *Conn, b []byte) int {
				n := rnd.IntN(len(b) + 1)
				if len(b) > 20000 {
					n = len(b)
				}
				got = append(got, b[:n]...)
				switch rnd.IntN(3) {
				case 0:
					c.Write(b[:n])
				case 1:
					c.Commit(append(c.Reserve(n), b[:n]...))
				case 2:
					c.WriteShared(bytes.Clone(b[:n]), releaseFunc(func() { released++ }))
					released--
				}
				if rnd.IntN(4) == 0 {
					c.Pause()
				}
				if rnd.IntN(8) == 0 {
					c.Flush()
				}
				return n
			},
			close: func(c *Conn, err error) { closed = err },
		}
		p := openLayered(t, f, ListenerOptions{
			Accept: func(*Conn) Handler { return h },
			Layers: func(c *Conn) []Layer { return []Layer{&header{conn: c}, low, high} },
		})

		var sent []byte
		up := high.frame(nil, frameHello, []byte("high"))
		for range 1 + rnd.IntN(10) {
			b := make([]byte, rnd.IntN(1<<rnd.IntN(16)))
			for i := range b {
				b[i] = byte(rnd.Uint32())
			}
			sent = append(sent, b...)
			up = high.frame(up, frameData, b)
		}
		up = high.frame(up, frameBye, nil)
		wire := []byte("203.0.113.9:77\n")
		wire = low.frame(wire, frameHello, []byte("low"))
		for len(up) > 0 {
			n := 1 + rnd.IntN(min(len(up), 1<<15))
			wire = low.frame(wire, frameData, up[:n])
			up = up[n:]
		}
		var out []byte
		for len(wire) > 0 {
			n := 1 + rnd.IntN(min(len(wire), 1<<rnd.IntN(17)))
			if rnd.IntN(4) == 0 {
				p.Block(true)
			}
			p.Send(wire[:n])
			if rnd.IntN(2) == 0 {
				p.Accept(rnd.IntN(100))
			}
			p.Block(false)
			out = append(out, p.Take()...)
			wire = wire[n:]
		}
		for range 100000 {
			if !p.Conn().Paused() {
				break
			}
			f.Loop(0).Post(taskFunc(func(*Loop) { p.Conn().Resume() }))
			f.Run()
		}
		out = append(out, p.Take()...)

		if opened != 1 || closed != io.EOF {
			t.Fatalf("seed %d: opened %d times, closed with %v, want once and EOF", seed, opened, closed)
		}
		// What the handler had not consumed at the end is lost, as on a plain connection.
		if !bytes.HasPrefix(sent, got) {
			t.Fatalf("seed %d: the handler got %d bytes that were not sent", seed, len(got))
		}
		inner, lowSaid := low.unframe(t, out)
		back, highSaid := high.unframe(t, inner)
		if !bytes.Equal(back, got) {
			t.Fatalf("seed %d: %d bytes came back, want the %d that the handler got", seed, len(back), len(got))
		}
		if fmt.Sprint(lowSaid, highSaid) != fmt.Sprint([]string{"0 low", "4 "}, []string{"0 high", "4 "}) {
			t.Fatalf("seed %d: the layers said %q and %q", seed, lowSaid, highSaid)
		}
		p.Hangup()
		if !p.Closed() || low.closed != 1 || high.closed != 1 || released != 0 || f.Loop(0).pending != 0 {
			t.Fatalf("seed %d: closed %v, layers closed %d and %d times, %d payloads not released, %d bytes pending", seed, p.Closed(),
				low.closed, high.closed, -released, f.Loop(0).pending)
		}
	}
}

// releaseFunc is a Releaser of a function.
type releaseFunc func()

func (f releaseFunc) Release() { f() }

// A header that was taken leaves a plain connection behind.
func TestLayerDone(t *testing.T) {
	f := NewFake(1)
	p := openLayered(t, f, ListenerOptions{
		Accept: echoHandler,
		Layers: func(c *Conn) []Layer { return []Layer{&header{conn: c}} },
	})
	p.Send([]byte("203.0.113.9:77\nabc"))
	p.Send([]byte("def"))
	if got := string(p.Take()); got != "abcdef" || len(p.Conn().Layers()) != 0 {
		t.Errorf("echo %q, layers %v", got, p.Conn().Layers())
	}
	if id := p.Conn().Identity(); id == nil || id.CommonName != "203.0.113.9:77" {
		t.Errorf("identity %v is not kept", id)
	}
}

// Each layer has its own time to open, and the handler's connect timeout begins after that.
func TestLayerTimeouts(t *testing.T) {
	for _, test := range []struct {
		what  string
		send  []string
		after time.Duration
		want  error
	}{
		{"no hello", nil, 3 * time.Second, errFramedLate},
		{"hello late", []string{"", ""}, 2 * time.Second, errFramedLate},
		{"second layer", []string{"hello"}, 7 * time.Second, ErrConnectTimeout},
		{"handler", []string{"hello", "1.2.3.4:5\n"}, 7 * time.Second, ErrConnectTimeout},
	} {
		t.Run(test.what, func(t *testing.T) {
			f := NewFake(1)
			low := &framer{limit: 3 * time.Second}
			var closed error
			p := openLayered(t, f, ListenerOptions{
				ConnectTimeout: 7 * time.Second,
				Accept:         func(*Conn) Handler { return &funcs{close: func(_ *Conn, err error) { closed = err }} },
				Layers:         func(c *Conn) []Layer { return []Layer{low, &header{conn: c}} },
			})
			for i, s := range test.send {
				switch {
				case i == 0 && s != "":
					p.Send(low.frame(nil, frameHello, nil))
				case s != "":
					p.Send(low.frame(nil, frameData, []byte(s)))
				}
				f.Advance(time.Second / 2)
			}
			half := time.Duration(len(test.send)) * time.Second / 2
			if test.want == ErrConnectTimeout {
				half = time.Second / 2 // since the last step
			}
			f.Advance(test.after - half - time.Second/4)
			if closed != nil {
				t.Fatalf("closed too early: %v", closed)
			}
			f.Advance(2 * time.Second)
			if closed != test.want || !p.Closed() || low.closed != 1 {
				t.Errorf("closed with %v, want %v; transport closed %v, layer closed %d times", closed, test.want, p.Closed(), low.closed)
			}
			if n := f.Server().Stats().Timeouts; n != 1 {
				t.Errorf("%d timeouts counted", n)
			}
		})
	}
}

// An error of a layer reaches the handler after what came before it, and the peer gets the layer's last words.
func TestLayerError(t *testing.T) {
	f := NewFake(1)
	low := &framer{key: 1}
	var closed error
	var got []byte
	p := openLayered(t, f, ListenerOptions{
		Accept: func(*Conn) Handler {
			return &funcs{
				traffic: func(c *Conn, b []byte) int { got = append(got, b...); c.Pause(); return len(b) },
				close:   func(_ *Conn, err error) { closed = err },
			}
		},
		Layers: func(c *Conn) []Layer { return []Layer{low} },
	})
	b := low.frame(nil, frameHello, nil)
	b = low.frame(b, frameData, []byte("abc"))
	p.Send(low.frame(b, frameBad, nil))
	if string(got) != "abc" || closed != nil {
		t.Fatalf("handler got %q, closed %v; want abc and to wait for Resume", got, closed)
	}
	f.Loop(0).Post(taskFunc(func(*Loop) { p.Conn().Resume() }))
	f.Run()
	if closed == nil || closed.Error() != "frame of kind 5" {
		t.Errorf("closed with %v", closed)
	}
	if _, said := low.unframe(t, p.Take()); fmt.Sprint(said) != "[0  4 ]" {
		t.Errorf("the layer said %q", said)
	}
}

// A peer that asks for answers and does not read them is not read from any more, until it reads.
func TestLayerAnswersBounded(t *testing.T) {
	f := NewFakeWith(Options{Loops: 1, SlowPeerTimeout: time.Hour})
	low := &framer{}
	p := openLayered(t, f, ListenerOptions{
		Accept: echoHandler,
		Layers: func(c *Conn) []Layer { return []Layer{low} },
	})
	p.Send(low.frame(nil, frameHello, nil))
	p.Take()
	p.Block(true)
	ping := low.frame(nil, framePing, make([]byte, 1000))
	for range 2000 {
		p.Send(ping)
	}
	if n := p.Conn().Pending(); n < answersMax || n > answersMax+(128<<10) {
		t.Errorf("%d bytes of answers pending, want about %d", n, answersMax)
	}
	p.Block(false)
	if n := len(p.Take()); n != 2000*len(ping) || p.Unread() != 0 {
		t.Errorf("%d bytes of answers, want %d; %d not read", n, 2000*len(ping), p.Unread())
	}
}

// A layered connection moves with what it has pending, encoded and plain, and with what its handler has not consumed.
func TestLayersMove(t *testing.T) {
	f := NewFake(2)
	low := &framer{key: 9}
	p := openLayered(t, f, ListenerOptions{
		Accept: func(*Conn) Handler {
			return &funcs{traffic: func(c *Conn, b []byte) int {
				if c.Loop().Index() == 0 {
					c.Write([]byte("before "))
					c.Flush()
					c.Write([]byte("plain "))
					c.MoveTo(f.Loop(1), func(*Conn) {})
					return 1
				}
				return echo(c, b)
			}}
		},
		Layers: func(c *Conn) []Layer { return []Layer{low} },
	})
	p.Send(low.frame(nil, frameHello, nil))
	p.Accept(7)
	p.Send(low.frame(nil, frameData, []byte("xyz")))
	p.Send(low.frame(nil, frameData, []byte("!")))
	p.Block(false)
	if got, _ := low.unframe(t, p.Take()); string(got) != "before plain yz!" {
		t.Errorf("got %q", got)
	}
	if f.Loop(0).pending != 0 || f.Loop(1).pending != 0 {
		t.Errorf("pending: %d and %d bytes", f.Loop(0).pending, f.Loop(1).pending)
	}
}

// A packet that comes in many pieces is collected in memory that grows with it, and not copied for each piece.
func TestLayerLargePacket(t *testing.T) {
	f := NewFake(1)
	low := &framer{key: 3}
	const size = 3 << 20
	var got []byte
	calls := 0
	p := openLayered(t, f, ListenerOptions{
		Accept: func(*Conn) Handler {
			return &funcs{traffic: func(c *Conn, b []byte) int {
				calls++
				if len(b) < size {
					return 0
				}
				got = bytes.Clone(b)
				return len(b)
			}}
		},
		Layers: func(c *Conn) []Layer { return []Layer{low} },
	})
	p.Send(low.frame(nil, frameHello, nil))
	want := bytes.Repeat([]byte("0123456789abcde"), size/15+1)[:size]
	for i := 0; i < size; i += 10000 {
		p.Send(low.frame(nil, frameData, want[i:min(i+10000, size)]))
	}
	if !bytes.Equal(got, want) || p.Conn().in != nil {
		t.Errorf("got %d bytes after %d calls; %d kept", len(got), calls, len(p.Conn().in))
	}
}
