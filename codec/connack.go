package codec

// Connack answers a CONNECT.
type Connack struct {
	SessionPresent bool
	Code           ReasonCode // before MQTT 5: the return code, V3Accepted to V3NotAuthorized
	Props          Properties

	reserved bool // bits 7 to 1 of the acknowledge flags
}

var (
	errConnackReserved = &Error{MalformedPacket, "MQTT-3.2.2-1", "CONNACK: reserved flags are set"}
	errConnackPresent  = &Error{ProtocolError, "MQTT-3.2.2-6", "CONNACK: session present with a refusal"}
	errConnackReturn   = &Error{ProtocolError, "MQTT-3.2.2-8", "CONNACK: unknown return code"}
)

// ParseConnack decodes the body of a CONNACK into p, which aliases it. Nothing is allocated or kept.
func ParseConnack(body []byte, v Version, p *Connack) error {
	r := reader{b: body}
	flags := r.u8()
	p.SessionPresent = flags&1 != 0
	p.reserved = flags > 1
	p.Code = ReasonCode(r.u8())
	p.Props.present = 0
	if v == V5 {
		r.properties(&p.Props)
	}
	return r.done()
}

// Check enforces the rules of a CONNACK. In MQTT 3.1 the first byte has no meaning, so it may hold anything.
func (p *Connack) Check(v Version) error {
	if v != V31 {
		if p.reserved { // [MQTT-3.2.2-1]
			return errConnackReserved
		}
		if p.SessionPresent && p.Code != Success { // [MQTT-3.2.2-6]
			return errConnackPresent
		}
	}
	if v != V5 {
		if p.Code > maxV3Return { // MQTT 3.1.1 table 3.1
			return errConnackReturn
		}
		return nil
	}
	if !p.Code.In(CONNACK) { // [MQTT-3.2.2-8]
		return errConnackReturn
	}
	return p.Props.check(CONNACK)
}

// AppendConnack appends p as a packet of version v to dst.
func AppendConnack(dst []byte, v Version, p *Connack) []byte {
	n := 2
	if v == V5 {
		n += p.Props.blockSize()
	}
	dst = appendHeader(dst, CONNACK, 0, n)
	var flags byte
	if p.SessionPresent {
		flags = 1
	}
	dst = append(dst, flags, byte(p.Code))
	if v == V5 {
		dst = p.Props.appendBlock(dst)
	}
	return dst
}
