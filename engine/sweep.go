package engine

import (
	"time"

	"github.com/vernemq/vmq/engine/retain"
	"github.com/vernemq/vmq/netpoll"
	"github.com/vernemq/vmq/trie"
)

// sweepPause is the time between two pages of a sweep. A page takes well below a millisecond, so the loop is at its sessions' disposal for
// more than nine tenths of the time, and a million messages are gone through in some three seconds.
const sweepPause = Tick

// sweeper deletes expired retained messages that nobody meets, every so often (expire_retain_cache). It belongs to the first loop.
type sweeper struct {
	netpoll.Timer
	store  *retain.Store
	period time.Duration

	began  time.Duration   // loop time at which the sweep at hand began
	todo   []*retain.Mount // of this sweep; the first one is at cursor
	cursor trie.Cursor
}

// sweepRetained starts the sweeps. The loop need not run yet.
func (b *Broker) sweepRetained(period time.Duration) {
	s := &sweeper{store: b.retained, period: period}
	s.Init(s)
	b.loops[0].Post(taskFunc(func(l *netpoll.Loop) { l.Schedule(&s.Timer, period) }))
}

// OnTimer does one page. A sweep that takes longer than the period is followed by the next one at once.
func (s *sweeper) OnTimer(l *netpoll.Loop, _ *netpoll.Timer) {
	if len(s.todo) == 0 {
		s.began, s.todo = l.Now(), s.store.Mounts()
	}
	now := l.WallTime().UnixMilli()
	for len(s.todo) > 0 {
		var last bool
		if s.cursor, last, _ = s.todo[0].Sweep(s.cursor, now); !last {
			l.Schedule(&s.Timer, sweepPause)
			return
		}
		s.todo = s.todo[1:]
	}
	s.todo = nil
	l.Schedule(&s.Timer, max(s.period-(l.Now()-s.began), sweepPause))
}
