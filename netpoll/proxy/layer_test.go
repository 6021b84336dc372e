package proxy

import (
	"net/netip"
	"testing"
	"time"

	"github.com/vernemq/vmq/netpoll"
)

// handler notes what it hears.
type handler struct {
	remote   netip.AddrPort
	identity *netpoll.Identity
	opened   bool
	got      []byte
	err      error
}

func (h *handler) OnOpen(c *netpoll.Conn) {
	h.opened, h.remote, h.identity = true, c.RemoteAddr(), c.Identity()
}
func (h *handler) OnTraffic(c *netpoll.Conn, b []byte) int {
	h.got = append(h.got, b...)
	c.Write(b)
	return len(b)
}
func (h *handler) OnDrain(*netpoll.Conn)              {}
func (h *handler) OnClose(_ *netpoll.Conn, err error) { h.err = err }

func open(t *testing.T) (*netpoll.Fake, *netpoll.FakePeer, *handler) {
	t.Helper()
	f, h := netpoll.NewFake(1), &handler{}
	ln, err := f.Server().Listen(netpoll.ListenerOptions{
		Network: "tcp", Address: "198.51.100.1:1883", ConnectTimeout: time.Second,
		Accept: func(*netpoll.Conn) netpoll.Handler { return h },
		Layers: func(c *netpoll.Conn) []netpoll.Layer { return []netpoll.Layer{New(c)} },
	})
	if err != nil {
		t.Fatal(err)
	}
	return f, f.Connect(0, ln), h
}

// Each good header, with what follows, arrives byte by byte and at once; the handler sees the client that it names.
func TestLayer(t *testing.T) {
	for _, test := range goodHeaders {
		for _, step := range []int{1, 7, 1 << 10} {
			_, p, h := open(t)
			socket := p.Conn().RemoteAddr()
			all := test.header + "CONNECT"
			for i := 0; i < len(all); i += step {
				p.Send([]byte(all[i:min(i+step, len(all))]))
			}
			want := socket
			if test.source != "" {
				want = netip.MustParseAddrPort(test.source)
			}
			if !h.opened || h.remote != want || string(h.got) != "CONNECT" || string(p.Take()) != "CONNECT" {
				t.Errorf("%s: opened %v, remote %v, want %v; got %q", test.what, h.opened, h.remote, want, h.got)
			}
			if (h.identity != nil) != (test.cn != "") || (h.identity != nil && h.identity.CommonName != test.cn) {
				t.Errorf("%s: identity %+v, want CN %q", test.what, h.identity, test.cn)
			}
			if len(p.Conn().Layers()) != 0 {
				t.Errorf("%s: the layer is still there", test.what)
			}
		}
	}
}

// No header in time, or something else, ends the connection with the reason.
func TestLayerRefuses(t *testing.T) {
	for _, test := range badHeaders {
		_, p, h := open(t)
		p.Send([]byte(test.header))
		if h.opened || h.err == nil {
			t.Errorf("%q: opened %v, error %v", test.header, h.opened, h.err)
		}
	}
	for _, beginning := range []string{"", "PROXY TCP4 1"} {
		f, p, h := open(t)
		if beginning != "" {
			p.Send([]byte(beginning))
		}
		f.Advance(9 * time.Second)
		if h.err != nil {
			t.Errorf("%q: closed after 9 s: %v", beginning, h.err)
		}
		f.Advance(2 * time.Second)
		if h.err != ErrTimeout || !p.Closed() {
			t.Errorf("%q: OnClose heard %v, closed %v", beginning, h.err, p.Closed())
		}
	}
}
