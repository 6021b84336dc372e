package session

import (
	"errors"
	"math"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/hook"
	"github.com/vernemq/vmq/queue"
)

// admission is what has been decided about a CONNECT so far. A hook that has to wait makes the CONNECT be handled again; what is decided
// is not asked twice.
type admission struct {
	serial   uint64 // key of the calls that wait, while there is no client record
	id       string // client id to use; empty until it is known
	identity *hook.Identity
	mods     *hook.RegisterMods // what auth_on_register changed; nil: nothing

	overridden bool        // the session has settings of its own
	admitted   bool        // auth_on_register has said yes, or need not be asked
	mount      *Mountpoint // where the client lives
	willMount  *Mountpoint // where its will goes; nil: there too

	life          time.Duration // of the connection; 0: no end
	responseInfo  bool          // the client asks for Response Information
	expiryChanged bool          // the session expiry interval is not the one that the client asked for
}

// admit asks auth_on_register. It returns false if the client waits for the answer or was refused.
func (s *Session) admit(p *codec.Connect) bool {
	a := s.extras.admission
	if a.admitted {
		return true
	}
	a.mount = s.listener.Mountpoint
	username, has, ok := s.username(p)
	a.identity = &hook.Identity{
		SubscriberID: hook.SubscriberID{Mountpoint: a.mount.Name, ClientID: a.id},
		Username:     username, HasUsername: has,
		Peer: s.conn.RemoteAddr(), Listener: s.listener.described,
	}
	if id := s.conn.Identity(); id != nil {
		a.identity.Certificate = id.Certificate
	}
	if s.settings.AllowAnonymous || s.listener.AllowAnonymous {
		a.admitted = true // nobody is asked, whatever the client says about itself
		return true
	}
	if !ok {
		s.denyConnect(errNameless)
		return false
	}
	mods, waiting, err := s.askRegister(p)
	switch {
	case waiting:
		return false
	case err != nil:
		s.denyConnect(err)
		return false
	}
	if err := s.override(mods); err != nil {
		s.local.Logger.Error("the answer of auth_on_register is not valid, so the client is refused", "client", a.id, "reason", err)
		s.denyConnect(err)
		return false
	}
	a.admitted = true
	return true
}

// username is the common name of the client's certificate, where the listener wants that to be the user name, and the CONNECT's otherwise.
// A certificate without one leaves the client nameless: ok is false. What a proxy in front does not say changes nothing.
func (s *Session) username(p *codec.Connect) (name string, has, ok bool) {
	if id := s.conn.Identity(); s.listener.IdentityAsUsername && id != nil {
		if id.CommonName != "" {
			return id.CommonName, true, true
		}
		if id.Certificate != nil {
			return "", false, false
		}
	}
	return string(p.Username), p.HasUsername, true
}

var errNameless = errors.New("the client's certificate has no common name, which use_identity_as_username makes the user name")

func (s *Session) askRegister(p *codec.Connect) (*hook.RegisterMods, bool, error) {
	h := s.hooks()
	if h == nil {
		h = noPlugins
	}
	in := &hook.Register{
		Client: s.extras.admission.identity, CleanStart: p.CleanStart,
		Password: hook.Secret(p.Password), HasPassword: p.HasPassword,
	}
	if p.Version == codec.V5 {
		in.Props = &p.Props
		return ask(s, hook.AuthOnRegisterM5Point, h.AuthOnRegisterM5, in, hook.AuthOnRegisterM5.AuthOnRegisterM5)
	}
	return ask(s, hook.AuthOnRegisterPoint, h.AuthOnRegister, in, hook.AuthOnRegister.AuthOnRegister)
}

// noPlugins lets nobody in.
var noPlugins = hook.New()

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

// override notes what auth_on_register changed about who the client is and what it may. An error says which value makes no sense;
// nothing is used then.
func (s *Session) override(m *hook.RegisterMods) error {
	a := s.extras.admission
	if m == nil {
		return nil
	}
	set, err := overridden(s.settings, m)
	switch {
	case err != nil:
		return err
	case m.SubscriberID != nil && m.SubscriberID.ClientID == "":
		return errors.New("subscriber_id without client id")
	}
	who := *a.identity
	if m.SubscriberID != nil {
		if s.local.tracer != nil {
			s.traceRenamed(*m.SubscriberID)
		}
		who.SubscriberID = *m.SubscriberID
		a.id, a.mount = m.SubscriberID.ClientID, s.local.Node.Mountpoint(m.SubscriberID.Mountpoint)
	}
	if m.Username.Set {
		who.Username, who.HasUsername = m.Username.Value, true
	}
	who.Claims, who.Expires = m.Claims, m.Expires
	a.identity, a.mods, a.overridden, s.settings = &who, m, set != s.settings, set
	return nil
}

