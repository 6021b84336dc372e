package session_test

import (
	"testing"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/internal/bench"
	"github.com/vernemq/vmq/queue"
)

// resumeWithOne brings a client back that has three messages in flight and two waiting, and now takes one at a time.
func resumeWithOne(t *testing.T, v codec.Version) (*bench.Bench, *bench.Client) {
	b := bench.New(t, 1, func(s *session.Settings) { s.MaxInflightMessages, s.RetryInterval = 1, 10*time.Second })
	pub, sub := b.Connect(codec.V311, "pub"), b.Connect(codec.V5, "sub", bench.Persistent)
	sub.Subscribe("t", 2)
	pub.Send(bench.Publish("t", "1", 1, 1), bench.Publish("t", "2", 2, 2), bench.Publish("t", "3", 1, 3))
	sub.Take()
	sub.Hangup()
	pub.Send(bench.Publish("t", "4", 1, 4), bench.Publish("t", "5", 1, 5))
	sub = b.Open(v)
	sub.Hello("sub", bench.Persistent, func(p *codec.Connect) {
		if v == codec.V5 {
			p.Props.SetReceiveMaximum(1)
		}
	})
	sub.Want("one", "CONNACK session-present code=0x00", `PUBLISH dup qos=1 id=1 topic="t" payload="1"`)
	return b, sub
}

// TestAnswersFromBefore proves that a client may answer what it got on its last connection before this one has sent it again, and
// that what waits behind it then comes.
func TestAnswersFromBefore(t *testing.T) {
	for _, v := range []codec.Version{codec.V311, codec.V5} {
		_, sub := resumeWithOne(t, v)
		sub.Send(bench.Ack{Type: codec.PUBACK, ID: 3})
		sub.Want("no room yet")
		sub.Send(bench.Ack{Type: codec.PUBREC, ID: 2})
		sub.Want("the exchange goes on", "PUBREL id=2 code=0x00")
		sub.Send(bench.Ack{Type: codec.PUBACK, ID: 1})
		sub.Want("one is still under way")
		sub.Send(bench.Ack{Type: codec.PUBCOMP, ID: 2})
		sub.Want("room", `PUBLISH qos=1 id=4 topic="t" payload="4"`)
		sub.Send(bench.Ack{Type: codec.PUBACK, ID: 4})
		sub.Want("and so on", `PUBLISH qos=1 id=5 topic="t" payload="5"`)
	}
}

// TestRetryAfterAPartialResume proves that a message sent again is repeated, although others still wait for their turn.
func TestRetryAfterAPartialResume(t *testing.T) {
	b, sub := resumeWithOne(t, codec.V311)
	b.Advance(11 * time.Second)
	sub.Want("once more", `PUBLISH dup qos=1 id=1 topic="t" payload="1"`)
}

// TestGoingOfflineWithTooMuch proves which messages are kept of a queue that is longer than max_offline_messages: the oldest, or the
// newest with lifo, in order, and QoS 0 takes no room.
func TestGoingOfflineWithTooMuch(t *testing.T) {
	for _, tt := range []struct {
		lifo bool
		want []string
	}{
		{false, []string{`PUBLISH qos=1 id=2 topic="t" payload="2"`, `PUBLISH qos=1 id=3 topic="t" payload="3"`}},
		{true, []string{`PUBLISH qos=1 id=2 topic="t" payload="5"`, `PUBLISH qos=1 id=3 topic="t" payload="4"`}},
	} {
		b := bench.New(t, 1, func(s *session.Settings) {
			s.MaxInflightMessages, s.MaxOfflineMessages, s.QueueLIFO = 1, 2, tt.lifo
		})
		pub, sub := b.Connect(codec.V311, "pub"), b.Connect(codec.V311, "sub", bench.Persistent)
		sub.Subscribe("t", 1)
		for i, payload := range []string{"1", "2", "3", "4", "5"} {
			pub.Send(bench.Publish("t", payload, 1, uint16(i+1)))
		}
		pub.Send(bench.Publish("t", "q", 0, 0), bench.Publish("t", "q", 0, 0))
		sub.Take()
		sub.Hangup()
		sub = b.Open(codec.V5)
		sub.Hello("sub", bench.Persistent)
		sub.Want("what was kept", append([]string{"CONNACK session-present code=0x00", `PUBLISH dup qos=1 id=1 topic="t" payload="1"`}, tt.want...)...)
	}
}

// TestResumeWithASmallerPacketSize proves that a message in flight that the new connection does not take is given up, counted, and out of the
// way of others.
func TestResumeWithASmallerPacketSize(t *testing.T) {
	b := bench.New(t, 1, nil)
	pub, sub := b.Connect(codec.V311, "pub"), b.Connect(codec.V5, "sub", bench.Persistent)
	sub.Subscribe("t", 2)
	pub.Send(bench.Publish("t", "far too long", 1, 1), bench.Publish("t", "2", 1, 2), bench.Publish("t", "as long, but taken", 2, 3))
	sub.Take()
	sub.Send(bench.Ack{Type: codec.PUBREC, ID: 3})
	sub.Take()
	sub.Hangup()
	pub.Send(bench.Publish("t", "4", 1, 4))
	sub = b.Open(codec.V5)
	sub.Hello("sub", bench.Persistent, func(p *codec.Connect) {
		p.Props.SetMaximumPacketSize(12)
		p.Props.SetReceiveMaximum(3)
	})
	sub.Want("what fits", "CONNACK session-present code=0x00", `PUBLISH dup qos=1 id=2 topic="t" payload="2"`, "PUBREL id=3 code=0x00",
		`PUBLISH qos=1 id=4 topic="t" payload="4"`)
	wantDropped(t, b, queue.TooLarge, 1)
}

// TestPubrelIsSentOnce proves that a PUBREL that a repeated PUBREC has brought forward is not sent a second time when its turn comes: the
// client would answer twice, and the second PUBCOMP would be a stray one.
func TestPubrelIsSentOnce(t *testing.T) {
	b := bench.New(t, 1, nil)
	pub, sub := b.Connect(codec.V311, "pub"), b.Connect(codec.V5, "sub", bench.Persistent)
	sub.Subscribe("t", 2)
	pub.Send(bench.Publish("t", "1", 1, 1), bench.Publish("t", "2", 2, 2))
	sub.Take()
	sub.Send(bench.Ack{Type: codec.PUBREC, ID: 2})
	sub.Take()
	sub.Hangup()
	sub = b.Open(codec.V5)
	sub.Hello("sub", bench.Persistent, func(p *codec.Connect) { p.Props.SetReceiveMaximum(1) })
	sub.Want("the first", "CONNACK session-present code=0x00", `PUBLISH dup qos=1 id=1 topic="t" payload="1"`)
	sub.Send(bench.Ack{Type: codec.PUBREC, ID: 2})
	sub.Want("brought forward", "PUBREL id=2 code=0x00")
	sub.Send(bench.Ack{Type: codec.PUBACK, ID: 1})
	sub.WantNothing("it was sent")
	sub.Send(bench.Ack{Type: codec.PUBCOMP, ID: 2})
	sub.WantOpen("the exchange is over")
}
