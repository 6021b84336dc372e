package codec

import (
	"encoding/binary"
	"math/bits"
)

// forwarded are the properties of a PUBLISH that reach its subscribers unchanged ([MQTT-3.3.2-4], [MQTT-3.3.2-15],
// [MQTT-3.3.2-16], [MQTT-3.3.2-17], [MQTT-3.3.2-20]). Topic Alias is a matter of one connection, Message Expiry counts down,
// and Subscription Identifiers belong to the subscription.
const forwarded propertyBits = 1<<PropPayloadFormat | 1<<PropContentType | 1<<PropResponseTopic | 1<<PropCorrelationData |
	1<<PropUserProperty

// Size is the number of bytes that the properties take in a packet, without their length field.
func (p *Properties) Size() int {
	if p.present == 0 {
		return 0
	}
	return p.sizeOf(p.present)
}

// AppendForward appends those properties of a PUBLISH, or of a will, that go unchanged to subscribers, as they stand on the
// wire and without a length: Payload Format, Content Type, Response Topic, Correlation Data, then all user properties in
// their order [MQTT-3.3.2-18]. The result is what PublishHead.Forward takes. It keeps nothing and shares nothing with p.
func (p *Properties) AppendForward(dst []byte) []byte {
	return p.appendOf(dst, p.present&forwarded)
}

// blockSize is the size of the properties together with their length field.
func (p *Properties) blockSize() int {
	n := p.Size()
	return varintSize(uint32(n)) + n
}

// appendBlock appends the length field and the properties.
func (p *Properties) appendBlock(dst []byte) []byte {
	if p.present == 0 {
		return append(dst, 0) // [MQTT-2.2.2-1]
	}
	dst = appendVarint(dst, uint32(p.Size()))
	return p.appendOf(dst, p.present)
}

func (p *Properties) sizeOf(which propertyBits) (n int) {
	for ; which != 0; which &= which - 1 {
		id := PropertyID(bits.TrailingZeros64(uint64(which)))
		switch id.kind() {
		case kindByte:
			n += 2
		case kindU16:
			n += 3
		case kindU32:
			n += 5
		case kindString, kindBinary:
			n += 3 + fieldLen(*p.bytesField(id))
		case kindVarint:
			n += p.subscriptions.size(id)
		case kindPair:
			n += p.users.size(id)
		}
	}
	return n
}

// appendOf appends the properties of a set in the order of their identifiers; the standard leaves the order to the sender
// except among user properties.
func (p *Properties) appendOf(dst []byte, which propertyBits) []byte {
	for ; which != 0; which &= which - 1 {
		id := PropertyID(bits.TrailingZeros64(uint64(which)))
		switch id.kind() {
		case kindByte:
			dst = append(dst, byte(id), *p.byteField(id))
		case kindU16:
			dst = append(dst, byte(id))
			dst = binary.BigEndian.AppendUint16(dst, *p.u16Field(id))
		case kindU32:
			dst = append(dst, byte(id))
			dst = binary.BigEndian.AppendUint32(dst, *p.u32Field(id))
		case kindString, kindBinary:
			dst = append(dst, byte(id))
			dst = appendBytes(dst, *p.bytesField(id))
		case kindVarint:
			dst = p.subscriptions.appendTo(dst, id)
		case kindPair:
			dst = p.users.appendTo(dst, id)
		}
	}
	return dst
}
