package session_test

import (
	"testing"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/internal/bench"
)

func keepAlive(seconds uint16) func(*codec.Connect) {
	return func(p *codec.Connect) { p.KeepAlive = seconds }
}

// TestKeepAlive proves [MQTT-3.1.2-22]: a silent client is closed between 1.5 and 1.6 times its keep-alive, packets of it
// start the time again, packets to it and pieces of packets do not.
func TestKeepAlive(t *testing.T) {
	for _, v := range versions {
		b := bench.New(t, 1, nil)
		c := b.Connect(v, "c", keepAlive(10))
		b.Advance(14 * time.Second)
		c.Send(bench.Ping{})
		c.Want("in time", "PINGRESP")
		b.Advance(14900 * time.Millisecond)
		c.WantOpen("before 1.5 times")
		c.Raw([]byte{0x30}) // the beginning of a packet
		b.Advance(1100 * time.Millisecond)
		if v == codec.V5 {
			c.WantClosed("after 1.6 times", "DISCONNECT code=0x8d")
		} else {
			c.WantClosed("after 1.6 times")
		}
	}
}

func TestKeepAliveZero(t *testing.T) {
	b := bench.New(t, 1, nil)
	c := b.Connect(codec.V311, "c", keepAlive(0))
	b.Advance(1000 * time.Hour)
	c.Send(bench.Ping{})
	c.Want("never too silent", "PINGRESP")
}

// TestRetry proves that unanswered messages are repeated with DUP after the retry interval, from MQTT 3 clients' view, that PUBREL is,
// and that MQTT 5 never repeats on a live connection.
func TestRetry(t *testing.T) {
	for _, v := range versions {
		b := bench.New(t, 1, nil)
		sub, pub := b.Connect(v, "sub", keepAlive(60)), b.Connect(codec.V311, "pub")
		sub.Subscribe("t", 2)
		pub.Send(bench.Publish("t", "1", 1, 1), bench.Publish("t", "2", 2, 2))
		sub.Want("sent", `PUBLISH qos=1 id=1 topic="t" payload="1"`, `PUBLISH qos=2 id=2 topic="t" payload="2"`)
		b.Advance(19 * time.Second)
		sub.WantNothing("not yet")
		b.Advance(2 * time.Second)
		if v == codec.V5 {
			sub.WantNothing("never")
			continue
		}
		sub.Want("repeated", `PUBLISH dup qos=1 id=1 topic="t" payload="1"`, `PUBLISH dup qos=2 id=2 topic="t" payload="2"`)
		sub.Send(bench.Ack{Type: codec.PUBACK, ID: 1}, bench.Ack{Type: codec.PUBREC, ID: 2})
		sub.Want("answered", "PUBREL id=2 code=0x00")
		b.Advance(21 * time.Second)
		sub.Want("PUBREL repeated", "PUBREL id=2 code=0x00")
		sub.Send(bench.Ack{Type: codec.PUBCOMP, ID: 2})
		b.Advance(40 * time.Second)
		sub.WantNothing("nothing left to repeat")
	}
}
