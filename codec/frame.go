package codec

// Frame is one packet whose fixed header was read and whose body was not.
type Frame struct {
	Type  PacketType
	Flags byte // lower half of the first byte: DUP, QoS and RETAIN of a PUBLISH, fixed for other types
	Body  []byte
}

var (
	errReservedType = &Error{MalformedPacket, "", "fixed header: packet type 0"}
	errHeaderFlags  = &Error{MalformedPacket, "MQTT-2.1.3-1", "fixed header: reserved flag bits"}
	errHeaderLength = &Error{MalformedPacket, "", "fixed header: remaining length of more than four bytes"}
)

// headerFlags are the only legal flags of each packet type. PUBLISH is absent: all of its bits carry meaning.
var headerFlags = [16]byte{PUBREL: 2, SUBSCRIBE: 2, UNSUBSCRIBE: 2}

// NextFrame cuts the first packet off b. n is the number of bytes that packet takes. n == 0 without an error says that b
// holds only a part of it.
//
// maxRemaining is the largest remaining length allowed, in bytes, inclusive; 0 allows all that the protocol can express. It is
// decided as soon as the fixed header is complete, so that an oversized packet is refused before its body is buffered.
// Likewise a wrong type or flag is reported from the first byte alone. A length written with more bytes than it needs is
// accepted, as MQTT 3.1.1 does not forbid it and the version of the connection is not known here.
//
// f.Body aliases b; its capacity ends with it. Errors are *Error.
func NextFrame(b []byte, maxRemaining uint32) (f Frame, n int, err error) {
	if len(b) == 0 {
		return Frame{}, 0, nil
	}
	f.Type, f.Flags = PacketType(b[0]>>4), b[0]&0x0F
	if f.Type != PUBLISH {
		if f.Type == 0 {
			return Frame{}, 0, errReservedType
		}
		if f.Flags != headerFlags[f.Type] { // [MQTT-2.1.3-1], [MQTT-3.6.1-1], [MQTT-3.8.1-1], [MQTT-3.10.1-1], [MQTT-3.14.1-1], [MQTT-3.15.1-1]
			return Frame{}, 0, errHeaderFlags
		}
	}
	var length uint32
	head := 2
	if len(b) > 1 && b[1] < 0x80 { // nearly every packet
		length = uint32(b[1])
	} else {
		var size int
		if length, size = varint(b[1:]); size <= 0 {
			if size < 0 {
				return Frame{}, 0, errHeaderLength
			}
			return Frame{}, 0, nil
		}
		head = 1 + size
	}
	if maxRemaining != 0 && length > maxRemaining {
		return Frame{}, 0, ErrPacketTooLarge
	}
	n = head + int(length)
	if len(b) < n {
		return Frame{}, 0, nil
	}
	f.Body = b[head:n:n]
	return f, n, nil
}

// FrameLen returns the whole size, in bytes, of the packet that starts at b, once its fixed header is complete. ok is false
// before that, and also where the header is invalid: NextFrame reports that as an error.
func FrameLen(b []byte) (total int, ok bool) {
	if len(b) == 0 {
		return 0, false
	}
	length, size := varint(b[1:])
	if size <= 0 {
		return 0, false
	}
	return 1 + size + int(length), true
}

// appendHeader appends the fixed header of a packet whose body will have remaining bytes.
func appendHeader(dst []byte, t PacketType, flags byte, remaining int) []byte {
	dst = append(dst, byte(t)<<4|flags)
	return appendVarint(dst, uint32(remaining))
}
