package session_test

import (
	"fmt"
	"testing"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/internal/bench"
)

// brokenPackets are packets against the rules, as MQTT 3.1.1 and MQTT 5 have them on the wire, without their length; one that a version
// does not know is empty. code is what MQTT 5 says about it.
var brokenPackets = []struct {
	why        string
	first      byte
	old, five  string
	code       string
	noOld, no5 bool
}{
	{why: "topic that is not UTF-8 [MQTT-1.5.4-1], [MQTT-3.3.2-1]", first: 0x30, old: "\x00\x02\xc3\x28", five: "\x00\x02\xc3\x28\x00", code: "0x81"},
	{why: "topic with a surrogate [MQTT-1.5.4-1]", first: 0x30, old: "\x00\x03\xed\xa0\x80", five: "\x00\x03\xed\xa0\x80\x00", code: "0x81"},
	{why: "topic with U+0000 [MQTT-1.5.4-2], [MQTT-4.7.3-2]", first: 0x30, old: "\x00\x02a\x00", five: "\x00\x02a\x00\x00", code: "0x81"},
	{why: "filter with U+0000 [MQTT-1.5.4-2], [MQTT-4.7.3-2]", first: 0x82, old: "\x00\x01\x00\x01\x00\x00", five: "\x00\x01\x00\x00\x01\x00\x00", code: "0x81"},
	{why: "topic that is cut [MQTT-3.3.2-1]", first: 0x30, old: "\x00\x09a", five: "\x00\x09a", code: "0x81"},
	{why: "no topic [MQTT-3.3.2-1]", first: 0x30, old: "", five: "", code: "0x81"},
	{why: "empty topic [MQTT-4.7.3-1]", first: 0x30, old: "\x00\x00", five: "\x00\x00\x00", code: "0x82"},
	{why: "wildcard # in a topic [MQTT-3.3.2-2], [MQTT-4.7.0-1]", first: 0x30, old: "\x00\x03a/#", five: "\x00\x03a/#\x00", code: "0x90"},
	{why: "wildcard + in a topic [MQTT-3.3.2-2], [MQTT-4.7.0-1]", first: 0x30, old: "\x00\x03+/a", five: "\x00\x03+/a\x00", code: "0x90"},
	{why: "QoS 3 [MQTT-3.3.1-4]", first: 0x36, old: "\x00\x01a\x00\x01", five: "\x00\x01a\x00\x01\x00", code: "0x81"},
	{why: "DUP with QoS 0 [MQTT-3.3.1-2]", first: 0x38, old: "\x00\x01a", five: "\x00\x01a\x00", code: "0x81"},
	{why: "PUBLISH with identifier 0 [MQTT-2.2.1-3]", first: 0x32, old: "\x00\x01a\x00\x00", five: "\x00\x01a\x00\x00\x00", code: "0x81"},
	{why: "SUBSCRIBE with identifier 0 [MQTT-2.2.1-3]", first: 0x82, old: "\x00\x00\x00\x01a\x00", five: "\x00\x00\x00\x00\x01a\x00", code: "0x81"},
	{why: "UNSUBSCRIBE with identifier 0 [MQTT-2.2.1-3]", first: 0xA2, old: "\x00\x00\x00\x01a", five: "\x00\x00\x00\x00\x01a", code: "0x81"},
	{why: "flags of PUBACK [MQTT-2.1.3-1]", first: 0x41, old: "\x00\x01", five: "\x00\x01", code: "0x81"},
	{why: "flags of PUBREC [MQTT-2.1.3-1]", first: 0x52, old: "\x00\x01", five: "\x00\x01", code: "0x81"},
	{why: "flags of PUBCOMP [MQTT-2.1.3-1]", first: 0x7F, old: "\x00\x01", five: "\x00\x01", code: "0x81"},
	{why: "flags of PUBREL [MQTT-3.6.1-1]", first: 0x60, old: "\x00\x01", five: "\x00\x01", code: "0x81"},
	{why: "flags of SUBSCRIBE [MQTT-3.8.1-1]", first: 0x80, old: "\x00\x01\x00\x01a\x00", five: "\x00\x01\x00\x00\x01a\x00", code: "0x81"},
	{why: "flags of UNSUBSCRIBE [MQTT-3.10.1-1]", first: 0xA3, old: "\x00\x01\x00\x01a", five: "\x00\x01\x00\x00\x01a", code: "0x81"},
	{why: "flags of PINGREQ [MQTT-2.1.3-1]", first: 0xC2, old: "", five: "", code: "0x81"},
	{why: "flags of DISCONNECT [MQTT-3.14.1-1]", first: 0xE2, old: "", five: "", code: "0x81"},
	{why: "flags of AUTH [MQTT-3.15.1-1]", first: 0xF1, noOld: true, five: "", code: "0x81"},
	{why: "AUTH where no method was named [MQTT-4.12.0-7]", first: 0xF0, noOld: true, five: "", code: "0x82"},
	{why: "second CONNECT [MQTT-3.1.0-2]", first: 0x10, old: "\x00\x04MQTT\x04\x02\x00\x00\x00\x01c", five: "\x00\x04MQTT\x05\x02\x00\x00\x00\x00\x01c", code: "0x82"},
	{why: "SUBSCRIBE without a filter [MQTT-3.8.3-2]", first: 0x82, old: "\x00\x01", five: "\x00\x01\x00", code: "0x81"},
	{why: "filter of SUBSCRIBE that is not UTF-8 [MQTT-3.8.3-1]", first: 0x82, old: "\x00\x01\x00\x01\xff\x00", five: "\x00\x01\x00\x00\x01\xff\x00", code: "0x81"},
	{why: "empty filter [MQTT-4.7.3-1]", first: 0x82, old: "\x00\x01\x00\x00\x00", five: "\x00\x01\x00\x00\x00\x00", code: "0x81"},
	{why: "reserved option bit 7 [MQTT-3.8.3-5]", first: 0x82, five: "\x00\x01\x00\x00\x01a\x80", noOld: true, code: "0x81"},
	{why: "reserved option bit 6 [MQTT-3.8.3-5]", first: 0x82, five: "\x00\x01\x00\x00\x01a\x40", noOld: true, code: "0x81"},
	{why: "reserved option bits [MQTT-3-8.3-4 v3.1.1]", first: 0x82, old: "\x00\x01\x00\x01a\x04", no5: true},
	{why: "SUBSCRIBE with QoS 3 [MQTT-3-8.3-4 v3.1.1]", first: 0x82, old: "\x00\x01\x00\x01a\x03", five: "\x00\x01\x00\x00\x01a\x03", code: "0x81"},
	{why: "no-local on a shared subscription [MQTT-3.8.3-4]", first: 0x82, noOld: true, five: "\x00\x01\x00\x00\x0a$share/g/a\x04", code: "0x82"},
	{why: "# before the last level [MQTT-4.7.1-1]", first: 0x82, old: "\x00\x01\x00\x03#/a\x00", five: "\x00\x01\x00\x00\x03#/a\x00", code: "0x8f"},
	{why: "# beside text [MQTT-4.7.1-1]", first: 0x82, old: "\x00\x01\x00\x02a#\x00", five: "\x00\x01\x00\x00\x02a#\x00", code: "0x8f"},
	{why: "+ beside text [MQTT-4.7.1-2]", first: 0x82, old: "\x00\x01\x00\x02a+\x00", five: "\x00\x01\x00\x00\x02a+\x00", code: "0x8f"},
	{why: "$share without a name [MQTT-4.8.2-1]", first: 0x82, old: "\x00\x01\x00\x09$share//a\x00", five: "\x00\x01\x00\x00\x09$share//a\x00", code: "0x81"},
	{why: "$share without a filter [MQTT-4.8.2-2]", first: 0x82, old: "\x00\x01\x00\x08$share/g\x00", five: "\x00\x01\x00\x00\x08$share/g\x00", code: "0x81"},
	{why: "wildcard in the name of a share [MQTT-4.8.2-2]", first: 0x82, old: "\x00\x01\x00\x0a$share/+/a\x00", five: "\x00\x01\x00\x00\x0a$share/+/a\x00", code: "0x8f"},
	{why: "UNSUBSCRIBE without a filter [MQTT-3.10.3-2]", first: 0xA2, old: "\x00\x01", five: "\x00\x01\x00", code: "0x81"},
	{why: "filter of UNSUBSCRIBE that is not UTF-8 [MQTT-3.10.3-1]", first: 0xA2, old: "\x00\x01\x00\x01\xff", five: "\x00\x01\x00\x00\x01\xff", code: "0x81"},

	{why: "property length in too many bytes [MQTT-1.5.5-1]", first: 0x30, noOld: true, five: "\x00\x01a\x80\x00", code: "0x81"},
	{why: "user property whose key is not UTF-8 [MQTT-1.5.7-1]", first: 0x30, noOld: true, five: "\x00\x01a\x06\x26\x00\x01\xff\x00\x00", code: "0x81"},
	{why: "user property whose value is not UTF-8 [MQTT-1.5.7-1]", first: 0x30, noOld: true, five: "\x00\x01a\x06\x26\x00\x00\x00\x01\xff", code: "0x81"},
	{why: "subscription identifier from a client [MQTT-3.3.4-6]", first: 0x30, noOld: true, five: "\x00\x01a\x02\x0b\x01", code: "0x82"},
	{why: "response topic that is not UTF-8 [MQTT-3.3.2-13]", first: 0x30, noOld: true, five: "\x00\x01a\x04\x08\x00\x01\xff", code: "0x81"},
	{why: "response topic with a wildcard [MQTT-3.3.2-14]", first: 0x30, noOld: true, five: "\x00\x01a\x04\x08\x00\x01#", code: "0x82"},
	{why: "content type that is not UTF-8 [MQTT-3.3.2-19]", first: 0x30, noOld: true, five: "\x00\x01a\x04\x03\x00\x01\xff", code: "0x81"},
	{why: "reason code that DISCONNECT does not have [MQTT-3.14.2-1]", first: 0xE0, noOld: true, five: "\x01", code: "0x82"},
	{why: "reason code that PUBACK does not have [MQTT-3.4.2-1]", first: 0x40, noOld: true, five: "\x00\x01\x92", code: "0x82"},
	{why: "reason code that PUBREC does not have [MQTT-3.5.2-1]", first: 0x50, noOld: true, five: "\x00\x01\x92", code: "0x82"},
	{why: "reason code that PUBREL does not have [MQTT-3.6.2-1]", first: 0x62, noOld: true, five: "\x00\x01\x10", code: "0x82"},
	{why: "reason code that PUBCOMP does not have [MQTT-3.7.2-1]", first: 0x70, noOld: true, five: "\x00\x01\x10", code: "0x82"},
}

