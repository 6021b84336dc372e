package metric

// Version is what the label mqtt_version tells apart.
type Version uint8

// The two values of mqtt_version. V4 is every protocol level below 5: 3 and 4, and 131 and 132, the same two as bridges send them.
const (
	V4 Version = iota
	V5

	// Versions is their number.
	Versions
)

// VersionOf returns the Version of a protocol level. A connection whose level is not known yet, 0, counts as V4.
func VersionOf(level byte) Version {
	if level == 5 {
		return V5
	}
	return V4
}

// MaxCauses bounds the causes of drops that can be counted.
const MaxCauses = 32

// Counters count what happened on one loop since the broker was started, or since they were reset. Only that loop writes them,
// and without atomics; everybody else gets a copy that the loop made. Packet types index as they stand in a fixed header.
type Counters struct {
	// What every message moves comes first, so that it shares few cache lines.

	// Received and Sent count packets by version and type. A CONNECT counts once it is valid. Not counted in Sent are a
	// PUBREC that answers a repeated PUBLISH, and a PUBCOMP to an MQTT 3 client that releases an unknown packet id.
	Received, Sent [Versions][16]uint64
	// BytesReceived and BytesSent count the bytes of MQTT packets: without TLS, WebSocket frames and the like.
	BytesReceived, BytesSent uint64
	// QueueIn counts messages for one client each, whether it can take them or not. QueueOut counts those that went on to a
	// connection.
	QueueIn, QueueOut uint64
	// MatchesLocal counts receivers on this node that messages had, MatchesRemote nodes that messages were sent to.
	MatchesLocal, MatchesRemote uint64
	// Queued counts messages that had to wait in a client's queue.
	Queued uint64
	// Dropped counts messages that did not reach a receiver, by cause.
	Dropped [MaxCauses]uint64

	// SocketOpen and SocketClose count client connections that came and went, SocketError those that broke, and
	// SocketCloseTimeout those that brought no CONNECT in time.
	SocketOpen, SocketClose, SocketError, SocketCloseTimeout uint64
	// QueueSetup and QueueTeardown count client records that were made and that ended. QueueInitialized counts those that were
	// read from the message store at start.
	QueueSetup, QueueTeardown, QueueInitialized uint64
	// HookEventsLost counts what plugins were not told, because they had too much to be told about that client already.
	HookEventsLost uint64
	// SessionExpired counts sessions that ended because they were offline for too long.
	SessionExpired uint64

	// ConnackV4 counts CONNACK packets to MQTT 3 clients by return code, 0 … 5.
	ConnackV4 [6]uint64

	// Errors of packets and clients, by version.
	KeepAliveExpired, InvalidSize, Malformed                                             [Versions]uint64
	PublishAuthError, PublishError, SubscribeAuthError, SubscribeError, UnsubscribeError [Versions]uint64
	PubackInvalid, PubrecInvalid, PubcompInvalid                                         [Versions]uint64

	// receivedReasons and sentReasons count MQTT 5 packets by type and slot of their reason code. Success of an acknowledgement, by
	// far the most frequent, is left out: it is what the others leave of the packets of that type.
	receivedReasons, sentReasons [16][reasonSlots]uint64
}

// CountReceived counts a packet that has a reason code in MQTT 5; an earlier version has none, whatever code says. It is
// counted in Received elsewhere: before its body was looked at. One whose code cannot be read is counted with NoReason.
func (c *Counters) CountReceived(v Version, packet, code byte) {
	if v == V5 && !remainder(packet, code) {
		c.receivedReasons[packet&15][slotOf[code]]++
	}
}

// NoReason stands for a reason code that could not be read.
const NoReason = 0xFF

// remainder tells whether packets with that reason code are those that no other reason code has.
func remainder(packet, code byte) bool { return code == 0 && packet-puback <= pubcomp-puback }

// withReasonCode is the number of packets of a type, counted in all and slots, that have the reason code.
func withReasonCode(all *[16]uint64, slots *[16][reasonSlots]uint64, packet, code byte) uint64 {
	n := slots[packet&15][slotOf[code]]
	if !remainder(packet, code) {
		return n
	}
	n = all[packet&15]
	for _, other := range slots[packet&15] {
		n -= other
	}
	return n
}

