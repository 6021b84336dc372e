package config

import (
	"slices"
	"strings"
)

// listenerOption is one option of listeners: listener.OPTION, listener.KIND.OPTION and listener.KIND.NAME.OPTION. Its Row says
// what the three have in common, and its Key is the option alone.
type listenerOption struct {
	Row
	Global string // default of listener.OPTION; absent: there is no such key
	At     []level
}

// level says which kinds of listeners have the option, and the defaults for all of a kind and for one by name.
type level struct{ Kinds, Kind, Name string }

const (
	absent   = "·" // there is no such key
	inherits = "∅" // there is one, without a default of its own

	mqttKinds = "tcp ssl ws wss"
	nodeKinds = "vmq vmqs"
	httpKinds = "http https"
	tlsKinds  = "ssl wss vmqs https"
	allKinds  = mqttKinds + " " + nodeKinds + " " + httpKinds
)

// listenerOptions is the matrix of all options. A default of -1 is "not set": the next level counts.
var listenerOptions = []listenerOption{
	{Row{Key: "max_connections", Kind: Int, Words: []string{"infinity"},
		Doc: "Connections at the same time. At the limit the listener stops accepting; more clients wait in the kernel's queue."},
		"10000", []level{{allKinds, "-1", "-1"}}},
	{Row{Key: "nr_of_acceptors", Kind: Int, Runtime: true, Doc: "Processes that accept connections."},
		"10", []level{{mqttKinds, "-1", "-1"}, {nodeKinds + " " + httpKinds, "10", "10"}}},
	{Row{Key: "mountpoint", Kind: String, Scope: SameForClients,
		Doc: "Separates the topics, sessions and client ids of these listeners from those with another mountpoint; off is the default one."},
		"off", []level{{mqttKinds + " " + nodeKinds, inherits, inherits}}},
	{Row{Key: "max_connection_lifetime", Kind: Int, Unit: "s", Doc: "Closes a connection after this time; 0 never does."},
		"0", []level{{mqttKinds, inherits, inherits}}},
	{Row{Key: "allowed_protocol_versions", Kind: List, Words: []string{"3", "4", "5", "131", "132"}, Scope: SameForClients,
		Doc: "Protocol levels that CONNECT may name: 3 is MQTT 3.1, 4 is 3.1.1, 5 is 5, 131 and 132 are bridges of 3.1 and 3.1.1. The " +
			"file that ships sets 3,4,5,131."},
		absent, []level{{mqttKinds, "3,4", inherits}}},
	{Row{Key: "allow_anonymous_override", Kind: Flag, Scope: SameForClients,
		Doc: "Admits every client of this listener. It cannot close a listener that allow_anonymous opens."},
		absent, []level{{mqttKinds, absent, "off"}}},
	{Row{Key: "auth_plugins", Kind: List, Scope: SameForClients,
		Doc: "The plugins that are asked at CONNECT on this listener, in this order; each must be on. [] asks none, so nobody is admitted."},
		absent, []level{{mqttKinds, absent, inherits}}},
	{Row{Key: "authz_plugins", Kind: List, Scope: SameForClients,
		Doc: "The plugins that are asked at PUBLISH and SUBSCRIBE on this listener, in this order; each must be on."},
		absent, []level{{mqttKinds, absent, inherits}}},
	{Row{Key: "forward_connection_opts", Kind: Flag,
		Doc: "Tells register hooks the listener's address and the client's certificate."},
		absent, []level{{mqttKinds, "off", inherits}}},
	{Row{Key: "buffer_sizes", Kind: List, Length: 3,
		Doc: "Sizes in bytes of the kernel's send buffer, of its receive buffer, and of one read, separated by commas. The third has no " +
			"effect: connections share the buffer that they are read into."},
		absent, []level{{"tcp ssl", inherits, inherits}, {"vmq", absent, inherits}}},
	{Row{Key: "active_n", Kind: Int, Range: between(1, 32767), Runtime: true,
		Doc: "Reads that an Erlang process does before it asks for more."},
		absent, []level{{"tcp ssl", inherits, inherits}}},

	{Row{Key: "proxy_protocol", Kind: Flag, Feature: "the PROXY protocol",
		Doc: "Expects a PROXY header, version 1 or 2, on every connection and takes the client's address from it."},
		absent, []level{{"tcp ws http", "off", inherits}}},
	{Row{Key: "proxy_protocol_use_cn_as_username", Kind: Flag, Feature: "the PROXY protocol",
		Doc: "Takes the user name from the certificate that a PROXY header tells of."},
		absent, []level{{"tcp ws http", "on", inherits}}},
	{Row{Key: "proxy_xff_support", Kind: Flag, Doc: "Takes the client's address from X-Forwarded-For."},
		absent, []level{{"ws", "off", inherits}}},
	{Row{Key: "proxy_xff_trusted_intermediate", Kind: String,
		Doc: "Addresses, separated by semicolons, that may send X-Forwarded-For."},
		absent, []level{{"ws", "", inherits}}},
	{Row{Key: "proxy_xff_use_cn_as_username", Kind: Flag, Doc: "Takes the user name from a header that the proxy adds."},
		absent, []level{{"ws", absent, "off"}}},
	{Row{Key: "proxy_xff_cn_header", Kind: String, Doc: "Name of that header."},
		absent, []level{{"ws", absent, "x-ssl-client-cn"}}},

	{Row{Key: "cafile", Kind: File, Check: MustRead,
		Doc: "Authorities that vouch for certificates of clients."}, absent, []level{{tlsKinds, "", inherits}}},
	{Row{Key: "certfile", Kind: File, Check: MustBePEM,
		Doc: "Certificate of the listener, with those between it and its authority."}, absent, []level{{tlsKinds, "", inherits}}},
	{Row{Key: "keyfile", Kind: File, Check: MustBePEM, Doc: "Key of that certificate."}, absent, []level{{tlsKinds, "", inherits}}},
	{Row{Key: "keypasswd", Kind: String, Secret: true, Doc: "Password of that key."}, absent, []level{{tlsKinds, "", inherits}}},
	{Row{Key: "depth", Kind: Int,
		Doc: "The most certificates between a client's and its authority."}, absent, []level{{tlsKinds, "1", inherits}}},
	{Row{Key: "ciphers", Kind: String,
		Doc: "OpenSSL names of cipher suites, separated by colons; empty is the built-in list."}, absent, []level{{tlsKinds, "", inherits}}},
	{Row{Key: "eccs", Kind: List,
		Doc: "Names of elliptic curves; empty is the built-in list."}, absent, []level{{tlsKinds, "", ""}}},
	{Row{Key: "crlfile", Kind: File,
		Doc: "Revocation list for certificates of clients."}, absent, []level{{tlsKinds, "", inherits}}},
	{Row{Key: "require_certificate", Kind: Flag, Scope: SameForClients,
		Doc: "Refuses clients without a valid certificate."}, absent, []level{{tlsKinds, "off", inherits}}},
	{Row{Key: "tls_version", Kind: List, Words: tlsVersions,
		Doc: "TLS versions that are accepted."}, absent, []level{{tlsKinds, "tlsv1.2", inherits}}},
	{Row{Key: "tls_handshake_timeout", Kind: Int, Words: []string{"infinity"}, Unit: "ms",
		Doc: "Closes a connection whose handshake takes longer; -1 is 5000."},
		absent, []level{{tlsKinds, "-1", inherits}}},
	{Row{Key: "use_identity_as_username", Kind: Flag, Scope: SameForClients,
		Doc: "Takes the common name of the client's certificate as user name."},
		absent, []level{{"ssl wss", "off", inherits}}},
	{Row{Key: "psk_support", Kind: Flag, Doc: "Accepts pre-shared keys."}, absent, []level{{"ssl", "off", inherits}}},
	{Row{Key: "psk_identity_hint", Kind: String,
		Doc: "Hint about the identity to use, sent to clients."}, absent, []level{{"ssl", "VMQ_PSK", inherits}}},
	{Row{Key: "pskfile", Kind: File,
		Doc: "File of identities and pre-shared keys, one pair a line."}, absent, []level{{"ssl", "./etc/vmq.psk", absent}}},
	{Row{Key: "pskfile_separator", Kind: String, Length: 1,
		Doc: "The character between identity and key."}, absent, []level{{"ssl", ":", absent}}},

	{Row{Key: "max_request_line_length", Kind: Int, Unit: "bytes",
		Doc: "The longest HTTP request line; a longer one is answered with 414."},
		absent, []level{{"ws wss " + httpKinds, absent, "8000"}}},
	{Row{Key: "max_header_value_length", Kind: Int, Unit: "bytes",
		Doc: "The longest HTTP header; a longer one is answered with 431."},
		absent, []level{{"ws wss " + httpKinds, absent, "4096"}}},
	{Row{Key: "config_mod", Kind: String, Runtime: true,
		Doc: "Module of an Erlang node."}, absent, []level{{httpKinds, absent, "vmq_http_config"}}},
	{Row{Key: "config_fun", Kind: String, Runtime: true,
		Doc: "Function of an Erlang node."}, absent, []level{{httpKinds, absent, "config"}}},
	{Row{Key: "http_modules", Kind: List,
		Doc: "HTTP modules of this listener; [] takes those of http_modules."}, absent, []level{{httpKinds, absent, "[]"}}},
	{Row{Key: "high_watermark", Kind: Int, Unit: "bytes", Runtime: true,
		Doc: "Back-pressure of an Erlang socket."}, absent, []level{{"vmq", absent, "8192"}}},
	{Row{Key: "low_watermark", Kind: Int, Unit: "bytes", Runtime: true,
		Doc: "Back-pressure of an Erlang socket."}, absent, []level{{"vmq", absent, "4096"}}},
	{Row{Key: "high_msgq_watermark", Kind: Int, Unit: "bytes", Runtime: true,
		Doc: "Back-pressure of an Erlang socket."}, absent, []level{{"vmq", absent, "8192"}}},
	{Row{Key: "low_msgq_watermark", Kind: Int, Unit: "bytes", Runtime: true,
		Doc: "Back-pressure of an Erlang socket."}, absent, []level{{"vmq", absent, "4096"}}},

	{Row{Key: "http_module.MODULE.auth.mode", Kind: Enum, Words: []string{"apikey", "noauth"},
		Doc: "Whether requests to MODULE on this listener need an API key."},
		absent, []level{{httpKinds, absent, inherits}}},
	{Row{Key: "http_modules.vmq_http_pub.mqtt_auth.mode", Kind: Enum, Words: []string{"on-behalf-of", "predefined"},
		Doc: "vmq_http_pub.mqtt_auth.mode for this listener."},
		absent, []level{{httpKinds, absent, inherits}}},
	{Row{Key: "http_modules.vmq_http_pub.mqtt_auth.auth_plugin", Kind: String, Runtime: true,
		Doc: "Never had an effect."}, absent, []level{{httpKinds, absent, inherits}}},
	{Row{Key: "http_modules.vmq_http_pub.mqtt_auth.user", Kind: String,
		Doc: "vmq_http_pub.mqtt_auth.user for this listener."}, absent, []level{{httpKinds, absent, inherits}}},
	{Row{Key: "http_modules.vmq_http_pub.mqtt_auth.password", Kind: String, Secret: true,
		Doc: "vmq_http_pub.mqtt_auth.password for this listener."}, absent, []level{{httpKinds, absent, inherits}}},
	{Row{Key: "http_modules.vmq_http_pub.mqtt_auth.client_id", Kind: String,
		Doc: "vmq_http_pub.mqtt_auth.client_id for this listener."}, absent, []level{{httpKinds, absent, inherits}}},
	{Row{Key: "http_modules.vmq_http_pub.mountpoint", Kind: String,
		Doc: "vmq_http_pub.mountpoint for this listener."}, absent, []level{{httpKinds, absent, inherits}}},
}

