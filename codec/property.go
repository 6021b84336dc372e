package codec

// PropertyID names a property of MQTT 5. The standard writes it as a variable byte integer; all that exist fit one byte.
type PropertyID byte

// The properties.
const (
	PropPayloadFormat           PropertyID = 0x01
	PropMessageExpiry           PropertyID = 0x02
	PropContentType             PropertyID = 0x03
	PropResponseTopic           PropertyID = 0x08
	PropCorrelationData         PropertyID = 0x09
	PropSubscriptionID          PropertyID = 0x0B
	PropSessionExpiry           PropertyID = 0x11
	PropAssignedClientID        PropertyID = 0x12
	PropServerKeepAlive         PropertyID = 0x13
	PropAuthMethod              PropertyID = 0x15
	PropAuthData                PropertyID = 0x16
	PropRequestProblemInfo      PropertyID = 0x17
	PropWillDelay               PropertyID = 0x18
	PropRequestResponseInfo     PropertyID = 0x19
	PropResponseInfo            PropertyID = 0x1A
	PropServerReference         PropertyID = 0x1C
	PropReasonString            PropertyID = 0x1F
	PropReceiveMaximum          PropertyID = 0x21
	PropTopicAliasMaximum       PropertyID = 0x22
	PropTopicAlias              PropertyID = 0x23
	PropMaximumQoS              PropertyID = 0x24
	PropRetainAvailable         PropertyID = 0x25
	PropUserProperty            PropertyID = 0x26
	PropMaximumPacketSize       PropertyID = 0x27
	PropWildcardAvailable       PropertyID = 0x28
	PropSubscriptionIDAvailable PropertyID = 0x29
	PropSharedAvailable         PropertyID = 0x2A
)

// propertyKind is how the value of a property is written.
type propertyKind byte

const (
	kindNone   propertyKind = iota // no such property
	kindByte                       // one byte, 0 or 1 in every property that has it
	kindU16                        // two bytes
	kindU32                        // four bytes
	kindVarint                     // variable byte integer
	kindString                     // UTF-8 string
	kindBinary                     // binary data
	kindPair                       // two UTF-8 strings
)

const inEveryPacket = 1<<inWill | 1<<CONNECT | 1<<CONNACK | 1<<PUBLISH | onAnyAck | 1<<SUBSCRIBE | onSubacks |
	1<<UNSUBSCRIBE | onDisconnect | onAuth

// propertyTable is table 2-4 of MQTT 5: a name, the kind of the value, and the packets that may carry the property.
var propertyTable = [...]struct {
	name string
	kind propertyKind
	in   packetSet
}{
	PropPayloadFormat:           {"Payload Format Indicator", kindByte, 1<<PUBLISH | 1<<inWill},
	PropMessageExpiry:           {"Message Expiry Interval", kindU32, 1<<PUBLISH | 1<<inWill},
	PropContentType:             {"Content Type", kindString, 1<<PUBLISH | 1<<inWill},
	PropResponseTopic:           {"Response Topic", kindString, 1<<PUBLISH | 1<<inWill},
	PropCorrelationData:         {"Correlation Data", kindBinary, 1<<PUBLISH | 1<<inWill},
	PropSubscriptionID:          {"Subscription Identifier", kindVarint, 1<<PUBLISH | 1<<SUBSCRIBE},
	PropSessionExpiry:           {"Session Expiry Interval", kindU32, 1<<CONNECT | onConnack | onDisconnect},
	PropAssignedClientID:        {"Assigned Client Identifier", kindString, onConnack},
	PropServerKeepAlive:         {"Server Keep Alive", kindU16, onConnack},
	PropAuthMethod:              {"Authentication Method", kindString, 1<<CONNECT | onConnack | onAuth},
	PropAuthData:                {"Authentication Data", kindBinary, 1<<CONNECT | onConnack | onAuth},
	PropRequestProblemInfo:      {"Request Problem Information", kindByte, 1 << CONNECT},
	PropWillDelay:               {"Will Delay Interval", kindU32, 1 << inWill},
	PropRequestResponseInfo:     {"Request Response Information", kindByte, 1 << CONNECT},
	PropResponseInfo:            {"Response Information", kindString, onConnack},
	PropServerReference:         {"Server Reference", kindString, onConnack | onDisconnect},
	PropReasonString:            {"Reason String", kindString, onConnack | onAnyAck | onSubacks | onDisconnect | onAuth},
	PropReceiveMaximum:          {"Receive Maximum", kindU16, 1<<CONNECT | onConnack},
	PropTopicAliasMaximum:       {"Topic Alias Maximum", kindU16, 1<<CONNECT | onConnack},
	PropTopicAlias:              {"Topic Alias", kindU16, 1 << PUBLISH},
	PropMaximumQoS:              {"Maximum QoS", kindByte, onConnack},
	PropRetainAvailable:         {"Retain Available", kindByte, onConnack},
	PropUserProperty:            {"User Property", kindPair, inEveryPacket},
	PropMaximumPacketSize:       {"Maximum Packet Size", kindU32, 1<<CONNECT | onConnack},
	PropWildcardAvailable:       {"Wildcard Subscription Available", kindByte, onConnack},
	PropSubscriptionIDAvailable: {"Subscription Identifier Available", kindByte, onConnack},
	PropSharedAvailable:         {"Shared Subscription Available", kindByte, onConnack},
}

// propertyBits is a set of properties, a bit for each.
type propertyBits uint64

func (id PropertyID) bit() propertyBits { return 1 << id }

// repeatable are the properties that one packet may carry more than once.
const repeatable propertyBits = 1<<PropUserProperty | 1<<PropSubscriptionID

// allowedIn holds, by packet type, the columns of propertyTable as sets.
var allowedIn = func() (allowed [16]propertyBits) {
	for id, row := range propertyTable {
		for t := range allowed {
			if row.in&(1<<t) != 0 {
				allowed[t] |= PropertyID(id).bit()
			}
		}
	}
	return allowed
}()

// kind returns kindNone for an identifier that does not exist.
func (id PropertyID) kind() propertyKind {
	if int(id) < len(propertyTable) {
		return propertyTable[id].kind
	}
	return kindNone
}

// String returns the name of the property in the standard, or its number where it has none.
func (id PropertyID) String() string {
	if id.kind() == kindNone {
		return hexByte("Property ", byte(id))
	}
	return propertyTable[id].name
}
