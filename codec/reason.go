package codec

// ReasonCode is the one-byte result of an operation in MQTT 5. Values from 0x80 on are failures.
type ReasonCode byte

// The reason codes under their names in the standard. Four names share the value 0.
const (
	Success                             ReasonCode = 0x00
	NormalDisconnection                 ReasonCode = 0x00
	GrantedQoS0                         ReasonCode = 0x00
	GrantedQoS1                         ReasonCode = 0x01
	GrantedQoS2                         ReasonCode = 0x02
	DisconnectWithWill                  ReasonCode = 0x04
	NoMatchingSubscribers               ReasonCode = 0x10
	NoSubscriptionExisted               ReasonCode = 0x11
	ContinueAuthentication              ReasonCode = 0x18
	ReAuthenticate                      ReasonCode = 0x19
	UnspecifiedError                    ReasonCode = 0x80
	MalformedPacket                     ReasonCode = 0x81
	ProtocolError                       ReasonCode = 0x82
	ImplementationSpecificError         ReasonCode = 0x83
	UnsupportedProtocolVersion          ReasonCode = 0x84
	ClientIdentifierNotValid            ReasonCode = 0x85
	BadUserNameOrPassword               ReasonCode = 0x86
	NotAuthorized                       ReasonCode = 0x87
	ServerUnavailable                   ReasonCode = 0x88
	ServerBusy                          ReasonCode = 0x89
	Banned                              ReasonCode = 0x8A
	ServerShuttingDown                  ReasonCode = 0x8B
	BadAuthenticationMethod             ReasonCode = 0x8C
	KeepAliveTimeout                    ReasonCode = 0x8D
	SessionTakenOver                    ReasonCode = 0x8E
	TopicFilterInvalid                  ReasonCode = 0x8F
	TopicNameInvalid                    ReasonCode = 0x90
	PacketIdentifierInUse               ReasonCode = 0x91
	PacketIdentifierNotFound            ReasonCode = 0x92
	ReceiveMaximumExceeded              ReasonCode = 0x93
	TopicAliasInvalid                   ReasonCode = 0x94
	PacketTooLarge                      ReasonCode = 0x95
	MessageRateTooHigh                  ReasonCode = 0x96
	QuotaExceeded                       ReasonCode = 0x97
	AdministrativeAction                ReasonCode = 0x98
	PayloadFormatInvalid                ReasonCode = 0x99
	RetainNotSupported                  ReasonCode = 0x9A
	QoSNotSupported                     ReasonCode = 0x9B
	UseAnotherServer                    ReasonCode = 0x9C
	ServerMoved                         ReasonCode = 0x9D
	SharedSubscriptionsNotSupported     ReasonCode = 0x9E
	ConnectionRateExceeded              ReasonCode = 0x9F
	MaximumConnectTime                  ReasonCode = 0xA0
	SubscriptionIdentifiersNotSupported ReasonCode = 0xA1
	WildcardSubscriptionsNotSupported   ReasonCode = 0xA2
)

// Failed reports whether c tells of a failure rather than of a success.
func (c ReasonCode) Failed() bool { return c >= 0x80 }

// In reports whether the standard lets a packet of type t carry c.
func (c ReasonCode) In(t PacketType) bool { return reasonTable[c].in&set(t) != 0 }

// String returns the name of c in the standard, such as "Not authorized", or its number where it has none.
func (c ReasonCode) String() string {
	if n := reasonTable[c].name; n != "" {
		return n
	}
	return hexByte("Reason code ", byte(c))
}

// packetSet is a set of packet types, a bit for each. Bit 0 stands for the will inside a CONNECT, which has properties of its
// own and no packet type.
type packetSet uint16

const inWill PacketType = 0

func set(types ...PacketType) (s packetSet) {
	for _, t := range types {
		s |= 1 << t
	}
	return s
}

// Groups of packets that occur together in the table of reason codes.
const (
	onPublishAck = 1<<PUBACK | 1<<PUBREC
	onAnyAck     = onPublishAck | 1<<PUBREL | 1<<PUBCOMP
	onSuback     = 1 << SUBACK
	onSubacks    = onSuback | 1<<UNSUBACK
	onConnack    = 1 << CONNACK
	onDisconnect = 1 << DISCONNECT
	onAuth       = 1 << AUTH
)

