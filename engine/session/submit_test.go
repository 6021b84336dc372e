package session_test

import (
	"fmt"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/internal/bench"
)

// TestSubmittedIsStored proves that a message from somebody without a session is acknowledged when a loss of power cannot take it any more, whether
// it waits in a queue at home on the same loop or on another one, or is retained.
func TestSubmittedIsStored(t *testing.T) {
	for loop := range 2 {
		p := powered(t, nil)
		away := p.Connect(codec.V5, "away", bench.Persistent)
		away.Subscribe("a", 1)
		away.Hangup()
		var left *vfs.MemFS
		p.Do(loop, func() {
			l := p.Broker.Local(p.Broker.Loops()[loop])
			topic, payload := []byte("a"), []byte("x")
			l.Submit(p.Broker.Mountpoint(""), &session.Publication{Topic: topic, Payload: payload, QoS: 1, Retain: true}, func() {
				left = bench.Kill(p.fs)
			})
			topic[0], payload[0] = '?', '?' // they are the caller's again
		})
		if left == nil {
			t.Fatalf("loop %d: never acknowledged", loop)
		}
		p.Bench = bench.NewStored(t, 2, left, nil)
		p.again(codec.V5, "away").Want("it was acknowledged", `PUBLISH qos=1 id=1 topic="a" payload="x"`)
		late := p.Connect(codec.V5, "late")
		late.Send(&codec.Subscribe{PacketID: 1, Subscriptions: []codec.Subscription{{Filter: []byte("a")}}})
		late.Want("it is retained", "SUBACK id=1 codes=0x00", `PUBLISH retain qos=0 topic="a" payload="x"`)
	}
}

// TestSubmittedWithoutStore proves that what nobody stores is acknowledged at once, and reaches those who are there.
func TestSubmittedWithoutStore(t *testing.T) {
	for _, stored := range []bool{false, true} {
		b := bench.New(t, 2, nil)
		if stored {
			b = bench.NewStored(t, 2, vfs.NewMem(), nil)
		}
		c := b.Connect(codec.V311, "c")
		c.Subscribe("a", 1)
		done := 0
		b.Do(0, func() {
			b.Broker.Local(b.Broker.Loops()[0]).Submit(b.Broker.Mountpoint(""), &session.Publication{Topic: []byte("a"), Payload: []byte("x"), QoS: 1}, func() { done++ })
			if done != 1 {
				t.Errorf("stored %t: acknowledged %d times when Submit returns, want once", stored, done)
			}
		})
		c.Want(fmt.Sprintf("stored %t", stored), `PUBLISH qos=1 id=1 topic="a" payload="x"`)
	}
}
