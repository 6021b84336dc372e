package codec

import "testing"

var ackCases = []wireCase{
	{name: "PUBACK", v: V31, wire: `40[ 0007 ]`, want: `ACK id=7 code=0x00`},
	{name: "PUBACK", v: V311, wire: `40[ 0007 ]`, want: `ACK id=7 code=0x00`},
	{name: "PUBREC", v: V311, wire: `50[ ffff ]`, want: `ACK id=65535 code=0x00`},
	{name: "PUBREL", v: V311, wire: `62[ 0100 ]`, want: `ACK id=256 code=0x00`},
	{name: "PUBCOMP", v: V311, wire: `70[ 0001 ]`, want: `ACK id=1 code=0x00`},
	{name: "PUBACK short", v: V5, wire: `40[ 0007 ]`, want: `ACK id=7 code=0x00`},
	{name: "PUBREL short", v: V5, wire: `62[ 0007 ]`, want: `ACK id=7 code=0x00`},
	{name: "PUBACK with code", v: V5, wire: `40[ 0007 10 ]`, want: `ACK id=7 code=0x10`},
	{name: "PUBREC refused", v: V5, wire: `50[ 0007 97 ]`, want: `ACK id=7 code=0x97`},
	{name: "PUBREL not found", v: V5, wire: `62[ 0007 92 ]`, want: `ACK id=7 code=0x92`},
	{name: "PUBCOMP with properties", v: V5, wire: `70[ 0007 92 [1f "why" 26 "k" "v"] ]`,
		want: `ACK id=7 code=0x92 {Reason String="why", User Property "k"="v"}`},
	{name: "PUBACK of success with properties", v: V5, wire: `40[ 0007 00 [26 "k" "v"] ]`,
		want: `ACK id=7 code=0x00 {User Property "k"="v"}`},
	{name: "PUBACK in full without need", v: V5, wire: `40[ 0007 00 [] ]`, want: `ACK id=7 code=0x00`, again: `40[ 0007 ]`},
	{name: "PUBREC with code 0", v: V5, wire: `50[ 0007 00 ]`, want: `ACK id=7 code=0x00`, again: `50[ 0007 ]`},
	{name: "PUBREC with an empty property length", v: V5, wire: `50[ 0007 83 [] ]`, want: `ACK id=7 code=0x83`, again: `50[ 0007 83 ]`},

	{name: "PUBACK for 0", v: V311, wire: `40[ 0000 ]`, bad: errAckPacketID, code: 0x81},
	{name: "PUBREL for 0", v: V5, wire: `62[ 0000 ]`, bad: errAckPacketID, code: 0x81},
	{name: "PUBACK without identifier", v: V311, wire: `40[]`, bad: errTruncated, code: 0x81},
	{name: "PUBACK cut", v: V311, wire: `40[ 00 ]`, bad: errTruncated, code: 0x81},
	{name: "PUBACK with code", v: V311, wire: `40[ 0007 00 ]`, bad: errTrailing, code: 0x81},
	{name: "PUBREL without its flag", v: V311, wire: `60[ 0007 ]`, bad: errHeaderFlags, code: 0x81},
	{name: "PUBACK with a code of PUBREL", v: V5, wire: `40[ 0007 92 ]`, bad: errReasonCode, code: 0x82},
	{name: "PUBCOMP with a code of PUBACK", v: V5, wire: `70[ 0007 10 ]`, bad: errReasonCode, code: 0x82},
	{name: "PUBREC with an unknown code", v: V5, wire: `50[ 0007 77 ]`, bad: errReasonCode, code: 0x82},
	{name: "PUBACK with a property of PUBLISH", v: V5, wire: `40[ 0007 00 [01 01] ]`, bad: errPropertyPlace, code: 0x81},
	{name: "PUBACK with bytes behind the properties", v: V5, wire: `40[ 0007 00 [] 00 ]`, bad: errTrailing, code: 0x81},
	{name: "PUBREL with two reason strings", v: V5, wire: `62[ 0007 00 [1f "a" 1f "b"] ]`, bad: errDuplicateProperty, code: 0x82},
}

func TestAck(t *testing.T) { runCases(t, ackCases) }

// TestAckReused: an acknowledgement without code or properties forgets those of the one before it.
func TestAckReused(t *testing.T) {
	var p Ack
	long, short := bytesOf(t, `0007 97 [1f "why"]`), bytesOf(t, `0008`)
	if err := ParseAck(PUBACK, long, V5, &p); err != nil || p.Code != QuotaExceeded || !p.Props.Has(PropReasonString) {
		t.Fatalf("%v, %v", &p, err)
	}
	for _, v := range []Version{V311, V5} {
		if err := ParseAck(PUBACK, short, v, &p); err != nil || p.PacketID != 8 || p.Code != Success || !p.Props.Empty() {
			t.Errorf("version %s: %v, %v", v, &p, err)
		}
	}
}
