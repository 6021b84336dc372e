package wslayer

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gobwas/ws"
)

// deflated is a message as another implementation compresses it: the standard library's.
func deflated(s string) string {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		panic(err)
	}
	if _, err := w.Write([]byte(s)); err != nil {
		panic(err)
	}
	if err := w.Flush(); err != nil {
		panic(err)
	}
	return strings.TrimSuffix(b.String(), "\x00\x00\xff\xff")
}

// inflated is the reverse, by the standard library too.
func inflated(t *testing.T, s string) string {
	t.Helper()
	b, err := io.ReadAll(flate.NewReader(strings.NewReader(s + "\x00\x00\xff\xff\x01\x00\x00\xff\xff")))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func compressing() Options {
	o := options()
	o.Compress = true
	return o
}

// packedFrame is a compressed message in one frame.
func packedFrame(payload string) ws.Frame { return rsv(binaryFrame(payload), 4) }

// TestInflate has the examples of RFC 7692, 7.2.3, and what a sender may do beside them.
func TestInflate(t *testing.T) {
	long := strings.Repeat("MQTT over WebSocket ", 1000)
	for _, test := range []struct {
		what  string
		in    []byte
		plain string
		end   int
	}{
		{"one block", from(packedFrame("\xf2\x48\xcd\xc9\xc9\x07\x00")), "Hello", 0},
		{"in fragments", from(rsv(frame(ws.OpBinary, false, "\xf2\x48\xcd"), 4), frame(ws.OpContinuation, true, "\xc9\xc9\x07\x00")), "Hello", 0},
		{"not compressed", from(packedFrame("\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00")), "Hello", 0},
		{"with a last block", from(packedFrame("\xf3\x48\xcd\xc9\xc9\x07\x00\x00")), "Hello", 0},
		{"two blocks", from(packedFrame("\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00")), "Hello", 0},
		{"empty", from(packedFrame("\x00")), "", 0},
		{"twice the same, without a memory", from(packedFrame("\xf2\x48\xcd\xc9\xc9\x07\x00"), packedFrame("\xf2\x48\xcd\xc9\xc9\x07\x00")), "HelloHello", 0},
		{"with a memory, which was not agreed on", from(packedFrame("\xf2\x48\xcd\xc9\xc9\x07\x00"), packedFrame("\xf2\x00\x11\x00\x00")), "Hello", 1007},
		{"plain ones between", from(binaryFrame("a"), packedFrame(deflated(long)), binaryFrame("b")), "a" + long + "b", 0},
		{"a ping inside", from(rsv(frame(ws.OpBinary, false, "\xf2\x48\xcd"), 4), ws.NewPingFrame(nil), frame(ws.OpContinuation, true, "\xc9\xc9\x07\x00")), "Hello", 0},
		{"RSV1 on a continuation", from(rsv(frame(ws.OpBinary, false, "\xf2\x48\xcd"), 4), rsv(frame(ws.OpContinuation, true, "\xc9"), 4)), "", 1002},
		{"RSV1 on a ping", from(rsv(ws.NewPingFrame(nil), 4)), "", 1002},
		{"RSV2", from(rsv(binaryFrame("a"), 6)), "", 1002},
		{"text", from(rsv(ws.NewTextFrame([]byte("\xf2\x48\xcd\xc9\xc9\x07\x00")), 4)), "", 1003},
		{"nonsense", from(packedFrame("\xff\xff\xff\xff")), "", 1007},
	} {
		t.Run(test.what, func(t *testing.T) {
			check := func(how string, g got) {
				t.Helper()
				if string(g.plain) != test.plain || code(g.err) != test.end {
					t.Errorf("%s: plain %.40q, error %v; want %.40q, %d", how, g.plain, g.err, test.plain, test.end)
				}
			}
			check("whole", feed(opened(t, compressing()), test.in, len(test.in)))
			check("byte by byte", feed(opened(t, compressing()), test.in, 1))
			for at := range test.in {
				check(fmt.Sprintf("cut at %d", at), feedAt(opened(t, compressing()), test.in, at))
			}
		})
	}
}

// TestDeflate sends messages of all kinds: what is not worth it goes as it is, and each message can be read alone.
func TestDeflate(t *testing.T) {
	l := opened(t, compressing())
	random := make([]byte, 5000)
	rand.NewChaCha8([32]byte{}).Read(random)
	for _, test := range []struct {
		payload string
		packed  bool
	}{
		{strings.Repeat("x", deflateMin-1), false},
		{strings.Repeat("x", deflateMin), true},
		{strings.Repeat("abc", 100_000), true},
		{string(random), false},
		{strings.Repeat("x", deflateMin), true},
	} {
		wire, err := l.Output([]byte(test.payload), nil)
		if err != nil {
			t.Fatal(err)
		}
		f, err := ws.ReadFrame(bytes.NewReader(wire))
		if err != nil {
			t.Fatal(err)
		}
		if f.Header.Rsv1() != test.packed || f.Header.Masked || !f.Header.Fin || f.Header.OpCode != ws.OpBinary {
			t.Errorf("%d bytes: header %+v, want compressed %t", len(test.payload), f.Header, test.packed)
		}
		payload := string(f.Payload)
		if test.packed {
			payload = inflated(t, payload)
		}
		if payload != test.payload {
			t.Errorf("%d bytes: %d bytes came", len(test.payload), len(payload))
		}
	}
	if wire, err := l.Output(nil, nil); len(wire) > 0 || err != nil {
		t.Errorf("nothing: wire %q, error %v", wire, err)
	}
}

// TestBombs proves that little data cannot become much memory: neither in one message, nor in many of one call, nor by a message
// that never ends; and that a peer which was sent nothing yet may do less.
func TestBombs(t *testing.T) {
	zeros := func(n int) ws.Frame { return packedFrame(deflated(strings.Repeat("\x00", n))) }
	random := make([]byte, 200<<10)
	rand.NewChaCha8([32]byte{}).Read(random)
	o := compressing()
	o.MaxInflated = 4 << 20
	for _, test := range []struct {
		what     string
		in       []byte
		stranger int // bytes of plain that a peer gets through that was sent nothing, and how it ends
		end      int
		friend   int
		end2     int
	}{
		{"all that a stranger may", from(zeros(strangerInflates)), strangerInflates, 0, strangerInflates, 0},
		{"one more", from(zeros(strangerInflates + 1)), 0, 1009, strangerInflates + 1, 0},
		{"all that a friend may", from(zeros(4 << 20)), 0, 1009, 4 << 20, 0},
		{"more than anybody may", from(zeros(4<<20 + 1)), 0, 1009, 0, 1009},
		{"in many messages", from(zeros(1<<20), zeros(1<<20), zeros(1<<20), zeros(1<<20), zeros(1)), 1 << 20, 1009, 4 << 20, 1009},
		{"a long message that does not end", from(rsv(frame(ws.OpBinary, false, string(random)), 4)), 0, 1009, 0, 0},
	} {
		g := feed(opened(t, o), test.in, len(test.in))
		if len(g.plain) != test.stranger || code(g.err) != test.end {
			t.Errorf("%s, from a stranger: %d bytes, error %v; want %d, %d", test.what, len(g.plain), g.err, test.stranger, test.end)
		}
		l := opened(t, o)
		if _, err := l.Output([]byte("accepted"), nil); err != nil {
			t.Fatal(err)
		}
		if g = feed(l, test.in, len(test.in)); len(g.plain) != test.friend || code(g.err) != test.end2 {
			t.Errorf("%s, from a friend: %d bytes, error %v; want %d, %d", test.what, len(g.plain), g.err, test.friend, test.end2)
		}
	}
}

// TestOffers has lists of extensions as clients send them.
func TestOffers(t *testing.T) {
	for offer, want := range map[string]bool{
		"permessage-deflate":                                                         true,
		"permessage-deflate; client_max_window_bits":                                 true,
		"permessage-deflate; client_max_window_bits=10":                              true,
		"permessage-deflate; server_no_context_takeover; client_no_context_takeover": true,
		"permessage-deflate; server_max_window_bits=15":                              true,
		"permessage-deflate; server_max_window_bits=10":                              false,
		"permessage-deflate; server_max_window_bits=10, permessage-deflate":          true,
		"permessage-deflate; server_max_window_bits":                                 false,
		"permessage-deflate; unheard_of":                                             false,
		"permessage-deflate; client_no_context_takeover; client_no_context_takeover": false,
		"x-webkit-deflate-frame":                                                     false,
		"x-webkit-deflate-frame, permessage-deflate;client_max_window_bits":          true,
		"":  false,
		";": false,
	} {
		l := newServer(t, compressing()).Layer(nil)
		g := feed(l, []byte(with(request, "Sec-WebSocket-Extensions: "+offer)), 1000)
		if g.err != nil || l.Compressed() != want || bytes.Contains(g.wire, []byte("Sec-WebSocket-Extensions: permessage-deflate")) != want {
			t.Errorf("%q: compressed %t, want %t, answer %q, error %v", offer, l.Compressed(), want, g.wire, g.err)
		}
	}
}
