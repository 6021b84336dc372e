package codec

import "testing"

var connackCases = []wireCase{
	{name: "accepted", v: V31, from: FromServer, wire: `20[ 00 00 ]`, want: `CONNACK code=0x00`},
	{name: "accepted", v: V311, from: FromServer, wire: `20[ 01 00 ]`, want: `CONNACK session-present code=0x00`},
	{name: "not authorized", v: V311, from: FromServer, wire: `20[ 00 05 ]`, want: `CONNACK code=0x05`},
	{name: "first byte without a meaning", v: V31, from: FromServer, wire: `20[ fe 00 ]`, want: `CONNACK code=0x00`, again: `20[ 00 00 ]`},
	{name: "success", v: V5, from: FromServer, wire: `20[ 00 00 [] ]`, want: `CONNACK code=0x00`},
	{name: "refused", v: V5, from: FromServer, wire: `20[ 00 86 [1f "who?"] ]`,
		want: `CONNACK code=0x86 {Reason String="who?"}`},
	{name: "all there is", v: V5, from: FromServer,
		wire: `20[ 01 00 [11 00000001 12 "auto-1" 13 0005 15 "SCRAM" 16 "last" 1a "resp/" 1c "other:1883" 1f "why" 21 0014 22 000a
			24 01 25 00 26 "k" "v" 26 "k" "w" 27 00001000 28 00 29 01 2a 00] ]`,
		want: `CONNACK session-present code=0x00 {Session Expiry Interval=1, Assigned Client Identifier="auto-1", Server Keep Alive=5, ` +
			`Authentication Method="SCRAM", Authentication Data=(4 bytes), Response Information="resp/", Server Reference="other:1883", ` +
			`Reason String="why", Receive Maximum=20, Topic Alias Maximum=10, Maximum QoS=1, Retain Available=0, ` +
			`User Property "k"="v", User Property "k"="w", Maximum Packet Size=4096, Wildcard Subscription Available=0, ` +
			`Subscription Identifier Available=1, Shared Subscription Available=0}`},

	{name: "reserved flags", v: V311, from: FromServer, wire: `20[ 02 00 ]`, bad: errConnackReserved, code: 0x81},
	{name: "reserved flags", v: V5, from: FromServer, wire: `20[ 80 00 [] ]`, bad: errConnackReserved, code: 0x81},
	{name: "session present with a refusal", v: V311, from: FromServer, wire: `20[ 01 05 ]`, bad: errConnackPresent, code: 0x82},
	{name: "session present with a refusal", v: V5, from: FromServer, wire: `20[ 01 87 [] ]`, bad: errConnackPresent, code: 0x82},
	{name: "unknown return code", v: V311, from: FromServer, wire: `20[ 00 06 ]`, bad: errConnackReturn, code: 0x82},
	{name: "return code of MQTT 3", v: V5, from: FromServer, wire: `20[ 00 05 [] ]`, bad: errConnackReturn, code: 0x82},
	{name: "too short", v: V311, from: FromServer, wire: `20[ 00 ]`, bad: errTruncated, code: 0x81},
	{name: "too long", v: V311, from: FromServer, wire: `20[ 00 00 00 ]`, bad: errTrailing, code: 0x81},
	{name: "without property length", v: V5, from: FromServer, wire: `20[ 00 00 ]`, bad: errTruncated, code: 0x81},
	{name: "property of another packet", v: V5, from: FromServer, wire: `20[ 00 00 [23 0001] ]`, bad: errPropertyPlace, code: 0x81},
}

func TestConnack(t *testing.T) { runCases(t, connackCases) }
