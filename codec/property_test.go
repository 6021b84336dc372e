package codec

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vernemq/vmq/internal/invariants"
)

// samples is a legal value of each property, in the notation of wireCase.
var samples = map[PropertyID]string{
	PropPayloadFormat:           `01 01`,
	PropMessageExpiry:           `02 0000003c`,
	PropContentType:             `03 "text"`,
	PropResponseTopic:           `08 "re/ply"`,
	PropCorrelationData:         `09 0002 00ff`,
	PropSubscriptionID:          `0b 8001`,
	PropSessionExpiry:           `11 ffffffff`,
	PropAssignedClientID:        `12 "auto"`,
	PropServerKeepAlive:         `13 003c`,
	PropAuthMethod:              `15 "SCRAM"`,
	PropAuthData:                `16 0001 ff`,
	PropRequestProblemInfo:      `17 00`,
	PropWillDelay:               `18 0000001e`,
	PropRequestResponseInfo:     `19 01`,
	PropResponseInfo:            `1a "resp"`,
	PropServerReference:         `1c "other"`,
	PropReasonString:            `1f "why"`,
	PropReceiveMaximum:          `21 0001`,
	PropTopicAliasMaximum:       `22 0000`,
	PropTopicAlias:              `23 0001`,
	PropMaximumQoS:              `24 01`,
	PropRetainAvailable:         `25 00`,
	PropUserProperty:            `26 "key" "value"`,
	PropMaximumPacketSize:       `27 00000001`,
	PropWildcardAvailable:       `28 00`,
	PropSubscriptionIDAvailable: `29 01`,
	PropSharedAvailable:         `2a 00`,
}

// table24 is the last column of table 2-4 of MQTT 5, word for word.
var table24 = map[PropertyID]string{
	0x01: "PUBLISH, Will Properties",
	0x02: "PUBLISH, Will Properties",
	0x03: "PUBLISH, Will Properties",
	0x08: "PUBLISH, Will Properties",
	0x09: "PUBLISH, Will Properties",
	0x0B: "PUBLISH, SUBSCRIBE",
	0x11: "CONNECT, CONNACK, DISCONNECT",
	0x12: "CONNACK",
	0x13: "CONNACK",
	0x15: "CONNECT, CONNACK, AUTH",
	0x16: "CONNECT, CONNACK, AUTH",
	0x17: "CONNECT",
	0x18: "Will Properties",
	0x19: "CONNECT",
	0x1A: "CONNACK",
	0x1C: "CONNACK, DISCONNECT",
	0x1F: "CONNACK, PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK, UNSUBACK, DISCONNECT, AUTH",
	0x21: "CONNECT, CONNACK",
	0x22: "CONNECT, CONNACK",
	0x23: "PUBLISH",
	0x24: "CONNACK",
	0x25: "CONNACK",
	0x26: "CONNECT, CONNACK, PUBLISH, Will Properties, PUBACK, PUBREC, PUBREL, PUBCOMP, SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK, DISCONNECT, AUTH",
	0x27: "CONNECT, CONNACK",
	0x28: "CONNACK",
	0x29: "CONNACK",
	0x2A: "CONNACK",
}

// withProperties are packets of each type around a property block, sent by whoever may send most properties.
var withProperties = []struct {
	place string
	from  Sender
	wire  string // %s is the block
}{
	{"CONNECT", FromClient, `10[ "MQTT" 05 00 0000 [%s] "c1" ]`},
	{"Will Properties", FromClient, `10[ "MQTT" 05 04 0000 [] "c1" [%s] "t" "" ]`},
	{"CONNACK", FromServer, `20[ 00 00 [%s] ]`},
	{"PUBLISH", FromServer, `30[ "t" [%s] 'payload' ]`},
	{"PUBACK", FromServer, `40[ 0001 80 [%s] ]`},
	{"PUBREC", FromServer, `50[ 0001 80 [%s] ]`},
	{"PUBREL", FromServer, `62[ 0001 92 [%s] ]`},
	{"PUBCOMP", FromServer, `70[ 0001 92 [%s] ]`},
	{"SUBSCRIBE", FromClient, `82[ 0001 [%s] "t" 00 ]`},
	{"SUBACK", FromServer, `90[ 0001 [%s] 80 ]`},
	{"UNSUBSCRIBE", FromClient, `a2[ 0001 [%s] "t" ]`},
	{"UNSUBACK", FromServer, `b0[ 0001 [%s] 80 ]`},
	{"DISCONNECT", FromClient, `e0[ 80 [%s] ]`},
	{"DISCONNECT", FromServer, `e0[ 80 [%s] ]`},
	{"AUTH", FromServer, `f0[ 18 [%s] ]`},
}

