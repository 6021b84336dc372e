package codec

// Suback answers a SUBSCRIBE.
type Suback struct {
	PacketID uint16
	Codes    []byte // a ReasonCode for each filter, in order; before MQTT 5: the granted QoS, or V3SubscribeFailure
	Props    Properties
}

var (
	errSubackEmpty = &Error{ProtocolError, "MQTT-3.9.3-1", "SUBACK: no reason code"}
	errSubackCode  = &Error{ProtocolError, "MQTT-3.9.3-2", "SUBACK: unknown reason code"}
)

// ParseSuback decodes the body of a SUBACK into p, which aliases it. Nothing is allocated or kept.
func ParseSuback(body []byte, v Version, p *Suback) error {
	r := reader{b: body}
	p.Props.present = 0
	p.PacketID = r.u16()
	if v == V5 {
		r.properties(&p.Props)
	}
	p.Codes, r.b = r.b, nil
	return r.done()
}

// Check enforces the rules of a SUBACK.
func (p *Suback) Check(v Version) error {
	if p.PacketID == 0 { // [MQTT-2.2.1-6]
		return errAckPacketID
	}
	if len(p.Codes) == 0 { // [MQTT-3.9.3-1]: one for each filter, and a SUBSCRIBE has at least one
		return errSubackEmpty
	}
	for _, c := range p.Codes { // [MQTT-3.9.3-2], [MQTT-3.9.3-2 v3.1.1]
		code := ReasonCode(c)
		if v == V5 && !code.In(SUBACK) || v != V5 && code > maxV3GrantedQoS && code != V3SubscribeFailure {
			return errSubackCode
		}
	}
	if v == V5 {
		return p.Props.check(SUBACK)
	}
	return nil
}

// AppendSuback appends p as a packet of version v to dst.
func AppendSuback(dst []byte, v Version, p *Suback) []byte {
	n := 2 + len(p.Codes)
	if v == V5 {
		n += p.Props.blockSize()
	}
	dst = appendHeader(dst, SUBACK, 0, n)
	dst = append(dst, byte(p.PacketID>>8), byte(p.PacketID))
	if v == V5 {
		dst = p.Props.appendBlock(dst)
	}
	return append(dst, p.Codes...)
}
