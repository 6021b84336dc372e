package config

import (
	"log/slog"
	"net/netip"
	"time"
)

// Config is a checked configuration: sections for what the broker serves, and getters by key for everything else. It does
// not change after Load; any goroutine may read it.
type Config struct {
	// Home is the absolute path at which relative paths start.
	Home string
	// File is the path of the main file, empty if there was none and the built-in defaults are in force.
	File string

	Node      Node
	Session   Session
	Queue     Queue
	Routing   Routing
	Systree   Systree
	Storage   Storage
	Listeners []Listener // in start order: tcp, ssl, ws, wss, vmq, vmqs, http, https; by name within a kind
	Log       Log

	// Warnings are for the log, once, at start: keys without effect, and values that are hardly meant.
	Warnings []Problem

	values map[string]entry // every key that has a value, defaults included
}

// Node is what makes this node itself.
type Node struct {
	// Name is the identity in the cluster and in $SYS topics, name@host.
	Name string
	// Cookie is the secret that the nodes of a cluster share.
	Cookie string
	// DataDir is the absolute path below which the node keeps everything that must survive a restart.
	DataDir string
	// MaxPorts is the number of sockets and files that the operator expects to need at most.
	MaxPorts int
}

// Session is what holds for each client. Sizes are bytes.
type Session struct {
	// AllowAnonymous admits every client without asking for credentials.
	AllowAnonymous bool
	// MaxClientIDSize is the longest client id accepted.
	MaxClientIDSize int
	// MaxSubscriptions of one client; 0 or less is no limit.
	MaxSubscriptions int
	// PersistentExpiration is how long an offline MQTT 3 session is kept; 0 is for ever.
	PersistentExpiration time.Duration
	// MaxWillDelay caps the will delay that an MQTT 5 client asks for; negative is no cap.
	MaxWillDelay time.Duration
	// RetryInterval until an unacknowledged message is sent again to an MQTT 3 client; 0 or less is never.
	RetryInterval time.Duration
	// MaxInflight is the number of unacknowledged messages towards an MQTT 3 client; 0 is no limit, negative stops delivery.
	MaxInflight int
	// MaxMessageRate is messages per second that one client may publish; 0 or less is no limit.
	MaxMessageRate int
	// MaxMessageSize limits the remaining length of every packet received; 0 is the limit of the protocol, negative
	// refuses every packet.
	MaxMessageSize int
	// ConnectTimeout is the time that a connection has for a complete CONNECT; 0 or less closes it at once.
	ConnectTimeout time.Duration
	// UpgradeOutgoingQoS delivers with the QoS of the subscription where the message has a lower one.
	UpgradeOutgoingQoS bool
	// SuppressWillOnTakeover publishes no will when the same client id connects again.
	SuppressWillOnTakeover bool
	// DisconnectUnauthorizedV3 disconnects an MQTT 3.1 client that publishes where it may not.
	DisconnectUnauthorizedV3 bool
	// KeepAliveAsDebug logs clients that were silent for too long at level debug.
	KeepAliveAsDebug bool
	// TopicMaxDepth is the largest number of levels of a topic or filter, at least 1.
	TopicMaxDepth int
	// TopicAliasMaxClient is how many aliases an MQTT 5 client may use; TopicAliasMaxBroker how many the broker uses.
	TopicAliasMaxClient, TopicAliasMaxBroker uint16
	// ReceiveMaxClient bounds unacknowledged messages towards an MQTT 5 client, together with what the client announces.
	// ReceiveMaxBroker is announced to it.
	ReceiveMaxClient, ReceiveMaxBroker uint16
}

// Queue is what holds for the queue of each session, in messages.
type Queue struct {
	// MaxOnline and MaxOffline are the limits while the client is connected and while it is not; -1 is no limit, 0 and
	// other negative numbers hold nothing.
	MaxOnline, MaxOffline int
	// OverrideMaxOnline lets a returning client receive its whole offline queue, whatever MaxOnline says.
	OverrideMaxOnline bool
	// LIFO delivers the newest message first and drops the oldest; otherwise the new message is dropped.
	LIFO bool
}

// Routing is how messages find their receivers.
type Routing struct {
	// SharedPolicy chooses a member of a shared subscription: prefer_local, random, local_only, prefer_online_before_local.
	SharedPolicy string
	// RetainSyncWait lets the retained messages of a new subscription wait for what other nodes published a moment before it.
	RetainSyncWait bool
	// RetainSweep is the time between two sweeps for expired retained messages; 0 or less is never.
	RetainSweep time.Duration
}

