package wslayer

import (
	"bytes"
	"errors"
	"io"
	"net/netip"
	"strings"
	"testing"

	"github.com/gobwas/ws"
)

// pieces gives b to l in pieces whose sizes are those of cuts, over and over.
func pieces(l *Layer, b, cuts []byte) (g got) {
	for i := 0; len(b) > 0 && g.err == nil; i++ {
		n := len(b)
		if len(cuts) > 0 {
			n = min(n, int(cuts[i%len(cuts)])+1)
		}
		h := feed(l, b[:n], n)
		g.plain, g.wire, g.err = append(g.plain, h.plain...), append(g.wire, h.wire...), h.err
		b = b[n:]
	}
	return g
}

// FuzzFrames proves that it does not matter where the bytes of a client are cut, that what is answered are whole frames, and that
// without compression the bytes are those that gobwas/ws reads from them.
func FuzzFrames(f *testing.F) {
	hello := packedFrame("\xf2\x48\xcd\xc9\xc9\x07\x00")
	for _, in := range [][]byte{
		from(binaryFrame("hello")),
		from(frame(ws.OpBinary, false, "he"), ws.NewPingFrame([]byte("p")), frame(ws.OpContinuation, true, "llo"), closing(1000, "bye")),
		from(hello, binaryFrame("x"), hello),
		from(binaryFrame(strings.Repeat("k", 300)), ws.NewTextFrame([]byte("t"))),
		to(binaryFrame("x")),
	} {
		f.Add(in, []byte{0, 3, 1}, false)
		f.Add(in, []byte{7}, true)
	}
	f.Fuzz(func(t *testing.T, in, cuts []byte, compress bool) {
		o := options()
		o.Compress = compress
		o.MaxFrame = 1 << 16
		whole := pieces(opened(t, o), in, nil)
		cut := pieces(opened(t, o), in, cuts)
		if !bytes.Equal(whole.plain, cut.plain) || code(whole.err) != code(cut.err) {
			t.Fatalf("whole: plain %q, error %v; cut: plain %q, error %v", whole.plain, whole.err, cut.plain, cut.err)
		}
		for _, g := range []got{whole, cut} {
			for r := bytes.NewReader(g.wire); r.Len() > 0; {
				if h, err := ws.ReadFrame(r); err != nil || ws.CheckHeader(h.Header, 0) != nil || !h.Header.OpCode.IsControl() {
					t.Fatalf("answer % x: frame %+v, error %v", g.wire, h, err)
				}
			}
			if g.err != nil && !bytes.Contains(g.wire, []byte{0x88}) {
				t.Fatalf("error %v without a close frame in % x", g.err, g.wire)
			}
		}
		if !compress {
			if want := reference(in, o.MaxFrame); !bytes.HasPrefix(want, whole.plain) || whole.err == nil && len(want) != len(whole.plain) {
				t.Fatalf("plain %q, gobwas/ws has %q", whole.plain, want)
			}
		}
	})
}

// reference is the payload of binary frames as gobwas/ws reads them, with what has come of the last.
func reference(in []byte, limit int64) (plain []byte) {
	r := bytes.NewReader(in)
	state := ws.StateServerSide
	for {
		h, err := ws.ReadHeader(r)
		if err != nil || ws.CheckHeader(h, state) != nil || h.OpCode == ws.OpText || h.OpCode == ws.OpClose || h.Length > limit {
			return plain
		}
		payload := make([]byte, min(h.Length, int64(r.Len())))
		if _, err := io.ReadFull(r, payload); err != nil {
			return plain
		}
		ws.Cipher(payload, h.Mask, 0)
		if h.OpCode.IsControl() {
			continue
		}
		plain = append(plain, payload...)
		state = ws.StateServerSide
		if !h.Fin {
			state |= ws.StateFragmented
		}
	}
}

// FuzzHead proves that it does not matter where a request is cut, and that whatever does not open a connection is answered
// with a status.
func FuzzHead(f *testing.F) {
	for _, r := range []string{
		request,
		with(request, "X-Forwarded-For: 198.51.100.7, 203.0.113.9", "X-SSL-Client-CN: zoe"),
		with(request, "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"),
		"GET / HTTP/1.0\r\n\r\n",
		"POST /mqtt?x HTTP/1.1\nHost: a\n\n",
		"\x16\x03\x01",
	} {
		f.Add([]byte(r), []byte{0, 30, 2}, false)
		f.Add([]byte(r), []byte{4}, true)
	}
	f.Fuzz(func(t *testing.T, in, cuts []byte, forwarded bool) {
		o := compressing()
		o.MaxRequestLine, o.MaxHeaderValue = 100, 100
		proxy := netip.MustParseAddrPort("192.0.2.1:4711")
		if forwarded {
			o.Forwarded = &ForwardedOptions{Trusted: []string{proxy.Addr().String()}, CommonNameHeader: "x-ssl-client-cn"}
		}
		s := newServer(t, o)
		p1, p2 := &fakePeer{addr: proxy}, &fakePeer{addr: proxy}
		l1, l2 := s.Layer(p1), s.Layer(p2)
		whole, cut := pieces(l1, in, nil), pieces(l2, in, cuts)
		if !bytes.Equal(whole.plain, cut.plain) || whole.err == nil != (cut.err == nil) || l1.State() != l2.State() || p1.addr != p2.addr {
			t.Fatalf("whole: wire %q, error %v; cut: wire %q, error %v", whole.wire, whole.err, cut.wire, cut.err)
		}
		var refused *RefusedError
		if errors.As(whole.err, &refused) && !bytes.HasPrefix(whole.wire, []byte("HTTP/1.1 4")) && !bytes.HasPrefix(whole.wire, []byte("HTTP/1.1 5")) {
			t.Fatalf("error %v, answer %q", whole.err, whole.wire)
		}
	})
}
