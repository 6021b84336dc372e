package codec

import (
	"strings"
	"testing"
)

// TestReasonCodes is table 2-6 of MQTT 5: the code, its name and the packets that carry it.
func TestReasonCodes(t *testing.T) {
	table := map[ReasonCode]string{
		0x00: "Success: CONNACK PUBACK PUBREC PUBREL PUBCOMP SUBACK UNSUBACK DISCONNECT AUTH",
		0x01: "Granted QoS 1: SUBACK",
		0x02: "Granted QoS 2: SUBACK",
		0x04: "Disconnect with Will Message: DISCONNECT",
		0x10: "No matching subscribers: PUBACK PUBREC",
		0x11: "No subscription existed: UNSUBACK",
		0x18: "Continue authentication: AUTH",
		0x19: "Re-authenticate: AUTH",
		0x80: "Unspecified error: CONNACK PUBACK PUBREC SUBACK UNSUBACK DISCONNECT",
		0x81: "Malformed Packet: CONNACK DISCONNECT",
		0x82: "Protocol Error: CONNACK DISCONNECT",
		0x83: "Implementation specific error: CONNACK PUBACK PUBREC SUBACK UNSUBACK DISCONNECT",
		0x84: "Unsupported Protocol Version: CONNACK",
		0x85: "Client Identifier not valid: CONNACK",
		0x86: "Bad User Name or Password: CONNACK",
		0x87: "Not authorized: CONNACK PUBACK PUBREC SUBACK UNSUBACK DISCONNECT",
		0x88: "Server unavailable: CONNACK",
		0x89: "Server busy: CONNACK DISCONNECT",
		0x8A: "Banned: CONNACK",
		0x8B: "Server shutting down: DISCONNECT",
		0x8C: "Bad authentication method: CONNACK DISCONNECT",
		0x8D: "Keep Alive timeout: DISCONNECT",
		0x8E: "Session taken over: DISCONNECT",
		0x8F: "Topic Filter invalid: SUBACK UNSUBACK DISCONNECT",
		0x90: "Topic Name invalid: CONNACK PUBACK PUBREC DISCONNECT",
		0x91: "Packet Identifier in use: PUBACK PUBREC SUBACK UNSUBACK",
		0x92: "Packet Identifier not found: PUBREL PUBCOMP",
		0x93: "Receive Maximum exceeded: DISCONNECT",
		0x94: "Topic Alias invalid: DISCONNECT",
		0x95: "Packet too large: CONNACK DISCONNECT",
		0x96: "Message rate too high: DISCONNECT",
		0x97: "Quota exceeded: CONNACK PUBACK PUBREC SUBACK DISCONNECT",
		0x98: "Administrative action: DISCONNECT",
		0x99: "Payload format invalid: CONNACK PUBACK PUBREC DISCONNECT",
		0x9A: "Retain not supported: CONNACK DISCONNECT",
		0x9B: "QoS not supported: CONNACK DISCONNECT",
		0x9C: "Use another server: CONNACK DISCONNECT",
		0x9D: "Server moved: CONNACK DISCONNECT",
		0x9E: "Shared Subscriptions not supported: SUBACK DISCONNECT",
		0x9F: "Connection rate exceeded: CONNACK DISCONNECT",
		0xA0: "Maximum connect time: DISCONNECT",
		0xA1: "Subscription Identifiers not supported: SUBACK DISCONNECT",
		0xA2: "Wildcard Subscriptions not supported: SUBACK DISCONNECT",
	}
	for i := range 256 {
		code := ReasonCode(i)
		name, packets, known := strings.Cut(table[code], ": ")
		if known && code.String() != name {
			t.Errorf("%#02x is %q, want %q", i, code, name)
		}
		for typ := CONNECT; typ <= AUTH; typ++ {
			want := false
			for p := range strings.FieldsSeq(packets) {
				want = want || p == typ.String()
			}
			if code.In(typ) != want {
				t.Errorf("%#02x in %s: %t, want %t", i, typ, !want, want)
			}
		}
		if code.Failed() != (i >= 0x80) {
			t.Errorf("%#02x failed: %t", i, code.Failed())
		}
	}
	if got := ReasonCode(0x7F).String(); got != "Reason code 0x7F" {
		t.Errorf("code without a name: %q", got)
	}
}

// TestConnackV3: broker.md §1.6, and only return codes that exist.
func TestConnackV3(t *testing.T) {
	want := map[ReasonCode]ReasonCode{
		Success: 0, UnsupportedProtocolVersion: 1, ClientIdentifierNotValid: 2, ServerUnavailable: 3, ServerBusy: 3,
		UseAnotherServer: 3, BadUserNameOrPassword: 4, NotAuthorized: 5, Banned: 5, BadAuthenticationMethod: 5,
	}
	for code, ret := range want {
		if got := code.ConnackV3(); got != ret {
			t.Errorf("%v: return code %d, want %d", code, got, ret)
		}
	}
	for i := range 256 {
		ret := ReasonCode(i).ConnackV3()
		if err := (&Connack{Code: ret}).Check(V311); err != nil || (ret == 0) != (i < 0x80) {
			t.Errorf("%#02x: return code %d, %v", i, ret, err)
		}
	}
	if got := ConnackV3Name(V3NotAuthorized) + ", " + ConnackV3Name(6); got != "Not authorized, Return code 0x06" {
		t.Errorf("names: %s", got)
	}
}

// TestErrors: every error has a code that a DISCONNECT or CONNACK may carry, and says which rule was broken.
func TestErrors(t *testing.T) {
	for _, c := range allCases() {
		if c.bad == nil {
			continue
		}
		e := c.bad
		if !e.Code.In(DISCONNECT) && !e.Code.In(CONNACK) || !e.Code.Failed() {
			t.Errorf("%s: code %v ends no connection", c.name, e.Code)
		}
		if !strings.HasPrefix(e.Error(), e.Why) || e.Rule != "" && !strings.HasSuffix(e.Error(), "["+e.Rule+"]") {
			t.Errorf("%s: error reads %q", c.name, e.Error())
		}
	}
}