// Storage is how the store on disk works. Sizes are bytes.
type Storage struct {
	// SyncOnWrite waits for the disk before a message is acknowledged. False only counts if a file says so; see IsSet.
	SyncOnWrite bool
	// MemoryPercent and Memory bound the memory of the store: the one as a share of that of the machine, the other, if not 0, as a size
	// that wins over it.
	MemoryPercent int
	Memory        int64
	// WriteBuffer is the size of a table in memory, and CacheLeast the least size of the cache.
	WriteBuffer, CacheLeast int64
	// Compress compresses what is stored.
	Compress bool
}

// Systree is how the broker publishes its metrics below $SYS.
type Systree struct {
	// Enabled publishes them every Interval; 0 or less is never.
	Enabled  bool
	Interval time.Duration
	// Mountpoint, QoS and Retain are those of the messages.
	Mountpoint string
	QoS        byte
	Retain     bool
}

// Log is where log lines go. Levels are slog's; those above error use the numbers 12 (critical), 16 (alert) and 20 (emergency), and
// notice is 2, between info and warning.
type Log struct {
	// ToFile and ToConsole are the outputs of the main log, which writes nothing below Level.
	ToFile, ToConsole bool
	Level             slog.Level
	File              LogFile
	// ConsoleJSON chooses one JSON object a line on standard output instead of text.
	ConsoleJSON bool
	// Floor is the least important level of all outputs together.
	Floor slog.Level
	// Short leaves the names of time and level out of lines of text.
	Short bool
	// ToError writes errors to a file of their own too.
	ToError bool
	Error   LogFile
	// ToCrash writes reports of crashes to a file of their own too, always as text.
	ToCrash bool
	Crash   LogFile
	// CrashEntry is the longest report in bytes.
	CrashEntry int
	// CrashRotation is the time of rotation: $D<hour>, $W<day>D<hour> or $M<day>D<hour>; anything else is never.
	CrashRotation string
	ToSyslog      bool
	Syslog        Syslog
}

// LogFile is one file of the log.
type LogFile struct {
	// Path is absolute.
	Path string
	JSON bool
	// Size in bytes at which it is rotated; 0: never. Keep is how many old files stay, gzipped with Compress.
	Size     int64
	Keep     int
	Compress bool
}

// Syslog is how the syslog service is reached.
type Syslog struct {
	Level slog.Level
	// RFC5424 chooses that format, RFC 3164 is the other one.
	RFC5424 bool
	// Facility is a name, such as daemon or local0.
	Facility string
	// AppName in messages; empty is vernemq.
	AppName string
	// Host and Port of a server elsewhere, by Protocol: udp, tcp or tls. Empty: the service of this machine.
	Host     string
	Port     int
	Protocol string
	// CAFile is the absolute path of the authorities that vouch for a server by tls.
	CAFile string
}

// Entry is one line of the effective configuration.
type Entry struct {
	Key, Value string
	// Source is where the value comes from; the zero Pos is the default.
	Source Pos
	Row    *Row
}

// entry is the value of one key.
type entry struct {
	row    *Row
	text   string // after substitution
	source Pos
	value  Value
	bad    bool // reported; value is that of the default, or zero
}

// Options say what Load reads.
type Options struct {
	// File is the main file. Empty means etc/vernemq.conf below Home, which may be missing; a file that is named must exist.
	File string
	// Home is where relative paths start; empty is the current directory.
	Home string
	// Overrides are key=value pairs that win over the files, the last one of a key over earlier ones. The value is taken as it
	// stands: no comment, no quotes.
	Overrides []string
	// Getenv finds the environment variables that $(NAME) may refer to; nil is os.LookupEnv.
	Getenv func(name string) (string, bool)
	// Environ is the environment as os.Environ returns it, for the variables of containers: DOCKER_VERNEMQ_ALLOW_ANONYMOUS=on stands
	// for allow_anonymous = on. They win over files, and Overrides over them. nil: none.
	Environ []string
	// HostAddress finds the address at which others reach this machine, that of an interface if it is named; nil asks the system.
	// It is called only if Environ has such variables.
	HostAddress func(networkInterface string) (netip.Addr, error)
}