// listenerAddresses are the rows listener.KIND.NAME with their default addresses. A default is in force as soon as any key
// mentions the name; it has none for the kinds that carry MQTT.
var listenerAddresses = []struct {
	kind               ListenerKind
	address, ship, doc string
}{
	{TCP, inherits, "listener.tcp.default = 127.0.0.1:1883", "MQTT over TCP, or over a unix socket."},
	{SSL, inherits, "## listener.ssl.default = 127.0.0.1:8883", "MQTT over TLS."},
	{WS, inherits, "", "MQTT over WebSocket."},
	{WSS, inherits, "", "MQTT over WebSocket over TLS."},
	{VMQ, "0.0.0.0:44053", "listener.vmq.clustering = 0.0.0.0:44053", "Messages between the nodes of a cluster."},
	{VMQS, "0.0.0.0:44054", "", "Messages between the nodes of a cluster, over TLS."},
	{HTTP, "127.0.0.1:8888", "listener.http.default = 127.0.0.1:8888", "HTTP modules: metrics, health, status, management."},
	{HTTPS, "127.0.0.1:8889", "", "HTTP modules over TLS."},
}

// listenerShips are the lines of the shipped file for options of listeners; all others are hidden.
var listenerShips = map[string]string{
	"listener.max_connections":               "listener.max_connections = 10000",
	"listener.max_connection_lifetime":       "listener.max_connection_lifetime = 0",
	"listener.nr_of_acceptors":               "listener.nr_of_acceptors = 10",
	"listener.tcp.allowed_protocol_versions": "listener.tcp.allowed_protocol_versions = 3,4,5,131",
	"listener.ssl.allowed_protocol_versions": "listener.ssl.allowed_protocol_versions = 3,4,5,131",
	"listener.ws.allowed_protocol_versions":  "listener.ws.allowed_protocol_versions = 3,4,5,131",
	"listener.wss.allowed_protocol_versions": "listener.wss.allowed_protocol_versions = 3,4,5,131",

	"listener.tcp.NAME.allow_anonymous_override": "listener.tcp.default.allow_anonymous_override = off",
	"listener.ssl.NAME.allow_anonymous_override": "listener.ssl.default.allow_anonymous_override = off",
	"listener.ws.NAME.allow_anonymous_override":  "listener.ws.default.allow_anonymous_override = off",
	"listener.wss.NAME.allow_anonymous_override": "listener.wss.default.allow_anonymous_override = off",

	"listener.ssl.pskfile":                  "listener.ssl.pskfile = ./etc/vmq.psk",
	"listener.tcp.buffer_sizes":             "## listener.tcp.buffer_sizes = 4096,16384,32768",
	"listener.tcp.active_n":                 "## listener.tcp.active_n = 1",
	"listener.ssl.cafile":                   "## listener.ssl.cafile = ./etc/cacerts.pem",
	"listener.https.cafile":                 "## listener.https.cafile = ./etc/cacerts.pem",
	"listener.ssl.certfile":                 "## listener.ssl.certfile = ./etc/cert.pem",
	"listener.https.certfile":               "## listener.https.certfile = ./etc/cert.pem",
	"listener.ssl.keyfile":                  "## listener.ssl.keyfile = ./etc/key.pem",
	"listener.vmqs.keyfile":                 "## listener.vmqs.keyfile = ./etc/key.pem",
	"listener.https.keyfile":                "## listener.https.keyfile = ./etc/key.pem",
	"listener.ssl.ciphers":                  "## listener.ssl.ciphers = ''",
	"listener.vmqs.ciphers":                 "## listener.vmqs.ciphers = ''",
	"listener.https.ciphers":                "## listener.https.ciphers = ''",
	"listener.ssl.eccs":                     "## listener.ssl.eccs = [secp256r1, secp384r1]",
	"listener.vmqs.eccs":                    "## listener.vmqs.eccs = [secp256r1, secp384r1]",
	"listener.https.eccs":                   "## listener.https.eccs = [secp256r1, secp384r1]",
	"listener.ssl.crlfile":                  "## listener.ssl.crlfile = ''",
	"listener.ssl.require_certificate":      "## listener.ssl.require_certificate = off",
	"listener.vmqs.require_certificate":     "## listener.vmqs.require_certificate = off",
	"listener.https.require_certificate":    "## listener.https.require_certificate = off",
	"listener.ssl.tls_version":              "## listener.ssl.tls_version = tlsv1.2",
	"listener.vmqs.tls_version":             "## listener.vmqs.tls_version = tlsv1.2",
	"listener.https.tls_version":            "## listener.https.tls_version = tlsv1.2",
	"listener.ssl.use_identity_as_username": "## listener.ssl.use_identity_as_username = off",
	"listener.tcp.forward_connection_opts":  "## listener.tcp.forward_connection_opts = off",
	"listener.ssl.forward_connection_opts":  "## listener.ssl.forward_connection_opts = off",
	"listener.ws.forward_connection_opts":   "## listener.ws.forward_connection_opts = off",
	"listener.wss.forward_connection_opts":  "## listener.wss.forward_connection_opts = off",
	"listener.ssl.psk_support":              "## listener.ssl.psk_support = off",
	"listener.ssl.psk_identity_hint":        "## listener.ssl.psk_identity_hint = VMQ_PSK",
	"listener.ssl.pskfile_separator":        "## listener.ssl.pskfile_separator = :",
}

