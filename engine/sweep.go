package engine

import (
	"time"

	"github.com/vernemq/vmq/engine/retain"
	"github.com/vernemq/vmq/netpoll"
	"github.com/vernemq/vmq/trie"
)

// sweepPause is the time between two pages of a sweep that find little. A page takes half a millisecond or so, which leaves the loop to
// its sessions for nine tenths of the time and more, and a million messages are gone through in ten seconds.
//
// Where a page finds much, the next one follows as soon as the others of the loop have had their turn: a hundred pages a second
// delete 6,400 messages, and publishers may be faster than that.
const sweepPause = Tick

// sweeper deletes expired retained messages that nobody meets, every so often (expire_retain_cache). It belongs to the first loop.
type sweeper struct {
	netpoll.Timer
	store  *retain.Store
	period time.Duration

	began  time.Duration   // loop time at which the sweep at hand began
	mounts []*retain.Mount // of this sweep, the first one at cursor; nil between two sweeps
	cursor trie.Cursor
}

// sweepRetained starts the sweeps. The loop need not run yet.
func (b *Broker) sweepRetained(period time.Duration) {
	s := &sweeper{store: b.retained, period: period}
	s.Init(s)
	b.loops[0].Post(taskFunc(func(l *netpoll.Loop) { l.Schedule(&s.Timer, period) }))
}

// OnTimer does a page.
func (s *sweeper) OnTimer(l *netpoll.Loop, _ *netpoll.Timer) { s.Run(l) }

// Run does a page. A sweep that takes longer than the period is followed by the next one at once.
func (s *sweeper) Run(l *netpoll.Loop) {
	if s.mounts == nil {
		s.began, s.mounts = l.Now(), s.store.Mounts()
	}
	for len(s.mounts) > 0 && s.mounts[0].Mortal() == 0 {
		s.mounts, s.cursor = s.mounts[1:], trie.Cursor{}
	}
	if len(s.mounts) == 0 {
		s.mounts = nil
		l.Schedule(&s.Timer, max(s.period-(l.Now()-s.began), sweepPause))
		return
	}
	var last bool
	var deleted int
	s.cursor, last, deleted = s.mounts[0].Sweep(s.cursor, l.WallTime().UnixMilli())
	if last {
		s.mounts = s.mounts[1:]
	}
	if 2*deleted > retain.SweepMost {
		l.Post(s)
	} else {
		l.Schedule(&s.Timer, sweepPause)
	}
}
