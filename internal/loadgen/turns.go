package loadgen

import "github.com/vernemq/vmq/netpoll"

// start lets the publishers send: at full speed, or when schedule s says so.
func (w *worker) start(s *schedule) {
	w.sending = true
	if s != nil {
		w.paced, w.schedule = true, *s
		return
	}
	now := w.clock.now()
	for _, p := range w.pubs {
		p.pump(now)
	}
}

// stop ends sending. What is written stays written.
func (w *worker) stop() { w.sending = false }

// takeTurns puts p among those that write in the next round.
func (w *worker) takeTurns(p *publisher) {
	if p.queued || p.room(1) == 0 {
		return
	}
	p.queued = true
	w.senders = append(w.senders, p)
	w.nextRound()
}

// nextRound posts a round unless one is on its way. Between two rounds the loop handles its events, so that receiving
// does not starve while sending has no end.
func (w *worker) nextRound() {
	if !w.turning {
		w.turning = true
		w.loop.Post((*round)(w))
	}
}

// round lets each sender write one batch, at once, while its bytes are still in the processor's cache.
type round worker

// Run is the task.
func (r *round) Run(*netpoll.Loop) {
	w := (*worker)(r)
	w.turning = false
	bytes := w.plan.opts.BatchBytes
	if w.plan.opts.OnePerWrite {
		bytes = 0 // one message each
	}
	now := w.clock.now()
	staying := w.senders[:0]
	for _, p := range w.senders {
		if p.conn != nil {
			p.batch(now, bytes)
			p.conn.Flush()
		}
		// A connection that is full calls OnDrain, and then the publisher comes back.
		if p.conn == nil || p.room(1) == 0 || p.conn.Full() {
			p.queued = false
			continue
		}
		staying = append(staying, p)
	}
	clear(w.senders[len(staying):])
	w.senders = staying
	if len(staying) > 0 {
		w.nextRound()
	}
}

// wake has the loop send what is due. Any goroutine.
func (w *worker) wake() {
	if !w.woken.Swap(true) {
		w.loop.Post((*dueRound)(w))
	}
}

// dueRound hands messages that are due to their publishers.
type dueRound worker

// Run is the task.
func (r *dueRound) Run(*netpoll.Loop) {
	w := (*worker)(r)
	w.woken.Store(false)
	if !w.sending || len(w.pubs) == 0 {
		return
	}
	// Publishers of this loop take turns in the order of their numbers, as in the whole run.
	for now := w.clock.now(); ; w.sent++ {
		p := w.pubs[w.sent%uint64(len(w.pubs))]
		turn := w.sent / uint64(len(w.pubs))
		if w.schedule.due(uint32(p.index), turn) > now {
			return
		}
		if p.quota > 0 && turn >= p.quota {
			if w.allOwed(turn) {
				return
			}
			continue
		}
		p.owed++
		p.pump(now)
	}
}

// allOwed says that no publisher of this loop has a message number turn.
func (w *worker) allOwed(turn uint64) bool {
	for _, p := range w.pubs {
		if p.quota == 0 || turn < p.quota {
			return false
		}
	}
	return true
}