// CountSent counts a packet that was sent, in Sent and, for MQTT 5, under its reason code.
func (c *Counters) CountSent(v Version, packet, code byte) {
	c.Sent[v][packet&15]++
	if v == V5 && !remainder(packet, code) {
		c.sentReasons[packet&15][slotOf[code]]++
	}
}

// CountConnack counts a CONNACK. code is a return code of MQTT 3 for V4, and a reason code for V5.
func (c *Counters) CountConnack(v Version, code byte) {
	c.CountSent(v, connack, code)
	if v == V4 && int(code) < len(c.ConnackV4) {
		c.ConnackV4[code]++
	}
}

// TotalReceived is the number of packets of that type received, of all versions.
func (c *Counters) TotalReceived(packet byte) uint64 {
	return c.Received[V4][packet&15] + c.Received[V5][packet&15]
}

// TotalSent is the number of packets of that type sent, to clients of all versions.
func (c *Counters) TotalSent(packet byte) uint64 {
	return c.Sent[V4][packet&15] + c.Sent[V5][packet&15]
}

// ReceivedReason is the number of MQTT 5 packets of that type received with the reason code.
func (c *Counters) ReceivedReason(packet, code byte) uint64 {
	return withReasonCode(&c.Received[V5], &c.receivedReasons, packet, code)
}

// SentReason is the number of MQTT 5 packets of that type sent with the reason code.
func (c *Counters) SentReason(packet, code byte) uint64 {
	return withReasonCode(&c.Sent[V5], &c.sentReasons, packet, code)
}

// Reset sets everything to 0. On the loop of c.
func (c *Counters) Reset() { *c = Counters{} }

// Add sums other into c.
func (c *Counters) Add(other *Counters) {
	for v := range Versions {
		add(c.Received[v][:], other.Received[v][:])
		add(c.Sent[v][:], other.Sent[v][:])
	}
	for t := range c.sentReasons {
		add(c.receivedReasons[t][:], other.receivedReasons[t][:])
		add(c.sentReasons[t][:], other.sentReasons[t][:])
	}
	add(c.Dropped[:], other.Dropped[:])
	add(c.ConnackV4[:], other.ConnackV4[:])
	c.BytesReceived += other.BytesReceived
	c.BytesSent += other.BytesSent
	c.QueueIn += other.QueueIn
	c.QueueOut += other.QueueOut
	c.MatchesLocal += other.MatchesLocal
	c.MatchesRemote += other.MatchesRemote
	c.Queued += other.Queued
	c.SocketOpen += other.SocketOpen
	c.SocketClose += other.SocketClose
	c.SocketError += other.SocketError
	c.SocketCloseTimeout += other.SocketCloseTimeout
	c.QueueSetup += other.QueueSetup
	c.QueueTeardown += other.QueueTeardown
	c.QueueInitialized += other.QueueInitialized
	c.SessionExpired += other.SessionExpired
	c.HookEventsLost += other.HookEventsLost
	for _, x := range []struct{ sum, more *[Versions]uint64 }{
		{&c.KeepAliveExpired, &other.KeepAliveExpired},
		{&c.InvalidSize, &other.InvalidSize},
		{&c.Malformed, &other.Malformed},
		{&c.PublishAuthError, &other.PublishAuthError},
		{&c.PublishError, &other.PublishError},
		{&c.SubscribeAuthError, &other.SubscribeAuthError},
		{&c.SubscribeError, &other.SubscribeError},
		{&c.UnsubscribeError, &other.UnsubscribeError},
		{&c.PubackInvalid, &other.PubackInvalid},
		{&c.PubrecInvalid, &other.PubrecInvalid},
		{&c.PubcompInvalid, &other.PubcompInvalid},
	} {
		add(x.sum[:], x.more[:])
	}
}

func add(sum, more []uint64) {
	for i, n := range more {
		sum[i] += n
	}
}
