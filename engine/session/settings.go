package session

import "time"

// Settings are the values of the configuration that sessions obey. A session reads them when it connects, unless a field
// says otherwise; a running broker changes them by putting a new Settings in force (engine.Broker.Apply), never by
// writing into one that is in use.
type Settings struct {
	// AllowAnonymous lets every client in without asking anybody.
	AllowAnonymous bool
	// MaxClientIDSize is the longest client id in bytes that is accepted. Ids that the broker makes are exempt.
	MaxClientIDSize int
	// MaxInflightMessages bounds the unacknowledged QoS 1 and 2 messages sent to an MQTT 3 client. 0: no limit; negative: none are sent.
	MaxInflightMessages int
	// ReceiveMaxClient bounds the same for an MQTT 5 client, together with the client's own Receive Maximum.
	ReceiveMaxClient uint16
	// ReceiveMaxBroker is how many QoS 2 messages an MQTT 5 client may have unreleased. Announced when below 65535.
	ReceiveMaxBroker uint16
	// MaxOnlineMessages bounds what waits for a connected client beyond its window. -1: no limit; 0: nothing is delivered.
	MaxOnlineMessages int
	// MaxOfflineMessages bounds what is stored for a client that is away. -1: no limit; 0: nothing is stored.
	MaxOfflineMessages int
	// OverrideMaxOnlineMessages keeps all that was stored offline when the client comes back, however much it is.
	OverrideMaxOnlineMessages bool
	// QueueLIFO delivers the newest message first and drops the oldest when full; otherwise the oldest first, the new one dropped.
	QueueLIFO bool
	// RetryInterval is when an unanswered PUBLISH or PUBREL is sent again to an MQTT 3 client. 0: never.
	RetryInterval time.Duration
	// PersistentClientExpiration ends an MQTT 3 session that has been offline for that long. 0: never. Read when the connection ends.
	PersistentClientExpiration time.Duration
	// MaxLastWillDelay caps the Will Delay Interval that a client asks for. Negative: no cap. Read when the will begins to wait.
	MaxLastWillDelay time.Duration
	// SuppressWillOnTakeover publishes no will when the client itself has connected again.
	SuppressWillOnTakeover bool
	// MaxMessageSize bounds the remaining length of any packet that a client sends, in bytes. 0: the protocol's limit.
	MaxMessageSize uint32
	// MaxMessageRate is how many PUBLISH packets a second a client may send; one that sends more is read from more slowly. 0: no limit.
	MaxMessageRate int
	// TopicAliasMaxClient is how many topic aliases an MQTT 5 client may define. Announced when above 0.
	TopicAliasMaxClient uint16
	// TopicAliasMaxBroker is how many the broker defines, as far as the client allows.
	TopicAliasMaxBroker uint16
	// MaxSubscriptionsPerClient bounds a client's subscriptions. 0: no limit. Read at each SUBSCRIBE.
	MaxSubscriptionsPerClient int
	// TopicMaxDepth bounds the levels of topics and filters. 0: no limit.
	TopicMaxDepth int
	// UpgradeOutgoingQoS delivers with the QoS of the subscription, even where the message was published with a lower one.
	UpgradeOutgoingQoS bool
	// RetainSyncWait delays the retained messages of a new subscription until what other nodes published a moment before it has arrived
	// (subscriber_retain_mode = syncwait). Nothing waits on a node without peers. Read at each SUBSCRIBE.
	RetainSyncWait bool
	// SharedPolicy chooses among the members of a shared subscription.
	SharedPolicy SharedPolicy
	// DisconnectOnUnauthorizedPublishV3 closes the connection of an MQTT 3.1 client that publishes what it may not, as is done with
	// one of 3.1.1; otherwise it is told that all is well, and the message is dropped.
	DisconnectOnUnauthorizedPublishV3 bool
	// KeepAliveAsDebug logs clients that were silent for too long at level debug, not as warnings.
	KeepAliveAsDebug bool
	// Systree says how the broker publishes its metrics. It obeys at once.
	Systree Systree
}

// Systree are the settings of the $SYS tree.
type Systree struct {
	// Interval between two rounds of messages. 0 or less: none are published.
	Interval time.Duration
	// Mountpoint, QoS and Retain are those of the messages.
	Mountpoint string
	QoS        byte
	Retain     bool
}

// SharedPolicy is how the member of a shared subscription that gets a message is chosen.
type SharedPolicy uint8

// The policies of shared_subscription_policy. On a single node they differ only in name: all members are local.
const (
	PreferLocal SharedPolicy = iota
	Random
	LocalOnly
	PreferOnlineBeforeLocal
)

var sharedPolicies = map[string]SharedPolicy{
	"prefer_local":               PreferLocal,
	"random":                     Random,
	"local_only":                 LocalOnly,
	"prefer_online_before_local": PreferOnlineBeforeLocal,
}

// SharedPolicyOf returns the policy of that name.
func SharedPolicyOf(name string) (p SharedPolicy, ok bool) {
	p, ok = sharedPolicies[name]
	return p, ok
}

// DefaultSettings are the documented defaults: closed to anonymous clients, client ids of at most 23 bytes.
func DefaultSettings() Settings {
	return Settings{
		MaxClientIDSize:     23,
		MaxInflightMessages: 20,
		ReceiveMaxClient:    65535,
		ReceiveMaxBroker:    65535,
		MaxOnlineMessages:   1000,
		MaxOfflineMessages:  1000,
		RetryInterval:       20 * time.Second,
		MaxLastWillDelay:    -1,
		TopicMaxDepth:       10,
		Systree:             Systree{Interval: 20 * time.Second},
	}
}

// Versions is the set of protocol levels that a listener accepts.
type Versions uint8

// The levels that allowed_protocol_versions knows. The bridge levels are what bridges of other brokers send.
const (
	Level3 Versions = 1 << iota
	Level4
	Level5
	Level131
	Level132
)

// DefaultVersions is what a listener accepts when the configuration names nothing.
const DefaultVersions = Level3 | Level4

// ListenerSettings are the values of a listener that its sessions obey. They do not change while the listener lives.
type ListenerSettings struct {
	// Name of the listener in the configuration.
	Name string
	// Mountpoint separates the clients of this listener from those of other mountpoints.
	Mountpoint string
	// Versions are the protocol levels that may connect.
	Versions Versions
	// AllowAnonymous is or-ed with Settings.AllowAnonymous.
	AllowAnonymous bool
	// MaxConnectionLifetime ends a session that long after its CONNECT. 0: never.
	MaxConnectionLifetime time.Duration
	// Type is mqtt, mqtts, mqttws or mqttwss, for hooks; empty: mqtt.
	Type string
	// Address that the listener listens on, for hooks.
	Address string
	// ForwardConnectionOpts passes listener and certificate on to scripts and web servers.
	ForwardConnectionOpts bool
	// AuthPlugins and AuthzPlugins name the plugins that are asked whether a client may connect, and what it may publish and subscribe,
	// in this order. nil: all plugins; empty: none, so that everybody is refused.
	AuthPlugins, AuthzPlugins []string
	// IdentityAsUsername makes the common name of the client's certificate (netpoll's Conn.Identity) the user name. A client that was
	// seen without a certificate keeps the name of its CONNECT.
	IdentityAsUsername bool
}