// TestPacketsAgainstTheRules proves that such a packet closes the connection [MQTT-4.13.1-1], [MQTT-4.13.2-1]: in MQTT 5 behind a DISCONNECT
// with the reason, which is the last packet [MQTT-3.14.4-1], [MQTT-3.14.4-2]. What came before is answered, what comes behind is not.
func TestPacketsAgainstTheRules(t *testing.T) {
	for _, tt := range brokenPackets {
		for _, v := range []codec.Version{codec.V311, codec.V5} {
			body := tt.old
			if v == codec.V5 {
				body = tt.five
			}
			if v == codec.V5 && tt.no5 || v != codec.V5 && tt.noOld {
				continue
			}
			b := bench.New(t, 1, nil)
			watch := b.Connect(v, "watch")
			watch.Subscribe("#", 0)
			c := b.Connect(v, "c")
			raw := codec.AppendPingreq(nil)
			raw = append(raw, tt.first, byte(len(body)))
			raw = append(raw, body...)
			raw = codec.AppendPublish(raw, v, bench.Publish("behind", "x", 1, 1))
			c.Raw(codec.AppendPingreq(raw))
			want := []string{"PINGRESP"}
			if v == codec.V5 {
				want = append(want, "DISCONNECT code="+tt.code)
			}
			c.WantClosed(fmt.Sprint(tt.why, ", version ", v), want...)
			watch.WantNothing(tt.why)
		}
	}
}

