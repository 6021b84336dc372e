package blackbox

import (
	"testing"

	"github.com/vernemq/vmq/codec"
)

// TestHalfClosed proves that a client that ends its side right behind its packets still gets the answers to them, then the end, and that its
// will is published, because it took no leave.
func TestHalfClosed(t *testing.T) {
	n := start(t, nil)
	for _, v := range versions {
		watch := n.connect(codec.V311, "watch")
		watch.subscribe("w", 1)
		c := n.dial(v)
		b := codec.AppendConnect(nil, &codec.Connect{Version: v, CleanStart: true, ClientID: []byte("c"), HasWill: true,
			Will: codec.Will{Topic: []byte("w"), Payload: []byte("gone"), QoS: 1}})
		b = codec.AppendPublish(b, v, &codec.Publish{Topic: []byte("t"), QoS: 1, PacketID: 5})
		b = codec.AppendPublish(b, v, &codec.Publish{Topic: []byte("t"), QoS: 2, PacketID: 6})
		c.raw(codec.AppendPingreq(b))
		c.CloseWrite()
		for _, want := range []codec.PacketType{codec.CONNACK, codec.PUBACK, codec.PUBREC, codec.PINGRESP} {
			c.want(want)
		}
		c.wantEnd()
		if p := watch.wantPublish(); string(p.Payload) != "gone" {
			t.Errorf("version %s: got %s", v, &p)
		}
		watch.ack(codec.PUBACK, 1)
	}
}

// TestHalfClosedInTheMidst proves that what was begun is not acted upon when the rest never comes, wherever it breaks off.
func TestHalfClosedInTheMidst(t *testing.T) {
	n := start(t, nil)
	watch := n.connect(codec.V5, "watch")
	watch.subscribe("#", 0)
	whole := codec.AppendPublish(nil, codec.V5, &codec.Publish{Topic: []byte("t"), Payload: []byte("cut off"), QoS: 1, PacketID: 1})
	for at := 1; at < len(whole); at++ {
		c := n.connect(codec.V5, "c", withWill("w"))
		c.raw(whole[:at])
		c.CloseWrite()
		c.wantEnd()
		if p := watch.wantPublish(); string(p.Topic) != "w" {
			t.Fatalf("cut at %d: got %s", at, &p)
		}
	}
}

// TestReset proves that a connection that breaks costs nothing but itself: the will comes, and a persistent session goes on with what was
// not acknowledged.
func TestReset(t *testing.T) {
	n := start(t, nil)
	for _, v := range versions {
		watch := n.connect(codec.V311, "watch")
		watch.subscribe("w", 0)
		c := n.connect(v, "c", persistent, withWill("w"))
		c.subscribe("t", 1)
		watch.publish("t", "one", 1, 7)
		watch.want(codec.PUBACK)
		c.wantPublish()
		c.SetLinger(0)
		c.Close()
		watch.wantPublish()
		watch.publish("t", "two", 1, 8)
		watch.want(codec.PUBACK)
		c = n.connect(v, "c", persistent)
		one, two := c.wantPublish(), c.wantPublish()
		if !one.Dup || string(one.Payload) != "one" || two.Dup || string(two.Payload) != "two" {
			t.Errorf("version %s: got %s and %s", v, &one, &two)
		}
		c.raw(codec.AppendDisconnect(nil, v, &codec.Disconnect{}))
		c.wantEnd()
		last := n.connect(v, "c") // a clean start, so that the next version finds nothing
		last.raw(codec.AppendDisconnect(nil, v, &codec.Disconnect{}))
		last.wantEnd()
	}
}
