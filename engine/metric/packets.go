package metric

// direction is which way a packet went.
type direction uint8

const (
	received direction = iota
	sent
)

// packets is the number of packets of a type.
func (r *Reading) packets(d direction, v Version, packet byte) uint64 {
	if d == received {
		return r.Received[v][packet]
	}
	return r.Sent[v][packet]
}

// reason is the number of MQTT 5 packets of a type with a reason code.
func (r *Reading) reason(d direction, packet, code byte) uint64 {
	if d == received {
		return r.ReceivedReason(packet, code)
	}
	return r.SentReason(packet, code)
}

// unlisted is the number of packets with reason code unspecified error or with one that is not in codes.
func (r *Reading) unlisted(d direction, packet byte, codes []byte) (n uint64) {
	slots := &r.receivedReasons[packet]
	if d == sent {
		slots = &r.sentReasons[packet]
	}
	for _, count := range slots {
		n += count
	}
	for _, code := range codes {
		if code != unspecifiedError {
			n -= slots[slotOf[code]]
		}
	}
	return n
}

// packetFamilies are the counters of packets.
func packetFamilies() []family {
	all := []family{
		plain("mqtt_connect_received", "Valid CONNECT packets received.", received, 1),
		connackFamily(),
		plain("mqtt_publish_received", "PUBLISH packets received.", received, publish),
		plain("mqtt_publish_sent", "PUBLISH packets sent, repetitions included.", sent, publish),
		withReason("mqtt_puback_received", "PUBACK packets received.", received, puback, publishAckReasons),
		withReason("mqtt_puback_sent", "PUBACK packets sent.", sent, puback, publishAckReasons),
		withReason("mqtt_pubrec_received", "PUBREC packets received.", received, pubrec, publishAckReasons),
		withReason("mqtt_pubrec_sent", "PUBREC packets sent for messages that were not repetitions.", sent, pubrec, publishAckReasons),
		withReason("mqtt_pubrel_received", "PUBREL packets received.", received, pubrel, releaseReasons),
		withReason("mqtt_pubrel_sent", "PUBREL packets sent, repetitions included.", sent, pubrel, releaseReasons),
		withReason("mqtt_pubcomp_received", "PUBCOMP packets received.", received, pubcomp, releaseReasons),
		withReason("mqtt_pubcomp_sent", "PUBCOMP packets sent.", sent, pubcomp, releaseReasons),
		plain("mqtt_subscribe_received", "SUBSCRIBE packets received.", received, 8),
		plain("mqtt_suback_sent", "SUBACK packets sent for a SUBSCRIBE that was not refused as a whole.", sent, 9),
		plain("mqtt_unsubscribe_received", "UNSUBSCRIBE packets received.", received, 10),
		plain("mqtt_unsuback_sent", "UNSUBACK packets sent.", sent, 11),
		plain("mqtt_pingreq_received", "PINGREQ packets received.", received, 12),
		plain("mqtt_pingresp_sent", "PINGRESP packets sent.", sent, 13),
		withReason("mqtt_disconnect_received", "DISCONNECT packets received.", received, disconnect, disconnectReceivedReasons),
		onlyV5(withReason("mqtt_disconnect_sent", "DISCONNECT packets sent.", sent, disconnect, disconnectSentReasons)),
		onlyV5(withReason("mqtt_auth_received", "AUTH packets received.", received, auth, authReasons)),
		onlyV5(withReason("mqtt_auth_sent", "AUTH packets sent.", sent, auth, authReasons)),
	}
	// Dashboards of old name these. What they would say stands in mqtt_connack_sent.
	for _, end := range []string{"accepted", "unacceptable_protocol", "identifier_rejected", "server_unavailable", "bad_credentials",
		"not_authorized"} {
		all = append(all, family{
			name: "mqtt_connack_" + end + "_sent", typ: Counter, help: "Always 0; see mqtt_connack_sent.",
			series: []source{{withVersion(V4), none}},
		})
	}
	return all
}

// plain is a packet without reason codes.
func plain(name, help string, d direction, packet byte) family {
	return byVersion(name, help, func(r *Reading, v Version) uint64 { return r.packets(d, v, packet) })
}

// withReason is a packet that has a reason code in MQTT 5, one of codes.
func withReason(name, help string, d direction, packet byte, codes []byte) family {
	f := family{name: name, typ: Counter, help: help}
	f.series = append(f.series, source{withVersion(V4), func(r *Reading) uint64 { return r.packets(d, V4, packet) }})
	for _, code := range codes {
		text := reasonNames[code]
		if packet == disconnect && code == 0 {
			text = normalDisconnect
		}
		value := func(r *Reading) uint64 { return r.reason(d, packet, code) }
		if code == unspecifiedError {
			value = func(r *Reading) uint64 { return r.unlisted(d, packet, codes) }
		}
		f.series = append(f.series, source{withVersion(V5, Label{"reason_code", text}), value})
	}
	return f
}

// onlyV5 leaves out the series of MQTT 3, where a server does not send that packet.
func onlyV5(f family) family {
	f.series = f.series[1:]
	return f
}

// connackFamily has return codes where MQTT 3 has them, and reason codes for MQTT 5.
func connackFamily() family {
	f := withReason("mqtt_connack_sent", "CONNACK packets sent.", sent, connack, connackReasons)
	v5 := f.series[1:]
	f.series = nil
	for code, text := range returnCodes {
		f.series = append(f.series, source{withVersion(V4, Label{"return_code", text}), func(r *Reading) uint64 { return r.ConnackV4[code] }})
	}
	f.series = append(f.series, v5...)
	return f
}