// TestPropertyMatrix puts every property into every packet. Those that the standard lists there are decoded and encoded to
// the same bytes, all others make the packet malformed.
func TestPropertyMatrix(t *testing.T) {
	for id := range 256 {
		id := PropertyID(id)
		if (id.kind() == kindNone) != (table24[id] == "") || (samples[id] == "") != (table24[id] == "") {
			t.Fatalf("%v is not in all tables", id)
		}
	}
	for id, sample := range samples {
		places := strings.Split(table24[id], ", ")
		for _, p := range withProperties {
			block := sample
			if id != PropAuthMethod && (id == PropAuthData || p.place == "AUTH") {
				block = samples[PropAuthMethod] + " " + sample // neither goes without the method
				if id < PropAuthMethod {
					block = sample + " " + samples[PropAuthMethod]
				}
			}
			wire := bytesOf(t, fmt.Sprintf(p.wire, block))
			d, err := decode(wire, V5, p.from)
			var want error
			switch {
			case p.place == "DISCONNECT" && p.from == FromServer && id == PropSessionExpiry:
				want = errDisconnectExpiry // [MQTT-3.14.2-2]
			case p.place == "DISCONNECT" && p.from == FromClient && id == PropServerReference:
				want = errDisconnectServer
			case !slices.Contains(places, p.place):
				want = errPropertyPlace
			}
			if err != want && (err == nil || want == nil || err.Error() != want.Error()) {
				t.Errorf("%v in %s: error %v, want %v", id, p.place, err, want)
			}
			if want != nil || err != nil {
				continue
			}
			if got := d.encode(nil); string(got) != string(wire) {
				t.Errorf("%v in %s: encodes to % x, want % x", id, p.place, got, wire)
			}
			if s := fmt.Sprint(d.packet); !strings.Contains(s, id.String()) {
				t.Errorf("%v in %s prints as %s", id, p.place, s)
			}
			// Twice: only two properties may repeat, one of them not in SUBSCRIBE.
			_, err = decode(bytesOf(t, fmt.Sprintf(p.wire, block+" "+sample)), V5, p.from)
			want = error(errDuplicateProperty)
			if id == PropUserProperty || id == PropSubscriptionID && p.place == "PUBLISH" {
				want = nil
			} else if id == PropSubscriptionID {
				want = errSubscriptionIDRepeat
			}
			if err != want && (err == nil || want == nil || err.Error() != want.Error()) {
				t.Errorf("%v twice in %s: error %v, want %v", id, p.place, err, want)
			}
		}
	}
}

