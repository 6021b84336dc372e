package codec

import "testing"

var pingCases = []wireCase{
	{name: "PINGREQ", v: V311, wire: `c000`, want: `PINGREQ`},
	{name: "PINGRESP", v: V311, from: FromServer, wire: `d000`, want: `PINGRESP`},
	{name: "PINGREQ", v: V5, wire: `c000`, want: `PINGREQ`},

	{name: "PINGREQ with a body", v: V311, wire: `c0[ 00 ]`, bad: errNotEmpty, code: 0x81},
	{name: "PINGRESP with a body", v: V5, from: FromServer, wire: `d0[ 00 ]`, bad: errNotEmpty, code: 0x81},
	{name: "PINGREQ with a flag", v: V311, wire: `c100`, bad: errHeaderFlags, code: 0x81},
}

func TestPing(t *testing.T) { runCases(t, pingCases) }
