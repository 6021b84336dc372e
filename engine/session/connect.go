package session

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"log/slog"
	"math"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/hook"
	"github.com/vernemq/vmq/netpoll"
	"github.com/vernemq/vmq/trie"
)

// connect handles CONNECT: the checks in the order of the specification, then registration. An error closes the connection
// without an answer, in every version [MQTT-3.1.4-1], [MQTT-3.2.2-6 v3.1.1]; a refusal that has a CONNACK code is answered and is no
// error here.
func (s *Session) connect(body []byte) error {
	p := &s.local.connect
	s.settings = s.local.Node.Settings() // those of now, not those of when the connection was accepted
	if err := codec.ParseConnect(body, p); err != nil {
		return err
	}
	s.version, s.bridge = p.Version, p.Bridge
	if s.extras.admission == nil { // not handled before
		s.local.Counters.Received[s.family()][codec.CONNECT]++
	}
	if !s.listener.Versions.allow(p) { // [MQTT-3.1.2-2], [MQTT-3.1.2-2 v3.1.1]
		s.refuse(codec.UnsupportedProtocolVersion, nil)
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
	if p.Version == codec.V5 {
		s.heedLimits(p)
	}
	if s.extras.admission == nil {
		s.own().admission = &admission{serial: serials.Add(1)}
	}
	if !s.authenticate(p) {
		return nil
	}
	if a := s.extras.admission; a.id == "" {
		id, code := s.clientID(p)
		if code != codec.Success {
			s.refuse(code, nil)
			return nil
		}
		a.id = id
	}
	if !s.admit(p) || !s.admitWill(p) {
		return nil
	}
	s.accept(p)
	s.register()
	return nil
}

// heedLimits notes what the client takes, which holds for the answer to its CONNECT already.
func (s *Session) heedLimits(p *codec.Connect) {
	if p.Props.Has(codec.PropMaximumPacketSize) {
		s.maxPacket = p.Props.MaximumPacketSize
	}
	if p.Props.Has(codec.PropRequestProblemInfo) {
		s.noProblemInfo = p.Props.RequestProblemInfo == 0
	}
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
	case len(p.ClientID) > s.settings.MaxClientIDSize && !isAssigned(p.ClientID):
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
	return assignedPrefix + base64.StdEncoding.EncodeToString(random[:]), codec.Success
}

// What client ids look like that the broker makes.
const (
	assignedPrefix = "anon-"
	assignedLength = len(assignedPrefix) + 28
)

// isAssigned says whether the id may be one that the broker made: its client comes back under it, and no limit is in the way.
func isAssigned(id []byte) bool {
	return len(id) == assignedLength && bytes.HasPrefix(id, []byte(assignedPrefix))
}

// accept takes over from the CONNECT what the session needs later.
func (s *Session) accept(p *codec.Connect) {
	// A CONNECT that is complete and accepted is all that the connect timeout waits for.
	s.conn.Established()
	set := s.settings
	s.remember(s.extras.admission.identity)
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
	s.expiryAsked = 0
	if p.Version != codec.V5 {
		s.expiryAsked = persistentAsked(p.CleanStart)
		s.applyMods()
		return
	}
	if p.Props.Has(codec.PropSessionExpiry) {
		s.expiryAsked = p.Props.SessionExpiry
	}
	s.extras.admission.responseInfo = p.Props.Has(codec.PropRequestResponseInfo) && p.Props.RequestResponseInfo == 1
	s.applyMods()
}

// persistentAsked is how long an MQTT 3 client wants its session to be kept: for ever, or not at all.
func persistentAsked(clean bool) uint32 {
	if clean {
		return 0
	}
	return math.MaxUint32
}

// register finds or makes the client's record and goes on at its home loop.
func (s *Session) register() {
	m := s.extras.admission.mount
	var made bool
	if s.client, made = m.Clients.Claim(m, s.extras.admission.id, s.local.Loop); made {
		s.local.Counters.QueueSetup++
	}
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
		s.register()
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
		if limit := s.local.Node.Settings().PersistentClientExpiration; limit > 0 {
			return limit
		}
		return forever
	case s.expiryAsked == math.MaxUint32:
		return forever // [MQTT-3.1.2-23]
	}
	return time.Duration(s.expiryAsked) * time.Second
}

// connack answers CONNECT. It fails if the client does not take a packet of that size.
func (s *Session) connack(p *codec.Connack) error {
	if !s.writeFitting(codec.CONNACK, &p.Props, func() []byte { return codec.AppendConnack(nil, s.version, p) }) {
		return errAnswerTooLarge
	}
	s.local.Counters.CountConnack(s.family(), byte(p.Code))
	return nil
}

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
