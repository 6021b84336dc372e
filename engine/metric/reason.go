package metric

// Packet types that have series by reason code.
const (
	connack    = 2
	publish    = 3
	puback     = 4
	pubrec     = 5
	pubrel     = 6
	pubcomp    = 7
	disconnect = 14
	auth       = 15
)

// reasonNames are the values of the label reason_code. 0 has another one in a DISCONNECT.
var reasonNames = map[byte]string{
	0x00: "success",
	0x04: "disconnect_with_will_msg",
	0x10: "no_matching_subscribers",
	0x18: "continue_authentication",
	0x19: "reauthenticate",
	0x80: "unspecified_error",
	0x81: "malformed_packet",
	0x82: "protocol_error",
	0x83: "impl_specific_error",
	0x84: "unsupported_protocol_version",
	0x85: "client_identifier_not_valid",
	0x86: "bad_username_or_password",
	0x87: "not_authorized",
	0x88: "server_unavailable",
	0x89: "server_busy",
	0x8A: "banned",
	0x8B: "server_shutting_down",
	0x8C: "bad_authentication_method",
	0x8D: "keep_alive_timeout",
	0x8E: "session_taken_over",
	0x8F: "topic_filter_invalid",
	0x90: "topic_name_invalid",
	0x91: "packet_id_in_use",
	0x92: "packet_id_not_found",
	0x93: "receive_max_exceeded",
	0x94: "topic_alias_invalid",
	0x95: "packet_too_large",
	0x96: "message_rate_too_high",
	0x97: "quota_exceeded",
	0x98: "administrative_action",
	0x99: "payload_format_invalid",
	0x9A: "retain_not_supported",
	0x9B: "qos_not_supported",
	0x9C: "use_another_server",
	0x9D: "server_moved",
	0x9E: "shared_subs_not_supported",
	0x9F: "connection_rate_exceeded",
	0xA0: "max_connect_time",
	0xA1: "subscription_ids_not_supported",
	0xA2: "wildcard_subs_not_supported",
}

// normalDisconnect is what reason code 0 is called in a DISCONNECT.
const normalDisconnect = "normal_disconnect"

// Reason codes that have a series, by packet. What else a packet may carry is counted as unspecified_error where the packet
// has that, and not at all otherwise.
var (
	connackReasons = []byte{0x00, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8A, 0x8C, 0x90, 0x95, 0x97, 0x99,
		0x9A, 0x9B, 0x9C, 0x9D, 0x9F}
	publishAckReasons         = []byte{0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99}
	releaseReasons            = []byte{0x00, 0x92}
	disconnectReceivedReasons = []byte{0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99}
	disconnectSentReasons     = []byte{0x00, 0x80, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8B, 0x8D, 0x8E, 0x8F, 0x90, 0x93, 0x94, 0x95, 0x96,
		0x97, 0x98, 0x99, 0x9A, 0x9B, 0x9C, 0x9D, 0x9E, 0x9F, 0xA0, 0xA1, 0xA2}
	authReasons = []byte{0x00, 0x18, 0x19}
)

const (
	unspecifiedError = 0x80
	// reasonSlots has room for all of reasonNames. Slot 0 takes the codes that have no name.
	reasonSlots = 48
)

// slotOf is where a reason code is counted, so that a packet's codes fill a few cache lines and not 2 KiB.
var slotOf = func() (slots [256]uint8) {
	n := uint8(0)
	for code := range 256 {
		if reasonNames[byte(code)] != "" {
			n++
			slots[code] = n
		}
	}
	return slots
}()

// returnCodes are the values of the label return_code, which MQTT 3 has in CONNACK, by code.
var returnCodes = [6]string{
	"success", "unsupported_protocol_version", "client_identifier_not_valid", "server_unavailable", "bad_username_or_password",
	"not_authorized",
}
