package codec

import (
	"bytes"
	"testing"
	"unicode/utf8"
)

// The fuzz targets start from the packets of the unit tests. There is one for streams of any bytes, one for the agreement of
// decoding and encoding of each packet type, and one each for the two functions that have a second way to the same answer.

// versionOf maps a fuzzed byte to a version.
func versionOf(b byte) Version { return [...]Version{V31, V311, V5}[b%3] }

func senderOf(b byte) Sender { return Sender(b >> 7) }

// mode is the byte that versionOf and senderOf read.
func mode(v Version, from Sender) byte {
	for b := byte(from) << 7; ; b++ {
		if versionOf(b) == v {
			return b
		}
	}
}

// FuzzDecode feeds a stream to the frames, and each frame to its parser, in the version and direction of mode.
func FuzzDecode(f *testing.F) {
	var stream []byte
	for _, c := range allCases() {
		wire := bytesOf(f, c.wire)
		f.Add(wire, mode(c.v, c.from), uint32(0))
		if c.bad == nil {
			stream = append(stream, wire...)
		}
	}
	f.Add(stream, byte(2), uint32(100))
	f.Fuzz(func(t *testing.T, stream []byte, m byte, limit uint32) {
		for len(stream) > 0 {
			frame, n, err := NextFrame(stream, limit)
			total, known := FrameLen(stream)
			if err != nil {
				return
			}
			if n == 0 {
				if known && total <= len(stream) {
					t.Fatalf("% x: FrameLen %d, but NextFrame calls it incomplete", stream, total)
				}
				return
			}
			if !known || total != n || n < 2+len(frame.Body) || limit != 0 && len(frame.Body) > int(limit) {
				t.Fatalf("% x: FrameLen %d, %t; NextFrame %v of %d bytes, limit %d", stream, total, known, frame, n, limit)
			}
			agree(t, frame, versionOf(m), senderOf(m))
			stream = stream[n:]
		}
	})
}

// agree decodes a frame and, if it is valid, checks that encoding and decoding it again leads back to the same packet, and
// encoding that to the same bytes.
func agree(t *testing.T, frame Frame, v Version, from Sender) {
	t.Helper()
	d, err := decodeBody(frame, v, from)
	if err != nil {
		return
	}
	const before = "before"
	dst := d.encode([]byte(before))
	if string(dst[:len(before)]) != before {
		t.Fatalf("%s: append changed what stood before it to % x", d.full(), dst[:len(before)])
	}
	wire := dst[len(before):]
	again, err := decode(wire, v, from)
	if err != nil {
		t.Fatalf("%s: encoded to % x, which does not decode: %v", d.full(), wire, err)
	}
	if d.full() != again.full() {
		t.Fatalf("decoded from % x, encoded, decoded:\n\t%s\n\t%s", frame.Body, d.full(), again.full())
	}
	if got := again.encode(nil); !bytes.Equal(got, wire) {
		t.Fatalf("%s: encoded to\n\t% x, and then to\n\t% x", d.full(), wire, got)
	}
}

// fuzzPacket fuzzes the bodies of one kind of packet.
func fuzzPacket(f *testing.F, types ...PacketType) {
	for _, c := range allCases() {
		frame, n, err := NextFrame(bytesOf(f, c.wire), 0)
		if n == 0 || err != nil {
			continue
		}
		for i, typ := range types {
			if frame.Type == typ {
				f.Add(frame.Body, mode(c.v, c.from), frame.Flags, byte(i))
			}
		}
	}
	f.Fuzz(func(t *testing.T, body []byte, m, flags, which byte) {
		typ := types[int(which)%len(types)]
		if typ != PUBLISH {
			flags = headerFlags[typ]
		}
		agree(t, Frame{Type: typ, Flags: flags & 0x0F, Body: body}, versionOf(m), senderOf(m))
	})
}

