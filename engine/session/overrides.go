package session

import (
	"errors"
	"math"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/hook"
)

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