// TestDisconnectIsTheLastPacket proves that nothing follows the broker's DISCONNECT, though messages wait [MQTT-3.14.4-1], that the
// connection is closed [MQTT-3.14.4-2], and that it carries a code of its own [MQTT-3.14.2-1] and no expiry [MQTT-3.14.2-2], which the
// bench checks of each.
func TestDisconnectIsTheLastPacket(t *testing.T) {
	b := bench.New(t, 1, nil)
	pub, c := b.Connect(codec.V5, "pub"), b.Connect(codec.V5, "c", expiry(100), func(p *codec.Connect) { p.Props.SetReceiveMaximum(1) })
	c.Subscribe("t", 1)
	pub.Send(bench.Publish("t", "1", 1, 1), bench.Publish("t", "2", 1, 2))
	c.Want("one", `PUBLISH qos=1 id=1 topic="t" payload="1"`)
	c.Raw([]byte("\xe0\x02\x00\x00\x40\x02\x00\x01")) // DISCONNECT, then PUBACK
	c.WantClosed("its own DISCONNECT is not answered")
	c = b.Open(codec.V5)
	c.Hello("c", expiry(100))
	c.Take()
	b.Open(codec.V5).Hello("c", expiry(100))
	pub.Send(bench.Publish("t", "3", 1, 3))
	c.WantClosed("taken over", "DISCONNECT code=0x8e")
}

// TestPing proves [MQTT-3.12.4-1].
func TestPing(t *testing.T) {
	for _, v := range versions {
		c := bench.New(t, 1, nil).Connect(v, "c")
		c.Send(bench.Ping{}, bench.Ping{})
		c.Want("an answer for each", "PINGRESP", "PINGRESP")
	}
}
