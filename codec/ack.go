package codec

// Ack is a PUBACK, PUBREC, PUBREL or PUBCOMP: the four have one form.
type Ack struct {
	PacketID uint16
	Code     ReasonCode // Success before MQTT 5, where these packets say nothing else
	Props    Properties
}

// ParseAck decodes the body of a PUBACK, PUBREC, PUBREL or PUBCOMP into p, which aliases it. Nothing is allocated or kept.
// In MQTT 5 a code of Success may be left out, and so may the property length where there are no properties.
func ParseAck(t PacketType, body []byte, v Version, p *Ack) error {
	p.Code, p.Props.present = Success, 0
	r := reader{b: body}
	p.PacketID = r.u16()
	if v == V5 && len(r.b) > 0 {
		p.Code = ReasonCode(r.u8())
		if len(r.b) > 0 {
			r.properties(&p.Props)
		}
	}
	return r.done()
}

// Check enforces the rules of an acknowledgement of type t.
func (p *Ack) Check(t PacketType, v Version) error {
	if p.PacketID == 0 { // [MQTT-2.2.1-5]: it repeats an identifier, and none of those is 0
		return errAckPacketID
	}
	if v != V5 {
		return nil
	}
	if !p.Code.In(t) { // [MQTT-3.4.2-1], [MQTT-3.5.2-1], [MQTT-3.6.2-1], [MQTT-3.7.2-1]
		return errReasonCode
	}
	return p.Props.check(t)
}

// AppendAck appends p as a packet of type t and version v to dst, in the shortest form that says all of it.
func AppendAck(dst []byte, t PacketType, v Version, p *Ack) []byte {
	plain := p.Props.present == 0
	switch {
	case v != V5 || plain && p.Code == Success:
		return append(dst, byte(t)<<4|headerFlags[t], 2, byte(p.PacketID>>8), byte(p.PacketID))
	case plain:
		return append(dst, byte(t)<<4|headerFlags[t], 3, byte(p.PacketID>>8), byte(p.PacketID), byte(p.Code))
	}
	dst = appendHeader(dst, t, headerFlags[t], 3+p.Props.blockSize())
	dst = append(dst, byte(p.PacketID>>8), byte(p.PacketID), byte(p.Code))
	return p.Props.appendBlock(dst)
}
