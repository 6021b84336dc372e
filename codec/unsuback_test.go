package codec

import "testing"

var unsubackCases = []wireCase{
	{name: "plain", v: V31, from: FromServer, wire: `b0[ 0001 ]`, want: `UNSUBACK id=1 codes=`},
	{name: "plain", v: V311, from: FromServer, wire: `b0[ ffff ]`, want: `UNSUBACK id=65535 codes=`},
	{name: "codes", v: V5, from: FromServer, wire: `b0[ 0001 [] 00 11 80 83 87 8f 91 ]`, want: `UNSUBACK id=1 codes=0x00118083878f91`},
	{name: "with properties", v: V5, from: FromServer, wire: `b0[ 0001 [1f "why" 26 "k" "v"] 00 ]`,
		want: `UNSUBACK id=1 codes=0x00 {Reason String="why", User Property "k"="v"}`},

	{name: "packet identifier 0", v: V311, from: FromServer, wire: `b0[ 0000 ]`, bad: errAckPacketID, code: 0x81},
	{name: "codes", v: V311, from: FromServer, wire: `b0[ 0001 00 ]`, bad: errTrailing, code: 0x81},
	{name: "no code", v: V5, from: FromServer, wire: `b0[ 0001 [] ]`, bad: errUnsubackEmpty, code: 0x82},
	{name: "code of SUBACK", v: V5, from: FromServer, wire: `b0[ 0001 [] 01 ]`, bad: errUnsubackCode, code: 0x82},
	{name: "property of another packet", v: V5, from: FromServer, wire: `b0[ 0001 [21 0001] 00 ]`, bad: errPropertyPlace, code: 0x81},
	{name: "cut", v: V311, from: FromServer, wire: `b0[ 00 ]`, bad: errTruncated, code: 0x81},
}

func TestUnsuback(t *testing.T) { runCases(t, unsubackCases) }
