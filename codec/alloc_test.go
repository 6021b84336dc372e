package codec

import (
	"testing"
)

// TestNoAllocation: in steady state neither a good nor a bad packet allocates, in any direction.
func TestNoAllocation(t *testing.T) {
	var s scratch
	dst := make([]byte, 0, 64<<10)
	for _, c := range allCases() {
		wire := bytesOf(t, c.wire)
		run := func() { dst = s.decodeAndEncode(dst[:0], wire, c.v, c.from) }
		run() // slices of the scratch structs grow once
		if n := testing.AllocsPerRun(100, run); n != 0 {
			t.Errorf("%s: %v allocations", c.name, n)
		}
	}
}

// scratch holds a packet of each type, as the loops of a server do.
type scratch struct {
	connect     Connect
	connack     Connack
	publish     Publish
	ack         Ack
	subscribe   Subscribe
	suback      Suback
	unsubscribe Unsubscribe
	unsuback    Unsuback
	disconnect  Disconnect
	auth        Auth
	users, ids  int
}

func (s *scratch) decodeAndEncode(dst, wire []byte, v Version, from Sender) []byte {
	f, _, err := NextFrame(wire, 0)
	if err != nil {
		return dst
	}
	switch f.Type {
	case CONNECT:
		if ParseConnect(f.Body, &s.connect) == nil && s.connect.Check() == nil {
			dst = AppendConnect(dst, &s.connect)
		}
	case CONNACK:
		if ParseConnack(f.Body, v, &s.connack) == nil && s.connack.Check(v) == nil {
			dst = AppendConnack(dst, v, &s.connack)
		}
	case PUBLISH:
		p := &s.publish
		if ParsePublish(f.Body, v, f.Flags, p) == nil && p.Check(v, from) == nil {
			for range p.Props.UserProperties {
				s.users++
			}
			for range p.Props.SubscriptionIDs {
				s.ids++
			}
			dst = AppendPublish(dst, v, p)
			n := len(dst)
			dst = p.Props.AppendForward(dst)
			dst = AppendPublishHead(dst, v, &PublishHead{QoS: p.QoS, PacketID: p.PacketID, Topic: p.Topic, Forward: dst[n:]})
		}
	case PUBACK, PUBREC, PUBREL, PUBCOMP:
		if ParseAck(f.Type, f.Body, v, &s.ack) == nil && s.ack.Check(f.Type, v) == nil {
			dst = AppendAck(dst, f.Type, v, &s.ack)
		}
	case SUBSCRIBE:
		if ParseSubscribe(f.Body, v, &s.subscribe) == nil && s.subscribe.Check(v) == nil {
			dst = AppendSubscribe(dst, v, &s.subscribe)
		}
	case SUBACK:
		if ParseSuback(f.Body, v, &s.suback) == nil && s.suback.Check(v) == nil {
			dst = AppendSuback(dst, v, &s.suback)
		}
	case UNSUBSCRIBE:
		if ParseUnsubscribe(f.Body, v, &s.unsubscribe) == nil && s.unsubscribe.Check(v) == nil {
			dst = AppendUnsubscribe(dst, v, &s.unsubscribe)
		}
	case UNSUBACK:
		if ParseUnsuback(f.Body, v, &s.unsuback) == nil && s.unsuback.Check(v) == nil {
			dst = AppendUnsuback(dst, v, &s.unsuback)
		}
	case DISCONNECT:
		if ParseDisconnect(f.Body, v, &s.disconnect) == nil && s.disconnect.Check(v, from) == nil {
			dst = AppendDisconnect(dst, v, &s.disconnect)
		}
	case AUTH:
		if ParseAuth(f.Body, v, &s.auth) == nil && s.auth.Check(v, from) == nil {
			dst = AppendAuth(dst, v, &s.auth)
		}
	case PINGREQ, PINGRESP:
		if CheckEmpty(f.Body) == nil {
			dst = AppendPingresp(AppendPingreq(dst))
		}
	}
	return dst
}
