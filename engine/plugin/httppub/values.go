package httppub

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"math"

	"github.com/vernemq/vmq/codec"
)

// message is what a request means.
type message struct {
	payload []byte
	qos     byte
	retain  bool
	props   *codec.Properties // nil: none
}

// What is wrong with a value.
const (
	errUnknownEncoding mistake = "encoding is plain or base64."
	errQoS             mistake = "qos is 0, 1 or 2."
	errRetain          mistake = "retain is true or false."
	errUserProperties  mistake = "user_properties is a list with one object, whose values are strings."
	errBase64          mistake = "The payload is not base64."
)

// message reads the values. Those that are wrong have their defaults in the result, so that hooks can be asked about it, and the first of
// them is the error.
func (r *request) message() (m message, err error) {
	note := func(e error) {
		if err == nil {
			err = e
		}
	}
	m.payload = r.payload
	switch r.encoding {
	case "", "plain", "base64":
	default:
		note(errUnknownEncoding)
	}
	switch r.qos {
	case "", "0":
	case "1", "2":
		m.qos = r.qos[0] - '0'
	default:
		note(errQoS)
	}
	switch r.retain {
	case "", "false":
	case "true":
		m.retain = true
	default:
		note(errRetain)
	}
	var ok bool
	if m.props, ok = userProperties(r.userProperty); !ok {
		note(errUserProperties)
	}
	if r.encoding == "base64" {
		decoded, wrong := base64.StdEncoding.DecodeString(string(r.payload))
		if wrong != nil {
			note(errBase64)
		} else {
			m.payload = decoded
		}
	}
	return m, err
}

// userProperties reads [{"key":"value",…}] in its order. As in VerneMQ only the first object counts.
func userProperties(text []byte) (props *codec.Properties, ok bool) {
	if len(text) == 0 || string(text) == "null" {
		return nil, true
	}
	var list []json.RawMessage
	if json.Unmarshal(text, &list) != nil {
		return nil, false
	}
	if len(list) == 0 {
		return nil, true
	}
	d := json.NewDecoder(bytes.NewReader(list[0])) // a map would lose the order
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, false
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, false
		}
		name, _ := key.(string)
		var value string
		if d.Decode(&value) != nil || len(name) > math.MaxUint16 || len(value) > math.MaxUint16 {
			return nil, false
		}
		if props == nil {
			props = new(codec.Properties)
		}
		props.AddUser([]byte(name), []byte(value))
	}
	return props, true
}
