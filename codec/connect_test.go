package codec

import (
	"testing"
)

var connectCases = []wireCase{
	{name: "smallest", v: V311, wire: `10[ "MQTT" 04 00 0000 "" ]`,
		want: `CONNECT version=3.1.1 keepalive=0 client=""`},
	{name: "MQIsdp", v: V31, wire: `10[ "MQIsdp" 03 02 003c "c1" ]`,
		want: `CONNECT version=3.1 clean keepalive=60 client="c1"`},
	{name: "user and password", v: V311, wire: `10[ "MQTT" 04 c2 000a "c1" "user" "secret" ]`,
		want: `CONNECT version=3.1.1 clean keepalive=10 client="c1" user="user" password=(6 bytes)`},
	{name: "empty user name", v: V311, wire: `10[ "MQTT" 04 82 000a "c1" "" ]`,
		want: `CONNECT version=3.1.1 clean keepalive=10 client="c1" user=""`},
	{name: "will", v: V311, wire: `10[ "MQTT" 04 2c 0000 "c1" "last" 0000 ]`,
		want: `CONNECT version=3.1.1 keepalive=0 client="c1" will: qos=1 retain topic="last" payload=""`},
	{name: "will of QoS 2 in MQTT 3.1", v: V31, wire: `10[ "MQIsdp" 03 16 0000 "c1" "last" "words" ]`,
		want: `CONNECT version=3.1 clean keepalive=0 client="c1" will: qos=2 topic="last" payload="words"`},
	{name: "binary password", v: V311, wire: `10[ "MQTT" 04 c0 0000 "c1" "u" 0003ff00fe ]`,
		want: `CONNECT version=3.1.1 keepalive=0 client="c1" user="u" password=(3 bytes)`},
	{name: "smallest", v: V5, wire: `10[ "MQTT" 05 00 0000 [] "" ]`,
		want: `CONNECT version=5 keepalive=0 client=""`},
	{name: "password without user name", v: V5, wire: `10[ "MQTT" 05 42 0000 [] "c1" "token" ]`,
		want: `CONNECT version=5 clean keepalive=0 client="c1" password=(5 bytes)`},
	{name: "all there is", v: V5,
		wire: `10[ "MQTT" 05 ee 003c [11 00000e10 15 "SCRAM" 16 "first" 17 00 19 01 21 0014 22 000a 26 "k" "v" 27 00010000] "c1"
			[01 01 02 0000003c 03 "text" 08 "re/ply" 09 0002ff00 18 0000001e 26 "a" "b"] "last" "words" "user" "secret" ]`,
		want: `CONNECT version=5 clean keepalive=60 client="c1" user="user" password=(6 bytes) {Session Expiry Interval=3600, ` +
			`Authentication Method="SCRAM", Authentication Data=(5 bytes), Request Problem Information=0, Request Response Information=1, ` +
			`Receive Maximum=20, Topic Alias Maximum=10, User Property "k"="v", Maximum Packet Size=65536} ` +
			`will: qos=1 retain topic="last" payload="words" {Payload Format Indicator=1, Message Expiry Interval=60, ` +
			`Content Type="text", Response Topic="re/ply", Correlation Data="\xff\x00", Will Delay Interval=30, User Property "a"="b"}`},

	// Which protocol it is: broker.md §1.2.
	{name: "bridge of MQTT 3.1", v: V31, wire: `10[ "MQTT" 83 02 0000 "b1" ]`,
		want: `CONNECT version=3.1 bridge clean keepalive=0 client="b1"`},
	{name: "bridge of MQTT 3.1 by its own name", v: V31, wire: `10[ "MQIsdp" 83 02 0000 "b1" ]`,
		want: `CONNECT version=3.1 bridge clean keepalive=0 client="b1"`},
	{name: "bridge of MQTT 3.1.1", v: V311, wire: `10[ "MQTT" 84 02 0000 "b1" ]`,
		want: `CONNECT version=3.1.1 bridge clean keepalive=0 client="b1"`},
	{name: "MQIsdp of an unknown level", v: V31, wire: `10[ "MQIsdp" 02 02 0000 "c1" ]`,
		want: `CONNECT version=3.1 clean keepalive=0 client="c1"`},
	{name: "MQTT of level 3", v: V31, wire: `10[ "MQTT" 03 02 0000 "c1" ]`, bad: ErrProtocolLevel, code: 0x84},
	{name: "MQTT of level 6", v: V5, wire: `10[ "MQTT" 06 'whatever comes' ]`, bad: ErrProtocolLevel, code: 0x84},
	{name: "MQTT of level 133", v: V5, wire: `10[ "MQTT" 85 02 0000 [] "c1" ]`, bad: ErrProtocolLevel, code: 0x84},
	{name: "other name", v: V311, wire: `10[ "HTTP" 04 02 0000 "c1" ]`, bad: ErrProtocolName, code: 0x84},
	{name: "name in lower case", v: V311, wire: `10[ "mqtt" 04 02 0000 "c1" ]`, bad: ErrProtocolName, code: 0x84},
	{name: "empty name", v: V311, wire: `10[ "" 04 02 0000 "c1" ]`, bad: ErrProtocolName, code: 0x84},

	// What ends the connection: broker.md §1.3.
	{name: "empty body", v: V311, wire: `10[]`, bad: errTruncated, code: 0x81},
	{name: "reserved flag", v: V311, wire: `10[ "MQTT" 04 03 0000 "c1" ]`, bad: errConnectReserved, code: 0x81},
	{name: "will QoS without will", v: V311, wire: `10[ "MQTT" 04 08 0000 "c1" ]`, bad: errWillQoSNoWill, code: 0x81},
	{name: "will QoS 3 without will", v: V5, wire: `10[ "MQTT" 05 18 0000 [] "c1" ]`, bad: errWillQoS, code: 0x81},
	{name: "will retain without will", v: V311, wire: `10[ "MQTT" 04 20 0000 "c1" ]`, bad: errWillRetain, code: 0x81},
	{name: "will QoS 3", v: V311, wire: `10[ "MQTT" 04 1c 0000 "c1" "t" "" ]`, bad: errWillQoS, code: 0x81},
	{name: "empty will topic", v: V311, wire: `10[ "MQTT" 04 04 0000 "c1" "" "" ]`, bad: errWillTopicEmpty, code: 0x90},
	{name: "will topic with U+0000", v: V311, wire: `10[ "MQTT" 04 04 0000 "c1" 0003 'a' 00 'b' "" ]`, bad: errUTF8, code: 0x81},
	{name: "client id with U+0000", v: V311, wire: `10[ "MQTT" 04 00 0000 0002 'a' 00 ]`, bad: errUTF8, code: 0x81},
	{name: "client id with a surrogate", v: V5, wire: `10[ "MQTT" 05 00 0000 [] 0003 eda080 ]`, bad: errUTF8, code: 0x81},
	{name: "user name not UTF-8", v: V311, wire: `10[ "MQTT" 04 80 0000 "c1" 0001 ff ]`, bad: errUTF8, code: 0x81},
	{name: "password without user name", v: V311, wire: `10[ "MQTT" 04 40 0000 "c1" "p" ]`, bad: errPasswordOnly, code: 0x81},
	{name: "password without user name", v: V31, wire: `10[ "MQIsdp" 03 40 0000 "c1" "p" ]`, bad: errPasswordOnly, code: 0x81},
	{name: "user name flag without user name", v: V311, wire: `10[ "MQTT" 04 80 0000 "c1" ]`, bad: errTruncated, code: 0x81},
	{name: "bytes left over", v: V311, wire: `10[ "MQTT" 04 00 0000 "c1" 00 ]`, bad: errTrailing, code: 0x81},
	{name: "bytes left over", v: V5, wire: `10[ "MQTT" 05 00 0000 [] "c1" 00 ]`, bad: errTrailing, code: 0x81},
	{name: "no property length", v: V5, wire: `10[ "MQTT" 05 00 0000 ]`, bad: errTruncated, code: 0x81},
	{name: "data without method", v: V5, wire: `10[ "MQTT" 05 00 0000 [16 "data"] "c1" ]`, bad: errAuthMethod, code: 0x82},
	{name: "will property outside of a will", v: V5, wire: `10[ "MQTT" 05 00 0000 [18 0000001e] "c1" ]`, bad: errPropertyPlace, code: 0x81},
	{name: "property of CONNECT in the will", v: V5, wire: `10[ "MQTT" 05 04 0000 [] "c1" [11 00000000] "t" "" ]`, bad: errPropertyPlace, code: 0x81},
	{name: "property twice in the will", v: V5, wire: `10[ "MQTT" 05 04 0000 [] "c1" [01 01 01 01] "t" "" ]`, bad: errDuplicateProperty, code: 0x82},
	{name: "will property not UTF-8", v: V5, wire: `10[ "MQTT" 05 04 0000 [] "c1" [03 0001ff] "t" "" ]`, bad: errUTF8, code: 0x81},
}

