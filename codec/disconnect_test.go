package codec

import "testing"

var disconnectCases = []wireCase{
	{name: "plain", v: V31, wire: `e000`, want: `DISCONNECT code=0x00`},
	{name: "plain", v: V311, wire: `e000`, want: `DISCONNECT code=0x00`},
	{name: "plain", v: V5, wire: `e000`, want: `DISCONNECT code=0x00`},
	{name: "with will", v: V5, wire: `e0[ 04 ]`, want: `DISCONNECT code=0x04`},
	{name: "with expiry", v: V5, wire: `e0[ 00 [11 0000000a] ]`, want: `DISCONNECT code=0x00 {Session Expiry Interval=10}`},
	{name: "from the server", v: V5, from: FromServer, wire: `e0[ 9d [1c "other" 1f "why" 26 "k" "v"] ]`,
		want: `DISCONNECT code=0x9d {Server Reference="other", Reason String="why", User Property "k"="v"}`},
	{name: "in full without need", v: V5, wire: `e0[ 00 [] ]`, want: `DISCONNECT code=0x00`, again: `e000`},
	{name: "code 0 without properties", v: V5, wire: `e0[ 00 ]`, want: `DISCONNECT code=0x00`, again: `e000`},

	{name: "body", v: V311, wire: `e0[ 00 ]`, bad: errNotEmpty, code: 0x81},
	{name: "unknown code", v: V5, wire: `e0[ 01 ]`, bad: errDisconnectCode, code: 0x82},
	{name: "code of CONNACK", v: V5, wire: `e0[ 86 ]`, bad: errDisconnectCode, code: 0x82},
	{name: "expiry from the server", v: V5, from: FromServer, wire: `e0[ 00 [11 0000000a] ]`, bad: errDisconnectExpiry, code: 0x82},
	{name: "reference from a client", v: V5, wire: `e0[ 00 [1c "other"] ]`, bad: errDisconnectServer, code: 0x82},
	{name: "property of another packet", v: V5, wire: `e0[ 00 [13 0001] ]`, bad: errPropertyPlace, code: 0x81},
	{name: "bytes behind the properties", v: V5, wire: `e0[ 00 [] 00 ]`, bad: errTrailing, code: 0x81},
	{name: "flags", v: V5, wire: `e2 00`, bad: errHeaderFlags, code: 0x81},
}

func TestDisconnect(t *testing.T) { runCases(t, disconnectCases) }

// TestDisconnectV3: before MQTT 5 the packet says nothing, so whatever a builder left in the struct neither counts nor goes out.
func TestDisconnectV3(t *testing.T) {
	p := Disconnect{Code: 0x55}
	p.Props.SetServerKeepAlive(1)
	for _, v := range []Version{V31, V311} {
		if err := p.Check(v, FromClient); err != nil {
			t.Errorf("version %s: %v", v, err)
		}
		if got := AppendDisconnect(nil, v, &p); string(got) != "\xe0\x00" {
			t.Errorf("version %s: % x", v, got)
		}
	}
}
