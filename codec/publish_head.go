package codec

import "encoding/binary"

// PublishHead is everything of a PUBLISH before its payload: what differs between the receivers of one message, so that
// the payload itself can go out by reference. Before MQTT 5, alias, expiry, subscription identifier and Forward are ignored.
type PublishHead struct {
	Dup, Retain    bool
	QoS            byte
	PacketID       uint16 // used with QoS 1 and 2
	Topic          []byte // empty where TopicAlias is known to the receiver
	TopicAlias     uint16 // 0: none
	HasExpiry      bool
	Expiry         uint32 // remaining life time in seconds, where HasExpiry
	SubscriptionID uint32 // 0: none
	Forward        []byte // property bytes made by Properties.AppendForward
	PayloadLen     int    // bytes that the caller sends after the head
}

// PublishSize returns the exact size in bytes of the whole packet, payload included: what a client's Maximum Packet Size
// limits [MQTT-3.1.2-24]. A result above MaxPacket cannot be sent.
func PublishSize(v Version, h *PublishHead) int {
	n := h.remaining(v)
	return 1 + varintSize(uint32(n)) + n
}

// PublishHeadBound returns an upper bound of the bytes that AppendPublishHead adds, in any version.
func PublishHeadBound(h *PublishHead) int {
	const (
		fixed      = 5                 // type, remaining length
		fields     = 2 + 2             // topic length, packet identifier
		properties = 4 + 3 + 5 + 1 + 4 // their length, alias, expiry, subscription identifier
	)
	return fixed + fields + properties + len(h.Topic) + len(h.Forward)
}

// AppendPublishHead appends the head to dst; the packet is complete once PayloadLen bytes of payload follow. It keeps
// neither Topic nor Forward. The packet must not be larger than MaxPacket.
func AppendPublishHead(dst []byte, v Version, h *PublishHead) []byte {
	dst = appendHeader(dst, PUBLISH, publishFlags(h.Dup, h.Retain, h.QoS), h.remaining(v))
	dst = appendBytes(dst, h.Topic)
	if h.QoS != 0 {
		dst = append(dst, byte(h.PacketID>>8), byte(h.PacketID))
	}
	if v != V5 {
		return dst
	}
	dst = appendVarint(dst, uint32(h.propertySize()))
	if h.TopicAlias != 0 {
		dst = append(dst, byte(PropTopicAlias), byte(h.TopicAlias>>8), byte(h.TopicAlias))
	}
	if h.HasExpiry {
		dst = append(dst, byte(PropMessageExpiry))
		dst = binary.BigEndian.AppendUint32(dst, h.Expiry)
	}
	if h.SubscriptionID != 0 {
		dst = append(dst, byte(PropSubscriptionID))
		dst = appendVarint(dst, h.SubscriptionID)
	}
	return append(dst, h.Forward...)
}

// remaining is the remaining length of the packet.
func (h *PublishHead) remaining(v Version) int {
	n := 2 + fieldLen(h.Topic) + h.PayloadLen
	if h.QoS != 0 {
		n += 2
	}
	if v == V5 {
		props := h.propertySize()
		n += varintSize(uint32(props)) + props
	}
	return n
}

func (h *PublishHead) propertySize() int {
	n := len(h.Forward)
	if h.TopicAlias != 0 {
		n += 3
	}
	if h.HasExpiry {
		n += 5
	}
	if h.SubscriptionID != 0 {
		n += 1 + varintSize(h.SubscriptionID)
	}
	return n
}
