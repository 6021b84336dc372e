package httppub

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/vernemq/vmq/codec"
)

// show is a request as a line of the tables below.
func show(r *request) string {
	text := func(p *string) string {
		if p == nil {
			return "-"
		}
		return "<" + *p + ">"
	}
	return fmt.Sprintf("%s %q %s qos=%s retain=%s id=%s user=%s password=%s props=%s",
		r.topic, r.payload, r.encoding, r.qos, r.retain, r.clientID, text(r.user), text(r.password), r.userProperty)
}

// TestParse proves where parameters are looked for, and which mixtures are refused.
func TestParse(t *testing.T) {
	for _, x := range []struct {
		name, header, query, body, want string
	}{
		{"headers", "topic: a/b|qos: 1|retain: true|user: u|password: p|client_id: c|user_properties: [{\"k\":\"v\"}]", "", "text",
			`a/b "text"  qos=1 retain=true id=c user=<u> password=<p> props=[{"k":"v"}]`},
		{"a topic is enough", "topic: a", "", "", `a ""  qos= retain= id= user=- password=- props=`},
		{"the body is no JSON then", "topic: a", "", `{"topic":"b","payload":"x"}`, `a "{\"topic\":\"b\",\"payload\":\"x\"}"  qos= retain= id= user=- password=- props=`},
		{"clientid of the manual", "topic: a|clientid: c", "", "", `a ""  qos= retain= id=c user=- password=- props=`},
		{"empty topic in a header", "topic: ", "", "x", ` "x"  qos= retain= id= user=- password=- props=`},
		{"query", "", "topic=a%2Fb&qos=2&retain=false&user=u&password=&client_id=c+d", "text",
			`a/b "text"  qos=2 retain=false id=c d user=<u> password=<> props=`},
		{"user properties are not for the query", "", "topic=a&user_properties=[]", "", `a ""  qos= retain= id= user=- password=- props=`},
		{"JSON", "", "", `{"topic":"a","payload":"x","qos":1,"retain":true,"user":"u","password":"p","client_id":"c","user_properties":[{"a":"b"}]}`,
			`a "x"  qos=1 retain=true id=c user=<u> password=<p> props=[{"a":"b"}]`},
		{"JSON with text for numbers", "", "encoding=plain", `{"topic":"a","payload":"x","qos":"1","retain":"true"}`,
			`a "x" plain qos=1 retain=true id= user=- password=- props=`},
		{"JSON with null", "", "encoding=base64", `{"topic":"a","payload":"eA==","qos":null,"retain":null,"user":null}`,
			`a "eA==" base64 qos= retain= id= user=- password=- props=`},

		{"header and query", "topic: a", "topic=b", "", string(errBoth)},
		{"header and another item", "topic: a", "qos=1", "", string(errBoth)},
		{"header and encoding", "topic: a", "encoding=plain", "", string(errBoth)},
		{"header and an item that means nothing", "topic: a", "v=1", "", `a ""  qos= retain= id= user=- password=- props=`},
		{"encoding and topic", "", "topic=a&encoding=base64", "", string(errEncoding)},
		{"encoding and more", "", "encoding=base64&qos=1", `{"topic":"a","payload":"x"}`, string(errEncoding)},
		{"two encodings", "", "encoding=base64&encoding=plain", `{"topic":"a","payload":"x"}`, string(errEncoding)},
		{"query that is none", "", "topic=%zz", "", string(errQuery)},
		{"no body", "", "", "", string(errJSON)},
		{"text", "", "", "text", string(errJSON)},
		{"a list", "", "", `[]`, string(errJSON)},
		{"no topic", "", "", `{"payload":"x"}`, string(errJSON)},
		{"no payload", "", "", `{"topic":"a"}`, string(errJSON)},
		{"payload of another type", "", "", `{"topic":"a","payload":{"x":1}}`, string(errJSON)},
		{"user of another type", "", "", `{"topic":"a","payload":"x","user":1}`, string(errJSON)},
		{"something behind", "", "", `{"topic":"a","payload":"x"} x`, string(errJSON)},
		{"not UTF-8", "", "", "{\"topic\":\"a\",\"payload\":\"\xff\"}", string(errJSON)},
	} {
		h := http.Header{}
		for line := range strings.SplitSeq(x.header, "|") {
			if name, value, found := strings.Cut(line, ": "); found {
				h.Set(name, value)
			}
		}
		r, err := parse(h, x.query, []byte(x.body))
		got := fmt.Sprint(err)
		if err == nil {
			got = show(r)
		}
		if got != x.want {
			t.Errorf("%s: got\n\t%s\nwant\n\t%s", x.name, got, x.want)
		}
	}
}

// TestMessage proves what values mean, and that the first wrong one is told while the rest can be used.
func TestMessage(t *testing.T) {
	long := strings.Repeat("x", 1<<16)
	for _, x := range []struct {
		in   request
		want string
	}{
		{request{payload: []byte("x")}, `"x" 0 false []`},
		{request{payload: []byte("eA=="), encoding: "plain"}, `"eA==" 0 false []`},
		{request{payload: []byte("eA=="), encoding: "base64"}, `"x" 0 false []`},
		{request{qos: "2", retain: "true"}, `"" 2 true []`},
		{request{qos: "0", retain: "false", userProperty: []byte("null")}, `"" 0 false []`},
		{request{userProperty: []byte(`[]`)}, `"" 0 false []`},
		{request{userProperty: []byte(`[{"b":"1","a":"2","b":"3"},{"c":"4"}]`)}, `"" 0 false [b=1 a=2 b=3]`},
		{request{qos: "3", retain: "true"}, `"" 0 true [] ` + string(errQoS)},
		{request{qos: "-1"}, `"" 0 false [] ` + string(errQoS)},
		{request{qos: "1.0"}, `"" 0 false [] ` + string(errQoS)},
		{request{retain: "1"}, `"" 0 false [] ` + string(errRetain)},
		{request{encoding: "hex", qos: "9"}, `"" 0 false [] ` + string(errUnknownEncoding)},
		{request{payload: []byte("e"), encoding: "base64"}, `"e" 0 false [] ` + string(errBase64)},
		{request{userProperty: []byte(`{"a":"b"}`)}, `"" 0 false [] ` + string(errUserProperties)},
		{request{userProperty: []byte(`["a"]`)}, `"" 0 false [] ` + string(errUserProperties)},
		{request{userProperty: []byte(`[{"a":1}]`)}, `"" 0 false [] ` + string(errUserProperties)},
		{request{userProperty: []byte(`[{"a":"b"`)}, `"" 0 false [] ` + string(errUserProperties)},
		{request{userProperty: []byte(`[{"a":"` + long + `"}]`)}, `"" 0 false [] ` + string(errUserProperties)},
		{request{userProperty: []byte(`[{"` + long + `":"a"}]`)}, `"" 0 false [] ` + string(errUserProperties)},
	} {
		m, err := x.in.message()
		props := []string{}
		if m.props != nil {
			m.props.UserProperties(func(k, v []byte) bool {
				props = append(props, string(k)+"="+string(v))
				return true
			})
			if e := (&codec.Publish{Topic: []byte("t"), Props: *m.props}).Check(codec.V5, codec.FromClient); e != nil {
				t.Errorf("%s: %v", x.in.userProperty, e)
			}
		}
		got := fmt.Sprintf("%q %d %t %v", m.payload, m.qos, m.retain, props)
		if err != nil {
			got += " " + err.Error()
		}
		if got != x.want {
			t.Errorf("%.80s: got\n\t%s\nwant\n\t%s", show(&x.in), got, x.want)
		}
	}
}
