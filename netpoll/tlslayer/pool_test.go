package tlslayer

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/vernemq/vmq/netpoll"
)

// listen runs a server on sockets that echoes by TLS. ends hears why connections end, as long as it has room.
func listen(t testing.TB, s *Server, loops int, ends chan error) (*netpoll.Server, *netpoll.Listener) {
	t.Helper()
	server, err := netpoll.NewServer(netpoll.Options{Loops: loops})
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	ln, err := server.Listen(netpoll.ListenerOptions{
		Network: "tcp", Address: "127.0.0.1:0",
		Accept: func(*netpoll.Conn) netpoll.Handler { return &echo{ends: ends} },
		Layers: func(c *netpoll.Conn) []netpoll.Layer { return []netpoll.Layer{s.Layer(c)} },
	})
	if err != nil {
		t.Fatal(err)
	}
	return server, ln
}

// echo sends back what comes, and waits while the peer does not read.
type echo struct{ ends chan error }

func (*echo) OnOpen(*netpoll.Conn) {}
func (*echo) OnTraffic(c *netpoll.Conn, b []byte) int {
	c.Write(b)
	if c.Full() {
		c.Pause()
	}
	return len(b)
}
func (*echo) OnDrain(c *netpoll.Conn) { c.Resume() }
func (e *echo) OnClose(_ *netpoll.Conn, err error) {
	select {
	case e.ends <- err:
	default:
	}
}

// dial connects a client whose reads and writes end with the test's patience.
func dial(t testing.TB, ln *netpoll.Listener, config *tls.Config) *tls.Conn {
	t.Helper()
	nc, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if err := nc.SetDeadline(time.Now().Add(deadline)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	return tls.Client(nc, config)
}

// Peers that begin a handshake and do not go on hold neither a worker nor a place for long, and others are served meanwhile.
func TestStalledHandshakes(t *testing.T) {
	w := newWorld(t)
	o := w.options
	o.Pool = NewPool(1)
	o.HandshakeTimeout = time.Second
	s := newServer(t, o)
	ends := make(chan error, 100)
	_, ln := listen(t, s, 2, ends)
	const stalled = 20
	for i := range stalled {
		nc := dial(t, ln, nil).NetConn()
		switch i % 2 {
		case 0: // a whole ClientHello
			if err := tls.Client(helloOnly{nc}, w.trust()).Handshake(); !errors.Is(err, errEnded) {
				t.Fatal(err)
			}
		case 1: // the beginning of one
			if _, err := nc.Write([]byte("\x16\x03\x01\x02\x00\x01\x00\x01\xf0")); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := dial(t, ln, w.trust()).Handshake(); err != nil {
		t.Errorf("one that goes on is not served: %v", err)
	}
	for range stalled {
		select {
		case err := <-ends:
			if err != ErrHandshakeTimeout {
				t.Errorf("a stalled one ends with %v", err)
			}
		case <-time.After(deadline):
			t.Fatal("the stalled ones do not end")
		}
	}
	s.side.pool.mu.Lock()
	defer s.side.pool.mu.Unlock()
	if len(s.side.pool.mu.waiting) > 0 {
		t.Errorf("%d handshakes wait for nothing", len(s.side.pool.mu.waiting))
	}
}

// helloOnly lets a client write its first flight and read nothing.
type helloOnly struct{ net.Conn }

func (helloOnly) Read([]byte) (int, error) { return 0, errEnded }

// More handshakes than may be under way wait for each other in order, and all are served.
func TestPoolLimit(t *testing.T) {
	w := newWorld(t)
	o := w.options
	o.Pool = NewPool(2)
	o.Pool.limit = 3
	s := newServer(t, o)
	_, ln := listen(t, s, 2, nil)
	var all sync.WaitGroup
	for range 60 {
		c := dial(t, ln, w.trust())
		all.Go(func() {
			if _, err := c.Write([]byte("hello")); err != nil {
				t.Error(err)
				return
			}
			if _, err := io.ReadFull(c, make([]byte, 5)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	s.side.pool.mu.Lock()
	defer s.side.pool.mu.Unlock()
	if s.side.pool.mu.underway > 3 || len(s.side.pool.mu.waiting) != 0 {
		t.Errorf("%d under way, %d waiting", s.side.pool.mu.underway, len(s.side.pool.mu.waiting))
	}
}

// Much data in both directions at once: nothing is lost where either side has to wait for the other.
func TestMuchData(t *testing.T) {
	w := newWorld(t)
	for _, version := range []string{"tlsv1.2", "tlsv1.3"} {
		o := w.options
		o.Pool, o.Versions = NewPool(0), []string{version}
		_, ln := listen(t, newServer(t, o), 1, nil)
		c := dial(t, ln, w.trust())
		const size = 4 << 20
		go func() {
			b := make([]byte, 1<<16)
			for sent := 0; sent < size; sent += len(b) {
				for i := range b {
					b[i] = byte((sent + i) / 251)
				}
				if _, err := c.Write(b); err != nil {
					t.Error(err)
					return
				}
			}
		}()
		b := make([]byte, 1<<16)
		for got := 0; got < size; {
			n, err := c.Read(b)
			if err != nil {
				t.Fatalf("%s: %v after %d bytes", version, err, got)
			}
			for i := range b[:n] {
				if b[i] != byte((got+i)/251) {
					t.Fatalf("%s: byte %d is %d, want %d", version, got+i, b[i], byte((got+i)/251))
				}
			}
			got += n
		}
	}
}
