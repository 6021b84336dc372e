package codec

import (
	"bytes"
	"testing"
)

var publishCases = []wireCase{
	{name: "QoS 0", v: V31, wire: `30[ "a/b" 'hi' ]`, want: `PUBLISH qos=0 topic="a/b" payload="hi"`},
	{name: "QoS 0", v: V311, wire: `30[ "a/b" 'hi' ]`, want: `PUBLISH qos=0 topic="a/b" payload="hi"`},
	{name: "no payload", v: V311, wire: `31[ "a/b" ]`, want: `PUBLISH retain qos=0 topic="a/b" payload=""`},
	{name: "QoS 1", v: V311, wire: `32[ "a/b" 0007 'hi' ]`, want: `PUBLISH qos=1 id=7 topic="a/b" payload="hi"`},
	{name: "QoS 2 again, retained", v: V311, wire: `3d[ "a/b" ffff 'hi' ]`,
		want: `PUBLISH dup retain qos=2 id=65535 topic="a/b" payload="hi"`},
	{name: "topic that is only UTF-8", v: V311, wire: `30[ "tür/温度" '' ]`, want: `PUBLISH qos=0 topic="tür/温度" payload=""`},
	{name: "topic with a byte order mark", v: V311, wire: `30[ 0004 efbbbf 'a' ]`, want: `PUBLISH qos=0 topic="\ufeffa" payload=""`},
	{name: "binary payload", v: V311, wire: `30[ "a" 00ff ]`, want: `PUBLISH qos=0 topic="a" payload="\x00\xff"`},
	{name: "QoS 0", v: V5, wire: `30[ "a/b" [] 'hi' ]`, want: `PUBLISH qos=0 topic="a/b" payload="hi"`},
	{name: "QoS 2", v: V5, wire: `34[ "a/b" 0001 [] 'hi' ]`, want: `PUBLISH qos=2 id=1 topic="a/b" payload="hi"`},
	{name: "alias for the topic", v: V5, wire: `30[ "" [23 0003] 'hi' ]`, want: `PUBLISH qos=0 topic="" payload="hi" {Topic Alias=3}`},
	{name: "all there is", v: V5, from: FromServer,
		wire: `33[ "a/b" 0001 [01 01 02 0000003c 03 "text" 08 "re" 09 0001ff 0b 07 0b 8001 23 0003 26 "k" "v" 26 "j" ""] 'hi' ]`,
		want: `PUBLISH retain qos=1 id=1 topic="a/b" payload="hi" {Payload Format Indicator=1, Message Expiry Interval=60, ` +
			`Content Type="text", Response Topic="re", Correlation Data="\xff", Subscription Identifier=7, Subscription Identifier=128, ` +
			`Topic Alias=3, User Property "k"="v", User Property "j"=""}`},
	{name: "properties in another order", v: V5, wire: `30[ "a" [26 "k" "1" 03 "x" 26 "k" "2" 01 00 26 "k" "3"] ]`,
		want:  `PUBLISH qos=0 topic="a" payload="" {Payload Format Indicator=0, Content Type="x", User Property "k"="1", User Property "k"="2", User Property "k"="3"}`,
		again: `30[ "a" [01 00 03 "x" 26 "k" "1" 26 "k" "2" 26 "k" "3"] ]`},
	{name: "length in more bytes than needed", v: V311, wire: `30 8400 0001 'a' 'x'`,
		want: `PUBLISH qos=0 topic="a" payload="x"`, again: `30[ "a" 'x' ]`},

	{name: "QoS 3", v: V311, wire: `36[ "a/b" 0001 ]`, bad: errPublishQoS, code: 0x81},
	{name: "QoS 3", v: V5, wire: `36[ "a/b" 0001 [] ]`, bad: errPublishQoS, code: 0x81},
	{name: "DUP with QoS 0", v: V311, wire: `38[ "a/b" ]`, bad: errPublishDup, code: 0x81},
	{name: "DUP with QoS 0", v: V31, wire: `38[ "a/b" ]`, bad: errPublishDup, code: 0x81},
	{name: "packet identifier 0", v: V311, wire: `32[ "a/b" 0000 ]`, bad: errPacketIDZero, code: 0x81},
	{name: "without packet identifier", v: V311, wire: `32[ "a/b" 00 ]`, bad: errTruncated, code: 0x81},
	{name: "empty body", v: V311, wire: `30[]`, bad: errTruncated, code: 0x81},
	{name: "topic longer than the body", v: V311, wire: `30[ 0004 'abc' ]`, bad: errTruncated, code: 0x81},
	{name: "empty topic", v: V311, wire: `30[ "" 'x' ]`, bad: errPublishTopic, code: 0x81},
	{name: "empty topic without alias", v: V5, wire: `30[ "" [] 'x' ]`, bad: errPublishNoAlias, code: 0x82},
	{name: "topic with U+0000", v: V311, wire: `30[ 0003 'a' 00 'b' ]`, bad: errUTF8, code: 0x81},
	{name: "topic not UTF-8", v: V5, wire: `30[ 0003 'a' c328 [] ]`, bad: errUTF8, code: 0x81},
	{name: "alias 0", v: V5, wire: `30[ "a" [23 0000] ]`, bad: errTopicAliasZero, code: 0x94},
	{name: "subscription identifier from a client", v: V5, wire: `30[ "a" [0b 01] ]`, bad: errPublishFromSub, code: 0x82},
	{name: "subscription identifier 0", v: V5, from: FromServer, wire: `30[ "a" [0b 01 0b 00] ]`, bad: errSubscriptionID, code: 0x82},
	{name: "subscription identifier of five bytes", v: V5, from: FromServer, wire: `30[ "a" [0b ffffffff01] ]`, bad: errVarint, code: 0x81},
	{name: "property of another packet", v: V5, wire: `30[ "a" [1c "server"] ]`, bad: errPropertyPlace, code: 0x81},
	{name: "response topic with a wildcard", v: V5, wire: `30[ "a" [08 "re/+"] ]`, bad: errResponseTopic, code: 0x82},
	{name: "content type not UTF-8", v: V5, wire: `30[ "a" [03 0001ff] ]`, bad: errUTF8, code: 0x81},
	{name: "user property with U+0000 in the value", v: V5, wire: `30[ "a" [26 "k" "v" 26 "k" 000100] ]`, bad: errUTF8, code: 0x81},
	{name: "without property length", v: V5, wire: `30[ "a" ]`, bad: errTruncated, code: 0x81},
	{name: "property length beyond the body", v: V5, wire: `30[ "a" 05 01 01 ]`, bad: errTruncated, code: 0x81},
	{name: "property length in too many bytes", v: V5, wire: `30[ "a" 8200 01 01 ]`, bad: errVarintOverlong, code: 0x81},
}

