package wslayer

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"golang.org/x/sys/unix"

	"github.com/vernemq/vmq/netpoll"
)

// handler is one made of functions; nil ones do nothing.
type handler struct {
	open    func(c *netpoll.Conn)
	traffic func(c *netpoll.Conn, b []byte) int
	close   func(c *netpoll.Conn, err error)
}

func (h *handler) OnOpen(c *netpoll.Conn) {
	if h.open != nil {
		h.open(c)
	}
}
func (h *handler) OnTraffic(c *netpoll.Conn, b []byte) int {
	if h.traffic != nil {
		return h.traffic(c, b)
	}
	return len(b)
}
func (h *handler) OnDrain(*netpoll.Conn) {}
func (h *handler) OnClose(c *netpoll.Conn, err error) {
	if h.close != nil {
		h.close(c, err)
	}
}

// echo sends back what it gets.
func echo(*netpoll.Conn) netpoll.Handler {
	return &handler{traffic: func(c *netpoll.Conn, b []byte) int {
		c.Write(b)
		return len(b)
	}}
}

func startLoops(t testing.TB) *netpoll.Server {
	t.Helper()
	s, err := netpoll.NewServer(netpoll.Options{Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}

func await[T any](t testing.TB, c <-chan T, what string) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(30 * time.Second): // bounds a test that fails
		t.Fatalf("%s does not come", what)
	}
	return v
}

