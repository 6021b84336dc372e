package main

import (
	"fmt"
	"strconv"

	"github.com/spf13/pflag"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/internal/loadgen"
)

// flags are the options of a run and what the command does with its report.
type flags struct {
	loadgen.Options
	json    bool
	quiet   bool
	strict  bool
	profile string
}

// bind adds the flags of f's pattern to fs; defaults are what f holds.
func (f *flags) bind(fs *pflag.FlagSet) {
	fs.SortFlags = false
	f.bindClients(fs)
	f.bindTransport(fs)
	if f.Pattern == loadgen.Connect {
		f.bindIdle(fs)
	} else {
		f.bindMessages(fs)
	}
	f.bindConnecting(fs)
	fs.IntVar(&f.BrokerPID, "broker-pid", 0, "process id of a broker on this machine: report its CPU time and memory")
	fs.BoolVar(&f.json, "json", false, "print the report as JSON")
	fs.BoolVarP(&f.quiet, "quiet", "q", false, "no progress")
	fs.BoolVar(&f.strict, "strict", false, "exit 1 when anything was lost, came twice or out of order, or a connection was lost")
	fs.StringVar(&f.profile, "cpu-profile", "", "write a CPU profile of vmq-bench itself to this file")
}

// bindClients adds where the broker is and who its clients are.
func (f *flags) bindClients(fs *pflag.FlagSet) {
	fs.StringVar(&f.Host, "host", f.Host, "the broker's name or address")
	fs.IntVarP(&f.Port, "port", "p", f.Port, "the broker's port")
	fs.VarP((*version)(&f.Version), "mqtt-version", "V", "3.1, 3.1.1 or 5")
	fs.StringVarP(&f.Username, "username", "u", "", "user name of all clients")
	fs.StringVarP(&f.Password, "password", "P", "", "password of all clients")
	fs.StringVar(&f.ClientID, "client-id", f.ClientID, "start of all client ids")
	fs.StringVarP(&f.Topic, "topic", "t", f.Topic, "start of all topics")
	fs.DurationVarP(&f.KeepAlive, "keep-alive", "k", f.KeepAlive, "keep-alive, in whole seconds; 0: none")
	fs.BoolVar(&f.Persistent, "persistent", false, "sessions outlive their connection, and stay at the broker")
}

// bindTransport adds by which way packets travel.
func (f *flags) bindTransport(fs *pflag.FlagSet) {
	fs.BoolVar(&f.TLS, "tls", f.TLS, "by TLS")
	fs.BoolVar(&f.WebSocket, "ws", f.WebSocket, "by WebSocket")
	fs.BoolFunc("wss", "by WebSocket over TLS: the same as --tls --ws", func(text string) error {
		on, err := strconv.ParseBool(text)
		f.TLS, f.WebSocket = on, on
		return err
	})
	fs.StringVar(&f.CAFile, "cafile", "", "PEM file of the authorities that the broker's certificate is checked with; empty: those of the system")
	fs.StringVar(&f.CertFile, "cert", "", "PEM file of a certificate for brokers that ask for one")
	fs.StringVar(&f.KeyFile, "key", "", "PEM file of its key")
	fs.BoolVar(&f.Insecure, "insecure", false, "accept any certificate of the broker")
	fs.StringVar(&f.TLSVersions, "tls-version", "", "tlsv1.2, tlsv1.3 or both with a comma; empty: both")
	fs.StringVar(&f.Ciphers, "ciphers", "", "OpenSSL names of cipher suites of TLS 1.2, separated by colons; empty: all that are safe")
	fs.StringVar(&f.Curves, "curves", "", "secp256r1, secp384r1, secp521r1, x25519, separated by commas; empty: all")
	fs.StringVar(&f.Path, "ws-path", f.Path, "path of the WebSocket")
}

// bindIdle adds the flags of pattern connect.
func (f *flags) bindIdle(fs *pflag.FlagSet) {
	fs.IntVarP(&f.Connections, "connections", "n", f.Connections, "number of connections")
	fs.BoolVar(&f.Subscribe, "subscribe", false, "each connection subscribes to a topic of its own")
	fs.DurationVar(&f.Hold, "hold", f.Hold, "stay idle for this long")
}