func TestConnect(t *testing.T) { runCases(t, connectCases) }

// TestConnectKeepsLevel: the session answers CONNACK 1 to a level that it does not serve, so it must learn it.
func TestConnectKeepsLevel(t *testing.T) {
	var p Connect
	for _, level := range []byte{0, 2, 3, 4, 5, 131, 132, 255} {
		wire := bytesOf(t, `10[ "MQIsdp" 03 02 0000 "c1" ]`)
		wire[2+2+6] = level
		if err := ParseConnect(wire[2:], &p); err != nil {
			t.Fatal(err)
		}
		if p.Version != V31 || p.Level != level || p.Bridge != (level == 131) || string(p.ProtocolName) != "MQIsdp" {
			t.Errorf("MQIsdp of level %d: version %s, level %d, bridge %t, name %q", level, p.Version, p.Level, p.Bridge, p.ProtocolName)
		}
	}
}

// TestConnectBuilder: name and level follow from version and bridge, and fields without their flag stay at home.
func TestConnectBuilder(t *testing.T) {
	for _, c := range []struct {
		p    Connect
		want string
	}{
		{Connect{Version: V31, ClientID: []byte("c")}, `10[ "MQIsdp" 03 00 0000 "c" ]`},
		{Connect{Version: V311, ClientID: []byte("c")}, `10[ "MQTT" 04 00 0000 "c" ]`},
		{Connect{Version: V5, ClientID: []byte("c")}, `10[ "MQTT" 05 00 0000 [] "c" ]`},
		{Connect{Version: V31, Bridge: true, ClientID: []byte("c")}, `10[ "MQIsdp" 83 00 0000 "c" ]`},
		{Connect{Version: V311, Bridge: true, ClientID: []byte("c")}, `10[ "MQTT" 84 00 0000 "c" ]`},
		{Connect{Version: V311, Username: []byte("u"), Password: []byte("p"), Will: Will{Topic: []byte("t"), QoS: 1, Retain: true}},
			`10[ "MQTT" 04 00 0000 "" ]`},
		{Connect{Version: V311, ProtocolName: []byte("MQTT"), Level: 9}, `10[ "MQTT" 09 00 0000 "" ]`},
		{Connect{Version: V311, KeepAlive: 0x1234, CleanStart: true, HasUsername: true, Username: []byte("u")},
			`10[ "MQTT" 04 82 1234 "" "u" ]`},
	} {
		if got, want := AppendConnect(nil, &c.p), bytesOf(t, c.want); string(got) != string(want) {
			t.Errorf("%v: % x, want % x", &c.p, got, want)
		}
	}
}

// TestConnectReused: nothing of one CONNECT shows in the next one that is parsed into the same struct.
func TestConnectReused(t *testing.T) {
	var p Connect
	for _, c := range connectCases {
		if c.bad != nil {
			continue
		}
		f, _, err := NextFrame(bytesOf(t, c.wire), 0)
		if err != nil {
			t.Fatal(err)
		}
		if err := ParseConnect(f.Body, &p); err != nil {
			t.Fatal(err)
		}
		if got := p.String(); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
		if !p.HasWill && (p.Will.Topic != nil || p.Will.Payload != nil || !p.Will.Props.Empty()) ||
			!p.HasUsername && p.Username != nil || !p.HasPassword && p.Password != nil {
			t.Errorf("%s: fields of an earlier packet: %+v", c.name, p)
		}
	}
}
