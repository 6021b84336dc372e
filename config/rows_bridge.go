package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// bridgeGroup builds the rows of vmq_bridge.tcp.NAME and vmq_bridge.ssl.NAME from one list.
func bridgeGroup() Group {
	g := Group{
		Title: "MQTT bridges",
		Intro: "A bridge is a client of another broker that carries topics in one or both directions. `vmq_bridge.tcp.NAME` or " +
			"`vmq_bridge.ssl.NAME` defines one.",
		Feature: "MQTT bridges (vmq_bridge)",
	}
	for _, r := range bridgeRows {
		if !slices.Contains(bridgeTLS, r.Key) {
			g.Rows = append(g.Rows, bridgeRow(r, "tcp", "br0", !slices.Contains(bridgeHidden, r.Key)))
		}
	}
	for _, r := range bridgeRows {
		g.Rows = append(g.Rows, bridgeRow(r, "ssl", "sbr0", slices.Contains(bridgeShownSSL, r.Key)))
	}
	g.Rows = append(g.Rows,
		Row{Key: "vmq_bridge.tcp.br0.topic.1", Kind: String, NoDefault: true, Shown: ShownCommented,
			Ship: "## vmq_bridge.tcp.br0.topic.1 = topic", Valid: validBridgeTopic, Doc: "An example of topic.N."},
		Row{Key: "vmq_bridge.clique_lead_line", Kind: String, Default: "bridge Manage MQTT bridges", Runtime: true,
			Doc: "Help text of an admin command."})
	return g
}

// bridgeRow makes the row of one kind of bridge. In the shipped file it is a sample for the bridge of that name, if shown.
func bridgeRow(r Row, kind, sample string, shown bool) Row {
	option := dotted(r.Key)
	r.Key = "vmq_bridge." + kind + ".NAME" + option
	if !shown {
		r.Ship = ""
		return r
	}
	if r.Ship == "" {
		r.Ship = quoteEmpty(r.Default)
	}
	r.Shown, r.Ship = ShownCommented, "## vmq_bridge."+kind+"."+sample+option+" = "+r.Ship
	return r
}

func dotted(option string) string {
	if option == "" {
		return ""
	}
	return "." + option
}

var (
	// bridgeTLS are the options that only ssl bridges have.
	bridgeTLS = []string{"cafile", "capath", "certfile", "keyfile", "insecure", "tls_version", "identity", "psk", "depth",
		"customize_hostname_check", "sni"}
	bridgeShownSSL = []string{"cafile", "certfile", "keyfile", "insecure", "tls_version", "identity", "psk", "customize_hostname_check"}
	bridgeHidden   = []string{"inet_version", "topic.N"}
)

