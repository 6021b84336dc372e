package codec

import "testing"

var unsubscribeCases = []wireCase{
	{name: "one filter", v: V31, wire: `a2[ 0001 "a/#" ]`, want: `UNSUBSCRIBE id=1 ["a/#"]`},
	{name: "two filters", v: V311, wire: `a2[ 0001 "a" "$share/g/b" ]`, want: `UNSUBSCRIBE id=1 ["a" "$share/g/b"]`},
	{name: "two filters", v: V5, wire: `a2[ 0001 [] "a" "b" ]`, want: `UNSUBSCRIBE id=1 ["a" "b"]`},
	{name: "with properties", v: V5, wire: `a2[ 0001 [26 "k" "v"] "a" ]`, want: `UNSUBSCRIBE id=1 ["a"] {User Property "k"="v"}`},

	{name: "packet identifier 0", v: V311, wire: `a2[ 0000 "a" ]`, bad: errPacketIDZero, code: 0x81},
	{name: "no filter", v: V311, wire: `a2[ 0001 ]`, bad: errUnsubscribeNone, code: 0x81},
	{name: "no filter", v: V5, wire: `a2[ 0001 [] ]`, bad: errUnsubscribeNone, code: 0x81},
	{name: "empty filter", v: V311, wire: `a2[ 0001 "a" "" ]`, bad: errFilterEmpty, code: 0x81},
	{name: "filter not UTF-8", v: V311, wire: `a2[ 0001 0001 ff ]`, bad: errUTF8, code: 0x81},
	{name: "filter cut", v: V311, wire: `a2[ 0001 0002 'a' ]`, bad: errTruncated, code: 0x81},
	{name: "property of SUBSCRIBE", v: V5, wire: `a2[ 0001 [0b 01] "a" ]`, bad: errPropertyPlace, code: 0x81},
	{name: "without its header flag", v: V5, wire: `a0[ 0001 [] "a" ]`, bad: errHeaderFlags, code: 0x81},
}

func TestUnsubscribe(t *testing.T) { runCases(t, unsubscribeCases) }