func TestPublish(t *testing.T) { runCases(t, publishCases) }

// TestPublishHead: head and payload together are the packet that AppendPublish makes, in every version, and the size
// functions tell the truth about it.
func TestPublishHead(t *testing.T) {
	props := func(set func(p *Properties)) (p Properties) { set(&p); return p }
	payloads := [][]byte{nil, []byte("hi"), bytes.Repeat([]byte{'x'}, 200), bytes.Repeat([]byte{'x'}, 20_000), bytes.Repeat([]byte{'x'}, 3_000_000)}
	for _, c := range []struct {
		name string
		h    PublishHead
		p    Publish
	}{
		{"plain", PublishHead{Topic: []byte("a/b")}, Publish{Topic: []byte("a/b")}},
		{"flags", PublishHead{Dup: true, Retain: true, QoS: 2, PacketID: 0x1234, Topic: []byte("a/b")},
			Publish{Dup: true, Retain: true, QoS: 2, PacketID: 0x1234, Topic: []byte("a/b")}},
		{"id ignored with QoS 0", PublishHead{PacketID: 9, Topic: []byte("a")}, Publish{Topic: []byte("a")}},
		{"alias", PublishHead{TopicAlias: 0x102},
			Publish{Props: props(func(p *Properties) { p.SetTopicAlias(0x102) })}},
		{"expiry 0", PublishHead{Topic: []byte("a"), HasExpiry: true},
			Publish{Topic: []byte("a"), Props: props(func(p *Properties) { p.SetMessageExpiry(0) })}},
		{"all", PublishHead{QoS: 1, PacketID: 1, Topic: []byte("a"), TopicAlias: 7, HasExpiry: true, Expiry: 60, SubscriptionID: 200},
			Publish{QoS: 1, PacketID: 1, Topic: []byte("a"), Props: props(func(p *Properties) {
				p.SetTopicAlias(7)
				p.SetMessageExpiry(60)
				p.AddSubscriptionID(200)
			})}},
	} {
		for _, forward := range []bool{false, true} {
			if forward {
				c.p.Props.SetPayloadFormat(1)
				c.p.Props.SetContentType([]byte("text"))
				c.p.Props.SetResponseTopic([]byte("re"))
				c.p.Props.SetCorrelationData([]byte{0, 255})
				c.p.Props.AddUser([]byte("k"), []byte("v"))
				c.p.Props.AddUser([]byte("k"), []byte("v"))
				c.h.Forward = c.p.Props.AppendForward(nil)
			}
			for _, v := range []Version{V31, V311, V5} {
				for _, payload := range payloads {
					c.h.PayloadLen, c.p.Payload = len(payload), payload
					head := AppendPublishHead([]byte("before"), v, &c.h)[len("before"):]
					packet := append(bytes.Clone(head), payload...)
					whole := AppendPublish(nil, v, &c.p)
					got := decodePublish(t, packet, v)
					if want := decodePublish(t, whole, v); got != want {
						t.Fatalf("%s, version %s:\n\t%s, want\n\t%s", c.name, v, got, want)
					}
					if len(packet) != len(whole) || PublishSize(v, &c.h) != len(whole) {
						t.Fatalf("%s, version %s: %d bytes, PublishSize %d, AppendPublish %d", c.name, v, len(packet), PublishSize(v, &c.h), len(whole))
					}
					if bound := PublishHeadBound(&c.h); bound < len(head) {
						t.Fatalf("%s, version %s: head of %d bytes above its bound %d", c.name, v, len(head), bound)
					}
				}
			}
		}
	}
}

