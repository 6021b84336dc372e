package session_test

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/internal/bench"
)

// TestAnswersToPublish proves that a PUBLISH is answered by its QoS [MQTT-3.3.4-1] with its own identifier [MQTT-2.2.1-5]: nothing,
// PUBACK [MQTT-4.3.2-4] after which the identifier means a new message [MQTT-4.3.2-5], or PUBREC [MQTT-4.3.3-8], after which the same
// one is answered and not delivered again [MQTT-4.3.3-10] until PUBREL was answered with PUBCOMP [MQTT-4.3.3-11], [MQTT-4.3.3-12].
func TestAnswersToPublish(t *testing.T) {
	for _, v := range versions {
		b := bench.New(t, 2, nil)
		sub, pub := b.Connect(v, "sub"), b.Connect(v, "pub")
		sub.Subscribe("t", 0)
		delivered := func(why, payload string, n int) {
			t.Helper()
			var want []string
			for range n {
				want = append(want, fmt.Sprintf(`PUBLISH qos=0 topic="t" payload=%q`, payload))
			}
			sub.Want(why, want...)
		}
		pub.Send(bench.Publish("t", "0", 0, 0))
		pub.WantNothing("QoS 0")
		delivered("QoS 0", "0", 1)
		again := bench.Publish("t", "1", 1, 65535)
		again.Dup = true
		pub.Send(bench.Publish("t", "1", 1, 65535), bench.Publish("t", "1", 1, 65535), again)
		pub.Want("QoS 1", "PUBACK id=65535 code=0x00", "PUBACK id=65535 code=0x00", "PUBACK id=65535 code=0x00")
		delivered("QoS 1: each is a new one", "1", 3)
		again = bench.Publish("t", "2", 2, 65535)
		again.Dup = true
		pub.Send(bench.Publish("t", "2", 2, 65535), again, bench.Publish("t", "2", 2, 65535))
		pub.Want("QoS 2", "PUBREC id=65535 code=0x00", "PUBREC id=65535 code=0x00", "PUBREC id=65535 code=0x00")
		delivered("QoS 2: once", "2", 1)
		pub.Send(bench.Ack{Type: codec.PUBREL, ID: 65535})
		pub.Want("released", "PUBCOMP id=65535 code=0x00")
		pub.Send(bench.Publish("t", "3", 2, 65535))
		pub.Want("a new message", "PUBREC id=65535 code=0x00")
		delivered("with the same identifier", "3", 1)
	}
}

// TestRefusedQoS2 proves that the identifier of a message that was refused is free [MQTT-4.3.3-9].
func TestRefusedQoS2(t *testing.T) {
	b := bench.New(t, 1, nil)
	sub, pub := b.Connect(codec.V5, "sub"), b.Connect(codec.V5, "pub")
	sub.Subscribe("t", 0)
	pub.Send(bench.Publish("$SYS/t", "refused", 2, 7), bench.Publish("t", "new", 2, 7))
	pub.Want("refused, taken", "PUBREC id=7 code=0x90", "PUBREC id=7 code=0x00")
	sub.Want("delivered", `PUBLISH qos=0 topic="t" payload="new"`)
}

// TestQoS2OfAnExpiredMessage proves that the exchange goes on to its end [MQTT-4.3.3-13].
func TestQoS2OfAnExpiredMessage(t *testing.T) {
	b := bench.New(t, 1, nil)
	pub := b.Connect(codec.V5, "pub")
	m := bench.Publish("t", "x", 2, 7)
	m.Props.SetMessageExpiry(1)
	pub.Send(m)
	pub.Want("taken", "PUBREC id=7 code=0x00")
	b.Advance(2e9)
	pub.Send(bench.Publish("t", "x", 2, 7), bench.Ack{Type: codec.PUBREL, ID: 7})
	pub.Want("long expired", "PUBREC id=7 code=0x00", "PUBCOMP id=7 code=0x00")
}

