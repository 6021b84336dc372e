package wslayer

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gobwas/ws"
)

// rsv sets reserved bits of a frame.
func rsv(f ws.Frame, bits byte) ws.Frame {
	f.Header.Rsv = bits
	return f
}

// TestFrames is a table in the manner of the Autobahn suite: what a client sends, what the session gets of it, what the client
// gets, and how it ends. Each case runs whole, byte by byte, and cut in two at each place.
func TestFrames(t *testing.T) {
	const eof = -1
	k := strings.Repeat("k", 1<<10)
	for _, test := range []struct {
		what  string
		in    []byte
		plain string
		wire  []byte // in one call
		bytes []byte // byte by byte, where that differs
		end   int
	}{
		{what: "nothing in a frame", in: from(binaryFrame(""))},
		{what: "125 bytes", in: from(binaryFrame(k[:125])), plain: k[:125]},
		{what: "126 bytes", in: from(binaryFrame(k[:126])), plain: k[:126]},
		{what: "127 bytes", in: from(binaryFrame(k[:127])), plain: k[:127]},
		{what: "three frames", in: from(binaryFrame("a"), binaryFrame("b"), binaryFrame("c")), plain: "abc"},
		{what: "a length in more bytes than it needs", in: []byte{0x82, 0xFF, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 'x'}, plain: "x"},
		{what: "a mask of zeros", in: []byte{0x82, 0x82, 0, 0, 0, 0, 'h', 'i'}, plain: "hi"},
		{what: "not masked", in: to(binaryFrame("x")), end: 1002},
		{what: "masked, then not", in: append(from(binaryFrame("x")), to(binaryFrame("y"))...), plain: "x", end: 1002},
		{what: "the top bit of a length", in: []byte{0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0}, end: 1002},
		{what: "as long as the limit", in: from(binaryFrame(k[:1000])), plain: k[:1000]},
		{what: "longer than the limit", in: from(binaryFrame(k[:1001])), end: 1009},
		{what: "each fragment within the limit", in: from(frame(ws.OpBinary, false, k[:1000]), frame(ws.OpContinuation, true, k[:1000])),
			plain: k[:1000] + k[:1000]},

		{what: "text", in: from(ws.NewTextFrame([]byte("hello"))), end: 1003},
		{what: "text in fragments", in: from(frame(ws.OpText, false, "hel"), frame(ws.OpContinuation, true, "lo")), end: 1003},
		{what: "text behind bytes", in: from(binaryFrame("a"), ws.NewTextFrame(nil)), plain: "a", end: 1003},

		{what: "two fragments", in: from(frame(ws.OpBinary, false, "he"), frame(ws.OpContinuation, true, "llo")), plain: "hello"},
		{what: "empty fragments", in: from(frame(ws.OpBinary, false, ""), frame(ws.OpContinuation, false, ""), frame(ws.OpContinuation, true, ""))},
		{what: "fragments around control frames", in: from(frame(ws.OpBinary, false, "a"), ws.NewPingFrame([]byte("p")), frame(ws.OpContinuation, false, "b"),
			ws.NewPongFrame(nil), frame(ws.OpContinuation, true, "c"), binaryFrame("d")), plain: "abcd", wire: to(ws.NewPongFrame([]byte("p")))},
		{what: "a fragment of nothing", in: from(frame(ws.OpContinuation, false, "a")), end: 1002},
		{what: "the end of nothing", in: from(frame(ws.OpContinuation, true, "a")), end: 1002},
		{what: "a fragment behind the last", in: from(frame(ws.OpBinary, false, "a"), frame(ws.OpContinuation, true, "b"), frame(ws.OpContinuation, true, "c")),
			plain: "ab", end: 1002},
		{what: "a message inside another", in: from(frame(ws.OpBinary, false, "a"), binaryFrame("b")), plain: "a", end: 1002},
		{what: "a text inside a message", in: from(frame(ws.OpBinary, false, "a"), ws.NewTextFrame(nil)), plain: "a", end: 1002},

		{what: "RSV1", in: from(rsv(binaryFrame("a"), 4)), end: 1002},
		{what: "RSV2", in: from(rsv(binaryFrame("a"), 2)), end: 1002},
		{what: "RSV3", in: from(rsv(binaryFrame("a"), 1)), end: 1002},
		{what: "all on a ping", in: from(binaryFrame("a"), rsv(ws.NewPingFrame(nil), 7)), plain: "a", end: 1002},
		{what: "opcode 3", in: from(frame(3, true, "")), end: 1002},
		{what: "opcode 7", in: from(frame(7, true, "a")), end: 1002},
		{what: "opcode 11", in: from(frame(11, true, "")), end: 1002},
		{what: "opcode 15", in: from(binaryFrame("a"), frame(15, true, "")), plain: "a", end: 1002},

		{what: "an empty ping", in: from(ws.NewPingFrame(nil)), wire: to(ws.NewPongFrame(nil))},
		{what: "a ping of 125 bytes", in: from(ws.NewPingFrame([]byte(k[:125]))), wire: to(ws.NewPongFrame([]byte(k[:125])))},
		{what: "a ping of 126 bytes", in: from(frame(ws.OpPing, true, k[:126])), end: 1002},
		{what: "a ping in fragments", in: from(frame(ws.OpPing, false, "a")), end: 1002},
		{what: "ten pings", in: from(slices.Repeat([]ws.Frame{ws.NewPingFrame([]byte("p"))}, 10)...), wire: to(ws.NewPongFrame([]byte("p"))),
			bytes: to(slices.Repeat([]ws.Frame{ws.NewPongFrame([]byte("p"))}, 10)...)},
		{what: "the latest ping", in: from(ws.NewPingFrame([]byte("1")), binaryFrame("a"), ws.NewPingFrame([]byte("2"))), plain: "a",
			wire: to(ws.NewPongFrame([]byte("2"))), bytes: to(ws.NewPongFrame([]byte("1")), ws.NewPongFrame([]byte("2")))},
		{what: "pongs that nobody asked for", in: from(ws.NewPongFrame(nil), ws.NewPongFrame([]byte("x")), binaryFrame("a")), plain: "a"},
		{what: "a pong of 126 bytes", in: from(frame(ws.OpPong, true, k[:126])), end: 1002},

		{what: "close", in: from(closing(1000, "")), wire: to(closing(1000, "")), end: eof},
		{what: "close with a reason", in: from(binaryFrame("a"), closing(1000, "goodbye")), plain: "a", wire: to(closing(1000, "")), end: eof},
		{what: "close without a code", in: from(ws.NewCloseFrame(nil)), wire: to(ws.NewCloseFrame(nil)), end: eof},
		{what: "close with half a code", in: from(frame(ws.OpClose, true, "\x03")), end: 1002},
		{what: "close with 123 bytes of reason", in: from(closing(1000, k[:123])), wire: to(closing(1000, "")), end: eof},
		{what: "close with 124 bytes of reason", in: from(frame(ws.OpClose, true, "\x03\xE8"+k[:124])), end: 1002},
		{what: "close in fragments", in: from(frame(ws.OpClose, false, "\x03\xE8")), end: 1002},
		{what: "a reason that is not UTF-8", in: from(closing(1000, "\xCE\xBA\xE1")), end: 1007},
		{what: "nothing counts behind a close", in: from(closing(1000, ""), binaryFrame("a"), ws.NewPingFrame(nil)), wire: to(closing(1000, "")), end: eof},
		{what: "close inside a message", in: from(frame(ws.OpBinary, false, "a"), closing(1001, "")), plain: "a", wire: to(closing(1001, "")), end: eof},
		{what: "a ping in front of a close", in: from(ws.NewPingFrame(nil), closing(1000, "")), wire: to(closing(1000, "")),
			bytes: to(ws.NewPongFrame(nil), closing(1000, "")), end: eof},
	} {
		t.Run(test.what, func(t *testing.T) {
			if test.end > 0 && test.wire == nil {
				test.wire = to(closing(ws.StatusCode(test.end), ""))
			}
			if test.bytes == nil {
				test.bytes = test.wire
			}
			o := options()
			o.MaxFrame = 1000
			check := func(how string, g got, wire []byte) {
				t.Helper()
				if string(g.plain) != test.plain || code(g.err) != test.end || wire != nil && !bytes.Equal(g.wire, wire) {
					t.Errorf("%s: plain %.40q, wire %.40q, error %v; want %.40q, %.40q, %d", how, g.plain, g.wire, g.err, test.plain, wire, test.end)
				}
			}
			check("whole", feed(opened(t, o), test.in, len(test.in)), append([]byte{}, test.wire...))
			check("byte by byte", feed(opened(t, o), test.in, 1), append([]byte{}, test.bytes...))
			for at := range test.in {
				check(fmt.Sprintf("cut at %d", at), feedAt(opened(t, o), test.in, at), nil)
			}
		})
	}
}

