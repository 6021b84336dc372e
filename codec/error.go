package codec

// Error says which rule a packet breaks. Errors are compared by identity and never changed; those that callers may want to
// tell from others are exported.
type Error struct {
	// Code is the reason code with which an MQTT 5 server ends the connection.
	Code ReasonCode
	// Rule is the number of the statement broken, such as "MQTT-3.3.1-4" of MQTT 5 or "MQTT-3.1.2-22 v3.1.1"; empty where the standard
	// gives it no number.
	Rule string
	// Why names the field and what is wrong with it.
	Why string
}

// Error returns the reason and the rule.
func (e *Error) Error() string {
	if e.Rule == "" {
		return e.Why
	}
	return e.Why + " [" + e.Rule + "]"
}

// Errors of more than one packet. The others stand beside the rule that they enforce.
var (
	// ErrPacketTooLarge: the remaining length is above the limit that the caller of NextFrame gave.
	ErrPacketTooLarge = &Error{PacketTooLarge, "MQTT-3.2.2-15", "packet: remaining length above the limit"}

	errTruncated      = &Error{MalformedPacket, "", "packet: body ends inside a field"}
	errTrailing       = &Error{MalformedPacket, "", "packet: bytes after the last field"}
	errNotEmpty       = &Error{MalformedPacket, "", "packet: a body where the packet has none"}
	errVersion        = &Error{ProtocolError, "", "packet: type does not exist in this protocol version"}
	errUTF8           = &Error{MalformedPacket, "MQTT-1.5.4-1", "string: not well-formed UTF-8, or U+0000 in it"}
	errStringTooLong  = &Error{MalformedPacket, "MQTT-4.7.3-3", "string: longer than 65535 bytes"}
	errPacketIDZero   = &Error{MalformedPacket, "MQTT-2.2.1-3", "packet identifier: 0"}
	errAckPacketID    = &Error{MalformedPacket, "MQTT-2.2.1-5", "packet identifier: 0 in an acknowledgement"}
	errReasonCode     = &Error{ProtocolError, "", "reason code: not one of this packet"}
	errVarint         = &Error{MalformedPacket, "", "variable byte integer: more than four bytes"}
	errVarintOverlong = &Error{MalformedPacket, "MQTT-1.5.5-1", "variable byte integer: more bytes than its value needs"}
)
