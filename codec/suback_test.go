package codec

import "testing"

var subackCases = []wireCase{
	{name: "granted", v: V31, from: FromServer, wire: `90[ 0001 02 ]`, want: `SUBACK id=1 codes=0x02`},
	{name: "granted and failed", v: V311, from: FromServer, wire: `90[ 0001 00 01 02 80 ]`, want: `SUBACK id=1 codes=0x00010280`},
	{name: "granted and failed", v: V5, from: FromServer, wire: `90[ 0001 [] 00 01 02 80 83 87 8f 91 97 9e a1 a2 ]`,
		want: `SUBACK id=1 codes=0x0001028083878f91979ea1a2`},
	{name: "with properties", v: V5, from: FromServer, wire: `90[ 0001 [1f "why" 26 "k" "v"] 87 ]`,
		want: `SUBACK id=1 codes=0x87 {Reason String="why", User Property "k"="v"}`},

	{name: "packet identifier 0", v: V311, from: FromServer, wire: `90[ 0000 00 ]`, bad: errAckPacketID, code: 0x81},
	{name: "no code", v: V311, from: FromServer, wire: `90[ 0001 ]`, bad: errSubackEmpty, code: 0x82},
	{name: "no code", v: V5, from: FromServer, wire: `90[ 0001 [] ]`, bad: errSubackEmpty, code: 0x82},
	{name: "QoS 3", v: V311, from: FromServer, wire: `90[ 0001 03 ]`, bad: errSubackCode, code: 0x82},
	{name: "code of MQTT 5", v: V311, from: FromServer, wire: `90[ 0001 00 87 ]`, bad: errSubackCode, code: 0x82},
	{name: "code of UNSUBACK", v: V5, from: FromServer, wire: `90[ 0001 [] 11 ]`, bad: errSubackCode, code: 0x82},
	{name: "property of another packet", v: V5, from: FromServer, wire: `90[ 0001 [0b 01] 00 ]`, bad: errPropertyPlace, code: 0x81},
	{name: "cut", v: V311, from: FromServer, wire: `90[ 00 ]`, bad: errTruncated, code: 0x81},
	{name: "without property length", v: V5, from: FromServer, wire: `90[ 0001 ]`, bad: errTruncated, code: 0x81},
}

func TestSuback(t *testing.T) { runCases(t, subackCases) }
