package trie

import (
	"math"
	"strings"
)

// Cursor says where a Scan goes on. Its zero value is the beginning.
type Cursor struct{ bound string }

// scanSlack is how many topics a page of Scan looks at, at most, beside eight for each that it may deliver: a few hundred
// microseconds for a filter that matches next to nothing.
const scanSlack = 1024

// Scan calls yield for the topics that match filter, from cursor on, until it has called limit times (0 or less: no limit) or
// yield returned false. It returns the cursor for the next page, and whether there are no more pages; then the cursor is zero.
//
// A page may hold fewer topics than limit, even none, and not be the last: Scan with a limit also bounds how many topics it
// looks at, so that a caller on an event loop can take turns with others. Over all pages each topic that was there all the
// time comes exactly once; one that was set or deleted meanwhile may come or not. The order means nothing. The filter must
// have passed CheckFilter and not be a shared one. Scan takes no lock; yield may use the Topics as it likes.
func (m *TopicMount[V]) Scan(filter string, cursor Cursor, limit int, yield func(topic string, v V) bool) (next Cursor, done bool) {
	if !hasWildcard(filter) {
		if n := m.find(filter); n != nil {
			if v, ok := n.val.get(); ok {
				yield(n.text, v)
			}
		}
		return Cursor{}, true
	}
	var buf [256]byte
	bound := append(buf[:0], cursor.bound...)
	if len(bound) == 0 {
		bound = append(bound, filter[:literal(filter)]...)
	}
	left := limit*8 + scanSlack
	if limit <= 0 {
		left = math.MaxInt
	}
	w := m.order.walk()
	for n := w.seek(bound); n != nil; n = w.seek(bound) {
		var match, more bool
		match, bound, more = step(filter, n.text, bound)
		stop := false
		if match {
			if v, ok := n.val.get(); ok {
				limit--
				stop = !yield(n.text, v) || limit == 0
			}
		}
		if !more {
			break
		}
		if left--; stop || left == 0 {
			return Cursor{string(bound)}, false
		}
	}
	return Cursor{}, true
}

// All calls yield for all topics, in pages as Scan does and with the same promises; those that begin with '$', which no leading wildcard
// matches, come too. It looks at no more topics than it delivers.
func (m *TopicMount[V]) All(cursor Cursor, limit int, yield func(topic string, v V) bool) (next Cursor, done bool) {
	w := m.order.walk()
	bound := []byte(cursor.bound)
	for n := w.seek(bound); n != nil; n = w.seek(bound) {
		bound = append(append(bound[:0], n.text...), below...)
		v, ok := n.val.get()
		if !ok {
			continue
		}
		if limit--; !yield(n.text, v) || limit == 0 {
			return Cursor{string(bound)}, false
		}
	}
	return Cursor{}, true
}

const (
	below  = "/"    // follows a topic: the smallest text that is larger
	beyond = "\x00" // follows a topic: the smallest text behind all that is below it
)

// literal returns the length of the levels of filter before the first wildcard, without the slash behind them.
func literal(filter string) int {
	end := strings.IndexByte(filter, '+')
	if end < 0 {
		end = len(filter) - 1 // '#'
	}
	return max(end-1, 0)
}

// step compares filter with topic, of those that lie between the last bound and the end the smallest. It tells whether they
// match, whether a larger topic may match, and puts into bound, which it overwrites, a text that no such topic is smaller than.
// Thus a part of the tree in which nothing can match is passed over in one step.
func step(filter, topic string, bound []byte) (match bool, next []byte, more bool) {
	if strings.HasPrefix(topic, "$") && (filter[0] == '+' || filter[0] == '#') {
		return false, append(bound[:0], '$'+1), true // behind all that begin with '$' [MQTT-4.7.2-1]
	}
	plus := -1 // the end, in topic, of the last level that stood against a '+'
	for start := 0; ; {
		f, fRest, fMore := strings.Cut(filter, "/")
		if f == "#" && !fMore {
			return true, append(append(bound[:0], topic...), below...), true
		}
		t, _, tMore := strings.Cut(topic[start:], "/")
		end := start + len(t)
		if f == "+" {
			plus = end
		} else if c := compare(t, f); c < 0 {
			return false, append(append(bound[:0], topic[:start]...), f...), true
		} else if c > 0 {
			break
		}
		switch {
		case !tMore && fMore:
			bound = append(append(bound[:0], topic...), below...)
			if fRest == "#" {
				return true, bound, true // '#' stands for the parent level too: a/# matches a
			}
			return false, bound, true
		case !fMore:
			match = !tMore
		default:
			filter, start = fRest, end+1
			continue
		}
		break
	}
	// What follows topic, up to the end of all below its level plus, differs from the filter as topic does, or is too deep.
	if plus < 0 {
		return match, bound, false
	}
	return match, append(append(bound[:0], topic[:plus]...), beyond...), true
}