// TestDeliveryIsRepeatedUntilAnswered takes a QoS 1 and a QoS 2 delivery through a reconnect after each step. The identifiers are fresh
// ones and stay [MQTT-2.2.1-4], [MQTT-4.3.2-1], [MQTT-4.3.3-1], [MQTT-4.4.0-1]; PUBLISH waits for PUBACK [MQTT-4.3.2-3] or PUBREC
// [MQTT-4.3.3-3], which is answered with PUBREL [MQTT-4.3.3-4]; that waits for PUBCOMP [MQTT-4.3.3-5], and the PUBLISH never comes
// again [MQTT-4.3.3-6].
func TestDeliveryIsRepeatedUntilAnswered(t *testing.T) {
	for _, v := range versions {
		b := bench.New(t, 2, nil)
		pub, sub := b.Connect(v, "pub"), b.Connect(v, "sub", bench.Persistent)
		sub.Subscribe("t", 2)
		back := func(lines ...string) {
			t.Helper()
			sub.Hangup()
			sub = b.Open(v)
			sub.Hello("sub", bench.Persistent)
			sub.Want(fmt.Sprint("back, version ", v), append([]string{"CONNACK session-present code=0x00"}, lines...)...)
		}
		pub.Send(bench.Publish("t", "one", 1, 10), bench.Publish("t", "two", 2, 20))
		sub.Want("first", `PUBLISH qos=1 id=1 topic="t" payload="one"`, `PUBLISH qos=2 id=2 topic="t" payload="two"`)
		for range 3 {
			back(`PUBLISH dup qos=1 id=1 topic="t" payload="one"`, `PUBLISH dup qos=2 id=2 topic="t" payload="two"`)
		}
		sub.Send(bench.Ack{Type: codec.PUBACK, ID: 1})
		back(`PUBLISH dup qos=2 id=2 topic="t" payload="two"`)
		sub.Send(bench.Ack{Type: codec.PUBREC, ID: 2})
		sub.Want("PUBREC", "PUBREL id=2 code=0x00")
		for range 3 {
			back("PUBREL id=2 code=0x00")
		}
		pub.Send(bench.Publish("t", "three", 1, 30))
		sub.Want("the next identifier", `PUBLISH qos=1 id=3 topic="t" payload="three"`)
		sub.Send(bench.Ack{Type: codec.PUBCOMP, ID: 2}, bench.Ack{Type: codec.PUBACK, ID: 3})
		back()
	}
}

// TestRefusedDeliveryIsNotRepeated proves [MQTT-4.4.0-2].
func TestRefusedDeliveryIsNotRepeated(t *testing.T) {
	b := bench.New(t, 1, nil)
	pub, sub := b.Connect(codec.V5, "pub"), b.Connect(codec.V5, "sub", bench.Persistent)
	sub.Subscribe("t", 2)
	pub.Send(bench.Publish("t", "one", 1, 1), bench.Publish("t", "two", 2, 2))
	sub.Take()
	sub.Send(bench.Ack{Type: codec.PUBACK, ID: 1, Code: codec.UnspecifiedError}, bench.Ack{Type: codec.PUBREC, ID: 2, Code: codec.QuotaExceeded})
	sub.WantNothing("refused: no PUBREL")
	sub.Hangup()
	sub = b.Open(codec.V5)
	sub.Hello("sub", bench.Persistent)
	sub.Want("nothing is left", "CONNACK session-present code=0x00")
}

// TestIdentifiersInUseAreNotGivenOut proves that an identifier is not used anew before its exchange is over, beyond the wrap at 65535
// [MQTT-2.2.1-4], [MQTT-4.3.2-1], [MQTT-4.3.3-1].
func TestIdentifiersInUseAreNotGivenOut(t *testing.T) {
	b := bench.New(t, 1, func(s *session.Settings) { s.MaxInflightMessages = 0 })
	pub, sub := b.Connect(codec.V5, "pub"), b.Connect(codec.V311, "sub") // the identifiers do not depend on the version
	sub.Subscribe("t", 2)
	pub.Send(bench.Publish("t", "held", 1, 1), bench.Publish("t", "held", 2, 2))
	sub.Take()
	var batch []any
	for range 1000 {
		batch = append(batch, bench.Publish("t", "x", 1, 1))
	}
	const size, at = 8, 5 // bytes of a PUBLISH, and where its identifier stands; lines would take too long to read for so many
	for seen := 2; seen < 65535+10; {
		pub.Send(batch...)
		var acks []byte
		for raw := sub.Peer.Take(); len(raw) >= size; raw = raw[size:] {
			seen++
			id := binary.BigEndian.Uint16(raw[at:])
			if raw[0] != 0x32 || id < 3 {
				t.Fatalf("message %d is % x, and 1 and 2 are in use", seen, raw[:size])
			}
			acks = codec.AppendAck(acks, codec.PUBACK, codec.V311, &codec.Ack{PacketID: id})
		}
		if len(acks) == 0 {
			t.Fatalf("nothing came behind message %d", seen)
		}
		sub.Raw(acks)
		pub.Peer.Take()
	}
}

