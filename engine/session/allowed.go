package session

import (
	"sync/atomic"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/hook"
)

// allowed remembers topics that a client may publish to, by what hook.Set.First said. A client that publishes has a few topics, if more than
// one, and looking them up in long lists of rules costs as much as a third of forwarding the message does.
type allowed struct {
	set     *hook.Set      // whose First said so
	version *atomic.Uint64 // of its rules
	seen    uint64         // version at that time
	topics  [allowedTopics]string
}

const (
	allowedTopics = 4
	// allowedLength bounds the topics that are remembered, so that a client cannot make its connection dear with long ones.
	allowedLength = 128
)

// slot is where a topic is remembered. Topics of one client differ in their ends or in their lengths.
func slot(topic []byte) int { return (len(topic) + int(topic[len(topic)-1])) % allowedTopics }

// remembers tells whether the client was allowed to publish to the topic, which is not empty, and nothing has changed since.
func (a *allowed) remembers(h *hook.Set, topic []byte) bool {
	return a != nil && a.set == h && a.version.Load() == a.seen && a.topics[slot(topic)] == string(topic)
}

// allowedShortly says whether the client may publish to the topic, if that can be told without the long way, on which plugins see the whole
// message. A trace shows each question with its answer, so there is no short way for a client that is traced.
func (s *Session) allowedShortly(h *hook.Set, topic []byte) bool {
	if s.local.tracer != nil {
		if _, wanted := s.traced(); wanted {
			return false
		}
	}
	return s.extras.allowed.remembers(h, topic) || h.First != nil && s.mayPublish(h, topic)
}

// mayPublish asks the short way whether the client may publish to the topic. False decides nothing, also where the plugin panics: the long way
// finds that out again.
func (s *Session) mayPublish(h *hook.Set, topic []byte) (may bool) {
	defer func() { _ = recover() }()
	version := h.First.RulesVersion()
	seen := version.Load() // before the question: an answer by newer rules is asked for once more than needed, none by older ones stays
	point := hook.AuthOnPublishPoint
	if s.version == codec.V5 {
		point = hook.AuthOnPublishM5Point
	}
	m := s.local.measure(point)
	if !h.First.MayPublish(s.who(), topic) {
		return false
	}
	m.end(nil)
	if len(topic) > allowedLength {
		return true
	}
	a := s.extras.allowed
	if a == nil || a.set != h || a.seen != seen {
		a = &allowed{set: h, version: version, seen: seen}
		s.own().allowed = a
	}
	a.topics[slot(topic)] = string(topic)
	return true
}
