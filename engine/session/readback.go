package session

import (
	"fmt"
	"runtime/debug"

	"github.com/vernemq/vmq/queue/store"
)

// page is what a worker reads for a client, at most one at a time.
type page struct {
	local  *Local
	client *Client
	kept   *kept
	serial uint64
	// The backlog as it was when the reading began.
	lifo    bool
	turns   uint32
	after   store.Entry // fifo: the page begins after it; lifo: before it
	dropped store.Entry
	away    store.Entry
	mark    store.Entry // entries after it came later, and not all of them need be there

	// What is asked for.
	load, count bool
	limit       int // messages for the ring
	excess      int // messages to be dropped
	bytes       int // bounds both

	// What was found.
	inFlight   []store.Queued
	unreleased []uint16
	waiting    int
	items      []store.Queued
	last       store.Entry // where the page ended
	more       bool
	surplus    []store.Queued // has to be dropped
	moreOver   bool           // the surplus may not be all
	err        error
}

// fill reads what is missing in memory, unless something is being read already: at first what else the session left behind and how long the
// backlog is, then its next page, and what is to be dropped of it. For a client that is away no page is read.
func (c *Client) fill(l *Local) {
	k := c.kept
	away := c.session == nil
	if k.reading || away && l.Loop.Now() < k.retry {
		return
	}
	p := &page{
		local: l, client: c, kept: k, serial: c.Serial,
		lifo: k.lifo, turns: k.turns, after: k.read, dropped: k.dropped, away: k.away, mark: k.newest,
		load: !k.loaded && !away, count: k.spilled && !k.counted,
	}
	if k.spilled && !away && c.ringLow() {
		p.limit = pageMost
		if k.lifo && k.excess > 0 {
			p.limit = min(pageMost, int(k.unread)) // the rest is what has no room
		}
	}
	p.excess = min(int(k.excess), pageMost)
	if !p.load && !p.count && p.limit == 0 && p.excess == 0 {
		return
	}
	p.bytes = pageBytes
	if l.storage.crowded() {
		p.bytes = crowdedBytes
	}
	k.reading = true
	l.storage.reading++
	l.storage.coming += p.bytes
	if p.count {
		k.unread = 0 // from here on it counts what the count does not
	}
	st := l.storage.store
	l.storage.whenDurable(func() {
		l.Node.Workers().Add(p.serial, true, func() {
			defer l.Loop.Post(p)
			defer p.guard()
			p.readFrom(st)
		})
	})
}

// guard makes a panic the error of the page, so that it costs this client and nobody else. Deferred, on a worker.
func (p *page) guard() {
	if v := recover(); v != nil {
		p.err = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
	}
}

// readFrom runs on a worker.
func (p *page) readFrom(st Store) {
	if p.load {
		p.err = st.InFlight(p.serial, func(q store.Queued) { p.inFlight = append(p.inFlight, q) })
		if p.err == nil {
			p.err = st.UnreleasedIDs(p.serial, func(id uint16) { p.unreleased = append(p.unreleased, id) })
		}
	}
	if p.count && p.err == nil {
		in := store.Span{After: p.after, Through: p.mark, Gone: p.away}
		if p.lifo {
			in.After, in.Through = 0, p.after-1
		}
		p.waiting, p.err = st.Waiting(p.serial, in, countMost)
	}
	near, far := st.Page, st.PageBack
	if p.lifo {
		near, far = far, near
	}
	if p.limit > 0 && p.err == nil {
		p.last, p.more, p.err = near(p.serial, p.after, p.gather(&p.items, p.limit))
	}
	if p.excess > 0 && p.err == nil {
		_, p.moreOver, p.err = far(p.serial, p.dropped, p.gather(&p.surplus, p.excess))
	}
}

// gather appends to list until it has that many messages, or enough bytes.
func (p *page) gather(list *[]store.Queued, limit int) func(store.Queued) bool {
	size := 0
	return func(q store.Queued) bool {
		*list = append(*list, q)
		size += q.Item.Msg.Size()
		return len(*list) < limit && size < p.bytes
	}
}

// countMost bounds how far a queue is counted: to 10 million takes some seconds of a worker.
const countMost = 10_000_000

// release gives up everything that was read.
func (p *page) release() {
	releaseAll(p.inFlight)
	releaseAll(p.items)
	releaseAll(p.surplus)
}

func releaseAll(list []store.Queued) {
	for _, q := range list {
		if q.Item.Msg != nil {
			q.Item.Msg.Release()
		}
	}
}
