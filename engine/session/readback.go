package session

import (
	"fmt"
	"runtime/debug"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/netpoll"
	"github.com/vernemq/vmq/queue"
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

// Run takes over what was read, on the client's home loop.
func (p *page) Run(*netpoll.Loop) {
	c, k, l := p.client, p.kept, p.local
	l.storage.reading--
	l.storage.coming -= p.bytes
	if c.kept != k {
		p.release() // the session has ended
		return
	}
	if p.err != nil {
		k.reading = false
		p.release()
		c.unreadable(l, p.err)
		return
	}
	if p.load {
		k.loaded = true
		c.restoreFlight(l, p)
	}
	p.takeQueue()
	k.reading = false
	switch s := c.session; {
	case s == nil:
	case !k.loaded: // it came while the page was being read
	case s.paused&pausedByStore != 0:
		s.begin()
	default:
		s.pump()
	}
	if c.kept == k { // there may be more to do, or it has to be done again because the order of the queue has changed
		c.fill(l)
	}
}

// takeQueue takes over what was read of the backlog. It is of no use if the backlog is another one by now.
func (p *page) takeQueue() {
	c, k, l := p.client, p.kept, p.local
	if p.turns != k.turns {
		releaseAll(p.items)
		releaseAll(p.surplus)
		return
	}
	if p.count {
		k.counted = true
		k.unread += int32(p.waiting)
		l.storage.spilled[c.Serial] = c
		switch s := c.session; {
		case s == nil:
			c.trim(l, c.offlineLimit(l))
		case s.paused&pausedByStore == 0 && !s.settings.OverrideMaxOnlineMessages: // otherwise resume does it
			c.trim(l, s.onlineLimit())
		}
	}
	switch {
	case p.limit == 0:
	case p.after != k.read:
		releaseAll(p.items) // the ring was long meanwhile, and a part of it has been let go of
	case p.lifo:
		k.page = uint16(len(p.items))
		c.takePageBack(l, p)
	default:
		k.page = uint16(len(p.items))
		c.takePage(l, p)
	}
	if p.dropped != k.dropped {
		releaseAll(p.surplus) // the limit was met again
	} else if p.excess > 0 {
		c.dropSurplus(l, p)
	}
}

// unreadable reports that the disk, or what is on it, kept the queue from being read. A connected client is sent away rather than left
// waiting for ever; it may try again.
func (c *Client) unreadable(l *Local, err error) {
	c.kept.retry = l.Loop.Now() + readAgain
	l.Logger.Error("a stored queue cannot be read; its client may try again", "client", c.ID, "mountpoint", c.Mountpoint.Name, "reason", err)
	if c.session != nil {
		c.session.end(codec.UnspecifiedError, err)
	}
}

// restoreFlight brings window and unreleased ids back.
func (c *Client) restoreFlight(l *Local, p *page) {
	for _, q := range p.inFlight {
		w := c.ids()
		it, state := q.Item, queue.WaitPuback
		it.Entry = uint64(q.Entry)
		switch {
		case q.Flight == store.Received:
			it, state = queue.Item{QoS: 2, Entry: uint64(q.Entry)}, queue.WaitPubcomp
		case it.QoS == 2:
			state = queue.WaitPubrec
		}
		w.Restore(&l.buffers, it, max(q.Seq, c.restored(w)), state)
	}
	for _, id := range p.unreleased {
		if c.unreleased == nil {
			c.unreleased = new(queue.IDSet)
		}
		c.unreleased.Add(id)
	}
}

// restored is the least sequence number that the window takes back.
func (c *Client) restored(w *queue.Window) uint64 {
	if w.Len() == 0 {
		return 0
	}
	_, seq := w.Newest()
	return seq + 1
}

// takePage puts the messages that were read behind those in the ring.
func (c *Client) takePage(l *Local, p *page) {
	k := c.kept
	passed := false
	for _, q := range p.items {
		it := q.Item
		if q.Entry > p.mark {
			passed = true
			it.Msg.Release()
			continue
		}
		it.Entry = uint64(q.Entry)
		k.read = q.Entry
		if it.QoS == 0 && q.Entry <= k.away {
			c.drop(l, it, queue.Offline)
			continue
		}
		if q.Entry <= k.cut {
			if k.room <= 0 {
				k.excess = max(k.excess-1, 0)
				c.drop(l, it, queue.QueueFull)
				continue
			}
			k.room--
		}
		k.unread = max(k.unread-1, 0)
		c.waiting.Push(&l.buffers, it)
	}
	if p.more && !passed {
		return
	}
	k.read = max(k.read, p.mark)
	if k.newest <= p.mark {
		c.unspill(l)
	}
}

// takePageBack puts the messages that were read, which are newest first, before those in the ring.
func (c *Client) takePageBack(l *Local, p *page) {
	k := c.kept
	for _, q := range p.items {
		it := q.Item
		it.Entry = uint64(q.Entry)
		if it.QoS == 0 && q.Entry <= k.away {
			c.drop(l, it, queue.Offline)
			continue
		}
		k.unread = max(k.unread-1, 0)
		c.waiting.PushFront(&l.buffers, it)
	}
	k.read = p.last
	if !p.more {
		c.unspill(l)
	}
}

// dropSurplus drops the messages that the limit has no room for, as far as that is still so.
func (c *Client) dropSurplus(l *Local, p *page) {
	k := c.kept
	end := !p.moreOver
	for _, q := range p.surplus {
		if k.excess == 0 || k.passed(q.Entry) {
			end = true
			q.Item.Msg.Release()
			continue
		}
		k.dropped = q.Entry
		it := q.Item
		it.Entry = uint64(q.Entry)
		if it.QoS == 0 && q.Entry <= k.away {
			c.drop(l, it, queue.Offline)
			continue
		}
		k.excess--
		c.drop(l, it, queue.QueueFull)
	}
	if end {
		k.excess = 0 // even if there should be more: a sweep has removed some of them, and tells later
	}
}

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
