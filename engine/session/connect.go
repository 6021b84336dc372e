package session

import (
	"crypto/rand"
	"encoding/base64"
	"math"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/netpoll"
	"github.com/vernemq/vmq/trie"
)

// connect handles CONNECT: the checks in the order of the specification, then registration. An error closes the connection
// without an answer, in every version [MQTT-3.1.4-1], [MQTT-3.2.2-6 v3.1.1]; a refusal that has a CONNACK code is answered and is no
// error here.
func (s *Session) connect(body []byte) error {
	p := &s.local.connect
	if err := codec.ParseConnect(body, p); err != nil {
		return err
	}
	s.version, s.bridge = p.Version, p.Bridge
	if !s.listener.Versions.allow(p) { // [MQTT-3.1.2-2], [MQTT-3.1.2-2 v3.1.1]
		s.refuse(codec.UnsupportedProtocolVersion)
		return nil
	}
	if err := p.Check(); err != nil {
		return err
	}
	if p.HasWill {
		if err := trie.CheckTopic(p.Will.Topic, s.settings.TopicMaxDepth); err != nil {
			return err
		}
	}
	if p.Version == codec.V5 && p.Props.Has(codec.PropAuthMethod) {
		// Nobody here knows any method [MQTT-4.12.0-1].
		s.refuse(codec.BadAuthenticationMethod)
		return nil
	}
	id, code := s.clientID(p)
	if code != codec.Success {
		s.refuse(code)
		return nil
	}
	if !s.settings.AllowAnonymous && !s.listener.AllowAnonymous {
		// No hook accepted the client, because there is none. The two versions have different habits of saying so.
		code := codec.NotAuthorized
		if s.version == codec.V5 {
			code = codec.BadUserNameOrPassword
		}
		s.refuse(code)
		return nil
	}
	s.accept(p)
	s.register(id)
	return nil
}

// allow says whether the listener takes the version of p.
func (v Versions) allow(p *codec.Connect) bool {
	switch p.Level {
	case 3:
		return v&Level3 != 0
	case 4:
		return v&Level4 != 0
	case 5:
		return v&Level5 != 0
	case 131:
		return v&Level131 != 0
	case 132:
		return v&Level132 != 0
	}
	return false
}

// clientID returns the id to use, or why there is none. The default limit lets in what the standard wants [MQTT-3.1.3-5].
func (s *Session) clientID(p *codec.Connect) (string, codec.ReasonCode) {
	switch {
	case len(p.ClientID) > s.settings.MaxClientIDSize:
		return "", codec.ClientIdentifierNotValid // [MQTT-3.1.3-8], [MQTT-3.1.3-9 v3.1.1]
	case len(p.ClientID) > 0:
		return string(p.ClientID), codec.Success
	case p.Version == codec.V31 || p.Version == codec.V311 && !p.CleanStart:
		return "", codec.ClientIdentifierNotValid // [MQTT-3.1.3-8 v3.1.1]
	}
	// [MQTT-3.1.3-6], [MQTT-3.1.3-7]
	var random [21]byte
	rand.Read(random[:])
	s.assigned = true
	return "anon-" + base64.StdEncoding.EncodeToString(random[:]), codec.Success
}

// accept takes over from the CONNECT what the session needs later.
func (s *Session) accept(p *codec.Connect) {
	set := s.settings
	s.clean = p.CleanStart
	s.keepAlive = p.KeepAlive
	s.takeWill(p)
	s.offerAliases(p)
	s.limitRate()
	s.blocked = set.MaxOnlineMessages == 0
	switch {
	case p.Version == codec.V5:
		s.sendMax = set.ReceiveMaxClient
		if p.Props.Has(codec.PropReceiveMaximum) {
			s.sendMax = min(s.sendMax, p.Props.ReceiveMaximum) // [MQTT-4.9.0-1]
		}
	case set.MaxInflightMessages == 0:
		s.sendMax = math.MaxUint16
	default:
		s.sendMax = uint16(max(0, min(set.MaxInflightMessages, math.MaxUint16)))
	}
	s.maxPacket, s.expiryAsked, s.noProblemInfo = 0, 0, false
	if p.Version != codec.V5 {
		if !p.CleanStart {
			s.expiryAsked = math.MaxUint32
		}
		return
	}
	if p.Props.Has(codec.PropMaximumPacketSize) {
		s.maxPacket = p.Props.MaximumPacketSize
	}
	if p.Props.Has(codec.PropSessionExpiry) {
		s.expiryAsked = p.Props.SessionExpiry
	}
	if p.Props.Has(codec.PropRequestProblemInfo) {
		s.noProblemInfo = p.Props.RequestProblemInfo == 0
	}
}

// register finds or makes the client's record and goes on at its home loop.
func (s *Session) register(id string) {
	m := s.listener.Mountpoint
	s.client = m.Clients.Claim(m, id, s.local.Loop)
	if home := s.client.home; home != s.local.Loop {
		s.state = registering
		s.conn.MoveTo(home, func(*netpoll.Conn) {
			s.local = s.local.Node.Local(home)
			if s.state != ended {
				s.attachOrRetry()
			}
		})
		return
	}
	s.attachOrRetry()
}

// attachOrRetry attaches on the home loop. If the record ended while the connection was on its way here, a new one is made or
// found, which may be at home elsewhere again.
func (s *Session) attachOrRetry() {
	if s.client.gone {
		s.register(s.client.ID)
		return
	}
	s.attach()
}

// lifetime is how long the session may be offline before it ends; 0 ends it with the connection.
func (s *Session) lifetime() time.Duration {
	switch {
	case s.version != codec.V5 && s.clean, s.expiryAsked == 0:
		return 0
	case s.version != codec.V5:
		if s.settings.PersistentClientExpiration > 0 {
			return s.settings.PersistentClientExpiration
		}
		return forever
	case s.expiryAsked == math.MaxUint32:
		return forever // [MQTT-3.1.2-23]
	}
	return time.Duration(s.expiryAsked) * time.Second
}

// connack tells the client that it is connected [MQTT-3.1.4-5]. A client that named no authentication method hears of none [MQTT-4.12.0-6].
// It fails if the client does not take a packet of that size.
func (s *Session) connack() error {
	p := codec.Connack{SessionPresent: s.present}
	if s.version == codec.V5 {
		if s.assigned {
			p.Props.SetAssignedClientID([]byte(s.client.ID)) // [MQTT-3.2.2-16]
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
	}
	return s.answer(codec.CONNACK, codec.AppendConnack(nil, s.version, &p))
}

// refuse answers CONNECT with a code and closes the connection [MQTT-3.1.4-2], [MQTT-3.2.2-7].
func (s *Session) refuse(code codec.ReasonCode) {
	p := codec.Connack{Code: code}
	if s.version != codec.V5 {
		p.Code = code.ConnackV3()
	}
	s.conn.Write(codec.AppendConnack(nil, s.version, &p))
	s.local.Counters.sent(codec.CONNACK)
	s.local.Counters.Refused++
	if n, ok := s.local.refusals.allow(s.local.Loop.NowUnix()); ok {
		s.local.Logger.Warn("connect refused", "client", string(s.local.connect.ClientID), "peer", s.conn.RemoteAddr(),
			"listener", s.listener.Name, "reason", code, "unlogged", n)
	}
	s.state = ended
	s.conn.Close(nil)
}