// bindMessages adds the flags of patterns that publish.
func (f *flags) bindMessages(fs *pflag.FlagSet) {
	if f.Pattern == loadgen.Pairs || f.Pattern == loadgen.Queue {
		fs.IntVarP(&f.Publishers, "publishers", "n", f.Publishers, "number of pairs")
	} else {
		fs.IntVarP(&f.Publishers, "publishers", "n", f.Publishers, "number of publishers")
		fs.IntVarP(&f.Subscribers, "subscribers", "s", f.Subscribers, "number of subscribers")
	}
	switch f.Pattern {
	case loadgen.Shared:
		fs.StringVar(&f.Group, "group", f.Group, "name of the shared subscription")
	case loadgen.Queue, loadgen.Retain:
		f.bindStages(fs)
	default:
		fs.IntVar(&f.Ahead, "ahead", f.Ahead, "messages that a publisher may be ahead of its subscriber, with any QoS; 0: no bound")
	}
	fs.Uint8Var(&f.QoS, "qos", f.QoS, "QoS of messages: 0, 1 or 2")
	fs.IntVar(&f.SubQoS, "sub-qos", f.SubQoS, "QoS of subscriptions; -1: that of --qos")
	fs.IntVarP(&f.Payload, "payload", "l", f.Payload, fmt.Sprintf("size of the payload in bytes, at least %d", loadgen.StampSize))
	fs.Float64VarP(&f.Rate, "rate", "r", f.Rate, "messages per second of all publishers together; 0: full speed")
	fs.Float64Var(&f.PerRate, "per-publisher-rate", f.PerRate, "messages per second of each publisher, instead of --rate")
	fs.IntVarP(&f.Window, "window", "w", f.Window, "QoS 1 and 2: messages that a publisher sends without acknowledgement")
	fs.BoolVar(&f.OnePerWrite, "one-per-write", false, "a system call for each message instead of batches")
	fs.IntVar(&f.BatchBytes, "batch", f.BatchBytes, "size of one write at full speed, in bytes")
	fs.IntVar(&f.SendBuffer, "send-buffer", f.SendBuffer, "socket send buffer of a publisher, in bytes; 0: as large as the kernel likes")
	if f.Pattern != loadgen.Queue && f.Pattern != loadgen.Retain {
		fs.DurationVar(&f.WarmUp, "warm-up", f.WarmUp, "send for this long before measuring")
	}
	fs.DurationVarP(&f.Duration, "duration", "d", f.Duration, "measure for this long")
	fs.Uint64VarP(&f.Messages, "messages", "m", f.Messages, "send this many messages, of all publishers together, instead of --duration")
	fs.DurationVar(&f.Drain, "drain", f.Drain, "the run is over when all has come or nothing came for this long")
}

// bindStages adds the flags of patterns whose subscribers come when all is sent.
func (f *flags) bindStages(fs *pflag.FlagSet) {
	if f.Pattern == loadgen.Retain {
		fs.StringVar(&f.Filter, "filter", f.Filter, "what subscribers subscribe to; empty: everything below --topic")
	}
	fs.Var((*stage)(&f.Only), "only", "store or deliver: this half of the run alone, with --run and --messages; empty: both")
	fs.Uint32Var(&f.Run, "run", 0, "number of the run, by which the second half knows what the first has sent; 0: a random one")
}

// stage is a half of a run as a flag.
type stage loadgen.StageName

// String is the name.
func (s *stage) String() string { return string(*s) }

// Set takes any name; Options.Validate tells which there are.
func (s *stage) Set(name string) error {
	*s = stage(name)
	return nil
}

// Type is what the help shows as the kind of value.
func (s *stage) Type() string { return "half" }

// bindConnecting adds how clients connect.
func (f *flags) bindConnecting(fs *pflag.FlagSet) {
	fs.Float64Var(&f.ConnectRate, "connect-rate", f.ConnectRate, "new connections per second; 0: as fast as the broker answers")
	fs.IntVar(&f.ConnectWindow, "connect-window", f.ConnectWindow, "connections that may be under way at once")
	fs.DurationVar(&f.ConnectTimeout, "connect-timeout", f.ConnectTimeout, "give up when no client got ready for this long")
	fs.StringSliceVar(&f.LocalAddrs, "local-addr", nil, "addresses to connect from, in turn: each has some 28,000 ports")
	fs.IntVar(&f.Loops, "loops", f.Loops, "event loops; 0: one for each core")
}

// version is a protocol version as a flag.
type version codec.Version

// String is the version as users write it.
func (v *version) String() string {
	switch codec.Version(*v) {
	case codec.V31:
		return "3.1"
	case codec.V5:
		return "5"
	}
	return "3.1.1"
}

// Set accepts the names and level numbers of the versions, as mosquitto_pub and others do.
func (v *version) Set(s string) error {
	switch s {
	case "3.1", "3", "mqttv31", "31":
		*v = version(codec.V31)
	case "3.1.1", "4", "mqttv311", "311":
		*v = version(codec.V311)
	case "5", "5.0", "mqttv5":
		*v = version(codec.V5)
	default:
		return fmt.Errorf("%q: 3.1, 3.1.1 or 5", s)
	}
	return nil
}

// Type is what the help shows as the kind of value.
func (v *version) Type() string { return "version" }