func FuzzConnect(f *testing.F)     { fuzzPacket(f, CONNECT) }
func FuzzConnack(f *testing.F)     { fuzzPacket(f, CONNACK) }
func FuzzPublish(f *testing.F)     { fuzzPacket(f, PUBLISH) }
func FuzzAck(f *testing.F)         { fuzzPacket(f, PUBACK, PUBREC, PUBREL, PUBCOMP) }
func FuzzSubscribe(f *testing.F)   { fuzzPacket(f, SUBSCRIBE) }
func FuzzSuback(f *testing.F)      { fuzzPacket(f, SUBACK) }
func FuzzUnsubscribe(f *testing.F) { fuzzPacket(f, UNSUBSCRIBE) }
func FuzzUnsuback(f *testing.F)    { fuzzPacket(f, UNSUBACK) }
func FuzzDisconnect(f *testing.F)  { fuzzPacket(f, DISCONNECT) }
func FuzzAuth(f *testing.F)        { fuzzPacket(f, AUTH) }
func FuzzPing(f *testing.F)        { fuzzPacket(f, PINGREQ, PINGRESP) }

// FuzzForward takes a PUBLISH as a broker does: what a publisher sent, encoded for a subscriber by AppendPublishHead, is
// the packet that AppendPublish makes of the same fields, and arrives whole.
func FuzzForward(f *testing.F) {
	for _, c := range publishCases {
		if frame, n, err := NextFrame(bytesOf(f, c.wire), 0); n != 0 && err == nil {
			f.Add(frame.Body, frame.Flags, mode(c.v, c.from), uint16(3), uint32(200))
		}
	}
	f.Fuzz(func(t *testing.T, body []byte, flags, m byte, alias uint16, id uint32) {
		v := versionOf(m)
		var in Publish
		if ParsePublish(body, v, flags, &in) != nil || in.Check(v, FromClient) != nil {
			return
		}
		in.Props.Del(PropTopicAlias)
		h := PublishHead{Dup: in.Dup, Retain: in.Retain, QoS: in.QoS, PacketID: in.PacketID, Topic: in.Topic, TopicAlias: alias,
			HasExpiry: in.Props.Has(PropMessageExpiry), SubscriptionID: id & MaxSubscriptionID,
			Forward: in.Props.AppendForward(nil), PayloadLen: len(in.Payload)}
		if h.HasExpiry {
			h.Expiry = in.Props.MessageExpiry
		}
		head := AppendPublishHead(nil, v, &h)
		if len(head) > PublishHeadBound(&h) || PublishSize(v, &h) != len(head)+len(in.Payload) {
			t.Fatalf("%v: head of %d bytes, bound %d, payload %d, size %d", &in, len(head), PublishHeadBound(&h), len(in.Payload), PublishSize(v, &h))
		}
		if h.TopicAlias != 0 {
			in.Props.SetTopicAlias(alias)
		}
		if h.SubscriptionID != 0 {
			in.Props.AddSubscriptionID(h.SubscriptionID)
		}
		want := &decoded{t: PUBLISH, v: v, from: FromServer, packet: &in}
		if v != V5 {
			in.Props.Clear()
		}
		frame, n, err := NextFrame(append(head, in.Payload...), 0)
		if err != nil || n == 0 {
			t.Fatalf("%s: %d, %v", want.full(), n, err)
		}
		var out Publish
		if err := ParsePublish(frame.Body, v, frame.Flags, &out); err != nil {
			t.Fatalf("%s: %v", want.full(), err)
		}
		got := &decoded{t: PUBLISH, v: v, from: FromServer, packet: &out}
		if got.full() != want.full() || !bytes.Equal(got.encode(nil), want.encode(nil)) {
			t.Fatalf("forwarded\n\t%s as\n\t%s", want.full(), got.full())
		}
	})
}

// FuzzText compares validText with the standard library.
func FuzzText(f *testing.F) {
	for _, s := range []string{"", "a/b", "fleet/truck-4711/engine/temperature", "tür/温度", "a\x00b", "\xff", "\xed\xa0\x80", "12345678\x00"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if want := utf8.Valid(b) && !bytes.Contains(b, []byte{0}); validText(b) != want {
			t.Fatalf("%q: %t, want %t", b, !want, want)
		}
	})
}
