package codec

import (
	"bytes"
	"testing"
)

// TestNextFrame walks over packets that lie one behind the other, as they do in a read buffer.
func TestNextFrame(t *testing.T) {
	var wire []byte
	var want []string
	for _, c := range allCases() {
		if c.bad != nil {
			continue
		}
		wire = append(wire, bytesOf(t, c.wire)...)
		want = append(want, c.name)
	}
	for _, name := range want {
		f, n, err := NextFrame(wire, 0)
		if err != nil || n == 0 {
			t.Fatalf("%s: %d, %v", name, n, err)
		}
		if total, ok := FrameLen(wire); !ok || total != n {
			t.Errorf("%s: FrameLen %d, %t; NextFrame took %d", name, total, ok, n)
		}
		if cap(f.Body) != len(f.Body) {
			t.Errorf("%s: body of %d bytes has capacity %d: an append to it would overwrite the next packet", name, len(f.Body), cap(f.Body))
		}
		wire = wire[n:]
	}
	if len(wire) != 0 {
		t.Errorf("%d bytes left", len(wire))
	}
}

// TestNextFrameHeader: what the first bytes alone decide.
func TestNextFrameHeader(t *testing.T) {
	for _, c := range []struct {
		name string
		wire string
		max  uint32
		err  error
	}{
		{"nothing", ``, 0, nil},
		{"type alone", `30`, 0, nil},
		{"length not complete", `30 ff`, 0, nil},
		{"length of three bytes not complete", `30 ffffff`, 0, nil},
		{"largest length", `30 ffffff7f`, 0, nil},
		{"length of five bytes", `30 ffffffff`, 0, errHeaderLength},
		{"length of five bytes, all there", `30 ffffffff01`, 0, errHeaderLength},
		{"type 0", `00`, 0, errReservedType},
		{"type 0 with a length", `0f00`, 0, errReservedType},
		{"at the limit", `30 0a`, 10, nil},
		{"above the limit", `30 0b`, 10, ErrPacketTooLarge},
		{"above the limit, two bytes", `30 8001`, 127, ErrPacketTooLarge},
		{"above the limit by its first length bytes, not complete", `30 ffffff`, 10, nil},
		{"far above the limit", `30 ffffff7f`, 268_435_454, ErrPacketTooLarge},
		{"limit of the protocol", `30 ffffff7f`, MaxRemaining, nil},
	} {
		f, n, err := NextFrame(bytesOf(t, c.wire), c.max)
		if n != 0 || f.Body != nil || err == nil && c.err != nil || err != nil && err != c.err {
			t.Errorf("%s: %v, %d, %v; want %v", c.name, f, n, err, c.err)
		}
	}
	if f, n, err := NextFrame(bytesOf(t, `30[ "a" 'payload' ]`), 10); n != 12 || err != nil || len(f.Body) != 10 {
		t.Errorf("packet at the limit: %v, %d, %v", f, n, err)
	}
	if ErrPacketTooLarge.Code != 0x95 {
		t.Errorf("too large is %#x", byte(ErrPacketTooLarge.Code))
	}
}

// TestHeaderFlags tries all 256 first bytes [MQTT-2.1.3-1].
func TestHeaderFlags(t *testing.T) {
	legal := map[byte]bool{0x10: true, 0x20: true, 0x40: true, 0x50: true, 0x62: true, 0x70: true, 0x82: true, 0x90: true,
		0xA2: true, 0xB0: true, 0xC0: true, 0xD0: true, 0xE0: true, 0xF0: true}
	for first := range 256 {
		b := byte(first)
		_, n, err := NextFrame([]byte{b, 0}, 0)
		if want := legal[b] || b>>4 == 3; want != (err == nil && n == 2) {
			t.Errorf("first byte %#02x: %d, %v", b, n, err)
		}
		_, _, early := NextFrame([]byte{b}, 0)
		if (early == nil) != (err == nil) {
			t.Errorf("first byte %#02x: alone %v, with a length %v", b, early, err)
		}
	}
}

// TestFrameLen: known with the fixed header, before the body, and never for a header that is none.
func TestFrameLen(t *testing.T) {
	for _, c := range []struct {
		wire  string
		total int
		ok    bool
	}{
		{``, 0, false}, {`30`, 0, false}, {`30 80`, 0, false}, {`30 ffffff`, 0, false}, {`30 ffffffff01`, 0, false},
		{`c000`, 2, true}, {`30 7f`, 129, true}, {`30 8001`, 131, true}, {`30 ffffff7f`, MaxPacket, true},
	} {
		if total, ok := FrameLen(bytesOf(t, c.wire)); total != c.total || ok != c.ok {
			t.Errorf("FrameLen(%s) = %d, %t; want %d, %t", c.wire, total, ok, c.total, c.ok)
		}
	}
}

// TestVarint at both ends of each length: table 1-1 of MQTT 5.
func TestVarint(t *testing.T) {
	for _, c := range []struct {
		v    uint32
		wire string
	}{
		{0, `00`}, {127, `7f`}, {128, `8001`}, {16_383, `ff7f`}, {16_384, `808001`}, {2_097_151, `ffff7f`},
		{2_097_152, `80808001`}, {268_435_455, `ffffff7f`},
	} {
		wire := bytesOf(t, c.wire)
		if got := appendVarint([]byte("x"), c.v); string(got) != "x"+string(wire) || varintSize(c.v) != len(wire) {
			t.Errorf("%d: % x in %d bytes, want % x", c.v, got[1:], varintSize(c.v), wire)
		}
		if v, n := varint(append(bytes.Clone(wire), 0xFF)); v != c.v || n != len(wire) {
			t.Errorf("% x: %d in %d bytes, want %d", wire, v, n, c.v)
		}
		if v, n, err := strictVarint(wire); v != c.v || n != len(wire) || err != nil {
			t.Errorf("% x: %d in %d bytes, %v", wire, v, n, err)
		}
	}
	for wire, want := range map[string]*Error{
		``: errTruncated, `80`: errTruncated, `ffffff`: errTruncated, `8000`: errVarintOverlong, `ff00`: errVarintOverlong,
		`80808000`: errVarintOverlong, `ffffffff`: errVarint, `8080808001`: errVarint,
	} {
		if _, _, err := strictVarint(bytesOf(t, wire)); err != want {
			t.Errorf("%s: %v, want %v", wire, err, want)
		}
	}
}
