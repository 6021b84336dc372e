package trie

import "strings"

// A TopicError says which rule a topic or filter breaks. The values are predeclared, so that a refusal allocates nothing;
// a caller that wants the topic in its message adds it.
type TopicError struct {
	// Wildcard is set if the fault is the place of a wildcard: MQTT 5 answers those with reason code 0x90 (topic) or
	// 0x8F (filter), and all the others with 0x81.
	Wildcard bool
	// Rule is the normative statement of MQTT 5 that was broken, or empty for local policy.
	Rule string
	// Why tells the fault in words.
	Why string
}

func (e *TopicError) Error() string { return e.Why }

// What CheckTopic and CheckFilter return.
var (
	ErrEmptyTopic    error = &TopicError{Rule: "MQTT-4.7.3-1", Why: "topic of no characters"}
	ErrTopicWildcard error = &TopicError{Rule: "MQTT-3.3.2-2", Wildcard: true, Why: "wildcard in the topic of a publish"}
	ErrTooManyLevels error = &TopicError{Why: "more topic levels than allowed"}
	ErrEmptyFilter   error = &TopicError{Rule: "MQTT-4.7.3-1", Why: "topic filter of no characters"}
	ErrHashInLevel   error = &TopicError{Rule: "MQTT-4.7.1-1", Wildcard: true, Why: "'#' does not fill its level"}
	ErrHashNotLast   error = &TopicError{Rule: "MQTT-4.7.1-1", Wildcard: true, Why: "'#' before the last level"}
	ErrPlusInLevel   error = &TopicError{Rule: "MQTT-4.7.1-2", Wildcard: true, Why: "'+' does not fill its level"}
	ErrShareName     error = &TopicError{Rule: "MQTT-4.8.2-1", Why: "$share without a name"}
	ErrShareWildcard error = &TopicError{Rule: "MQTT-4.8.2-2", Wildcard: true, Why: "wildcard in the name of a shared subscription"}
	ErrShareNoFilter error = &TopicError{Rule: "MQTT-4.8.2-2", Why: "$share without a topic filter"}
)

// sharePrefix opens the filter of a shared subscription.
const sharePrefix = "$share/"

// CheckTopic checks the topic of a PUBLISH: at least one character, no wildcard, at most maxDepth levels (0: no limit).
// That it is UTF-8 without U+0000 was checked when the packet was decoded. It allocates nothing and keeps nothing.
func CheckTopic(topic []byte, maxDepth int) error {
	if len(topic) == 0 {
		return ErrEmptyTopic
	}
	levels := 1
	for _, c := range topic {
		switch c {
		case '+', '#':
			return ErrTopicWildcard // [MQTT-3.3.2-2], [MQTT-4.7.0-1]
		case '/':
			levels++
		}
	}
	if maxDepth > 0 && levels > maxDepth {
		return ErrTooManyLevels
	}
	return nil
}

// CheckFilter checks a topic filter, shared or not: '+' fills its level [MQTT-4.7.1-2], '#' fills the last level
// [MQTT-4.7.1-1], "$share/" is followed by a name without wildcards and by a filter [MQTT-4.8.2-1], [MQTT-4.8.2-2], and there
// are at most maxDepth levels (0: no limit), "$share" and the name counting as two. It allocates nothing and keeps nothing.
func CheckFilter(filter []byte, maxDepth int) error {
	if len(filter) == 0 {
		return ErrEmptyFilter
	}
	if len(filter) >= len(sharePrefix) && string(filter[:len(sharePrefix)]) == sharePrefix {
		if err := checkShare(filter[len(sharePrefix):]); err != nil {
			return err
		}
	}
	levels := 1
	for i, c := range filter {
		switch c {
		case '/':
			levels++
		case '+', '#':
			alone := (i == 0 || filter[i-1] == '/') && (i+1 == len(filter) || filter[i+1] == '/')
			if c == '+' && !alone {
				return ErrPlusInLevel // [MQTT-4.7.1-2]
			}
			if c == '#' && !alone {
				return ErrHashInLevel // [MQTT-4.7.1-1]
			}
			if c == '#' && i+1 != len(filter) {
				return ErrHashNotLast // [MQTT-4.7.1-1]
			}
		}
	}
	if maxDepth > 0 && levels > maxDepth {
		return ErrTooManyLevels
	}
	return nil
}

// checkShare checks what follows "$share/": a name, a slash, and at least one character of filter.
func checkShare(s []byte) error {
	name := 0
	for name < len(s) && s[name] != '/' {
		if s[name] == '+' || s[name] == '#' {
			return ErrShareWildcard // [MQTT-4.8.2-2]
		}
		name++
	}
	if name == 0 {
		return ErrShareName // [MQTT-4.8.2-1]
	}
	if name+1 >= len(s) {
		return ErrShareNoFilter // [MQTT-4.8.2-2]
	}
	return nil
}

// SplitShare takes the filter of a shared subscription apart: for "$share/group/rest" it returns group, rest and true, for
// any other filter "", filter and false. The parts alias filter.
func SplitShare(filter string) (group, rest string, shared bool) {
	after, ok := strings.CutPrefix(filter, sharePrefix)
	if !ok {
		return "", filter, false
	}
	group, rest, ok = strings.Cut(after, "/")
	if !ok {
		return "", filter, false
	}
	return group, rest, true
}

// Matches tells whether filter, which is not a shared one, matches topic. It is the plain rule for one pair, as access
// lists need it; many filters belong into an Index. A wildcard in the first level does not match a topic that starts with
// '$' [MQTT-4.7.2-1].
func Matches(filter, topic string) bool {
	if topic == "" || filter == "" {
		return false
	}
	if topic[0] == '$' && (filter[0] == '+' || filter[0] == '#') {
		return false // [MQTT-4.7.2-1]
	}
	for {
		f, fRest, fMore := strings.Cut(filter, "/")
		if f == "#" && !fMore {
			return true
		}
		t, tRest, tMore := strings.Cut(topic, "/")
		if f != "+" && f != t {
			return false
		}
		if !tMore {
			// "a/#" matches "a" too: '#' stands for any number of levels, none included.
			return !fMore || fRest == "#"
		}
		if !fMore {
			return false
		}
		filter, topic = fRest, tRest
	}
}
