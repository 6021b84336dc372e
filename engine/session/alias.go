package session

import "github.com/vernemq/vmq/codec"

// aliases are the topic aliases of one connection, both ways. They die with it [MQTT-3.3.2-7].
type aliases struct {
	in     []string          // topics by alias - 1, as far as the client has defined them
	out    map[string]uint16 // aliases by topic
	outMax uint16            // how many the broker may define
}

var (
	errAliasRange   = &codec.Error{Code: codec.TopicAliasInvalid, Rule: "MQTT-3.3.2-9", Why: "topic alias above the maximum of the broker"}
	errAliasUnknown = &codec.Error{Code: codec.ProtocolError, Why: "PUBLISH without a topic and with a topic alias that has none"}
)

// offerAliases notes how many aliases either side may define.
func (s *Session) offerAliases(p *codec.Connect) {
	if p.Version != codec.V5 {
		return
	}
	out := uint16(0)
	if p.Props.Has(codec.PropTopicAliasMaximum) {
		out = min(s.settings.TopicAliasMaxBroker, p.Props.TopicAliasMaximum) // [MQTT-3.1.2-26], [MQTT-3.1.2-27], [MQTT-3.3.2-11]
	}
	if out > 0 || s.settings.TopicAliasMaxClient > 0 {
		s.own().aliases = &aliases{outMax: out}
	}
}

// resolveAlias notes the alias that a PUBLISH defines and returns it, or puts the topic in place of one that it uses [MQTT-3.3.2-12].
func (s *Session) resolveAlias(p *codec.Publish) (defined uint16, err error) {
	if s.version != codec.V5 || !p.Props.Has(codec.PropTopicAlias) {
		return 0, nil
	}
	alias := int(p.Props.TopicAlias)
	if alias == 0 || alias > int(s.settings.TopicAliasMaxClient) {
		return 0, errAliasRange // [MQTT-3.3.2-8], [MQTT-3.3.2-9]
	}
	in := &s.extras.aliases.in
	if len(p.Topic) == 0 {
		if alias > len(*in) || (*in)[alias-1] == "" {
			return 0, errAliasUnknown
		}
		s.local.topic = append(s.local.topic[:0], (*in)[alias-1]...)
		p.Topic = s.local.topic
		return 0, nil
	}
	for len(*in) < alias {
		*in = append(*in, "")
	}
	if (*in)[alias-1] != string(p.Topic) {
		(*in)[alias-1] = string(p.Topic)
	}
	return p.Props.TopicAlias, nil
}

// useAlias puts an alias into a PUBLISH to the client if its topic has one or can get one: topic and alias the first time, the
// alias alone from then on.
func (s *Session) useAlias(h *codec.PublishHead) {
	a := s.extras.aliases
	if a == nil || a.outMax == 0 {
		return
	}
	if alias, known := a.out[string(h.Topic)]; known {
		h.Topic, h.TopicAlias = nil, alias
		return
	}
	if len(a.out) < int(a.outMax) {
		h.TopicAlias = uint16(len(a.out) + 1)
	}
}

// aliasSent notes that the client now knows the alias of topic.
func (s *Session) aliasSent(h *codec.PublishHead) {
	if h.TopicAlias == 0 || len(h.Topic) == 0 {
		return
	}
	if s.extras.aliases.out == nil {
		s.extras.aliases.out = make(map[string]uint16)
	}
	s.extras.aliases.out[string(h.Topic)] = h.TopicAlias
}
