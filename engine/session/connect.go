package session

import (
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
