package codec

import "testing"

var authCases = []wireCase{
	{name: "continue", v: V5, wire: `f0[ 18 [15 "SCRAM" 16 "next"] ]`,
		want: `AUTH code=0x18 {Authentication Method="SCRAM", Authentication Data=(4 bytes)}`},
	{name: "again", v: V5, wire: `f0[ 19 [15 "SCRAM" 1f "old" 26 "k" "v"] ]`,
		want: `AUTH code=0x19 {Authentication Method="SCRAM", Reason String="old", User Property "k"="v"}`},
	{name: "success", v: V5, from: FromServer, wire: `f0[ 00 [15 "SCRAM"] ]`, want: `AUTH code=0x00 {Authentication Method="SCRAM"}`},
	{name: "success without a word", v: V5, from: FromServer, wire: `f000`, want: `AUTH code=0x00`},
	{name: "success in full without need", v: V5, from: FromServer, wire: `f0[ 00 [] ]`, want: `AUTH code=0x00`, again: `f000`},

	{name: "continue", v: V311, wire: `f0[ 18 [15 "SCRAM"] ]`, bad: errVersion, code: 0x82},
	{name: "unknown code", v: V5, wire: `f0[ 01 [15 "SCRAM"] ]`, bad: errAuthCode, code: 0x82},
	{name: "success from a client", v: V5, wire: `f0[ 00 [15 "SCRAM"] ]`, bad: errAuthSender, code: 0x82},
	{name: "again from a server", v: V5, from: FromServer, wire: `f0[ 19 [15 "SCRAM"] ]`, bad: errAuthSender, code: 0x82},
	{name: "without method", v: V5, wire: `f0[ 18 [] ]`, bad: errAuthMethod, code: 0x82},
	{name: "data without method", v: V5, from: FromServer, wire: `f0[ 00 [16 "data"] ]`, bad: errAuthMethod, code: 0x82},
	{name: "two methods", v: V5, wire: `f0[ 18 [15 "a" 15 "a"] ]`, bad: errDuplicateProperty, code: 0x82},
	{name: "code alone", v: V5, wire: `f0[ 18 ]`, bad: errTruncated, code: 0x81},
	{name: "property of another packet", v: V5, wire: `f0[ 18 [15 "a" 21 0001] ]`, bad: errPropertyPlace, code: 0x81},
	{name: "flags", v: V5, wire: `f100`, bad: errHeaderFlags, code: 0x81},
}

func TestAuth(t *testing.T) { runCases(t, authCases) }
