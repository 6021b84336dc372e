package codec

import (
	"bytes"
	"math/bits"
)

var (
	errPropertyPlace     = &Error{MalformedPacket, "", "property: not one of this packet"}
	errPropertyFlag      = &Error{ProtocolError, "", "property: neither 0 nor 1"}
	errReceiveMaximum    = &Error{ProtocolError, "", "Receive Maximum: 0"}
	errMaximumPacketSize = &Error{ProtocolError, "", "Maximum Packet Size: 0"}
	errTopicAliasZero    = &Error{TopicAliasInvalid, "MQTT-3.3.2-8", "Topic Alias: 0"}
	errSubscriptionID    = &Error{ProtocolError, "", "Subscription Identifier: 0"}
	errResponseTopic     = &Error{ProtocolError, "MQTT-3.3.2-14", "Response Topic: wildcard"}
	errAuthMethod        = &Error{ProtocolError, "", "Authentication Method: missing"}
)

// check enforces what a property must be in whatever packet carries it, and that a packet of type t may carry it at all.
func (p *Properties) check(t PacketType) error {
	if p.present == 0 {
		return nil
	}
	// §2.2.2.2: an identifier that is not valid for its packet type makes the packet malformed.
	if p.present&^allowedIn[t] != 0 {
		return errPropertyPlace
	}
	for left := p.present; left != 0; left &= left - 1 {
		if err := p.checkValue(PropertyID(bits.TrailingZeros64(uint64(left)))); err != nil {
			return err
		}
	}
	return nil
}

func (p *Properties) checkValue(id PropertyID) error {
	switch id.kind() {
	case kindByte:
		if *p.byteField(id) > 1 { // §3.1.2.11.6, §3.1.2.11.7, §3.2.2.3.4 and on, §3.3.2.3.2
			return errPropertyFlag
		}
	case kindU16:
		if id == PropTopicAlias && p.TopicAlias == 0 { // [MQTT-3.3.2-8]
			return errTopicAliasZero
		}
		if id == PropReceiveMaximum && p.ReceiveMaximum == 0 { // §3.1.2.11.3
			return errReceiveMaximum
		}
	case kindU32:
		if id == PropMaximumPacketSize && p.MaximumPacketSize == 0 { // §3.1.2.11.4
			return errMaximumPacketSize
		}
	case kindString:
		if id == PropResponseTopic && bytes.ContainsAny(p.ResponseTopic, "+#") { // [MQTT-3.3.2-14]
			return errResponseTopic
		}
		return checkText(*p.bytesField(id)) // [MQTT-3.3.2-13], [MQTT-3.3.2-19]
	case kindBinary:
		if len(*p.bytesField(id)) > MaxString {
			return errStringTooLong
		}
		if id == PropAuthData && !p.Has(PropAuthMethod) { // §3.1.2.11.10
			return errAuthMethod
		}
	case kindVarint:
		for v := range p.SubscriptionIDs {
			if v == 0 { // §3.8.2.1.2
				return errSubscriptionID
			}
		}
	case kindPair:
		if !usersValid(p.users.parsed) || !usersValid(p.users.added) { // [MQTT-1.5.7-1]
			return errUTF8
		}
	}
	return nil
}

// usersValid reports whether all user properties of a well-formed block are text. It does without the iterator, because
// user properties are on the path of many messages and the closure costs more than the check.
func usersValid(block []byte) bool {
	for one, rest := nextOf(PropUserProperty, block); one != nil; one, rest = nextOf(PropUserProperty, rest) {
		if k, v := cutPair(one); !validText(k) || !validText(v) {
			return false
		}
	}
	return true
}
