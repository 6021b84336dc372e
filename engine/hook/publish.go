package hook

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/vernemq/vmq/codec"
)

// Publish is a message of a client: a PUBLISH or a last will.
type Publish struct {
	Client  *Identity
	Topic   []byte
	Payload []byte
	QoS     byte
	Retain  bool
	// Props of the packet, without a topic alias; nil for MQTT 3.
	Props *codec.Properties
}

// Clone makes a copy that may be kept.
func (p *Publish) Clone() *Publish {
	c := *p
	c.Topic, c.Payload, c.Props = cloneBytes(p.Topic), cloneBytes(p.Payload), cloneProps(p.Props)
	return &c
}

// PublishMods are what auth_on_publish may change. Everything downstream sees the changed values; the acknowledgement keeps
// the packet id and QoS of the packet.
type PublishMods struct {
	// Topic in place of the message's; nil: unchanged. It must be a valid topic.
	Topic []byte
	// Payload in place of the message's; nil: unchanged.
	Payload []byte
	QoS     Opt[byte]
	Retain  Opt[bool]
	// Mountpoint that this message goes to.
	Mountpoint Opt[string]
	// Throttle is for how long the client is not read from after this message.
	Throttle time.Duration
	// Props in place of all properties of the message; nil: unchanged. MQTT 5 only.
	Props *codec.Properties
}

// AuthOnPublish decides whether an MQTT 3 client may publish a message. It is also asked for the last will.
type AuthOnPublish interface {
	AuthOnPublish(context.Context, *Publish) (*PublishMods, error)
}

// AuthOnPublishM5 is AuthOnPublish for MQTT 5.
type AuthOnPublishM5 interface {
	AuthOnPublishM5(context.Context, *Publish) (*PublishMods, error)
}

// MayPublish is a short way for a plugin that implements AuthOnPublish and AuthOnPublishM5, and whose answer depends on nothing but the client
// and the topic. If it is the first one of the chain it is asked for each message, before anything is described to anybody.
type MayPublish interface {
	// MayPublish is true where AuthOnPublish would accept the message without changes. Otherwise AuthOnPublish is asked. It is called on a loop,
	// must answer from memory, and must not keep topic.
	MayPublish(who *Identity, topic []byte) bool
	// RulesVersion is a number that changes when the rules have changed by which MayPublish answers. As long as it is the same, what was
	// allowed to a client is not asked again.
	RulesVersion() *atomic.Uint64
}

// OnPublish hears of each message of an MQTT 3 client that has been routed, before it is acknowledged.
type OnPublish interface {
	OnPublish(context.Context, *Publish) error
}

// OnPublishM5 is OnPublish for MQTT 5.
type OnPublishM5 interface {
	OnPublishM5(context.Context, *Publish) error
}

// Deliver is a message on its way to a client.
type Deliver struct {
	Client  *Identity
	Topic   []byte
	Payload []byte
	// QoS of the delivery.
	QoS    byte
	Retain bool
	// Props of the message; nil if it has none.
	Props *codec.Properties
}

// Clone makes a copy that may be kept.
func (d *Deliver) Clone() *Deliver {
	c := *d
	c.Topic, c.Payload, c.Props = cloneBytes(d.Topic), cloneBytes(d.Payload), cloneProps(d.Props)
	return &c
}

// DeliverMods are what on_deliver may change about one delivery. nil: unchanged.
type DeliverMods struct {
	Topic   []byte
	Payload []byte
	// Props in place of all that the message carries. MQTT 5 only.
	Props *codec.Properties
}

// OnDeliver may change what is delivered to an MQTT 3 client. Whatever it returns, the message is delivered; retransmissions are not
// asked about again.
type OnDeliver interface {
	OnDeliver(context.Context, *Deliver) (*DeliverMods, error)
}

// OnDeliverM5 is OnDeliver for MQTT 5.
type OnDeliverM5 interface {
	OnDeliverM5(context.Context, *Deliver) (*DeliverMods, error)
}
