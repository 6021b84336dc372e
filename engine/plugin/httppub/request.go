package httppub

import (
	"encoding/json"
	"net/http"
	"net/url"
	"unicode/utf8"
)

// request is what somebody wants published, with its parameters as text.
type request struct {
	topic        string
	payload      []byte // as it came, or the text of JSON
	encoding     string // of payload
	qos, retain  string // empty: the default
	clientID     string
	user         *string // nil: absent
	password     *string
	userProperty []byte // JSON; nil: none
}

// parameters are the names of all that may stand in a header or a query.
var parameters = []string{"topic", "qos", "retain", "user", "password", "client_id", "user_properties", "encoding"}

// mistake is what is wrong with a request, in the words of the answer.
type mistake string

func (m mistake) Error() string { return string(m) }

// Why a request is not understood at all.
const (
	errBoth     mistake = "The parameters stand either in headers or in the query, not in both."
	errQuery    mistake = "The query is not well-formed."
	errEncoding mistake = "encoding must be the only item of the query."
	errJSON     mistake = "The body must be a JSON object with topic and payload as strings, unless a header or the query has the topic."
)

// parse finds the parameters. A topic in a header means that all of them are headers, a topic in the query that all are there, and the body is
// the payload then; otherwise the body is a JSON object with everything in it. Values are not looked at yet, because who asks is
// authenticated first.
func parse(h http.Header, query string, body []byte) (*request, error) {
	q, err := url.ParseQuery(query)
	if err != nil {
		return nil, errQuery
	}
	_, inHeaders := h[http.CanonicalHeaderKey("topic")]
	switch {
	case inHeaders && hasAny(q, parameters):
		return nil, errBoth
	case q.Has("encoding") && (len(q) > 1 || len(q["encoding"]) > 1):
		return nil, errEncoding
	case inHeaders:
		r := fromValues(func(name string) []string { return h[http.CanonicalHeaderKey(name)] }, body)
		if r.clientID == "" {
			r.clientID = h.Get("clientid") // an older spelling, and one that proxies do not drop for its underscore
		}
		if h.Get("user_properties") != "" {
			r.userProperty = []byte(h.Get("user_properties"))
		}
		return r, nil
	case q.Has("topic"):
		return fromValues(func(name string) []string { return q[name] }, body), nil
	}
	return fromJSON(body, q.Get("encoding"))
}

func hasAny(q url.Values, names []string) bool {
	for _, name := range names {
		if q.Has(name) {
			return true
		}
	}
	return false
}

// fromValues takes the parameters that headers and queries share. Of several values the first counts.
func fromValues(values func(name string) []string, body []byte) *request {
	first := func(name string) *string {
		if all := values(name); len(all) > 0 {
			return &all[0]
		}
		return nil
	}
	text := func(name string) string {
		if v := first(name); v != nil {
			return *v
		}
		return ""
	}
	return &request{
		topic: text("topic"), payload: body, qos: text("qos"), retain: text("retain"), clientID: text("client_id"),
		user: first("user"), password: first("password"),
	}
}

func fromJSON(body []byte, encoding string) (*request, error) {
	var in struct {
		Topic          *string         `json:"topic"`
		Payload        *string         `json:"payload"`
		QoS            json.RawMessage `json:"qos"`
		Retain         json.RawMessage `json:"retain"`
		ClientID       string          `json:"client_id"`
		User           *string         `json:"user"`
		Password       *string         `json:"password"`
		UserProperties json.RawMessage `json:"user_properties"`
	}
	// What is not UTF-8 would be read all the same, with other characters in place of the wrong ones.
	if !utf8.Valid(body) || json.Unmarshal(body, &in) != nil || in.Topic == nil || in.Payload == nil {
		return nil, errJSON
	}
	return &request{
		topic: *in.Topic, payload: []byte(*in.Payload), encoding: encoding, qos: plain(in.QoS), retain: plain(in.Retain),
		clientID: in.ClientID, user: in.User, password: in.Password, userProperty: in.UserProperties,
	}, nil
}

// plain is a number or word of JSON as text, with or without quotes; null is the same as nothing.
func plain(raw json.RawMessage) string {
	var s string
	if string(raw) == "null" || json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}
