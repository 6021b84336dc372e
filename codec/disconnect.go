package codec

// Disconnect is the last packet of a connection. Before MQTT 5 it comes from clients only and says nothing.
type Disconnect struct {
	Code  ReasonCode
	Props Properties
}

var (
	errDisconnectCode   = &Error{ProtocolError, "MQTT-3.14.2-1", "DISCONNECT: unknown reason code"}
	errDisconnectExpiry = &Error{ProtocolError, "MQTT-3.14.2-2", "DISCONNECT: Session Expiry Interval from a server"}
	errDisconnectServer = &Error{ProtocolError, "", "DISCONNECT: Server Reference from a client"}
)

// ParseDisconnect decodes the body of a DISCONNECT into p, which aliases it. Nothing is allocated or kept. In MQTT 5 the code
// NormalDisconnection may be left out, and so may the property length where there are no properties.
func ParseDisconnect(body []byte, v Version, p *Disconnect) error {
	p.Code, p.Props.present = NormalDisconnection, 0
	if v != V5 {
		return CheckEmpty(body)
	}
	r := reader{b: body}
	if len(r.b) > 0 {
		p.Code = ReasonCode(r.u8())
	}
	if len(r.b) > 0 {
		r.properties(&p.Props)
	}
	return r.done()
}

// Check enforces the rules of a DISCONNECT. A code that the standard gives to the other side only is let through: whoever
// gets it closes the connection either way. Whether Session Expiry may still be changed is for the session to say.
func (p *Disconnect) Check(v Version, from Sender) error {
	if v != V5 {
		return nil
	}
	switch {
	case !p.Code.In(DISCONNECT): // [MQTT-3.14.2-1]
		return errDisconnectCode
	case from == FromServer && p.Props.Has(PropSessionExpiry): // [MQTT-3.14.2-2]
		return errDisconnectExpiry
	case from == FromClient && p.Props.Has(PropServerReference): // §3.14.2.2.5
		return errDisconnectServer
	}
	return p.Props.check(DISCONNECT)
}

// AppendDisconnect appends p as a packet of version v to dst, in the shortest form that says all of it.
func AppendDisconnect(dst []byte, v Version, p *Disconnect) []byte {
	plain := p.Props.present == 0
	switch {
	case v != V5 || plain && p.Code == NormalDisconnection:
		return append(dst, byte(DISCONNECT)<<4, 0)
	case plain:
		return append(dst, byte(DISCONNECT)<<4, 1, byte(p.Code))
	}
	dst = appendHeader(dst, DISCONNECT, 0, 1+p.Props.blockSize())
	dst = append(dst, byte(p.Code))
	return p.Props.appendBlock(dst)
}
