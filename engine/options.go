package engine

import (
	"log/slog"
	"time"

	"github.com/vernemq/vmq/engine/hook"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/netpoll/tlslayer"
	"github.com/vernemq/vmq/netpoll/wslayer"
	"github.com/vernemq/vmq/queue/store"
)

// Options say how a Broker is built. The zero value is a broker named VerneMQ@127.0.0.1 with the documented defaults, an event
// loop for each core and no listener.
type Options struct {
	// NodeName identifies the node, as nodename in the configuration. Empty: VerneMQ@127.0.0.1.
	NodeName string
	// Loops is the number of event loops. 0: one for each core (GOMAXPROCS).
	Loops int
	// Settings are what sessions obey; nil: session.DefaultSettings.
	Settings *session.Settings
	// Hooks are the plugins. nil: none, and then every client that gets in may publish and subscribe as it likes.
	Hooks *hook.Set
	// RetainSweep is the time between two sweeps that delete expired retained messages. 0: none; such a message is then deleted when a
	// subscriber would have got it.
	RetainSweep time.Duration
	// Store, if not nil, says where sessions, queues and retained messages survive a restart. NodeName, Logger and what the broker does
	// when something happens to the store are filled in; OnFault is called all the same. nil: everything is in memory.
	Store *store.Options
	// QueueMemory bounds, about, the bytes of the queues in memory where there is a store: what comes while they take more is on disk only,
	// until its client takes it. A message counts once for each queue that holds it. 0: 64 MiB.
	QueueMemory int
	// Logger receives the broker's events; nil: slog.Default.
	Logger *slog.Logger
}

// ListenerOptions say where the broker accepts MQTT clients, and how it treats them.
type ListenerOptions struct {
	session.ListenerSettings
	// Network is "tcp" or "unix".
	Network string
	// Address is ip:port, or the path of the socket.
	Address string
	// Proxy expects a PROXY header, version 1 or 2, in front of each connection.
	Proxy bool
	// TLS, if not nil, makes clients speak TLS. Pool and Logger, if nil, are the broker's.
	TLS *tlslayer.Options
	// WebSocket, if not nil, makes clients speak MQTT over WebSocket. Path and Protocols, if empty, are those of MQTT.
	WebSocket *wslayer.Options
	// MaxConnections is a soft limit: at the limit the listener stops accepting, and new connections wait in the kernel. 0: none.
	MaxConnections int
	// ConnectTimeout closes a connection whose CONNECT is not complete by then. 0: five seconds.
	ConnectTimeout time.Duration
	// Backlog, SendBuffer and ReceiveBuffer are handed to the kernel. 0: its defaults.
	Backlog, SendBuffer, ReceiveBuffer int
}

// kind is what operators and hooks call the listener.
func (o *ListenerOptions) kind() string {
	switch {
	case o.WebSocket != nil && o.TLS != nil:
		return "mqttwss"
	case o.WebSocket != nil:
		return "mqttws"
	case o.TLS != nil:
		return "mqtts"
	}
	return "mqtt"
}