// reasonTable is table 2-6 of MQTT 5: a name, and the packets that may carry the code ([MQTT-3.2.2-8], [MQTT-3.4.2-1],
// [MQTT-3.5.2-1], [MQTT-3.6.2-1], [MQTT-3.7.2-1], [MQTT-3.9.3-2], [MQTT-3.11.3-2], [MQTT-3.14.2-1], [MQTT-3.15.2-1]).
var reasonTable = [256]struct {
	name string
	in   packetSet
}{
	Success:                             {"Success", onConnack | onAnyAck | onSubacks | onDisconnect | onAuth},
	GrantedQoS1:                         {"Granted QoS 1", onSuback},
	GrantedQoS2:                         {"Granted QoS 2", onSuback},
	DisconnectWithWill:                  {"Disconnect with Will Message", onDisconnect},
	NoMatchingSubscribers:               {"No matching subscribers", onPublishAck},
	NoSubscriptionExisted:               {"No subscription existed", 1 << UNSUBACK},
	ContinueAuthentication:              {"Continue authentication", onAuth},
	ReAuthenticate:                      {"Re-authenticate", onAuth},
	UnspecifiedError:                    {"Unspecified error", onConnack | onPublishAck | onSubacks | onDisconnect},
	MalformedPacket:                     {"Malformed Packet", onConnack | onDisconnect},
	ProtocolError:                       {"Protocol Error", onConnack | onDisconnect},
	ImplementationSpecificError:         {"Implementation specific error", onConnack | onPublishAck | onSubacks | onDisconnect},
	UnsupportedProtocolVersion:          {"Unsupported Protocol Version", onConnack},
	ClientIdentifierNotValid:            {"Client Identifier not valid", onConnack},
	BadUserNameOrPassword:               {"Bad User Name or Password", onConnack},
	NotAuthorized:                       {"Not authorized", onConnack | onPublishAck | onSubacks | onDisconnect},
	ServerUnavailable:                   {"Server unavailable", onConnack},
	ServerBusy:                          {"Server busy", onConnack | onDisconnect},
	Banned:                              {"Banned", onConnack},
	ServerShuttingDown:                  {"Server shutting down", onDisconnect},
	BadAuthenticationMethod:             {"Bad authentication method", onConnack | onDisconnect},
	KeepAliveTimeout:                    {"Keep Alive timeout", onDisconnect},
	SessionTakenOver:                    {"Session taken over", onDisconnect},
	TopicFilterInvalid:                  {"Topic Filter invalid", onSubacks | onDisconnect},
	TopicNameInvalid:                    {"Topic Name invalid", onConnack | onPublishAck | onDisconnect},
	PacketIdentifierInUse:               {"Packet Identifier in use", onPublishAck | onSubacks},
	PacketIdentifierNotFound:            {"Packet Identifier not found", 1<<PUBREL | 1<<PUBCOMP},
	ReceiveMaximumExceeded:              {"Receive Maximum exceeded", onDisconnect},
	TopicAliasInvalid:                   {"Topic Alias invalid", onDisconnect},
	PacketTooLarge:                      {"Packet too large", onConnack | onDisconnect},
	MessageRateTooHigh:                  {"Message rate too high", onDisconnect},
	QuotaExceeded:                       {"Quota exceeded", onConnack | onPublishAck | onSuback | onDisconnect},
	AdministrativeAction:                {"Administrative action", onDisconnect},
	PayloadFormatInvalid:                {"Payload format invalid", onConnack | onPublishAck | onDisconnect},
	RetainNotSupported:                  {"Retain not supported", onConnack | onDisconnect},
	QoSNotSupported:                     {"QoS not supported", onConnack | onDisconnect},
	UseAnotherServer:                    {"Use another server", onConnack | onDisconnect},
	ServerMoved:                         {"Server moved", onConnack | onDisconnect},
	SharedSubscriptionsNotSupported:     {"Shared Subscriptions not supported", onSuback | onDisconnect},
	ConnectionRateExceeded:              {"Connection rate exceeded", onConnack | onDisconnect},
	MaximumConnectTime:                  {"Maximum connect time", onDisconnect},
	SubscriptionIdentifiersNotSupported: {"Subscription Identifiers not supported", onSuback | onDisconnect},
	WildcardSubscriptionsNotSupported:   {"Wildcard Subscriptions not supported", onSuback | onDisconnect},
}

// hexByte is prefix followed by b as 0x2F.
func hexByte(prefix string, b byte) string {
	const digits = "0123456789ABCDEF"
	return prefix + "0x" + string([]byte{digits[b>>4], digits[b&0x0F]})
}