// TestSendQuota proves that the quota is the client's Receive Maximum, and ours where that is smaller [MQTT-4.9.0-1], [MQTT-3.3.4-9], that
// nothing of QoS 1 and 2 goes out without it [MQTT-4.9.0-2], and that all other packets are handled and answered [MQTT-4.9.0-3],
// [MQTT-3.3.4-10].
func TestSendQuota(t *testing.T) {
	for _, tt := range []struct{ client, broker, quota uint16 }{{1, 65535, 1}, {3, 65535, 3}, {9, 2, 2}} {
		b := bench.New(t, 1, func(s *session.Settings) { s.ReceiveMaxClient = tt.broker })
		pub := b.Connect(codec.V5, "pub")
		c := b.Connect(codec.V5, "c", func(p *codec.Connect) { p.Props.SetReceiveMaximum(tt.client) })
		c.Subscribe("t", 2)
		for i := range uint16(10) {
			pub.Send(bench.Publish("t", "x", byte(1+i%2), i+1))
		}
		if got := c.Take(); len(got) != int(tt.quota) {
			t.Fatalf("%+v: got %q", tt, got)
		}
		c.Send(bench.Ping{}, subscribe(2, "other"), unsubscribe(3, "other"), bench.Publish("x", "x", 1, 4), bench.Publish("x", "x", 2, 5),
			bench.Ack{Type: codec.PUBREL, ID: 5})
		c.Want("all else", "PINGRESP", "SUBACK id=2 codes=0x01", "UNSUBACK id=3 codes=0x00", "PUBACK id=4 code=0x00",
			"PUBREC id=5 code=0x00", "PUBCOMP id=5 code=0x00")
		if tt.quota > 1 {
			c.Send(bench.Ack{Type: codec.PUBREC, ID: 2})
			c.Want("PUBREL is no PUBLISH", "PUBREL id=2 code=0x00")
		}
		c.Send(bench.Ack{Type: codec.PUBACK, ID: 1})
		if got := c.Take(); len(got) != 1 {
			t.Errorf("%+v: one place is free: got %q", tt, got)
		}
	}
}

// TestMessagesForTheAbsent proves that a message is added to the session of every client with a matching subscription, there or not
// [MQTT-4.5.0-1], [MQTT-3.1.2-5 v3.1.1].
func TestMessagesForTheAbsent(t *testing.T) {
	for _, v := range versions {
		b := bench.New(t, 2, nil)
		pub := b.Connect(v, "pub")
		for i, filter := range []string{"a/b", "a/+", "#", "x"} {
			c := b.Connect(v, fmt.Sprint("c", i), bench.Persistent)
			c.Subscribe(filter, 2)
			if i%2 == 0 {
				c.Hangup()
			}
		}
		pub.Send(bench.Publish("a/b", "1", 1, 1), bench.Publish("a/b", "2", 2, 2))
		for i, n := range []int{2, 2, 2, 0} {
			c := b.Open(v)
			c.Hello(fmt.Sprint("c", i), bench.Persistent)
			if got := c.Take(); len(got) != 1+n {
				t.Errorf("version %s, client %d: got %q, want %d messages", v, i, got, n)
			}
		}
	}
}

// TestOrder proves that messages of one client to one topic reach a subscriber in their order [MQTT-4.6.0-5], on every topic
// [MQTT-4.6.0-6]: through a window of two, over a time of absence, with retained messages between.
func TestOrder(t *testing.T) {
	for _, v := range versions {
		for _, qos := range []byte{1, 2} {
			b := bench.New(t, 2, func(s *session.Settings) { s.MaxInflightMessages, s.ReceiveMaxClient = 2, 2 })
			pub, sub := b.Connect(v, "pub"), b.Connect(v, "sub", bench.Persistent)
			sub.Subscribe("t/+", qos)
			var got []string
			take := func(lines []string) {
				for len(lines) > 0 {
					var acks []any
					for _, line := range lines {
						var id uint16
						if at := strings.Index(line, "id="); at > 0 {
							fmt.Sscanf(line[at:], "id=%d", &id)
						}
						switch {
						case strings.HasPrefix(line, "PUBREL"):
							acks = append(acks, bench.Ack{Type: codec.PUBCOMP, ID: id})
						case strings.HasPrefix(line, "PUBLISH"):
							if _, payload, _ := strings.Cut(line, "payload="); !slices.Contains(got, payload) { // or it is a repetition
								got = append(got, payload)
							}
							acks = append(acks, bench.Ack{Type: codec.PUBACK + codec.PacketType(qos) - 1, ID: id})
						}
					}
					sub.Send(acks...)
					lines = sub.Take()
				}
			}
			var want []string
			for i := range 60 {
				switch i {
				case 20:
					take(sub.Take())
				case 30:
					sub.Hangup()
				case 45:
					sub = b.Open(v)
					sub.Hello("sub", bench.Persistent)
				}
				m := bench.Publish(fmt.Sprint("t/", i%2), fmt.Sprint(i), qos, uint16(i+1))
				m.Retain = i%7 == 0
				pub.Send(m, bench.Ack{Type: codec.PUBREL, ID: uint16(i + 1)})
				want = append(want, fmt.Sprintf("%q", fmt.Sprint(i)))
			}
			take(sub.Take()[1:])
			if !slices.Equal(got, want) {
				t.Errorf("version %s, QoS %d: got %s", v, qos, got)
			}
		}
	}
}
