package wslayer

import (
	"bytes"
	"errors"
	"io"
	"net/netip"
	"strings"
	"testing"

	"github.com/gobwas/ws"

	"github.com/vernemq/vmq/netpoll"
)

// The request of RFC 6455, 1.2, with the sub-protocols that an MQTT client asks for.
const request = "GET /mqtt HTTP/1.1\r\n" +
	"Host: server.example.com\r\n" +
	"Upgrade: websocket\r\n" +
	"Connection: Upgrade\r\n" +
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
	"Origin: http://example.com\r\n" +
	"Sec-WebSocket-Protocol: mqtt, mqttv3.1\r\n" +
	"Sec-WebSocket-Version: 13\r\n\r\n"

const answer = "HTTP/1.1 101 Switching Protocols\r\n" +
	"Upgrade: websocket\r\n" +
	"Connection: Upgrade\r\n" +
	"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" +
	"Sec-WebSocket-Protocol: mqtt\r\n\r\n"

// with adds header lines to the end of a request.
func with(request string, lines ...string) string {
	return strings.TrimSuffix(request, "\r\n") + strings.Join(lines, "\r\n") + "\r\n\r\n"
}

func options() Options { return Options{Path: "/mqtt", Protocols: []string{"mqttv3.1", "mqtt"}} }

func newServer(t testing.TB, o Options) *Server {
	t.Helper()
	s, err := NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// opened is a server's Layer behind its upgrade, with permessage-deflate if o has it.
func opened(t testing.TB, o Options) *Layer {
	t.Helper()
	l := newServer(t, o).Layer(nil)
	r := request
	if o.Compress {
		r = with(r, "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits")
	}
	plain, wire, err := l.Input([]byte(r), nil, nil)
	if err != nil || len(plain) > 0 || l.State() != netpoll.LayerOpen || l.Compressed() != o.Compress {
		t.Fatalf("upgrade: plain %q, wire %q, error %v, state %v, compressed %t", plain, wire, err, l.State(), l.Compressed())
	}
	return l
}

// got is what came of some calls of Input.
type got struct {
	plain, wire []byte
	err         error
}

// feed gives b to l in pieces of at most size bytes, each a copy of its own that is overwritten afterwards, until an error.
func feed(l *Layer, b []byte, size int) (g got) {
	for len(b) > 0 && g.err == nil {
		n := min(size, len(b))
		piece := bytes.Clone(b[:n])
		g.plain, g.wire, g.err = l.Input(piece, g.plain, g.wire)
		for i := range piece {
			piece[i] = 0xCC
		}
		b = b[n:]
	}
	return g
}

// feedAt gives b to l in two pieces.
func feedAt(l *Layer, b []byte, at int) (g got) {
	if g = feed(l, b[:at], len(b)); g.err == nil {
		h := feed(l, b[at:], len(b))
		g = got{append(g.plain, h.plain...), append(g.wire, h.wire...), h.err}
	}
	return g
}

// code is the close code of an error: 0 for none, -1 for io.EOF.
func code(err error) int {
	var ce *CloseError
	switch {
	case err == nil:
		return 0
	case errors.Is(err, io.EOF):
		return -1
	case errors.As(err, &ce):
		return int(ce.Code)
	}
	return -2
}

// from builds frames of a client.
func from(frames ...ws.Frame) (b []byte) {
	for i, f := range frames {
		b = append(b, ws.MustCompileFrame(ws.MaskFrameWith(f, [4]byte{byte(i), 0x5A, 0xA5, 0xFF}))...)
	}
	return b
}

// to builds frames of a server.
func to(frames ...ws.Frame) (b []byte) {
	for _, f := range frames {
		b = append(b, ws.MustCompileFrame(f)...)
	}
	return b
}

func frame(op ws.OpCode, fin bool, payload string) ws.Frame {
	return ws.NewFrame(op, fin, []byte(payload))
}
func binaryFrame(payload string) ws.Frame { return frame(ws.OpBinary, true, payload) }
func closing(code ws.StatusCode, reason string) ws.Frame {
	return ws.NewCloseFrame(ws.NewCloseFrameBody(code, reason))
}

// fakePeer is a connection as a Layer sees it.
type fakePeer struct {
	addr     netip.AddrPort
	identity *netpoll.Identity
}

func (p *fakePeer) RemoteAddr() netip.AddrPort       { return p.addr }
func (p *fakePeer) SetRemoteAddr(a netip.AddrPort)   { p.addr = a }
func (p *fakePeer) SetIdentity(id *netpoll.Identity) { p.identity = id }
