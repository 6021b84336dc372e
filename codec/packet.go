package codec

// Version is a protocol version by its level number in CONNECT, without the bridge bit.
type Version byte

// The protocol versions. V31 is the one that calls itself MQIsdp.
const (
	V31  Version = 3
	V311 Version = 4
	V5   Version = 5
)

// PacketType is the upper half of a packet's first byte.
type PacketType byte

// The packet types. 0 is reserved in every version; AUTH exists in MQTT 5 only.
const (
	CONNECT     PacketType = 1
	CONNACK     PacketType = 2
	PUBLISH     PacketType = 3
	PUBACK      PacketType = 4
	PUBREC      PacketType = 5
	PUBREL      PacketType = 6
	PUBCOMP     PacketType = 7
	SUBSCRIBE   PacketType = 8
	SUBACK      PacketType = 9
	UNSUBSCRIBE PacketType = 10
	UNSUBACK    PacketType = 11
	PINGREQ     PacketType = 12
	PINGRESP    PacketType = 13
	DISCONNECT  PacketType = 14
	AUTH        PacketType = 15
)

// Sender tells a Check on which side of the connection the packet was made: a few properties are legal from one side only.
type Sender byte

// The two sides.
const (
	FromClient Sender = iota
	FromServer
)

const (
	// MaxRemaining is the largest remaining length that four length bytes can say, in bytes.
	MaxRemaining = 268_435_455
	// MaxPacket is the largest whole packet, in bytes: type byte, four length bytes, MaxRemaining.
	MaxPacket = 5 + MaxRemaining
	// MaxString is the largest string or binary field, in bytes, because its length has two bytes.
	MaxString = 65_535
	// MaxSubscriptionID is the largest Subscription Identifier; 0 is not one.
	MaxSubscriptionID = MaxRemaining
)
