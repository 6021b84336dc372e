package queue

// Cause says why a message did not reach a receiver, so that "why did client X not get this" has an answer. Each drop has
// exactly one and is counted under it.
type Cause uint8

// The causes. The texts are what logs and metrics show.
const (
	// QueueFull: the receiver's queue was at max_online_messages or max_offline_messages.
	QueueFull Cause = iota
	// Expired: the message expiry interval had passed.
	Expired
	// TooLarge: the packet would have been larger than the receiver's Maximum Packet Size.
	TooLarge
	// Offline: QoS 0 for a client that is away.
	Offline
	// SessionEnded: the session ended and its queue with it.
	SessionEnded
	// Refused: an MQTT 5 receiver refused it with a PUBREC or PUBACK of 0x80 or more.
	Refused
	// NoMember: no member of a shared subscription could take it.
	NoMember

	// Causes is their number.
	Causes
)

var causeTexts = [Causes]string{
	QueueFull:    "queue_full",
	Expired:      "expired",
	TooLarge:     "max_packet_size_exceeded",
	Offline:      "offline",
	SessionEnded: "session_cleanup",
	Refused:      "refused",
	NoMember:     "no_member",
}

func (c Cause) String() string {
	if c < Causes {
		return causeTexts[c]
	}
	return "unknown"
}