// bridgeRows are the options of a bridge; Ship is the sample value of the shipped file where that is not the default.
var bridgeRows = []Row{
	{Key: "", Kind: String, NoDefault: true, Ship: "127.0.0.1:1889",
		Doc: "Address of the other broker, host:port. The host may be a name; IPv6 is written without brackets."},
	{Key: "cleansession", Kind: Flag, Default: "off", Doc: "Starts with a clean session at the other broker."},
	{Key: "client_id", Kind: String, Default: "auto", Doc: "Client id at the other broker; auto is <hostname>.<NAME>."},
	{Key: "mountpoint", Kind: String, Default: "", Doc: "The mountpoint here that the bridge works in."},
	{Key: "keepalive_interval", Kind: Int, Default: "60", Unit: "s", Doc: "Keep-alive towards the other broker."},
	{Key: "persistent_queue", Kind: Flag, Default: "off", Doc: "Keeps the outgoing queue on disk."},
	{Key: "queue_dir", Kind: Dir, NoDefault: true, Ship: "/qdata/br0", Doc: "Directory of that queue; each bridge needs its own."},
	{Key: "username", Kind: String, NoDefault: true, Ship: "my_remote_user", Doc: "User name at the other broker."},
	{Key: "password", Kind: String, Secret: true, NoDefault: true, Ship: "my_remote_password",
		Doc: "Password at the other broker."},
	{Key: "segment_size", Kind: ByteSize, Default: "4096", Ship: "4KB", Doc: "Segment size of the queue on disk."},
	{Key: "outgoing_batch_size", Kind: Int, Default: "100", Unit: "messages",
		Doc: "Messages that are sent as a unit; the next ones wait until all are acknowledged."},
	{Key: "topic.N", Kind: String, NoDefault: true, Valid: validBridgeTopic,
		Doc: "What the bridge carries: `PATTERN [out|in|both] [0|1|2] [retain] [LOCAL REMOTE]`. N is 1 to 100. Because # starts a " +
			"comment, the first * of the line stands for #. LOCAL and REMOTE are prefixes of topics, $empty is none."},
	{Key: "restart_timeout", Kind: Int, Default: "10", Unit: "s", Doc: "Pause before the bridge connects again."},
	{Key: "try_private", Kind: Flag, Default: "on", Doc: "Announces itself as a bridge in CONNECT; MQTT 5 has no such mark."},
	{Key: "mqtt_version", Kind: Enum, Words: []string{"3", "4", "5"}, Default: "3", Doc: "Protocol level: 3 is 3.1, 4 is 3.1.1."},
	{Key: "max_outgoing_buffered_messages", Kind: Int, Default: "0", Unit: "messages",
		Doc: "Length of the queue while the other broker cannot be reached; 0 keeps nothing."},
	{Key: "pubrel_queue_ratio", Kind: Percent, Default: "0", Ship: "10%", Advice: advicePercent,
		Doc: "Share of that queue that is reserved for QoS 2 in progress."},
	{Key: "inet_version", Kind: Enum, Words: []string{"inet", "inet6"}, Default: "inet",
		Doc: "Whether the host is looked up as IPv4 or IPv6."},
	{Key: "cafile", Kind: File, Default: "", Ship: "./etc/cacerts.pem", Doc: "Authorities that vouch for the other broker."},
	{Key: "capath", Kind: Dir, Default: "", Doc: "Directory of such authorities."},
	{Key: "certfile", Kind: File, Default: "", Ship: "./etc/cert.pem", Doc: "Certificate shown to the other broker."},
	{Key: "keyfile", Kind: File, Default: "", Ship: "./etc/key.pem", Doc: "Key of that certificate."},
	{Key: "insecure", Kind: Flag, Default: "off", Doc: "Does not check the other broker's certificate at all."},
	{Key: "tls_version", Kind: Enum, Words: tlsVersions, Default: "tlsv1.2", Doc: "The TLS version."},
	{Key: "identity", Kind: String, Default: "", Doc: "Identity of the pre-shared key."},
	{Key: "psk", Kind: String, Secret: true, Default: "", Doc: "Pre-shared key as hexadecimal digits."},
	{Key: "depth", Kind: Int, Default: "1", Doc: "The longest chain of certificates."},
	{Key: "customize_hostname_check", Kind: Enum, Words: httpsCheck, Default: "https",
		Doc: "https allows wildcard certificates; on means the same."},
	{Key: "sni", Kind: String, NoDefault: true, Doc: "Server name that is asked for."},
}

func advicePercent(v Value) string {
	if v.Int() != 0 && !strings.HasSuffix(v.Text(), "%") {
		return fmt.Sprintf("taken as %d%%; write the percent sign, other versions read a bare number differently", v.Int())
	}
	return ""
}

// validBridgeTopic checks the words behind the pattern: each of the first three may be missing, then come no or two prefixes.
func validBridgeTopic(v Value) *mistake {
	words := strings.Fields(v.Text())
	if len(words) == 0 {
		return &mistake{"there is no pattern", bridgeTopicRight}
	}
	rest := words[1:]
	for _, optional := range [][]string{{"out", "in", "both"}, {"0", "1", "2"}, {"retain"}} {
		if len(rest) > 0 && slices.Contains(optional, rest[0]) {
			rest = rest[1:]
		}
	}
	if len(rest) == 0 || len(rest) == 2 {
		return nil
	}
	return &mistake{"the words " + strconv.Quote(strings.Join(rest, " ")) + " are not understood", bridgeTopicRight}
}

const bridgeTopicRight = "expected PATTERN [out|in|both] [0|1|2] [retain] [LOCAL REMOTE]"