// listenerFeatures name what a kind of listener still waits for.
var listenerFeatures = map[ListenerKind]string{
	TCP: "this option of listeners", SSL: "MQTT over TLS", WS: "MQTT over WebSocket", WSS: "MQTT over WebSocket",
	VMQ: "clustering", VMQS: "clustering", HTTP: "the HTTP interface", HTTPS: "the HTTP interface",
}

// listenerGroup makes the rows of listeners: the global options, then for each kind its addresses, the options of the kind,
// and those of one listener.
func listenerGroup() Group {
	g := Group{
		Title: "Listeners",
		Intro: "`listener.KIND.NAME = IP:PORT` makes a listener; NAME is chosen freely. Without any such line in the file there is " +
			"no listener. What is written for one listener wins over what is written for its kind, and that over what is " +
			"written for all. -1 leaves a number to the next level, and '' clears a text.",
		Feature: "this option of listeners",
	}
	for _, o := range listenerOptions {
		if o.Global != absent {
			g.Rows = append(g.Rows, o.row("listener."+o.Key, o.Global, ""))
		}
	}
	for _, a := range listenerAddresses {
		r := Row{Key: "listener." + string(a.kind) + ".NAME", Kind: Address, Sockets: a.kind == TCP, Doc: a.doc,
			Feature: listenerFeatures[a.kind], DefaultActs: true, Default: a.address, NoDefault: a.address == inherits}
		r.ships(a.ship)
		g.Rows = append(g.Rows, r)
		var ofOne []Row
		for _, o := range listenerOptions {
			for _, l := range o.At {
				if !slices.Contains(strings.Fields(l.Kinds), string(a.kind)) {
					continue
				}
				if l.Kind != absent {
					g.Rows = append(g.Rows, o.row("listener."+string(a.kind)+"."+o.Key, l.Kind, a.kind))
				}
				if l.Name != absent {
					one := o.row("listener."+string(a.kind)+".NAME."+o.Key, l.Name, a.kind)
					one.Check = Unchecked // the listener's start tells
					ofOne = append(ofOne, one)
				}
			}
		}
		g.Rows = append(g.Rows, ofOne...)
	}
	return g
}

func (o *listenerOption) row(key, deflt string, kind ListenerKind) Row {
	r := o.Row
	r.Key, r.Default, r.NoDefault = key, deflt, deflt == inherits
	if r.NoDefault {
		r.Default = ""
	}
	if f := listenerFeatures[kind]; r.Feature == "" || kind != TCP && f != "" {
		r.Feature = f
	}
	r.ships(listenerShips[key])
	return r
}

// ships sets the lines of the shipped file.
func (r *Row) ships(lines string) {
	switch {
	case lines == "":
	case strings.HasPrefix(lines, "##"):
		r.Ship, r.Shown = lines, ShownCommented
	default:
		r.Ship, r.Shown = lines, ShownLive
	}
}
