package blackbox

import (
	"bytes"
	"fmt"
	"io"
	"testing"

	"github.com/vernemq/vmq/codec"
)

// conversation is all that a client can say, in one piece. It talks to itself, so the broker's answers depend on nothing else.
func conversation(v codec.Version) []byte {
	connect := &codec.Connect{Version: v, CleanStart: true, KeepAlive: 60, ClientID: []byte("talker")}
	connect.HasUsername, connect.Username = true, []byte("user")
	connect.HasWill, connect.Will = true, codec.Will{Topic: []byte("w"), Payload: []byte("x"), QoS: 1}
	subscribe := &codec.Subscribe{PacketID: 9, Subscriptions: []codec.Subscription{{Filter: []byte("c/+"), QoS: 2}, {Filter: []byte("d"), QoS: 1}}}
	message := func(topic string, qos byte, id uint16, retain bool) *codec.Publish {
		p := &codec.Publish{Topic: []byte(topic), Payload: []byte("payload"), QoS: qos, PacketID: id, Retain: retain}
		if v == codec.V5 {
			p.Props.SetContentType([]byte("text"))
			p.Props.AddUser([]byte("key"), []byte("value"))
		}
		return p
	}
	if v == codec.V5 {
		connect.Props.SetReceiveMaximum(5)
		connect.Will.Props.SetWillDelay(7)
		subscribe.Props.AddSubscriptionID(77)
	}
	clear := message("c/r", 0, 0, true)
	clear.Payload = nil
	b := codec.AppendConnect(nil, connect)
	b = codec.AppendPublish(b, v, message("c/r", 0, 0, true))
	b = codec.AppendSubscribe(b, v, subscribe)
	b = codec.AppendPublish(b, v, message("c/0", 0, 0, false))
	b = codec.AppendPublish(b, v, message("c/1", 1, 11, false))
	b = codec.AppendAck(b, codec.PUBACK, v, &codec.Ack{PacketID: 1})
	b = codec.AppendPingreq(b)
	b = codec.AppendPublish(b, v, message("c/2", 2, 12, false))
	b = codec.AppendAck(b, codec.PUBREL, v, &codec.Ack{PacketID: 12})
	b = codec.AppendAck(b, codec.PUBREC, v, &codec.Ack{PacketID: 2})
	b = codec.AppendAck(b, codec.PUBCOMP, v, &codec.Ack{PacketID: 2})
	b = codec.AppendUnsubscribe(b, v, &codec.Unsubscribe{PacketID: 10, Filters: [][]byte{[]byte("c/+"), []byte("d")}})
	b = codec.AppendPublish(b, v, clear)
	return codec.AppendDisconnect(b, v, &codec.Disconnect{})
}

// converse sends b in pieces that end at the cuts, each when the broker has read the one before, and returns all answers.
func converse(n *node, v codec.Version, b []byte, cuts ...int) []byte {
	n.t.Helper()
	c := n.dial(v)
	begin, from := n.received(), 0
	for _, to := range append(cuts, len(b)) {
		c.raw(b[from:to])
		from = to
		n.until("the broker reads", func() bool { return n.received()-begin >= uint64(to) })
	}
	answers, err := io.ReadAll(c.r)
	if err != nil {
		n.t.Fatalf("cut at %v: %v", cuts, err)
	}
	c.Close()
	return answers
}

// TestPiecesOfAnySize proves that it makes no difference how a client's bytes are cut: in one piece, in two with the border at every byte,
// and one byte at a time.
func TestPiecesOfAnySize(t *testing.T) {
	n := start(t, nil)
	for _, v := range versions {
		b := conversation(v)
		whole := converse(n, v, b)
		if got, want := fmt.Sprint(kinds(t, whole)), "[CONNACK SUBACK PUBLISH PUBLISH PUBLISH PUBACK PINGRESP PUBLISH PUBREC PUBCOMP PUBREL UNSUBACK]"; got != want {
			t.Fatalf("version %s:\n got %s\nwant %s", v, got, want)
		}
		var all []int
		for at := 1; at < len(b); at++ {
			if got := converse(n, v, b, at); !bytes.Equal(got, whole) {
				t.Fatalf("version %s, cut at %d: got % x, want % x", v, at, got, whole)
			}
			all = append(all, at)
		}
		if got := converse(n, v, b, all...); !bytes.Equal(got, whole) {
			t.Fatalf("version %s, one byte at a time: got % x, want % x", v, got, whole)
		}
	}
}

// kinds names the packets in b.
func kinds(t *testing.T, b []byte) (names []codec.PacketType) {
	t.Helper()
	for len(b) > 0 {
		f, n, err := codec.NextFrame(b, 0)
		if err != nil || n == 0 {
			t.Fatalf("the broker sent % x: %v", b, err)
		}
		names = append(names, f.Type)
		b = b[n:]
	}
	return names
}
