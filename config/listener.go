package config

import "time"

// ListenerKind is the second segment of a listener's key: what the listener carries.
type ListenerKind string

// The kinds, in the order in which their listeners start.
const (
	TCP   ListenerKind = "tcp"   // MQTT
	SSL   ListenerKind = "ssl"   // MQTT over TLS
	WS    ListenerKind = "ws"    // MQTT over WebSocket
	WSS   ListenerKind = "wss"   // MQTT over WebSocket over TLS
	VMQ   ListenerKind = "vmq"   // messages between nodes
	VMQS  ListenerKind = "vmqs"  // the same over TLS
	HTTP  ListenerKind = "http"  // HTTP modules
	HTTPS ListenerKind = "https" // the same over TLS
)

var listenerKinds = []ListenerKind{TCP, SSL, WS, WSS, VMQ, VMQS, HTTP, HTTPS}

// Listener is one listener with its options resolved: what is written for it wins over what is written for its kind, that
// over what is written for all, and only then defaults count.
type Listener struct {
	Kind ListenerKind
	Name string
	Addr Addr
	// Source is where the address was written, or the line that mentioned a listener whose address has a default.
	Source Pos
	// Built says that this version of the broker can start the listener.
	Built bool

	// MaxConnections at the same time; 0 is no limit.
	MaxConnections int
	// MaxConnectionLifetime after which a connection is closed; 0 is never.
	MaxConnectionLifetime time.Duration
	// Mountpoint separates topics and client ids from those of other mountpoints; empty is the default one.
	Mountpoint string
	// Versions are the protocol levels accepted in CONNECT: 3, 4, 5, 131, 132.
	Versions []byte
	// AllowAnonymous admits every client of this listener; Session.AllowAnonymous admits those of all listeners.
	AllowAnonymous bool
	// AuthPlugins and AuthzPlugins restrict and order the plugins that are asked; nil asks all, empty asks none.
	AuthPlugins, AuthzPlugins []string
	// ForwardConnectionOpts passes facts about the connection to register hooks.
	ForwardConnectionOpts bool
	// SendBuffer and ReceiveBuffer are sizes of the kernel's buffers in bytes; 0 is the system's choice.
	SendBuffer, ReceiveBuffer int

	Proxy ProxyOptions
	TLS   TLSOptions
	Web   WebOptions
}

// ProxyOptions tell how a listener learns about the client behind a proxy.
type ProxyOptions struct {
	// Protocol expects a PROXY header on every connection; CNAsUsername takes the user name from the header's certificate.
	Protocol, CNAsUsername bool
	// XFF takes the client address from X-Forwarded-For; XFFTrusted are the peers that may send it.
	XFF        bool
	XFFTrusted []string
	// XFFCNAsUsername takes the user name from the header XFFCNHeader.
	XFFCNAsUsername bool
	XFFCNHeader     string
}

// TLSOptions are those of ssl, wss, vmqs and https listeners. File names are absolute paths, or empty.
type TLSOptions struct {
	CAFile, CertFile, KeyFile, CRLFile string
	// CRLRefresh is how long CRLFile is used before it is looked at again, the same for all listeners; 0 is for ever.
	CRLRefresh  time.Duration
	KeyPassword string
	// Depth is the largest number of intermediate certificates of a client.
	Depth int
	// Ciphers are OpenSSL names, Curves Erlang's names; empty is the built-in list.
	Ciphers, Curves []string
	// Versions are tlsv1 to tlsv1.3.
	Versions []string
	// RequireCertificate refuses clients without a certificate; IdentityAsUsername makes its common name the user name.
	RequireCertificate, IdentityAsUsername bool
	// HandshakeTimeout closes a connection whose handshake takes longer; 0 is never.
	HandshakeTimeout time.Duration
	// PSK enables pre-shared keys, read from PSKFile, split at PSKSeparator; PSKHint is sent to clients.
	PSK                            bool
	PSKFile, PSKSeparator, PSKHint string
}

// WebOptions are those of ws, wss, http and https listeners.
type WebOptions struct {
	// MaxRequestLine and MaxHeaderValue are limits in bytes.
	MaxRequestLine, MaxHeaderValue int
	// MaxFrame is the largest payload of a WebSocket frame in bytes, the same for all listeners; 0 is no limit.
	MaxFrame int64
	// Modules are the HTTP modules served; nil takes the global http_modules.
	Modules []string
}
