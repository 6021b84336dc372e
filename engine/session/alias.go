package session

import (
	"github.com/vernemq/vmq/codec"
)

var (
	errAliasRange   = &codec.Error{Code: codec.TopicAliasInvalid, Rule: "MQTT-3.3.2-9", Why: "topic alias above the maximum of the broker"}
	errAliasUnknown = &codec.Error{Code: codec.ProtocolError, Rule: "MQTT-3.3.2-8", Why: "PUBLISH without a topic or a topic alias that has one"}
)

// resolveAlias puts the topic in place of an alias. The broker announces no Topic Alias Maximum, so no alias may come.
func (s *Session) resolveAlias(p *codec.Publish) error {
	if s.version != codec.V5 {
		return nil
	}
	if p.Props.Has(codec.PropTopicAlias) {
		return errAliasRange
	}
	if len(p.Topic) == 0 {
		return errAliasUnknown
	}
	return nil
}
