package codec

import "encoding/binary"

// Publish is a message on its way between two sides.
type Publish struct {
	Dup, Retain bool
	QoS         byte
	PacketID    uint16 // 0 with QoS 0
	Topic       []byte // may be empty in MQTT 5, where an alias stands for it
	Payload     []byte
	Props       Properties
}

const (
	publishRetain = 1 << 0
	publishDup    = 1 << 3
	shiftQoS      = 1
)

var (
	errPublishQoS     = &Error{MalformedPacket, "MQTT-3.3.1-4", "PUBLISH: QoS 3"}
	errPublishDup     = &Error{MalformedPacket, "MQTT-3.3.1-2", "PUBLISH: DUP with QoS 0"}
	errPublishTopic   = &Error{MalformedPacket, "MQTT-4.7.3-1", "PUBLISH: empty topic"}
	errPublishNoAlias = &Error{ProtocolError, "MQTT-4.7.3-1", "PUBLISH: neither topic nor topic alias"}
	errPublishFromSub = &Error{ProtocolError, "MQTT-3.3.4-6", "PUBLISH: Subscription Identifier from a client"}
)

// ParsePublish decodes the body of a PUBLISH into p. flags are those of its frame.
//
// Topic, Payload and property values alias body, which the loop reuses for its next read: a message that is to outlive
// that must be copied. Nothing is allocated or kept.
func ParsePublish(body []byte, v Version, flags byte, p *Publish) error {
	p.Dup = flags&publishDup != 0
	p.Retain = flags&publishRetain != 0
	p.QoS = flags >> shiftQoS & 3
	p.PacketID = 0
	p.Props.present = 0
	topic, rest, ok := cutBytes(body)
	if !ok {
		return errTruncated
	}
	p.Topic = topic
	if p.QoS != 0 { // [MQTT-2.2.1-2]
		if len(rest) < 2 {
			return errTruncated
		}
		p.PacketID = binary.BigEndian.Uint16(rest)
		rest = rest[2:]
	}
	if v == V5 {
		var err *Error
		if rest, err = p.Props.parse(rest); err != nil {
			return err
		}
	}
	p.Payload = rest
	return nil
}

// Check enforces the rules of a PUBLISH. Wildcards and levels of the topic are left to package trie, which also knows how
// deep a topic may be; so are alias numbers above what the session announced.
func (p *Publish) Check(v Version, from Sender) error {
	if p.QoS > 2 { // [MQTT-3.3.1-4]
		return errPublishQoS
	}
	if p.QoS == 0 {
		if p.Dup { // [MQTT-3.3.1-2]
			return errPublishDup
		}
	} else if p.PacketID == 0 { // [MQTT-2.2.1-3], [MQTT-2.2.1-4]
		return errPacketIDZero
	}
	if len(p.Topic) == 0 { // [MQTT-4.7.3-1]
		if v != V5 {
			return errPublishTopic
		}
		if !p.Props.Has(PropTopicAlias) { // §3.3.2.1
			return errPublishNoAlias
		}
	}
	if err := checkText(p.Topic); err != nil { // [MQTT-3.3.2-1]
		return err
	}
	if v != V5 || p.Props.present == 0 {
		return nil
	}
	if from == FromClient && p.Props.Has(PropSubscriptionID) { // [MQTT-3.3.4-6]
		return errPublishFromSub
	}
	return p.Props.check(PUBLISH)
}

// AppendPublish appends p as a packet of version v to dst, payload included. To deliver one message to many, encode its head
// with AppendPublishHead and send the payload by reference. The packet must not be larger than MaxPacket.
func AppendPublish(dst []byte, v Version, p *Publish) []byte {
	n := 2 + fieldLen(p.Topic) + len(p.Payload)
	if p.QoS != 0 {
		n += 2
	}
	if v == V5 {
		n += p.Props.blockSize()
	}
	dst = appendHeader(dst, PUBLISH, publishFlags(p.Dup, p.Retain, p.QoS), n)
	dst = appendBytes(dst, p.Topic)
	if p.QoS != 0 {
		dst = append(dst, byte(p.PacketID>>8), byte(p.PacketID))
	}
	if v == V5 {
		dst = p.Props.appendBlock(dst)
	}
	return append(dst, p.Payload...)
}

func publishFlags(dup, retain bool, qos byte) byte {
	f := qos & 3 << shiftQoS
	if dup {
		f |= publishDup
	}
	if retain {
		f |= publishRetain
	}
	return f
}
