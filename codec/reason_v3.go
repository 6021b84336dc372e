package codec

// Return codes of a CONNACK in MQTT 3.1 and 3.1.1. They travel in Connack.Code, where a version 3 packet has no reason code.
const (
	V3Accepted              ReasonCode = 0
	V3UnacceptableProtocol  ReasonCode = 1
	V3IdentifierRejected    ReasonCode = 2
	V3ServerUnavailable     ReasonCode = 3
	V3BadUserNameOrPassword ReasonCode = 4
	V3NotAuthorized         ReasonCode = 5

	maxV3Return = V3NotAuthorized
)

// V3SubscribeFailure stands in a SUBACK of MQTT 3.1.1 for a filter that was refused; otherwise the granted QoS stands there.
const V3SubscribeFailure ReasonCode = 0x80

const maxV3GrantedQoS ReasonCode = 2

// connackV3 are the failures of MQTT 5 that version 3 can say in other words than "not authorized".
var connackV3 = map[ReasonCode]ReasonCode{
	UnsupportedProtocolVersion: V3UnacceptableProtocol,
	ClientIdentifierNotValid:   V3IdentifierRejected,
	BadUserNameOrPassword:      V3BadUserNameOrPassword,

	// The client did nothing wrong and may try again.
	UnspecifiedError:            V3ServerUnavailable,
	ImplementationSpecificError: V3ServerUnavailable,
	ServerUnavailable:           V3ServerUnavailable,
	ServerBusy:                  V3ServerUnavailable,
	ServerShuttingDown:          V3ServerUnavailable,
	QuotaExceeded:               V3ServerUnavailable,
	UseAnotherServer:            V3ServerUnavailable,
	ServerMoved:                 V3ServerUnavailable,
	ConnectionRateExceeded:      V3ServerUnavailable,
}

// ConnackV3 returns the return code with which a CONNACK of MQTT 3.1 or 3.1.1 says c. A failure without a counterpart there
// is "not authorized", the only one that promises nothing about a second attempt.
func (c ReasonCode) ConnackV3() ReasonCode {
	if !c.Failed() {
		return V3Accepted
	}
	if r, ok := connackV3[c]; ok {
		return r
	}
	return V3NotAuthorized
}

// ConnackV3Name returns the name of a return code of MQTT 3.1.1, or its number where it has none.
func ConnackV3Name(c ReasonCode) string {
	names := [...]string{
		V3Accepted:              "Connection Accepted",
		V3UnacceptableProtocol:  "Unacceptable protocol version",
		V3IdentifierRejected:    "Identifier rejected",
		V3ServerUnavailable:     "Server unavailable",
		V3BadUserNameOrPassword: "Bad user name or password",
		V3NotAuthorized:         "Not authorized",
	}
	if int(c) < len(names) {
		return names[c]
	}
	return hexByte("Return code ", byte(c))
}
