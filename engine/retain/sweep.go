package retain

import (
	"github.com/vernemq/vmq/queue"
	"github.com/vernemq/vmq/trie"
)

// What a page of a sweep may cost, in looks at a message. BenchmarkSweep has the times behind the numbers: a page takes a few hundred
// microseconds, whether it finds much or nothing, so that a loop which sweeps between its turns is not held up.
const (
	sweepPage = 4096
	// deleteCost is what deleting one costs, against a look.
	deleteCost = 32
)

// Sweep deletes messages that have expired at now (in milliseconds of Unix time), from cursor on, until it has done the work of
// one page. It returns the cursor of the next page, true after the last one, and how many it deleted.
func (s *Mount) Sweep(cursor trie.Cursor, now int64) (next trie.Cursor, last bool, deleted int) {
	if s.mortal.Load() == 0 {
		return trie.Cursor{}, true, 0
	}
	left := sweepPage
	next, last = s.topics.All(cursor, sweepPage, func(topic string, m *queue.Message) bool {
		left--
		if m.Expired(now) && s.expire(topic, m) {
			deleted++
			left -= deleteCost
		}
		return left > 0
	})
	return next, last, deleted
}

// expire deletes m, which has expired, unless another message took its place meanwhile or somebody else was faster.
func (s *Mount) expire(topic string, m *queue.Message) bool {
	if _, deleted := s.topics.DeleteIf(topic, func(stored *queue.Message) bool { return stored == m }); !deleted {
		return false
	}
	s.count(m, -1)
	s.expired.Add(1)
	s.tell(topic)
	return true
}
