package codec

import "github.com/vernemq/vmq/internal/invariants"

// Auth is one step of the enhanced authentication of MQTT 5.
type Auth struct {
	Code  ReasonCode // Success, ContinueAuthentication or ReAuthenticate
	Props Properties
}

var (
	errAuthCode   = &Error{ProtocolError, "MQTT-3.15.2-1", "AUTH: unknown reason code"}
	errAuthSender = &Error{ProtocolError, "MQTT-3.15.2-1", "AUTH: reason code belongs to the other side"}
)

// ParseAuth decodes the body of an AUTH into p, which aliases it. Nothing is allocated or kept. An empty body is Success
// without properties; that is the only short form, so a body of a code alone is malformed.
func ParseAuth(body []byte, v Version, p *Auth) error {
	p.Code, p.Props.present = Success, 0
	if v != V5 {
		return errVersion
	}
	if len(body) == 0 {
		return nil
	}
	r := reader{b: body}
	p.Code = ReasonCode(r.u8())
	r.properties(&p.Props)
	return r.done()
}

// Check enforces the rules of an AUTH. Whether the method is that of the CONNECT is for the session to say.
func (p *Auth) Check(v Version, from Sender) error {
	switch {
	case v != V5:
		return errVersion
	case !p.Code.In(AUTH): // [MQTT-3.15.2-1]
		return errAuthCode
	case from == FromClient && p.Code == Success, from == FromServer && p.Code == ReAuthenticate: // table 3-11
		return errAuthSender
	case !p.Props.Has(PropAuthMethod) && (p.Code != Success || p.Props.present != 0): // §3.15.2.2.2, against the empty body of §3.15.2.1
		return errAuthMethod
	}
	return p.Props.check(AUTH)
}

// AppendAuth appends p as a packet to dst. v must be V5, because no other version has the packet.
func AppendAuth(dst []byte, v Version, p *Auth) []byte {
	if invariants.Enabled && v != V5 {
		invariants.Failf("AUTH on a connection of version %d", v)
	}
	if p.Props.present == 0 && p.Code == Success {
		return append(dst, byte(AUTH)<<4, 0)
	}
	dst = appendHeader(dst, AUTH, 0, 1+p.Props.blockSize())
	dst = append(dst, byte(p.Code))
	return p.Props.appendBlock(dst)
}
