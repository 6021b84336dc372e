package session_test

import (
	"strings"
	"testing"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/internal/bench"
)

// TestWillIsPublishedOnce proves that a will is kept with the session [MQTT-3.1.2-7] and published when the connection is lost
// [MQTT-3.1.2-8], with topic, payload and QoS of the CONNECT [MQTT-3.1.2-9], once [MQTT-3.1.2-10]; that DISCONNECT discards it
// [MQTT-3.14.4-3]; and that a session without a will leaves nothing [MQTT-3.1.2-12 v3.1.1].
func TestWillIsPublishedOnce(t *testing.T) {
	for _, v := range versions {
		b := bench.New(t, 2, nil)
		watch := b.Connect(codec.V5, "watch") // which is not sent a message again
		watch.Subscribe("#", 1)
		c := b.Connect(v, "c", bench.Persistent, withWill(0))
		watch.WantNothing("not while it is connected")
		c.Hangup()
		watch.Want("lost", willLine)
		c = b.Connect(v, "c", bench.Persistent)
		c.Hangup()
		watch.WantNothing("the will was that of the earlier connection")
		c = b.Connect(v, "c", bench.Persistent, withWill(0))
		c.Send(&codec.Disconnect{})
		c.WantClosed("gone by itself")
		b.Advance(time.Hour)
		watch.WantNothing("discarded")
	}
}

// TestWillRetain proves [MQTT-3.1.2-14] and [MQTT-3.1.2-15]: a will is retained if its client wanted that.
func TestWillRetain(t *testing.T) {
	for _, v := range versions {
		for _, retain := range []bool{false, true} {
			b := bench.New(t, 1, nil)
			c := b.Connect(v, "c", withWill(0), func(p *codec.Connect) { p.Will.Retain = retain })
			c.Hangup()
			late := b.Connect(v, "late")
			late.Send(subscribe(1, "will/#"))
			want := []string{"SUBACK id=1 codes=0x01"}
			if retain {
				want = append(want, `PUBLISH retain qos=1 id=1 topic="will/c" payload="gone"`)
			}
			late.Want("after it", want...)
		}
	}
}

// TestWillUserProperties proves [MQTT-3.1.3-10].
func TestWillUserProperties(t *testing.T) {
	b := bench.New(t, 1, nil)
	watch := b.Connect(codec.V5, "watch")
	watch.Subscribe("will/#", 1)
	c := b.Connect(codec.V5, "c", withWill(0), func(p *codec.Connect) {
		for _, k := range []string{"b", "a", "b", "c"} {
			p.Will.Props.AddUser([]byte(k), []byte("v"))
		}
	})
	c.Hangup()
	watch.Want("in their order", willLine+` {User Property "b"="v", User Property "a"="v", User Property "b"="v", User Property "c"="v"}`)
}

// TestWillDelayIsCutShort proves that a client that is back in time keeps its will from being sent [MQTT-3.1.3-9], [MQTT-3.1.2-10], and that
// the will of the new connection is another one.
func TestWillDelayIsCutShort(t *testing.T) {
	b := bench.New(t, 2, nil)
	watch := b.Connect(codec.V5, "watch")
	watch.Subscribe("will/#", 1)
	c := b.Connect(codec.V5, "c", expiry(100), withWill(10))
	c.Hangup()
	b.Advance(9 * time.Second)
	c = b.Connect(codec.V5, "c", expiry(100))
	b.Advance(time.Hour)
	c.Hangup()
	b.Advance(time.Hour)
	watch.WantNothing("never")
}

// TestDisconnectWithAWrongExpiry proves that a client that says goodbye has no will published, even if what else it says is a protocol
// error [MQTT-3.14.4-3], and that any other reason has it published.
func TestDisconnectWithAWrongExpiry(t *testing.T) {
	for code, sent := range map[codec.ReasonCode]bool{codec.NormalDisconnection: false, codec.DisconnectWithWill: true} {
		b := bench.New(t, 1, nil)
		watch := b.Connect(codec.V311, "watch")
		watch.Subscribe("will/#", 1)
		c := b.Connect(codec.V5, "c", withWill(0))
		p := leave(100)
		p.Code = code
		c.Send(p)
		c.WantClosed("raised from 0", "DISCONNECT code=0x82")
		got := strings.Join(watch.Take(), "\n")
		if (got == willLine) != sent {
			t.Errorf("DISCONNECT %v: will %q, want it sent: %v", code, got, sent)
		}
	}
}