// propertyCases are the values that a property may not have, in one packet that may carry it.
func propertyCases() (cases []wireCase) {
	row := func(name, place, block string, bad *Error, code ReasonCode) {
		for _, p := range withProperties {
			if p.place == place {
				cases = append(cases, wireCase{name: name, v: V5, from: p.from, wire: fmt.Sprintf(p.wire, block), bad: bad, code: code})
				return
			}
		}
		panic("no packet " + place)
	}
	for _, f := range []struct{ name, place, id string }{
		{"payload format 2", "PUBLISH", "01"}, {"payload format 2", "Will Properties", "01"},
		{"request problem information 2", "CONNECT", "17"}, {"request response information 2", "CONNECT", "19"},
		{"maximum QoS 2", "CONNACK", "24"}, {"retain available 2", "CONNACK", "25"}, {"wildcard available 2", "CONNACK", "28"},
		{"subscription identifier available 2", "CONNACK", "29"}, {"shared available 2", "CONNACK", "2a"},
	} {
		row(f.name, f.place, f.id+"02", errPropertyFlag, 0x82)
	}
	row("receive maximum 0", "CONNECT", `21 0000`, errReceiveMaximum, 0x82)
	row("receive maximum 0", "CONNACK", `21 0000`, errReceiveMaximum, 0x82)
	row("maximum packet size 0", "CONNECT", `27 00000000`, errMaximumPacketSize, 0x82)
	row("maximum packet size 0", "CONNACK", `27 00000000`, errMaximumPacketSize, 0x82)
	row("topic alias 0", "PUBLISH", `23 0000`, errTopicAliasZero, 0x94)
	row("subscription identifier 0", "SUBSCRIBE", `0b 00`, errSubscriptionID, 0x82)
	row("subscription identifier in too many bytes", "SUBSCRIBE", `0b 8100`, errVarintOverlong, 0x81)
	row("subscription identifier cut", "SUBSCRIBE", `0b 81`, errTruncated, 0x81)
	row("response topic with a wildcard", "Will Properties", `08 "a/#"`, errResponseTopic, 0x82)
	for id, sample := range samples {
		if id.kind() == kindString {
			place := strings.Split(table24[id], ", ")[0]
			row(id.String()+" not UTF-8", place, sample[:2]+` 0002 c328`, errUTF8, 0x81)
			row(id.String()+" with U+0000", place, sample[:2]+` 0002 'a' 00`, errUTF8, 0x81)
		}
	}
	row("user key not UTF-8", "CONNECT", `26 0001 ff "v"`, errUTF8, 0x81)
	row("user value not UTF-8", "AUTH", `15 "m" 26 "k" 0001 ff`, errUTF8, 0x81)
	row("user property without value", "PUBACK", `26 "k"`, errTruncated, 0x81)
	row("identifier 0", "PUBLISH", `00 01`, errUnknownProperty, 0x81)
	row("identifier 4", "CONNECT", `04 01`, errUnknownProperty, 0x81)
	row("identifier 0x2B", "CONNACK", `2b 01`, errUnknownProperty, 0x81)
	row("identifier of two bytes", "PUBLISH", `8101 01`, errUnknownProperty, 0x81)
	slices.SortFunc(cases, func(a, b wireCase) int { return strings.Compare(a.name+a.wire, b.name+b.wire) }) // map order
	return cases
}

func TestPropertyValues(t *testing.T) { runCases(t, propertyCases()) }

