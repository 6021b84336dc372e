package trie

import (
	"math/bits"
	"strings"
)

// A shape tells where a filter has wildcards and nothing about its words: "a/+/b" and "x/+/y" have the same. All that
// matches a topic and has a given shape is one filter at most: the topic with '+' in the places that the shape names.
type shape struct {
	near  uint64 // levels 0 to 63 that are '+', a bit for each
	far   string // levels from 64 on that are '+', two bytes for each, ascending; nearly always empty
	depth uint32 // levels<<1, without a last level '#', plus 1 if there is one

	// filters counts the filters of the shape below its anchor, atomically. It stands here, because it fills a gap: a
	// broker may hold as many shapes as filters. Only same and the functions of anchors touch it.
	filters int32
}

func (s *shape) same(o *shape) bool { return s.near == o.near && s.depth == o.depth && s.far == o.far }

func (s *shape) levels() int { return int(s.depth >> 1) }

// multi tells whether the last level is '#'.
func (s *shape) multi() bool { return s.depth&1 != 0 }

// fits tells whether topics of n levels can match filters of the shape.
func (s *shape) fits(n int) bool {
	if s.multi() {
		return n >= s.levels() // '#' stands for the parent level too: a/# matches a
	}
	return n == s.levels()
}

// pluses walks the levels of a shape that are '+'.
type pluses struct {
	near uint64
	far  string
}

// next returns the next '+' level, or -1 after the last.
func (p *pluses) next() int {
	switch {
	case p.near != 0:
		i := bits.TrailingZeros64(p.near)
		p.near &= p.near - 1
		return i
	case p.far != "":
		i := int(p.far[0])<<8 | int(p.far[1])
		p.far = p.far[2:]
		return i
	}
	return -1
}

// hash returns the hash of the filter of this shape that would match the topic with levels ls.
func (s *shape) hash(ls []level, plus uint64) uint64 {
	sum := sumOf(ls[:s.levels()])
	for p := (pluses{s.near, s.far}); ; {
		i := p.next()
		if i < 0 {
			return finish(sum, s.depth)
		}
		sum += term(plus, i) - ls[i].term
	}
}

// is tells whether filter is the one of this shape that matches topic, whose levels are ls. Between two wildcards both
// texts must be the same, so it compares runs and not levels.
func (s *shape) is(filter string, topic []byte, ls []level) bool {
	done := 0 // bytes of topic that have been dealt with
	for p := (pluses{s.near, s.far}); ; {
		i := p.next()
		if i < 0 {
			break
		}
		run := ls[i].start - done
		if len(filter) <= run || filter[:run] != string(topic[done:ls[i].start]) || filter[run] != '+' {
			return false
		}
		filter, done = filter[run+1:], ls[i].end
	}
	end := 0
	if n := s.levels(); n > 0 {
		end = ls[n-1].end
	}
	run := end - done
	if len(filter) < run || filter[:run] != string(topic[done:end]) {
		return false
	}
	switch rest := filter[run:]; {
	case !s.multi():
		return rest == ""
	case s.levels() == 0:
		return rest == "#"
	default:
		return rest == "/#"
	}
}

// hasWildcard tells whether a level of filter is '+' or the last is '#'. In a filter that passed CheckFilter these
// characters stand nowhere else.
func hasWildcard(filter string) bool {
	return strings.IndexByte(filter, '+') >= 0 || strings.HasSuffix(filter, "#")
}
