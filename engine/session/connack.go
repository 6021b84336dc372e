package session

import (
	"context"
	"errors"
	"log/slog"
	"math"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/hook"
)

// accepted is the CONNACK of a client that was let in [MQTT-3.1.4-5]. Beyond what plugins add, it says what the client cannot know, and
// nothing else; one that named no authentication method hears of none [MQTT-4.12.0-6].
func (s *Session) accepted() *codec.Connack {
	p := &codec.Connack{SessionPresent: s.present}
	if s.version != codec.V5 {
		return p
	}
	a := s.extras.admission
	if a.mods != nil && a.mods.Props != nil {
		p.Props = *a.mods.Props.Clone()
		p.Props.KeepOnly(codec.CONNACK)
		p.Props.Del(codec.PropSessionExpiry)
		if !a.responseInfo {
			p.Props.Del(codec.PropResponseInfo) // [MQTT-3.1.2-28]
		}
	}
	if s.assigned {
		p.Props.SetAssignedClientID([]byte(s.client.ID)) // [MQTT-3.2.2-16]
	}
	if a.expiryChanged {
		p.Props.SetSessionExpiry(s.expiryAsked) // [MQTT-3.2.2-21]
	}
	if s.settings.ReceiveMaxBroker < math.MaxUint16 {
		p.Props.SetReceiveMaximum(s.settings.ReceiveMaxBroker)
	}
	if s.settings.TopicAliasMaxClient > 0 {
		p.Props.SetTopicAliasMaximum(s.settings.TopicAliasMaxClient)
	}
	if s.settings.MaxMessageSize > 0 {
		p.Props.SetMaximumPacketSize(s.settings.MaxMessageSize)
	}
	if auth := s.extras.auth; auth != nil {
		p.Props.SetAuthMethod(auth.method) // [MQTT-4.12.0-5]
		if auth.data != nil {
			p.Props.SetAuthData(auth.data)
		}
	}
	return p
}

// connack answers CONNECT. It fails if the client does not take a packet of that size.
func (s *Session) connack(p *codec.Connack) error {
	if !s.writeFitting(codec.CONNACK, &p.Props, func() []byte { return codec.AppendConnack(nil, s.version, p) }) {
		return errAnswerTooLarge
	}
	s.local.Counters.CountConnack(s.family(), byte(p.Code))
	return nil
}

// refuse answers CONNECT with a code and closes the connection [MQTT-3.1.4-2], [MQTT-3.2.2-7]. why may hold what a plugin wants the client to know; it
// goes into the log.
func (s *Session) refuse(code codec.ReasonCode, why error) {
	p := codec.Connack{Code: code}
	if s.version != codec.V5 {
		p.Code = code.ConnackV3()
	} else if d := denialOf(why); d != nil {
		if d.Reason != "" {
			p.Props.SetReasonString([]byte(d.Reason))
		}
		if d.ServerReference != "" {
			p.Props.SetServerReference([]byte(d.ServerReference))
		}
	}
	_ = s.connack(&p) // the connection ends in either case
	if n, ok := s.local.refusals.allow(s.local.Loop.NowUnix()); ok {
		level := slog.LevelWarn
		attrs := []any{"client", string(s.local.connect.ClientID), "mountpoint", s.listener.Mountpoint.Name, "peer", s.conn.RemoteAddr(),
			"listener", s.listener.Name, "reason", code, "unlogged", n}
		if why != nil {
			attrs = append(attrs, "plugin", why)
		}
		if why == hook.ErrNoPlugin {
			level = slog.LevelError // not a client's mistake, but the configuration's
		}
		s.local.Logger.Log(context.Background(), level, "connect refused", attrs...)
	}
	if s.extras.admission != nil {
		s.settled()
	}
	s.state = ended
	s.conn.Close(nil)
}

// denyConnect answers a CONNECT that auth_on_register refused.
func (s *Session) denyConnect(err error) {
	if err == hook.ErrNoPlugin {
		s.local.complain("no plugin decides who may connect, and anonymous clients are not allowed (allow_anonymous = off)")
	}
	code, d := codec.NotAuthorized, denialOf(err)
	switch {
	case s.version == codec.V5 && d != nil && d.Code.In(codec.CONNACK) && d.Code.Failed():
		code = d.Code
	case s.version == codec.V5, errors.Is(err, hook.ErrInvalidCredentials):
		code = codec.BadUserNameOrPassword
	}
	s.refuse(code, err)
}

// denialOf is what a plugin said about its refusal, or nil.
func denialOf(err error) *hook.Denial {
	var d *hook.Denial
	if errors.As(err, &d) {
		return d
	}
	return nil
}
