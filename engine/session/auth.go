package session

import (
	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/hook"
)

// enhancedAuth is the enhanced authentication of a client that named a method in its CONNECT.
type enhancedAuth struct {
	method  []byte
	data    []byte // for the CONNACK; nil: none
	connect []byte // body of the CONNECT, which waits for the last step
	done    bool
}

var (
	errAuthMethod = &codec.Error{Code: codec.ProtocolError, Rule: "MQTT-4.12.0-5", Why: "AUTH with another method than the CONNECT"}
	errPreAuth    = &codec.Error{Code: codec.ProtocolError, Rule: "MQTT-3.1.2-30", Why: "packet other than AUTH or DISCONNECT before the authentication has ended"}
	errAuthCode   = &codec.Error{Code: codec.ProtocolError, Rule: "MQTT-4.12.1-1", Why: "AUTH with a reason code that does not fit in here"}
)

// authenticate asks on_auth_m5 about the authentication method of a CONNECT. It returns true if there is none, or if all steps are done;
// false if there are more, or the client was refused.
func (s *Session) authenticate(p *codec.Connect) bool {
	if p.Version != codec.V5 || !p.Props.Has(codec.PropAuthMethod) || s.extras.auth != nil && s.extras.auth.done {
		return true
	}
	if s.extras.auth == nil {
		s.own().auth = &enhancedAuth{
			method:  append([]byte(nil), p.Props.AuthMethod...),
			connect: append([]byte(nil), s.local.frame.Body...),
		}
	}
	in := &hook.Auth{Method: p.Props.AuthMethod}
	if p.Props.Has(codec.PropAuthData) {
		in.Data = p.Props.AuthData
	}
	result, waiting, err := s.askAuth(in)
	switch {
	case waiting:
		return false
	case err != nil:
		s.denyAuth(err)
		return false
	case result != nil && result.Continue:
		s.state = authenticating
		s.sendAuth(codec.ContinueAuthentication, result.Data) // [MQTT-4.12.0-2]
		return false
	}
	s.authenticated(result)
	return true
}

// askAuth asks on_auth_m5. Without a plugin that knows methods there is none that is good.
func (s *Session) askAuth(in *hook.Auth) (*hook.AuthResult, bool, error) {
	h := s.hooks()
	if h == nil {
		h = noPlugins
	}
	if s.state == connected {
		in.Client = s.who()
	} else {
		in.Client = &hook.Identity{
			SubscriberID: hook.SubscriberID{Mountpoint: s.listener.Mountpoint.Name},
			Peer:         s.conn.RemoteAddr(), Listener: s.listener.described,
		}
	}
	return ask(s, hook.OnAuthM5Point, h.OnAuthM5, in, hook.OnAuthM5.OnAuthM5)
}

// authenticated notes that all steps are done.
func (s *Session) authenticated(result *hook.AuthResult) {
	s.extras.auth.done = true
	s.extras.auth.data = nil
	if result != nil {
		s.extras.auth.data = result.Data
	}
}

// denyAuth refuses a CONNECT because of its authentication method [MQTT-4.12.0-1], or of what came after it [MQTT-4.12.0-4].
func (s *Session) denyAuth(err error) {
	code := codec.BadAuthenticationMethod
	if d := denialOf(err); d != nil && d.Code.Failed() && d.Code.In(codec.CONNACK) {
		code = d.Code
	}
	s.refuse(code, err)
}

// authStep handles what comes between CONNECT and CONNACK: AUTH, or DISCONNECT. Anything else breaks the rules.
func (s *Session) authStep(f codec.Frame) error {
	switch f.Type {
	case codec.DISCONNECT:
		return s.disconnectPacket(f)
	case codec.AUTH:
	default:
		return errPreAuth
	}
	in, err := s.parseAuth(f, codec.ContinueAuthentication) // [MQTT-4.12.0-3]
	if err != nil {
		return err
	}
	result, waiting, err := s.askAuth(in)
	switch {
	case waiting:
	case err != nil:
		s.denyAuth(err)
	case result != nil && result.Continue:
		s.sendAuth(codec.ContinueAuthentication, result.Data)
	default:
		s.authenticated(result)
		body := s.extras.auth.connect
		s.extras.auth.connect = nil
		s.state = awaitConnect
		return s.handle(codec.Frame{Type: codec.CONNECT, Body: body})
	}
	return nil
}

// reauthenticate handles AUTH of a connected client.
func (s *Session) reauthenticate(f codec.Frame) error {
	if s.extras.auth == nil {
		return errUnexpectedAuth
	}
	in, err := s.parseAuth(f, s.extras.auth.expects())
	if err != nil {
		return err
	}
	result, waiting, err := s.askAuth(in)
	switch {
	case waiting:
	case err != nil:
		s.refuseReauthentication(err)
	case result != nil && result.Continue:
		s.extras.auth.done = false
		s.sendAuth(codec.ContinueAuthentication, result.Data)
	default:
		s.authenticated(result)
		s.sendAuth(codec.Success, s.extras.auth.data)
	}
	return nil
}

// expects is the code of the client's next AUTH: the beginning of a re-authentication, or its next step.
func (a *enhancedAuth) expects() codec.ReasonCode {
	if a.done {
		return codec.ReAuthenticate
	}
	return codec.ContinueAuthentication
}

// refuseReauthentication ends the session of a client that may not go on [MQTT-4.12.1-2].
func (s *Session) refuseReauthentication(err error) {
	p := codec.Disconnect{Code: codec.NotAuthorized}
	if d := denialOf(err); d != nil {
		if d.Code.Failed() && d.Code.In(codec.DISCONNECT) {
			p.Code = d.Code
		}
		if d.Reason != "" {
			p.Props.SetReasonString([]byte(d.Reason))
		}
	}
	s.disconnectWith(&p)
	s.detach(endByBroker)
	s.conn.Close(err)
}

// parseAuth parses and checks an AUTH that must have that code.
func (s *Session) parseAuth(f codec.Frame, want codec.ReasonCode) (*hook.Auth, error) {
	p := &s.local.auth
	if err := codec.ParseAuth(f.Body, s.version, p); err != nil {
		return nil, err
	}
	if err := p.Check(s.version, codec.FromClient); err != nil {
		return nil, err
	}
	switch {
	case string(p.Props.AuthMethod) != string(s.extras.auth.method):
		return nil, errAuthMethod // [MQTT-4.12.0-5]
	case p.Code != want:
		return nil, errAuthCode
	}
	in := &hook.Auth{Code: p.Code, Method: p.Props.AuthMethod}
	if p.Props.Has(codec.PropAuthData) {
		in.Data = p.Props.AuthData
	}
	return in, nil
}

// sendAuth sends a step to the client, with one of the codes of an AUTH [MQTT-3.15.2-1].
func (s *Session) sendAuth(code codec.ReasonCode, data []byte) {
	p := codec.Auth{Code: code}
	p.Props.SetAuthMethod(s.extras.auth.method) // [MQTT-4.12.0-5]
	if data != nil {
		p.Props.SetAuthData(data)
	}
	if s.writeFitting(codec.AUTH, &p.Props, func() []byte { return codec.AppendAuth(nil, s.version, &p) }) {
		s.countAck(codec.AUTH, code)
	}
}
