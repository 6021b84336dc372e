package codec

// Unsubscribe ends subscriptions.
type Unsubscribe struct {
	PacketID uint16
	Filters  [][]byte
	Props    Properties
}

var errUnsubscribeNone = &Error{MalformedPacket, "MQTT-3.10.3-2", "UNSUBSCRIBE: no topic filter"}

// ParseUnsubscribe decodes the body of an UNSUBSCRIBE into p, which aliases it. The capacity of p.Filters is reused and grows
// to the number of filters in the packet: 24 bytes for each two bytes of body at worst, which the maxRemaining of NextFrame
// bounds.
func ParseUnsubscribe(body []byte, v Version, p *Unsubscribe) error {
	p.Filters, p.Props.present = p.Filters[:0], 0
	r := reader{b: body}
	p.PacketID = r.u16()
	if v == V5 {
		r.properties(&p.Props)
	}
	for len(r.b) > 0 {
		p.Filters = append(p.Filters, r.bytes())
	}
	return r.done()
}

// Check enforces the rules of an UNSUBSCRIBE.
func (p *Unsubscribe) Check(v Version) error {
	if p.PacketID == 0 { // [MQTT-2.2.1-3]
		return errPacketIDZero
	}
	if len(p.Filters) == 0 { // [MQTT-3.10.3-2]
		return errUnsubscribeNone
	}
	for _, f := range p.Filters {
		if err := checkFilter(f); err != nil { // [MQTT-3.10.3-1]
			return err
		}
	}
	if v == V5 {
		return p.Props.check(UNSUBSCRIBE)
	}
	return nil
}

// AppendUnsubscribe appends p as a packet of version v to dst.
func AppendUnsubscribe(dst []byte, v Version, p *Unsubscribe) []byte {
	n := 2
	if v == V5 {
		n += p.Props.blockSize()
	}
	for _, f := range p.Filters {
		n += 2 + fieldLen(f)
	}
	dst = appendHeader(dst, UNSUBSCRIBE, headerFlags[UNSUBSCRIBE], n)
	dst = append(dst, byte(p.PacketID>>8), byte(p.PacketID))
	if v == V5 {
		dst = p.Props.appendBlock(dst)
	}
	for _, f := range p.Filters {
		dst = appendBytes(dst, f)
	}
	return dst
}