// decodePublish prints a packet that need not obey the rules of Check.
func decodePublish(t *testing.T, wire []byte, v Version) string {
	t.Helper()
	f, n, err := NextFrame(wire, 0)
	if err != nil || n != len(wire) {
		t.Fatalf("frame of %d bytes: %d, %v", len(wire), n, err)
	}
	var p Publish
	if err := ParsePublish(f.Body, v, f.Flags, &p); err != nil {
		t.Fatal(err)
	}
	return p.String()
}

// TestForward: of the properties of a PUBLISH, subscribers get five, whatever order the publisher wrote them in.
func TestForward(t *testing.T) {
	wire := bytesOf(t, `30[ "a" [26 "k" "1" 23 0001 09 0001ff 02 0000003c 26 "j" "2" 08 "re" 0b 05 03 "x" 26 "k" "1" 01 01] ]`)
	var p Publish
	if err := ParsePublish(wire[2:], V5, 0, &p); err != nil {
		t.Fatal(err)
	}
	want := bytesOf(t, `01 01 03 "x" 08 "re" 09 0001ff 26 "k" "1" 26 "j" "2" 26 "k" "1"`)
	if got := p.Props.AppendForward([]byte("..")); string(got) != ".."+string(want) {
		t.Errorf("forwarded % x, want % x", got[2:], want)
	}
	p.Props.Clear()
	if got := p.Props.AppendForward(nil); len(got) != 0 {
		t.Errorf("no properties: % x", got)
	}
}
