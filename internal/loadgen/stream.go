package loadgen

import "slices"

// gapsMax bounds the missing ranges that one stream remembers (16 bytes each, so 16 MiB). A broker that drops every other
// message at full speed reaches it after two million messages. Then the older half is given up: it counts as lost for
// good, and the report says that losses and duplicates of this run are not exact.
const gapsMax = 1 << 20

// arrival says what a sequence number means to a stream.
type arrival byte

const (
	fresh     arrival = iota // the next, or one further on
	late                     // missing until now, overtaken by a later one
	duplicate                // seen before
)

// stream is what one subscriber has received from one publisher. It belongs to the subscriber's loop. In order it costs one
// comparison and one addition per message and 16 bytes altogether; missing ranges are kept only while there are any.
type stream struct {
	next uint64 // all below have come, except what lies in gaps
	gaps *gaps
}

// gaps are ranges of sequence numbers that have not come.
type gaps struct {
	missing   []seqRange // ascending, not touching each other
	forgotten uint64     // messages of ranges that were given up because there were too many ranges
	floor     uint64     // nothing below is remembered any more
}

// seqRange is [from, to).
type seqRange struct{ from, to uint64 }

// arrive takes note of seq.
func (s *stream) arrive(seq uint64) arrival {
	if seq == s.next {
		s.next++
		return fresh
	}
	return s.outOfOrder(seq)
}

// outOfOrder is the rest of arrive, apart so that the common case is inlined.
func (s *stream) outOfOrder(seq uint64) arrival {
	if seq > s.next {
		if s.gaps == nil {
			s.gaps = &gaps{}
		}
		s.gaps.add(seqRange{s.next, seq})
		s.next = seq + 1
		return fresh
	}
	if s.gaps == nil || !s.gaps.fill(seq) {
		return duplicate
	}
	return late
}

// lost counts what has not come of the sent messages 0 … sent-1.
func (s *stream) lost(sent uint64) uint64 {
	n := uint64(0)
	if sent > s.next {
		n = sent - s.next
	}
	if s.gaps != nil {
		n += s.gaps.forgotten
		for _, r := range s.gaps.missing {
			n += r.to - r.from
		}
	}
	return n
}

// inexact says that ranges had to be given up.
func (s *stream) inexact() bool { return s.gaps != nil && s.gaps.forgotten > 0 }

// add appends a range that lies above all others.
func (g *gaps) add(r seqRange) {
	if len(g.missing) == gapsMax {
		half := len(g.missing) / 2
		for _, old := range g.missing[:half] {
			g.forgotten += old.to - old.from
		}
		g.floor = g.missing[half].from
		g.missing = append(g.missing[:0], g.missing[half:]...)
	}
	g.missing = append(g.missing, r)
}

// fill takes seq out of the missing ranges; false: it was not missing. Of a number below the floor nothing is known: it
// counts as seen.
func (g *gaps) fill(seq uint64) bool {
	i, found := slices.BinarySearchFunc(g.missing, seq, func(r seqRange, seq uint64) int {
		switch {
		case r.to <= seq:
			return -1
		case r.from > seq:
			return 1
		}
		return 0
	})
	if !found {
		return false
	}
	r := g.missing[i]
	switch {
	case r.from == seq && r.to == seq+1:
		g.missing = slices.Delete(g.missing, i, i+1)
	case r.from == seq:
		g.missing[i].from++
	case r.to == seq+1:
		g.missing[i].to--
	default:
		g.missing[i].to = seq
		g.missing = slices.Insert(g.missing, i+1, seqRange{seq + 1, r.to})
	}
	return true
}
