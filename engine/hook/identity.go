package hook

import (
	"net/netip"
	"time"
)

// SubscriberID identifies a session, its queue and its subscriptions.
type SubscriberID struct {
	// Mountpoint is empty for the default one.
	Mountpoint string
	ClientID   string
}

// Identity is who a client is. It is made when the client connects and does not change while it is connected, so it may be kept.
type Identity struct {
	SubscriberID
	// Username is what the CONNECT said, what the certificate or the proxy in front said in its place, or what auth_on_register put there.
	Username string
	// HasUsername tells an absent user name from an empty one.
	HasUsername bool
	// Peer is the address of the client: the original one where a proxy in front told it, invalid for a unix socket.
	Peer netip.AddrPort
	// Listener that the client came through. It is set wherever it is known; forward_connection_opts decides only what is passed on
	// to scripts and web servers.
	Listener *Listener
	// Certificate is the client's, in DER; nil if it showed none.
	Certificate []byte
	// Claims are what auth_on_register found out about the client, for the hooks that come later.
	Claims map[string]string
	// Expires is when the identity ends, and the session with it. The zero time: never.
	Expires time.Time
}

// Listener describes a listener to plugins.
type Listener struct {
	// Name of the listener in the configuration.
	Name string
	// Address is ip:port, or the path of a unix socket.
	Address string
	// Type is mqtt, mqtts, mqttws or mqttwss.
	Type string
	// Forward says that forward_connection_opts is on.
	Forward bool
}

// Secret is a password. It does not print.
type Secret []byte

// String hides the secret.
func (Secret) String() string { return "[secret]" }

// GoString hides the secret.
func (Secret) GoString() string { return "[secret]" }

// MarshalJSON hides the secret from logs; a plugin that must pass it on converts it to bytes first.
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"[secret]"`), nil }

// Opt is a value that may be absent, so that "not said" and zero differ.
type Opt[T any] struct {
	Value T
	Set   bool
}

// Some makes a value that is present.
func Some[T any](v T) Opt[T] { return Opt[T]{v, true} }

// Or is the value, or d if there is none.
func (o Opt[T]) Or(d T) T {
	if o.Set {
		return o.Value
	}
	return d
}
