package codec

// Unsuback answers an UNSUBSCRIBE.
type Unsuback struct {
	PacketID uint16
	Codes    []byte // a ReasonCode for each filter, in order; none before MQTT 5
	Props    Properties
}

var (
	errUnsubackEmpty = &Error{ProtocolError, "MQTT-3.11.3-1", "UNSUBACK: no reason code"}
	errUnsubackCode  = &Error{ProtocolError, "MQTT-3.11.3-2", "UNSUBACK: unknown reason code"}
)

// ParseUnsuback decodes the body of an UNSUBACK into p, which aliases it. Nothing is allocated or kept.
func ParseUnsuback(body []byte, v Version, p *Unsuback) error {
	r := reader{b: body}
	p.Codes, p.Props.present = nil, 0
	p.PacketID = r.u16()
	if v == V5 {
		r.properties(&p.Props)
		p.Codes, r.b = r.b, nil
	}
	return r.done()
}

// Check enforces the rules of an UNSUBACK.
func (p *Unsuback) Check(v Version) error {
	if p.PacketID == 0 { // [MQTT-2.2.1-6]
		return errAckPacketID
	}
	if v != V5 {
		return nil
	}
	if len(p.Codes) == 0 { // [MQTT-3.11.3-1]
		return errUnsubackEmpty
	}
	for _, c := range p.Codes {
		if !ReasonCode(c).In(UNSUBACK) { // [MQTT-3.11.3-2]
			return errUnsubackCode
		}
	}
	return p.Props.check(UNSUBACK)
}

// AppendUnsuback appends p as a packet of version v to dst.
func AppendUnsuback(dst []byte, v Version, p *Unsuback) []byte {
	if v != V5 {
		return append(dst, byte(UNSUBACK)<<4, 2, byte(p.PacketID>>8), byte(p.PacketID))
	}
	dst = appendHeader(dst, UNSUBACK, 0, 2+p.Props.blockSize()+len(p.Codes))
	dst = append(dst, byte(p.PacketID>>8), byte(p.PacketID))
	dst = p.Props.appendBlock(dst)
	return append(dst, p.Codes...)
}
