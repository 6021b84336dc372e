package loadgen

import (
	"time"

	"github.com/vernemq/vmq/codec"
)

// Pattern says who publishes to whom.
type Pattern string

// The patterns of a run.
const (
	Connect Pattern = "connect" // connections that stay idle
	Pairs   Pattern = "pairs"   // publisher i to subscriber i, a topic for each pair
	FanIn   Pattern = "fan-in"  // all publishers, a topic each, to every subscriber through one wildcard filter
	FanOut  Pattern = "fan-out" // all publishers on one topic that every subscriber holds
	Shared  Pattern = "shared"  // all publishers, a topic each, to one shared subscription group
	Queue   Pattern = "queue"   // publisher i to subscriber i, which is away until all is sent and then comes back
	Retain  Pattern = "retain"  // all publishers, a topic for each message, retained; then to every subscriber through one filter
)

// Patterns lists all patterns in the order in which the help shows them.
var Patterns = []Pattern{Connect, Pairs, FanIn, FanOut, Shared, Queue, Retain}

// stored says that the broker keeps what p publishes until subscribers come for it, so that a run has two stages.
func (p Pattern) stored() bool { return p == Queue || p == Retain }

// StageName names a half of a run with two stages.
type StageName string

// The stages of patterns queue and retain.
const (
	Store   StageName = "store"   // publishers send until everything is acknowledged
	Deliver StageName = "deliver" // subscribers come and take it
)

// Options describe a run. Start from Defaults; Validate tells what does not fit together.
type Options struct {
	Pattern Pattern

	// Where.
	Host       string
	Port       int
	LocalAddrs []string // addresses to connect from, in turn; empty: the kernel chooses one
	Loops      int      // event loops of the generator; 0: as many as GOMAXPROCS
	Transport           // by which way

	// Who.
	Version     codec.Version
	Username    string
	Password    string
	ClientID    string        // prefix of client ids
	Topic       string        // prefix of topics
	KeepAlive   time.Duration // whole seconds; 0: none
	Persistent  bool          // sessions outlive the connection (clean session off; MQTT 5: expiry of one hour)
	Connections int           // pattern connect: how many
	Subscribe   bool          // pattern connect: each connection holds one subscription
	Publishers  int
	Subscribers int // pattern pairs: ignored, one for each publisher
	Group       string
	Filter      string // pattern retain: of subscribers; empty: everything below Topic

	// How they connect.
	ConnectRate    float64       // new connections per second; 0: as fast as answers come
	ConnectWindow  int           // connections that may be under way at once
	ConnectTimeout time.Duration // all of them must be there within this time after the last was started
	Hold           time.Duration // pattern connect: stay idle for this long

	// What they send.
	QoS         byte // of publications
	SubQoS      int  // of subscriptions; -1: as QoS
	Payload     int  // bytes, at least StampSize
	Rate        float64
	PerRate     float64 // messages per second of each publisher; Rate is of all together; both 0: full speed
	Window      int     // unacknowledged messages of one publisher
	Ahead       int     // messages that a publisher may be ahead of its subscriber, with any QoS; 0: no bound. Not with pattern shared
	OnePerWrite bool    // a system call for each message instead of batches
	BatchBytes  int     // bytes of one write at full speed
	SendBuffer  int     // bytes of a publisher's socket send buffer; 0: left to the kernel

	// Which half, patterns queue and retain. The halves of a run may be two processes, with a restart of the broker between them.
	Only StageName // empty: both
	Run  uint32    // number of the run, by which the second half knows the messages of the first; 0: drawn at random

	// How long.
	WarmUp   time.Duration
	Duration time.Duration // ignored when Messages is set
	Messages uint64        // of all publishers together
	Drain    time.Duration // the run ends when nothing came for this long after the last message was sent

	// What is measured besides.
	BrokerPID int // of a broker on this machine: its CPU time and memory go into the report
}

// Defaults are the options of a run for which nothing was asked.
func Defaults(p Pattern) Options {
	o := Options{
		Pattern: p, Host: "127.0.0.1", Port: 1883, Version: codec.V311,
		ClientID: "vmqb", Topic: "bench", KeepAlive: 60 * time.Second, Group: "bench",
		Transport:   Transport{Path: "/mqtt"},
		Connections: 1000, Publishers: 50, Subscribers: 50,
		ConnectWindow: 200, ConnectTimeout: 30 * time.Second, Hold: 10 * time.Second,
		SubQoS: -1, Payload: 64, Window: 100, BatchBytes: 32 << 10, SendBuffer: 64 << 10,
		WarmUp: time.Second, Duration: 10 * time.Second, Drain: 2 * time.Second,
	}
	switch p {
	case FanIn:
		o.Subscribers = 1
	case FanOut:
		o.Publishers, o.Subscribers = 1, 1000
	case Shared:
		o.Publishers, o.Subscribers = 10, 10
	case Queue:
		o.QoS, o.Window, o.WarmUp, o.Drain = 1, 20, 0, storedDrain
	case Retain:
		o.QoS, o.Window, o.WarmUp, o.Drain = 1, 20, 0, storedDrain
		o.Subscribers, o.Messages = 1, 100_000
	}
	return o
}

// storedDrain is how long nothing may come from a broker that reads from its disk: longer than a disk stalls that others use too.
const storedDrain = 10 * time.Second

// does says whether the run has stage s.
func (o *Options) does(s StageName) bool { return o.Only == "" || o.Only == s }

// totalRate is the rate of all publishers together in messages per second; 0: full speed.
func (o *Options) totalRate() float64 {
	if o.PerRate > 0 {
		return o.PerRate * float64(o.Publishers)
	}
	return o.Rate
}

// subQoS is the QoS asked for in SUBSCRIBE.
func (o *Options) subQoS() byte {
	if o.SubQoS < 0 {
		return o.QoS
	}
	return byte(o.SubQoS)
}

// clients is the number of connections that the run needs.
func (o *Options) clients() int {
	if o.Pattern == Connect {
		return o.Connections
	}
	return o.Publishers + o.Subscribers
}