// TestCloseCodes goes through codes as the Autobahn suite does: those that may be sent are echoed.
func TestCloseCodes(t *testing.T) {
	valid := []int{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999}
	for _, c := range append(valid, 0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535) {
		want, answer, end := ws.StatusCode(c), "", -1
		if !slices.Contains(valid, c) {
			want, end = 1002, 1002
		}
		g := feed(opened(t, options()), from(closing(ws.StatusCode(c), "")), 100)
		if !bytes.Equal(g.wire, to(closing(want, answer))) || code(g.err) != end {
			t.Errorf("close %d: wire % x, error %v; want close %d", c, g.wire, g.err, want)
		}
	}
}

// TestExamples are those of RFC 6455, 5.7, that a binary stream can have.
func TestExamples(t *testing.T) {
	l := opened(t, options())
	g := feed(l, []byte{0x89, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58}, 100)
	if string(g.wire) != "\x8A\x05Hello" || g.err != nil {
		t.Errorf("a masked ping: wire %q, error %v", g.wire, g.err)
	}
	g = feed(l, []byte{0x82, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58}, 100)
	if string(g.plain) != "Hello" || g.err != nil {
		t.Errorf("a masked message: plain %q, error %v", g.plain, g.err)
	}
	for n, header := range map[int]string{256: "\x82\x7E\x01\x00", 65536: "\x82\x7F\x00\x00\x00\x00\x00\x01\x00\x00"} {
		payload := bytes.Repeat([]byte{7}, n)
		wire, err := l.Output(payload, []byte("before"))
		if err != nil || string(wire) != "before"+header+string(payload) {
			t.Errorf("%d bytes: wire %.20q, error %v, want header %q", n, wire, err, header)
		}
	}
}