// TestPropertySetters: what a setter stores is present, comes out on the wire, and comes back.
func TestPropertySetters(t *testing.T) {
	text := []byte("text")
	for id, set := range map[PropertyID]func(p *Properties){
		PropPayloadFormat:           func(p *Properties) { p.SetPayloadFormat(1) },
		PropMessageExpiry:           func(p *Properties) { p.SetMessageExpiry(0x01020304) },
		PropContentType:             func(p *Properties) { p.SetContentType(text) },
		PropResponseTopic:           func(p *Properties) { p.SetResponseTopic(text) },
		PropCorrelationData:         func(p *Properties) { p.SetCorrelationData(text) },
		PropSubscriptionID:          func(p *Properties) { p.AddSubscriptionID(1); p.AddSubscriptionID(MaxSubscriptionID) },
		PropSessionExpiry:           func(p *Properties) { p.SetSessionExpiry(0x01020304) },
		PropAssignedClientID:        func(p *Properties) { p.SetAssignedClientID(text) },
		PropServerKeepAlive:         func(p *Properties) { p.SetServerKeepAlive(0x0102) },
		PropAuthMethod:              func(p *Properties) { p.SetAuthMethod(text) },
		PropAuthData:                func(p *Properties) { p.SetAuthData(text) },
		PropRequestProblemInfo:      func(p *Properties) { p.SetRequestProblemInfo(1) },
		PropWillDelay:               func(p *Properties) { p.SetWillDelay(0x01020304) },
		PropRequestResponseInfo:     func(p *Properties) { p.SetRequestResponseInfo(1) },
		PropResponseInfo:            func(p *Properties) { p.SetResponseInfo(text) },
		PropServerReference:         func(p *Properties) { p.SetServerReference(text) },
		PropReasonString:            func(p *Properties) { p.SetReasonString(text) },
		PropReceiveMaximum:          func(p *Properties) { p.SetReceiveMaximum(0x0102) },
		PropTopicAliasMaximum:       func(p *Properties) { p.SetTopicAliasMaximum(0x0102) },
		PropTopicAlias:              func(p *Properties) { p.SetTopicAlias(0x0102) },
		PropMaximumQoS:              func(p *Properties) { p.SetMaximumQoS(1) },
		PropRetainAvailable:         func(p *Properties) { p.SetRetainAvailable(1) },
		PropUserProperty:            func(p *Properties) { p.AddUser(text, text); p.AddUser(text, nil) },
		PropMaximumPacketSize:       func(p *Properties) { p.SetMaximumPacketSize(0x01020304) },
		PropWildcardAvailable:       func(p *Properties) { p.SetWildcardAvailable(1) },
		PropSubscriptionIDAvailable: func(p *Properties) { p.SetSubscriptionIDAvailable(1) },
		PropSharedAvailable:         func(p *Properties) { p.SetSharedAvailable(1) },
	} {
		var p, again Properties
		set(&p)
		if p.Empty() || !p.Has(id) {
			t.Errorf("%v: not present after its setter", id)
		}
		want := map[propertyKind]string{
			kindByte: `01`, kindU16: `0102`, kindU32: `01020304`, kindString: `"text"`, kindBinary: `"text"`,
			kindVarint: `01 0b ffffff7f`, kindPair: `"text" "text" 26 "text" ""`,
		}[id.kind()]
		wire := bytesOf(t, fmt.Sprintf("[ %02x %s ]", byte(id), want))
		if got := p.appendBlock(nil); string(got) != string(wire) || p.blockSize() != len(wire) || p.Size() != len(wire)-1 {
			t.Errorf("%v: wire % x, want % x; size %d", id, got, wire, p.Size())
		}
		if rest, err := again.parse(wire); err != nil || len(rest) != 0 || again.String() != p.String() {
			t.Errorf("%v: parses to %v, %v; want %v", id, &again, err, &p)
		}
		p.Del(id)
		if p.Has(id) || !p.Empty() || p.Size() != 0 {
			t.Errorf("%v: present after Del", id)
		}
	}
}

// TestRepeatedProperties: order and duplicates are kept, added ones come behind parsed ones, and none survives its removal.
func TestRepeatedProperties(t *testing.T) {
	wire := bytesOf(t, `[ 26 "k" "1" 0b 05 03 "x" 26 "k" "1" 26 "j" "" 0b 8001 0b 05 ]`)
	var p Properties
	if _, err := p.parse(wire); err != nil {
		t.Fatal(err)
	}
	users := func() (s string) {
		for k, v := range p.UserProperties {
			s += fmt.Sprintf("%s=%s ", k, v)
		}
		return s
	}
	want := func(why, wantUsers string, wantIDs ...uint32) {
		t.Helper()
		if got := users(); got != wantUsers {
			t.Errorf("%s: user properties %q, want %q", why, got, wantUsers)
		}
		if got := slices.Collect(p.SubscriptionIDs); !slices.Equal(got, wantIDs) {
			t.Errorf("%s: subscription identifiers %v, want %v", why, got, wantIDs)
		}
	}
	want("parsed", "k=1 k=1 j= ", 5, 128, 5)
	if p.SubscriptionID != 5 {
		t.Errorf("first subscription identifier %d", p.SubscriptionID)
	}
	for range p.UserProperties {
		break // a loop that stops early must not go on by itself
	}
	for range p.SubscriptionIDs {
		break
	}

	key := []byte("own")
	p.AddUser(key, []byte("2"))
	p.AddSubscriptionID(300)
	key[0] = 'X'
	want("added", "k=1 k=1 j= own=2 ", 5, 128, 5, 300)

	p.Del(PropUserProperty)
	p.Del(PropSubscriptionID)
	want("deleted", "")
	if p.Size() != len(bytesOf(t, `03 "x"`)) {
		t.Errorf("size %d after all that repeat are gone", p.Size())
	}
	p.AddUser([]byte("new"), nil)
	p.AddSubscriptionID(9)
	want("added after deletion", "new= ", 9)
	if p.SubscriptionID != 9 {
		t.Errorf("first subscription identifier %d, want 9", p.SubscriptionID)
	}

	if _, err := p.parse(bytesOf(t, `[ 26 "z" "z" ]`)); err != nil {
		t.Fatal(err)
	}
	want("parsed again", "z=z ")
	if _, err := p.parse(bytesOf(t, `[ 26 "z" "z" 26 "half" ]`)); err == nil || !p.Empty() {
		t.Errorf("half a property: error %v, properties %v", err, &p)
	}
	want("after an error", "")
}

