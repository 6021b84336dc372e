package hook

import (
	"context"
	"slices"

	"github.com/vernemq/vmq/codec"
)

// Subscription is one filter with what the client wants of it. Shared subscriptions are as requested: $share/group/filter.
type Subscription struct {
	Filter string
	QoS    byte
	// The rest is for MQTT 5.
	NoLocal           bool
	RetainAsPublished bool
	RetainHandling    byte
	// ID is the subscription identifier; 0: none.
	ID uint32
	// Refused is set by auth_on_subscribe to the code for the SUBACK, 0x80 or more. 0: subscribe.
	Refused codec.ReasonCode
}

// Subscribe is a SUBSCRIBE; for on_subscribe only its subscriptions that were made.
type Subscribe struct {
	Client        *Identity
	Subscriptions []Subscription
	// Props of the packet; nil for MQTT 3.
	Props *codec.Properties
}

// Clone makes a copy that may be kept.
func (s *Subscribe) Clone() *Subscribe {
	return &Subscribe{Client: s.Client, Subscriptions: slices.Clone(s.Subscriptions), Props: cloneProps(s.Props)}
}

// SubscribeMods replace what the client asked for. The SUBACK has one code for each of Subscriptions, in this order.
type SubscribeMods struct {
	// Subscriptions to make instead, those with Refused set not; nil: as requested.
	Subscriptions []Subscription
	// Props for the SUBACK: reason string and user properties. MQTT 5 only.
	Props *codec.Properties
}

// AuthOnSubscribe decides which filters an MQTT 3 client may subscribe to. An error refuses all of them.
type AuthOnSubscribe interface {
	AuthOnSubscribe(context.Context, *Subscribe) (*SubscribeMods, error)
}

// AuthOnSubscribeM5 is AuthOnSubscribe for MQTT 5.
type AuthOnSubscribeM5 interface {
	AuthOnSubscribeM5(context.Context, *Subscribe) (*SubscribeMods, error)
}

// OnSubscribe hears of the subscriptions that an MQTT 3 client has made, before its SUBACK.
type OnSubscribe interface {
	OnSubscribe(context.Context, *Subscribe) error
}

// OnSubscribeM5 is OnSubscribe for MQTT 5.
type OnSubscribeM5 interface {
	OnSubscribeM5(context.Context, *Subscribe) error
}

// Unsubscribe is an UNSUBSCRIBE.
type Unsubscribe struct {
	Client  *Identity
	Filters []string
	// Props of the packet; nil for MQTT 3.
	Props *codec.Properties
}

// Clone makes a copy that may be kept.
func (u *Unsubscribe) Clone() *Unsubscribe {
	return &Unsubscribe{Client: u.Client, Filters: slices.Clone(u.Filters), Props: cloneProps(u.Props)}
}

// UnsubscribeMods replace what the client asked for.
type UnsubscribeMods struct {
	// Filters to unsubscribe instead; nil: as requested.
	Filters []string
	// Props for the UNSUBACK: reason string and user properties. MQTT 5 only.
	Props *codec.Properties
}

// OnUnsubscribe may change which filters an MQTT 3 client unsubscribes. It cannot forbid it: an error changes nothing.
type OnUnsubscribe interface {
	OnUnsubscribe(context.Context, *Unsubscribe) (*UnsubscribeMods, error)
}

// OnUnsubscribeM5 is OnUnsubscribe for MQTT 5.
type OnUnsubscribeM5 interface {
	OnUnsubscribeM5(context.Context, *Unsubscribe) (*UnsubscribeMods, error)
}
