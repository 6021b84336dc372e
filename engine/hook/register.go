package hook

import (
	"context"
	"time"

	"github.com/vernemq/vmq/codec"
)

// Register is what a client says when it connects.
type Register struct {
	Client   *Identity
	Password Secret
	// HasPassword tells an absent password from an empty one.
	HasPassword bool
	// CleanStart is clean session for MQTT 3.
	CleanStart bool
	// Props of the CONNECT; nil for MQTT 3.
	Props *codec.Properties
}

// Clone makes a copy that may be kept.
func (r *Register) Clone() *Register {
	c := *r
	c.Password = append(Secret(nil), r.Password...)
	c.Props = cloneProps(r.Props)
	return &c
}

// RegisterMods are what auth_on_register may change about the session. Absent values leave things as configured.
type RegisterMods struct {
	// SubscriberID is the identity under which the session goes on, mountpoint and client id.
	SubscriberID *SubscriberID
	Username     Opt[string]
	// Claims and Expires go into the client's Identity.
	Claims  map[string]string
	Expires time.Time

	// CleanStart is clean_session for MQTT 3.
	CleanStart Opt[bool]
	// MaxMessageSize bounds the packets of this client, in bytes.
	MaxMessageSize Opt[int]
	MaxMessageRate Opt[int]
	// MaxInflightMessages is for MQTT 3 clients.
	MaxInflightMessages   Opt[int]
	MaxConnectionLifetime Opt[time.Duration]
	// RetryInterval is for MQTT 3 clients.
	RetryInterval Opt[time.Duration]
	// UpgradeQoS delivers with the QoS of the subscription.
	UpgradeQoS Opt[bool]
	// SharedSubscriptionPolicy is prefer_local, local_only, random or prefer_online_before_local, for messages of this client.
	SharedSubscriptionPolicy Opt[string]
	// AllowRegister, AllowPublish, AllowSubscribe and AllowUnsubscribe are for the time of a netsplit.
	AllowRegister, AllowPublish, AllowSubscribe, AllowUnsubscribe Opt[bool]
	// RegView is vmq_reg_trie or vmq_reg_ordered_trie, which are one here.
	RegView Opt[string]

	// MaxOnlineMessages and MaxOfflineMessages bound the client's queue. -1: no limit.
	MaxOnlineMessages, MaxOfflineMessages Opt[int]
	OverrideMaxOnlineMessages             Opt[bool]
	// QueueType is fifo or lifo.
	QueueType Opt[string]
	// QueueDeliverMode is fanout or balance, which are one with one session for each client.
	QueueDeliverMode Opt[string]
	// MaxDrainTime and MaxMsgsPerDrainStep are for the move of the queue to another node.
	MaxDrainTime        Opt[time.Duration]
	MaxMsgsPerDrainStep Opt[int]

	// The rest is for MQTT 5.

	// SessionExpiry is in seconds; 0xFFFFFFFF: never.
	SessionExpiry Opt[uint32]
	// ReceiveMaxClient bounds what is sent to the client unacknowledged; never above what the client asked for.
	ReceiveMaxClient Opt[uint16]
	ReceiveMaxBroker Opt[uint16]
	// TopicAliasMaxClient is how many topic aliases the client may define.
	TopicAliasMaxClient Opt[uint16]
	// TopicAliasMaxBroker is how many the broker defines; never above what the client allows.
	TopicAliasMaxBroker Opt[uint16]
	// MaxPacketSize is the largest packet that is sent to the client, in bytes.
	MaxPacketSize Opt[uint32]
	// RequestProblemInfo as the client asked for or not.
	RequestProblemInfo Opt[bool]
	// Props go into the CONNACK, as far as the table of a CONNACK's properties has them. A Session Expiry Interval here counts like
	// SessionExpiry.
	Props *codec.Properties
}

// AuthOnRegister decides whether an MQTT 3 client may connect.
type AuthOnRegister interface {
	AuthOnRegister(context.Context, *Register) (*RegisterMods, error)
}

// AuthOnRegisterM5 decides whether an MQTT 5 client may connect.
type AuthOnRegisterM5 interface {
	AuthOnRegisterM5(context.Context, *Register) (*RegisterMods, error)
}

// Auth is a step of enhanced authentication: a CONNECT with an authentication method, or an AUTH.
type Auth struct {
	// Client has no client id yet while it connects, and a user name only if its certificate gave it one.
	Client *Identity
	// Code of the AUTH: ContinueAuthentication or ReAuthenticate; Success for a CONNECT.
	Code codec.ReasonCode
	// Method and Data of the packet.
	Method, Data []byte
}

// Clone makes a copy that may be kept.
func (a *Auth) Clone() *Auth {
	c := *a
	c.Method, c.Data = cloneBytes(a.Method), cloneBytes(a.Data)
	return &c
}

// AuthResult is how a step of enhanced authentication ended well.
type AuthResult struct {
	// Continue asks the client for another step; otherwise it is authenticated.
	Continue bool
	// Data for the client, with the method that it named itself.
	Data []byte
}

// OnAuthM5 takes the steps of enhanced authentication [MQTT-4.12.0-1]. Refusing with a Denial without code, or any other error, says
// that the method is bad.
type OnAuthM5 interface {
	OnAuthM5(context.Context, *Auth) (*AuthResult, error)
}

// Registered tells that a client has connected. Props are those of the CONNACK, as VerneMQ passes them; nil for MQTT 3.
type Registered struct {
	Client *Identity
	Props  *codec.Properties
}

// Clone makes a copy that may be kept.
func (r *Registered) Clone() *Registered {
	return &Registered{Client: r.Client, Props: cloneProps(r.Props)}
}

// OnRegister hears of each MQTT 3 client that has been let in, anonymous ones included, before its CONNACK.
type OnRegister interface {
	OnRegister(context.Context, *Registered) error
}

// OnRegisterM5 is OnRegister for MQTT 5.
type OnRegisterM5 interface {
	OnRegisterM5(context.Context, *Registered) error
}

func cloneProps(p *codec.Properties) *codec.Properties {
	if p == nil {
		return nil
	}
	return p.Clone()
}

// cloneBytes keeps nil apart from empty.
func cloneBytes(b []byte) []byte {
	if b == nil {
		return nil
	}
	return append([]byte{}, b...)
}
