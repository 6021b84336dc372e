package session_test

import (
	"bytes"
	"testing"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/internal/bench"
)

// TestFirstPacketMustBeConnect proves [MQTT-3.1.0-1], from the first byte on.
func TestFirstPacketMustBeConnect(t *testing.T) {
	b := bench.New(t, 1, nil)
	for first := range 256 {
		if first == 0x10 {
			continue
		}
		c := b.Open(codec.V311)
		c.Raw([]byte{byte(first)})
		c.WantClosed("no CONNECT")
	}
	c := b.Open(codec.V311)
	c.Raw([]byte{0x10})
	c.WantOpen("this may become one")
}

// TestBrokenPackets proves that a packet against the rules ends the connection, with the reason for MQTT 5, and that what came before
// it is answered.
func TestBrokenPackets(t *testing.T) {
	for _, tt := range []struct {
		why  string
		raw  string
		code string
	}{
		{"second CONNECT [MQTT-3.1.0-2]", "\x10\x0d\x00\x04MQTT\x04\x02\x00\x00\x00\x01c", "0x82"},
		{"CONNACK from a client", "\x20\x02\x00\x00", "0x82"},
		{"SUBACK from a client", "\x90\x03\x00\x01\x00", "0x82"},
		{"reserved type 0", "\x00\x00", "0x81"},
		{"wrong flags of SUBSCRIBE [MQTT-3.8.1-1]", "\x80\x06\x00\x01\x00\x01a\x00", "0x81"},
		{"length of five bytes", "\x30\xff\xff\xff\xff\x01", "0x81"},
		{"QoS 3 [MQTT-3.3.1-4]", "\x36\x05\x00\x01a\x00\x01", "0x81"},
		{"wildcard in a topic [MQTT-3.3.2-2]", "\x30\x05\x00\x02a#\x00", "0x90"},
		{"topic cut short", "\x30\x03\x00\x09a", "0x81"},
		{"PINGREQ with a body", "\xc0\x01\x00", "0x81"},
	} {
		for _, v := range []codec.Version{codec.V31, codec.V311, codec.V5} {
			b := bench.New(t, 1, nil)
			c := b.Connect(v, "c")
			c.Raw([]byte("\xc0\x00" + tt.raw + "\xc0\x00"))
			if v == codec.V5 {
				c.WantClosed(tt.why, "PINGRESP", "DISCONNECT code="+tt.code)
			} else {
				c.WantClosed(tt.why, "PINGRESP")
			}
		}
	}
}

// TestOversizedPacketIsRefusedFromItsHeader proves that the body of a packet above max_message_size need not even come.
func TestOversizedPacketIsRefusedFromItsHeader(t *testing.T) {
	b := bench.New(t, 1, func(s *session.Settings) { s.MaxMessageSize = 100 })
	c := b.Connect(codec.V5, "c")
	c.Send(bench.Publish("t", string(make([]byte, 100-4)), 0, 0))
	c.WantOpen("exactly the limit")
	c.Raw([]byte{0x30, 101})
	c.WantClosed("one more", "DISCONNECT code=0x95")

	c = b.Open(codec.V311)
	c.Raw([]byte{0x10, 101})
	c.WantClosed("CONNECT counts as well")
}

// TestPacketsInAnyPieces sends a whole session a byte at a time, and in all cuts in two: the answers are the same.
func TestPacketsInAnyPieces(t *testing.T) {
	var stream []byte
	stream = codec.AppendConnect(stream, &codec.Connect{Version: codec.V311, CleanStart: true, ClientID: []byte("c")})
	stream = codec.AppendSubscribe(stream, codec.V311, &codec.Subscribe{PacketID: 1, Subscriptions: []codec.Subscription{{Filter: []byte("a/+"), QoS: 1}}})
	stream = codec.AppendPublish(stream, codec.V311, &codec.Publish{QoS: 1, PacketID: 2, Topic: []byte("a/b"), Payload: bytes.Repeat([]byte("x"), 300)})
	stream = codec.AppendPingreq(stream)
	var want []string
	for _, cut := range append([]int{-1, 0}, seq(1, len(stream))...) {
		b := bench.New(t, 1, nil)
		c := b.Open(codec.V311)
		if cut < 0 {
			for i := range stream {
				c.Raw(stream[i : i+1])
			}
		} else {
			c.Raw(stream[:cut])
			c.Raw(stream[cut:])
		}
		got := c.Take()
		if want == nil {
			want = got
			if len(want) != 5 {
				t.Fatalf("got %q, want CONNACK, SUBACK, PUBLISH, PUBACK and PINGRESP", got)
			}
		}
		if len(got) != len(want) {
			t.Fatalf("cut at %d: got %q, want %q", cut, got, want)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("cut at %d: got %q, want %q", cut, got, want)
			}
		}
	}
}

func seq(from, to int) []int {
	var s []int
	for i := from; i < to; i++ {
		s = append(s, i)
	}
	return s
}
