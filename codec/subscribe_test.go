package codec

import (
	"testing"
	"unsafe"
)

var subscribeCases = []wireCase{
	{name: "one filter", v: V31, wire: `82[ 0001 "a/#" 02 ]`, want: `SUBSCRIBE id=1 "a/#":qos=2`},
	{name: "two filters", v: V311, wire: `82[ 0001 "a/+" 00 "$share/g/b" 01 ]`, want: `SUBSCRIBE id=1 "a/+":qos=0 "$share/g/b":qos=1`},
	{name: "one filter", v: V5, wire: `82[ 0001 [] "a" 00 ]`, want: `SUBSCRIBE id=1 "a":qos=0`},
	{name: "all options", v: V5, wire: `82[ ffff [0b ffffff7f 26 "k" "v"] "a" 2e "b" 10 "c" 05 ]`,
		want: `SUBSCRIBE id=65535 "a":qos=2,no-local,retain-as-published,retain-handling=2 "b":qos=0,retain-handling=1 ` +
			`"c":qos=1,no-local {Subscription Identifier=268435455, User Property "k"="v"}`},
	{name: "shared", v: V5, wire: `82[ 0001 [] "$share/g/a" 29 ]`, want: `SUBSCRIBE id=1 "$share/g/a":qos=1,retain-as-published,retain-handling=2`},

	{name: "packet identifier 0", v: V311, wire: `82[ 0000 "a" 00 ]`, bad: errPacketIDZero, code: 0x81},
	{name: "no filter", v: V311, wire: `82[ 0001 ]`, bad: errNoFilter, code: 0x81},
	{name: "no filter", v: V5, wire: `82[ 0001 [] ]`, bad: errNoFilter, code: 0x81},
	{name: "empty filter", v: V311, wire: `82[ 0001 "" 00 ]`, bad: errFilterEmpty, code: 0x81},
	{name: "filter with U+0000", v: V311, wire: `82[ 0001 "a" 00 0002 'b' 00 00 ]`, bad: errUTF8, code: 0x81},
	{name: "filter without options", v: V311, wire: `82[ 0001 "a" ]`, bad: errTruncated, code: 0x81},
	{name: "QoS 3", v: V311, wire: `82[ 0001 "a" 03 ]`, bad: errSubscribeQoS, code: 0x81},
	{name: "QoS 3", v: V5, wire: `82[ 0001 [] "a" 03 ]`, bad: errSubscribeQoS, code: 0x81},
	{name: "options of MQTT 5", v: V311, wire: `82[ 0001 "a" 04 ]`, bad: errSubscribeReserved, code: 0x81},
	{name: "options of MQTT 5", v: V31, wire: `82[ 0001 "a" 80 ]`, bad: errSubscribeReserved, code: 0x81},
	{name: "reserved options", v: V5, wire: `82[ 0001 [] "a" 40 ]`, bad: errSubscribeReserved, code: 0x81},
	{name: "reserved option in the second filter", v: V5, wire: `82[ 0001 [] "a" 00 "b" 80 ]`, bad: errSubscribeReserved, code: 0x81},
	{name: "retain handling 3", v: V5, wire: `82[ 0001 [] "a" 30 ]`, bad: errRetainHandling, code: 0x82},
	{name: "no-local on a shared subscription", v: V5, wire: `82[ 0001 [] "$share/g/a" 04 ]`, bad: errSharedNoLocal, code: 0x82},
	{name: "subscription identifier 0", v: V5, wire: `82[ 0001 [0b 00] "a" 00 ]`, bad: errSubscriptionID, code: 0x82},
	{name: "two subscription identifiers", v: V5, wire: `82[ 0001 [0b 01 0b 01] "a" 00 ]`, bad: errSubscriptionIDRepeat, code: 0x82},
	{name: "property of another packet", v: V5, wire: `82[ 0001 [1f "why"] "a" 00 ]`, bad: errPropertyPlace, code: 0x81},
	{name: "without its header flag", v: V311, wire: `80[ 0001 "a" 00 ]`, bad: errHeaderFlags, code: 0x81},
}

func TestSubscribe(t *testing.T) { runCases(t, subscribeCases) }

// The comment of ParseSubscribe tells what a packet costs; another field would make that wrong.
var _ [32]byte = [unsafe.Sizeof(Subscription{})]byte{}
