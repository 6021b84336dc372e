package blackbox

import (
	"fmt"
	"strings"
	"testing"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/queue"
)

// socketBuffer is in bytes: so little that what a client does not read is soon the broker's affair, and more than a segment of the loopback,
// below which the kernel itself holds data back for tens of milliseconds.
const socketBuffer = 128 << 10

func smallBuffers(o *engine.ListenerOptions) {
	o.SendBuffer, o.ReceiveBuffer = socketBuffer, socketBuffer
}

// TestSubscriberThatStopsReading proves that nobody else notices one who does not read, that it gets what its output and its queue could hold,
// in order, that every other message was counted as dropped, and that it goes on when it reads again.
func TestSubscriberThatStopsReading(t *testing.T) {
	for _, qos := range []byte{0, 1} {
		n := start(t, func(s *session.Settings, o *engine.ListenerOptions) {
			s.MaxOnlineMessages, s.MaxInflightMessages = 50, 10
			smallBuffers(o)
		})
		slow, other, pub := n.connect(codec.V311, "slow"), n.connect(codec.V5, "other"), n.connect(codec.V311, "pub")
		slow.SetReadBuffer(socketBuffer)
		slow.subscribe("t", qos)
		other.subscribe("t", qos)
		const count, payload = 500, 8000
		pad := strings.Repeat("x", payload)
		for i := range count {
			pub.publish("t", fmt.Sprintf("%05d%s", i, pad), 1, uint16(i+1))
			pub.want(codec.PUBACK)
			p := other.wantPublish()
			if got := string(p.Payload[:5]); got != fmt.Sprintf("%05d", i) {
				t.Fatalf("QoS %d: the other subscriber got %s, want %05d", qos, got, i)
			}
			if qos > 0 {
				other.ack(codec.PUBACK, p.PacketID)
			}
		}
		dropped := n.Stats().Dropped[queue.QueueFull]
		if dropped == 0 {
			t.Fatalf("QoS %d: nothing was dropped, so nothing was shown", qos)
		}
		last := -1
		for came := uint64(0); came < count-dropped; came++ {
			p := slow.wantPublish()
			var i int
			fmt.Sscanf(string(p.Payload[:5]), "%d", &i)
			if i <= last || len(p.Payload) != payload+5 {
				t.Fatalf("QoS %d: message %d of %d bytes after %d", qos, i, len(p.Payload), last)
			}
			last = i
			if qos > 0 {
				slow.ack(codec.PUBACK, p.PacketID)
			}
		}
		slow.ping() // nothing else came
		pub.publish("t", "again", 1, 1)
		pub.want(codec.PUBACK)
		if p := slow.wantPublish(); string(p.Payload) != "again" {
			t.Errorf("QoS %d: got %s", qos, &p)
		}
		if now := n.Stats().Dropped; now[queue.QueueFull] != dropped {
			t.Errorf("QoS %d: dropped %v in the end, %d before", qos, now, dropped)
		}
	}
}
