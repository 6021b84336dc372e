package codec

import (
	"strings"
	"testing"
)

// TestPrintedSecrets: traces end up in tickets, so neither passwords nor authentication data may be in them.
func TestPrintedSecrets(t *testing.T) {
	p := Connect{Version: V5, HasUsername: true, HasPassword: true, Username: []byte("user"), Password: []byte("hunter2")}
	p.Props.SetAuthMethod([]byte("PLAIN"))
	p.Props.SetAuthData([]byte("hunter2"))
	a := Auth{Code: ContinueAuthentication, Props: p.Props}
	for _, s := range []string{p.String(), a.String()} {
		if strings.Contains(s, "hunter2") || !strings.Contains(s, "(7 bytes)") {
			t.Errorf("printed as %s", s)
		}
	}
}

// TestPrintedPayload: a long payload is cut, with its length behind it.
func TestPrintedPayload(t *testing.T) {
	p := Publish{Topic: []byte("t"), Payload: []byte(strings.Repeat("x", 65))}
	want := `PUBLISH qos=0 topic="t" payload="` + strings.Repeat("x", 64) + `"… (65 bytes)`
	if got := p.String(); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := (Frame{Type: PUBLISH, Flags: 0xD, Body: make([]byte, 7)}).String(); got != "PUBLISH flags=0xd body=7" {
		t.Errorf("frame: %s", got)
	}
}

// TestPrintedUnknown: a value without a name prints as a number rather than as nothing.
func TestPrintedUnknown(t *testing.T) {
	for got, want := range map[string]string{
		Version(9).String(): "Version 9", PacketType(16).String(): "PacketType 16", PacketType(0).String(): "RESERVED",
		PropertyID(0x7F).String(): "Property 0x7F", PropertyID(0x04).String(): "Property 0x04", PropertyID(0xFF).String(): "Property 0xFF",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
