package fuzz

import (
	"strings"
	"testing"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/internal/bench"
)

// FuzzSession sends any bytes as two clients on two loops, cut anywhere, with or without a CONNECT in front. Whatever they do, the
// broker sends well-formed packets only, and two bystanders still reach each other.
func FuzzSession(f *testing.F) {
	packet := func(v codec.Version, appends ...func([]byte, codec.Version) []byte) []byte {
		var b []byte
		for _, a := range appends {
			b = a(b, v)
		}
		return b
	}
	subscribe := func(b []byte, v codec.Version) []byte {
		return codec.AppendSubscribe(b, v, &codec.Subscribe{PacketID: 1, Subscriptions: []codec.Subscription{
			{Filter: []byte("#"), QoS: 2}, {Filter: []byte("$share/g/a/+"), QoS: 1}, {Filter: []byte("a/b"), QoS: 1},
		}})
	}
	publish := func(qos byte, retain bool) func([]byte, codec.Version) []byte {
		return func(b []byte, v codec.Version) []byte {
			p := &codec.Publish{Topic: []byte("a/b"), Payload: []byte("x"), QoS: qos, Retain: retain}
			if qos > 0 {
				p.PacketID = 3
			}
			return codec.AppendPublish(b, v, p)
		}
	}
	ack := func(t codec.PacketType, id uint16) func([]byte, codec.Version) []byte {
		return func(b []byte, v codec.Version) []byte { return codec.AppendAck(b, t, v, &codec.Ack{PacketID: id}) }
	}
	leave := func(b []byte, v codec.Version) []byte { return codec.AppendDisconnect(b, v, &codec.Disconnect{}) }
	for _, v := range []codec.Version{codec.V31, codec.V311, codec.V5} {
		f.Add(byte(v), byte(0), byte(7), packet(v, subscribe, publish(0, true), publish(1, false), publish(2, false), ack(codec.PUBREL, 3)),
			packet(v, subscribe, publish(2, true), ack(codec.PUBACK, 1), ack(codec.PUBREC, 2), ack(codec.PUBCOMP, 2), leave))
	}
	f.Add(byte(codec.V5), byte(1), byte(1), codec.AppendConnect(nil, &codec.Connect{Version: codec.V5, ClientID: []byte("a"), HasWill: true,
		Will: codec.Will{Topic: []byte("w"), QoS: 1, Retain: true}}), []byte{0xC0, 0})
	f.Fuzz(func(t *testing.T, version, how, cut byte, first, second []byte) {
		v := codec.V311
		switch codec.Version(version) {
		case codec.V31, codec.V5:
			v = codec.Version(version)
		}
		b := bench.New(t, 2, func(s *session.Settings) { s.MaxOnlineMessages, s.MaxMessageSize = 20, 10000 })
		watcher, talker := b.Connect(codec.V5, "watcher"), b.Connect(codec.V311, "talker")
		watcher.Subscribe("bystander/+", 1)
		a, c := b.Open(v), b.Open(v)
		if how&1 == 0 {
			change := func(p *codec.Connect) {}
			if how&2 == 0 {
				change = bench.Persistent
			}
			a.Hello("a", change)
			c.Hello("c", change)
		}
		for len(first) > 0 || len(second) > 0 {
			n := min(int(cut)+1, len(first))
			a.Raw(first[:n])
			first = first[n:]
			n = min(int(cut)+1, len(second))
			c.Raw(second[:n])
			second = second[n:]
		}
		if how&1 == 0 { // otherwise the version is what the bytes said
			a.Take() // parses what was sent, and fails the test if that is malformed
			c.Take()
		}
		a.Hangup()
		c.Hangup()
		watcher.Take()
		talker.Send(bench.Publish("bystander/talker", "still here", 1, 9))
		talker.Want("a bystander is answered", "PUBACK id=9 code=0x00")
		found := false
		for _, line := range watcher.Take() {
			found = found || strings.Contains(line, "still here")
		}
		if !found {
			t.Error("a bystander's message did not arrive")
		}
	})
}