// applyMods puts what auth_on_register changed in the place of what the CONNECT says.
func (s *Session) applyMods() {
	a := s.extras.admission
	a.life = s.listener.MaxConnectionLifetime
	m := a.mods
	if m == nil {
		return
	}
	s.clean = m.CleanStart.Or(s.clean)
	a.life = max(m.MaxConnectionLifetime.Or(a.life), 0)
	if !m.Expires.IsZero() {
		left := max(m.Expires.Sub(s.local.Loop.WallTime()), time.Millisecond)
		if a.life == 0 || left < a.life {
			a.life = left
		}
	}
	if s.version != codec.V5 {
		if m.CleanStart.Set {
			s.expiryAsked = persistentAsked(s.clean)
		}
		return
	}
	s.sendMax = min(s.sendMax, m.ReceiveMaxClient.Or(s.sendMax))
	if n := m.MaxPacketSize.Or(0); n > 0 && (s.maxPacket == 0 || n < s.maxPacket) {
		s.maxPacket = n
	}
	if m.RequestProblemInfo.Set {
		s.noProblemInfo = !m.RequestProblemInfo.Value
	}
	expiry := m.SessionExpiry
	if m.Props != nil && m.Props.Has(codec.PropSessionExpiry) {
		expiry = hook.Some(m.Props.SessionExpiry)
	}
	if expiry.Set && expiry.Value != s.expiryAsked {
		s.expiryAsked, a.expiryChanged = expiry.Value, true
	}
}

// overridden is a copy of set with the values of m, or set itself if m has none of them.
func overridden(set *Settings, m *hook.RegisterMods) (*Settings, error) {
	t := *set
	if m.MaxMessageSize.Set {
		t.MaxMessageSize = uint32(max(0, min(m.MaxMessageSize.Value, math.MaxUint32)))
	}
	t.MaxMessageRate = m.MaxMessageRate.Or(t.MaxMessageRate)
	t.MaxInflightMessages = m.MaxInflightMessages.Or(t.MaxInflightMessages)
	t.RetryInterval = m.RetryInterval.Or(t.RetryInterval)
	t.UpgradeOutgoingQoS = m.UpgradeQoS.Or(t.UpgradeOutgoingQoS)
	t.MaxOnlineMessages = m.MaxOnlineMessages.Or(t.MaxOnlineMessages)
	t.MaxOfflineMessages = m.MaxOfflineMessages.Or(t.MaxOfflineMessages)
	t.OverrideMaxOnlineMessages = m.OverrideMaxOnlineMessages.Or(t.OverrideMaxOnlineMessages)
	t.ReceiveMaxBroker = m.ReceiveMaxBroker.Or(t.ReceiveMaxBroker)
	t.TopicAliasMaxClient = m.TopicAliasMaxClient.Or(t.TopicAliasMaxClient)
	t.TopicAliasMaxBroker = m.TopicAliasMaxBroker.Or(t.TopicAliasMaxBroker)
	switch m.QueueType.Or("") {
	case "":
	case "fifo":
		t.QueueLIFO = false
	case "lifo":
		t.QueueLIFO = true
	default:
		return nil, errors.New("queue_type is neither fifo nor lifo: " + m.QueueType.Value)
	}
	if p := m.SharedSubscriptionPolicy; p.Set {
		policy, ok := sharedPolicies[p.Value]
		if !ok {
			return nil, errors.New("shared_subscription_policy that does not exist: " + p.Value)
		}
		t.SharedPolicy = policy
	}
	switch view := m.RegView.Or("vmq_reg_trie"); view {
	case "vmq_reg_trie", "vmq_reg_ordered_trie":
	default:
		return nil, errors.New("reg_view that does not exist: " + view)
	}
	if t == *set {
		return set, nil
	}
	return &t, nil
}

// admitWill asks auth_on_publish about the will, so that a client whose will may not be published does not get in. It returns
// false if the client waits for the answer or was refused.
func (s *Session) admitWill(p *codec.Connect) bool {
	a := s.extras.admission
	h := s.hooks()
	if !p.HasWill || h == nil {
		return true
	}
	w := &p.Will
	in := &s.local.asked
	*in = hook.Publish{Client: a.identity, Topic: w.Topic, Payload: w.Payload, QoS: w.QoS, Retain: w.Retain}
	var mods *hook.PublishMods
	var waiting bool
	var err error
	if p.Version == codec.V5 {
		in.Props = &w.Props
		mods, waiting, err = ask(s, hook.AuthOnPublishM5Point, h.AuthOnPublishM5, in, hook.AuthOnPublishM5.AuthOnPublishM5)
	} else {
		mods, waiting, err = ask(s, hook.AuthOnPublishPoint, h.AuthOnPublish, in, hook.AuthOnPublish.AuthOnPublish)
	}
	if waiting {
		return false
	}
	if err == nil && mods != nil {
		err = s.rewriteWill(w, mods)
	}
	if err != nil {
		s.local.Counters.PublishAuthError[s.family()]++
		s.refuse(codec.NotAuthorized, err)
		return false
	}
	return true
}

// rewriteWill puts the changes of auth_on_publish into the will.
func (s *Session) rewriteWill(w *codec.Will, m *hook.PublishMods) error {
	if err := s.checkMods(m); err != nil {
		return err
	}
	if m.Topic != nil {
		w.Topic = m.Topic
	}
	if m.Payload != nil {
		w.Payload = m.Payload
	}
	w.QoS, w.Retain = m.QoS.Or(w.QoS), m.Retain.Or(w.Retain)
	if m.Props != nil {
		w.Props = *m.Props.Clone()
	}
	if m.Mountpoint.Set {
		s.extras.admission.willMount = s.local.Node.Mountpoint(m.Mountpoint.Value)
	}
	return nil
}

// offlineLimit bounds the queue of a client that is away, by what auth_on_register said when it last connected.
func (c *Client) offlineLimit(l *Local) queue.Limit {
	set := c.settings
	if set == nil {
		set = l.Node.Settings()
	}
	return queue.Limit{Max: set.MaxOfflineMessages, LIFO: set.QueueLIFO}
}