// TestPropertyCut ends the block of properties inside each kind of value, where the packet itself goes on: the parser must
// not read on behind the block.
func TestPropertyCut(t *testing.T) {
	for id, sample := range samples {
		whole := bytesOf(t, sample)
		for cut := 1; cut < len(whole); cut++ {
			wire := append(appendVarint(nil, uint32(cut)), whole...)
			var p Properties
			if _, err := p.parse(wire); err != errTruncated || !p.Empty() {
				t.Errorf("%v cut to % x: error %v, properties %v", id, whole[:cut], err, &p)
			}
			// Nothing behind it at all: a read beyond the block would panic.
			if _, err := p.parse(bytes.Clone(wire[:1+cut])); err != errTruncated {
				t.Errorf("%v cut to % x at the end of the packet: %v", id, whole[:cut], err)
			}
		}
	}
}

// TestLongFields: Check reports what does not fit its two length bytes.
func TestLongFields(t *testing.T) {
	long := bytes.Repeat([]byte{'x'}, MaxString+1)
	for name, check := range map[string]func() error{
		"topic":     func() error { return (&Publish{Topic: long}).Check(V311, FromClient) },
		"client id": func() error { return (&Connect{Version: V5, ClientID: long}).Check() },
		"password":  func() error { return (&Connect{Version: V5, HasPassword: true, Password: long}).Check() },
		"will payload": func() error {
			return (&Connect{Version: V5, HasWill: true, Will: Will{Topic: []byte("t"), Payload: long}}).Check()
		},
		"filter": func() error { return (&Unsubscribe{PacketID: 1, Filters: [][]byte{long}}).Check(V311) },
		"reason string": func() error {
			p := Ack{PacketID: 1}
			p.Props.SetReasonString(long)
			return p.Check(PUBACK, V5)
		},
		"correlation data": func() error {
			p := Publish{Topic: []byte("t")}
			p.Props.SetCorrelationData(long)
			return p.Check(V5, FromClient)
		},
	} {
		if err := check(); err != error(errStringTooLong) {
			t.Errorf("%s of %d bytes: %v", name, len(long), err)
		}
	}
}

// TestLongFieldsCut: appended all the same, such a field is cut in an ordinary build, so that the packets behind it are
// still found; a debug build stops.
func TestLongFieldsCut(t *testing.T) {
	p := Publish{Topic: bytes.Repeat([]byte{'x'}, MaxString+1), Payload: []byte("payload")}
	p.Props.SetContentType(p.Topic)
	defer func() {
		if stopped := recover() != nil; stopped != invariants.Enabled {
			t.Errorf("stopped: %t; debug build: %t", stopped, invariants.Enabled)
		}
	}()
	d, err := decode(AppendPublish(nil, V5, &p), V5, FromClient)
	if err != nil {
		t.Fatal(err)
	}
	got := d.packet.(*Publish)
	if len(got.Topic) != MaxString || len(got.Props.ContentType) != MaxString || string(got.Payload) != "payload" {
		t.Errorf("topic of %d bytes, content type of %d, payload %q", len(got.Topic), len(got.Props.ContentType), got.Payload)
	}
}
