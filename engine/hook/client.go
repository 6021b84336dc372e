package hook

import (
	"context"
	"slices"

	"github.com/vernemq/vmq/codec"
)

// Client is the argument of the hooks that tell of a client and nothing more.
type Client struct{ SubscriberID }

// Clone makes a copy that may be kept.
func (c *Client) Clone() *Client { d := *c; return &d }

// OnClientWakeup hears that a session attaches to its queue: every CONNECT that is accepted, before on_register.
type OnClientWakeup interface {
	OnClientWakeup(context.Context, *Client) error
}

// OnClientOffline hears that a client with a persistent session has gone.
type OnClientOffline interface {
	OnClientOffline(context.Context, *Client) error
}

// OnClientGone hears that a session has ended for good: with its connection, by a clean start, or by an operator.
type OnClientGone interface {
	OnClientGone(context.Context, *Client) error
}

// OnSessionExpired hears that a session has ended because its client stayed away for too long.
type OnSessionExpired interface {
	OnSessionExpired(context.Context, *Client) error
}

// TopicsUnsubscribed tells which subscriptions have ended.
type TopicsUnsubscribed struct {
	SubscriberID
	// All subscriptions of the client have, because its session ended; Filters is nil then.
	All     bool
	Filters []string
}

// Clone makes a copy that may be kept.
func (t *TopicsUnsubscribed) Clone() *TopicsUnsubscribed {
	c := *t
	c.Filters = slices.Clone(t.Filters)
	return &c
}

// OnTopicUnsubscribed hears of subscriptions that have ended, whatever the reason.
type OnTopicUnsubscribed interface {
	OnTopicUnsubscribed(context.Context, *TopicsUnsubscribed) error
}

// Message is a message for a client that is not delivered now.
type Message struct {
	SubscriberID
	Topic   []byte
	Payload []byte
	QoS     byte
	Retain  bool
	// Props of the message; nil if it has none.
	Props *codec.Properties
	// Cause, for on_message_drop, is why it is not delivered at all: queue_full, expired, max_packet_size_exceeded, offline,
	// session_cleanup, refused or no_member.
	Cause string
}

// Clone makes a copy that may be kept.
func (m *Message) Clone() *Message {
	c := *m
	c.Topic, c.Payload, c.Props = cloneBytes(m.Topic), cloneBytes(m.Payload), cloneProps(m.Props)
	return &c
}

// OnOfflineMessage hears of a message that is stored for a client that is away.
type OnOfflineMessage interface {
	OnOfflineMessage(context.Context, *Message) error
}

// OnMessageDrop hears of each message that a receiver does not get, with the cause.
type OnMessageDrop interface {
	OnMessageDrop(context.Context, *Message) error
}

// ConfigChange tells the values of the configuration that have changed.
type ConfigChange struct {
	// Values by key.
	Values map[string]string
}

// Clone makes a copy that may be kept.
func (c *ConfigChange) Clone() *ConfigChange {
	values := make(map[string]string, len(c.Values))
	for k, v := range c.Values {
		values[k] = v
	}
	return &ConfigChange{values}
}

// OnConfigChange hears of the configuration when the broker has started, and of each change afterwards. It is never called on a loop.
type OnConfigChange interface {
	OnConfigChange(context.Context, *ConfigChange) error
}