// TestOnLoops runs both sides on event loops and real sockets: a megabyte there and back, then an orderly end.
func TestOnLoops(t *testing.T) {
	for _, compress := range []bool{false, true} {
		loops := startLoops(t)
		o, co := options(), clientOptions()
		o.Compress, co.Compress = compress, compress
		server, client := newServer(t, o), newClient(t, co)
		ended := make(chan error, 1)
		ln, err := loops.Listen(netpoll.ListenerOptions{
			Network: "tcp", Address: "127.0.0.1:0",
			Layers: func(c *netpoll.Conn) []netpoll.Layer { return []netpoll.Layer{server.Layer(c)} },
			Accept: func(c *netpoll.Conn) netpoll.Handler {
				h := echo(c).(*handler)
				h.close = func(_ *netpoll.Conn, err error) { ended <- err }
				return h
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		sent := []byte(strings.Repeat("MQTT over WebSocket ", 1<<20/20))
		var back []byte
		closed := make(chan error, 1)
		_, err = loops.DialWith(netpoll.DialOptions{
			Network: "tcp", Address: ln.Addr().String(),
			Layers: func(*netpoll.Conn) []netpoll.Layer { return []netpoll.Layer{client.Layer()} },
			Handler: &handler{
				open: func(c *netpoll.Conn) { c.Write(sent) },
				traffic: func(c *netpoll.Conn, b []byte) int {
					if back = append(back, b...); len(back) == len(sent) {
						c.Close(nil)
					}
					return len(b)
				},
				close: func(_ *netpoll.Conn, err error) { closed <- err },
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := await(t, closed, "the end of the client"); err != nil || !bytes.Equal(back, sent) {
			t.Errorf("compressed %t: %d bytes came back, want %d, error %v", compress, len(back), len(sent), err)
		}
		if err := await(t, ended, "the end of the server"); err != io.EOF {
			t.Errorf("compressed %t: the server ends with %v, want EOF", compress, err)
		}
	}
}

// fakeConn is a connection without sockets, behind a Layer of server. heard collects what its handler is told.
func fakeConn(t *testing.T, server *Server, heard *[]string) (*netpoll.Fake, *netpoll.FakePeer) {
	t.Helper()
	f := netpoll.NewFake(1)
	say := func(format string, args ...any) { *heard = append(*heard, fmt.Sprintf(format, args...)) }
	ln, err := f.Server().Listen(netpoll.ListenerOptions{
		Network: "tcp", Address: "198.51.100.1:8080", ConnectTimeout: 10 * time.Second,
		Layers: func(c *netpoll.Conn) []netpoll.Layer { return []netpoll.Layer{server.Layer(c)} },
		Accept: func(*netpoll.Conn) netpoll.Handler {
			return &handler{
				open: func(c *netpoll.Conn) {
					name := ""
					if id := c.Identity(); id != nil {
						name = id.CommonName
					}
					say("open %s %q", c.RemoteAddr().Addr(), name)
				},
				traffic: func(_ *netpoll.Conn, b []byte) int {
					say("traffic %s", b)
					return len(b)
				},
				close: func(_ *netpoll.Conn, err error) { say("close %v", err) },
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return f, f.Connect(0, ln)
}

// TestProxiedOnLoop proves that the handler sees what a proxy says from the first callback on, and that it never hears of a
// connection whose upgrade was refused but for its end.
func TestProxiedOnLoop(t *testing.T) {
	for trusted, want := range map[string][]string{
		"192.0.2.1": {`open 198.51.100.7 "zoe"`},
		"192.0.2.9": {"close websocket: upgrade refused with 403: the peer 192.0.2.1 is not a trusted intermediate"},
	} {
		o := options()
		o.Forwarded = &ForwardedOptions{Trusted: []string{trusted}, CommonNameHeader: "x-ssl-client-cn"}
		var heard []string
		_, p := fakeConn(t, newServer(t, o), &heard)
		p.Send([]byte(with(request, "X-Forwarded-For: 198.51.100.7", "X-SSL-Client-CN: zoe")))
		if !slices.Equal(heard, want) {
			t.Errorf("%s is trusted: heard %q, want %q", trusted, heard, want)
		}
		if refused := bytes.HasPrefix(p.Take(), []byte("HTTP/1.1 403 ")); refused != p.Ended() {
			t.Errorf("%s is trusted: refused %t, ended %t", trusted, refused, p.Ended())
		}
	}
}

// TestEndBehindBytes proves that what came in front of a close frame is handed over first: a DISCONNECT of MQTT means that no will
// is published.
func TestEndBehindBytes(t *testing.T) {
	var heard []string
	_, p := fakeConn(t, newServer(t, options()), &heard)
	p.Send([]byte(request))
	p.Take()
	p.Send(from(binaryFrame("DISCONNECT"), closing(1000, "")))
	if want := []string{`open 192.0.2.1 ""`, "traffic DISCONNECT", "close EOF"}; !slices.Equal(heard, want) {
		t.Errorf("heard %q, want %q", heard, want)
	}
	if wire := p.Take(); !bytes.Equal(wire, to(closing(1000, ""))) || !p.Ended() {
		t.Errorf("wire % x, ended %t", wire, p.Ended())
	}
}

// TestSilence proves that a peer which does not finish its request in time is closed.
func TestSilence(t *testing.T) {
	for _, in := range []string{"", request[:50]} {
		var heard []string
		f, p := fakeConn(t, newServer(t, options()), &heard)
		p.Send([]byte(in))
		f.Advance(11 * time.Second)
		if want := []string{"close " + netpoll.ErrConnectTimeout.Error()}; !slices.Equal(heard, want) || !p.Closed() {
			t.Errorf("%d bytes: heard %q, want %q; closed %t", len(in), heard, want, p.Closed())
		}
	}
}

// TestPingFlood proves that pongs for a peer that sends and does not read are bounded: it is not read from any more.
func TestPingFlood(t *testing.T) {
	var heard []string
	_, p := fakeConn(t, newServer(t, options()), &heard)
	p.Send([]byte(request))
	p.Take()
	p.Block(true)
	ping := from(ws.NewPingFrame(make([]byte, maxControl)))
	sent := 0
	for p.Unread() == 0 {
		if sent++; sent*len(ping) > 1<<20 {
			t.Fatal("a megabyte of pings was read")
		}
		p.Send(ping)
	}
	p.Block(false)
	pongs := len(p.Take()) / (maxControl + 2)
	if p.Unread() > 0 || pongs < sent-1 || pongs > sent {
		t.Errorf("%d pings, %d pongs, %d bytes not read", sent, pongs, p.Unread())
	}
}

// BenchmarkEcho sends messages through real sockets and back, with and without WebSocket on both sides. Its cpu-ns/op is the
// processor time of the whole process, kernel included, for one message there and back.
func BenchmarkEcho(b *testing.B) {
	server, client := newServer(b, options()), newClient(b, clientOptions())
	for _, x := range []struct{ conns, window, size int }{{50, 1, 64}, {50, 1000, 64}, {50, 100, 1024}} {
		for _, over := range []string{"tcp", "ws"} {
			b.Run(fmt.Sprintf("conns=%d/window=%d/size=%d/over=%s", x.conns, x.window, x.size, over), func(b *testing.B) {
				loops := startLoops(b)
				lo := netpoll.ListenerOptions{Network: "tcp", Address: "127.0.0.1:0", Accept: echo}
				var do netpoll.DialOptions
				if over == "ws" {
					lo.Layers = func(c *netpoll.Conn) []netpoll.Layer { return []netpoll.Layer{server.Layer(c)} }
					do.Layers = func(*netpoll.Conn) []netpoll.Layer { return []netpoll.Layer{client.Layer()} }
				}
				ln, err := loops.Listen(lo)
				if err != nil {
					b.Fatal(err)
				}
				var left atomic.Int64
				left.Store(int64(b.N))
				done := make(chan struct{})
				msg := make([]byte, x.size)
				opened := make(chan *netpoll.Conn, x.conns)
				do.Network, do.Address = "tcp", ln.Addr().String()
				for range x.conns {
					do.Handler = &handler{
						open: func(c *netpoll.Conn) { opened <- c },
						traffic: func(c *netpoll.Conn, in []byte) int {
							n := len(in) / x.size
							if after := left.Add(int64(-n)); after <= 0 {
								if after+int64(n) > 0 {
									close(done)
								}
								return len(in)
							}
							for range n {
								c.Write(msg)
							}
							return n * x.size
						},
					}
					if _, err := loops.DialWith(do); err != nil {
						b.Fatal(err)
					}
				}
				var conns []*netpoll.Conn
				for range x.conns {
					conns = append(conns, await(b, opened, "OnOpen"))
				}
				cpu := processTime(b)
				b.ReportAllocs()
				b.ResetTimer()
				for _, c := range conns {
					c.Loop().Post(task(func() {
						for range x.window {
							c.Write(msg)
						}
					}))
				}
				<-done
				b.StopTimer()
				b.ReportMetric(float64(processTime(b)-cpu)/float64(b.N), "cpu-ns/op")
			})
		}
	}
}

// task is a func as a netpoll.Task.
type task func()

func (t task) Run(*netpoll.Loop) { t() }

// processTime returns the processor time that the process has used, in nanoseconds.
func processTime(b *testing.B) int64 {
	b.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}
