package session

import (
	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/netpoll"
	"github.com/vernemq/vmq/queue"
	"github.com/vernemq/vmq/queue/store"
)

// A queue may be longer than what is kept of it in memory. Then it has three parts:
//
//	ring (in memory, oldest) ── backlog (on disk only) ── what comes now goes to the disk too
//
// The ring is filled up from the backlog, page by page, as the client takes what is in it; when the backlog is empty, new messages go
// into the ring again. A session that was read from the disk at start begins with nothing in memory and all of its queue in the
// backlog, whose length nobody knows before it is needed.
const (
	// spillFrom is the length of the ring at which a queue without limit, or with a high one, goes on on disk: above the default
	// limits, so that with them nothing is ever read back while the broker runs.
	spillFrom = 2000
	// fillBelow is the length at which the ring is filled up again.
	fillBelow = 200
	// pageMost bounds a page in messages, pageBytes about in bytes, as far as the page before tells.
	pageFirst = 100
	pageMost  = 1000
	pageBytes = 1 << 20
)

// backlog is the part of a queue that is on disk only.
type backlog struct {
	spilled bool // there may be such a part
	loaded  bool // window and unreleased ids are in memory
	counted bool // unread is right
	reading bool // a worker reads
	page    uint16
	unread  int         // messages of the backlog
	read    store.Entry // those up to this one are in the ring, or gone
	// What the broker dropped without reading it: of the entries up to cut all but the first room, and those of QoS 0 up to away, after
	// which the client was offline.
	cut, away store.Entry
	room      int
}

// onDisk says whether a part of the queue is on disk only.
func (c *Client) onDisk() bool { return c.kept != nil && c.kept.spilled }

// queued is the number of messages that wait to be sent, as far as it is known.
func (c *Client) queued() int {
	if c.kept == nil {
		return c.waiting.Len()
	}
	return c.waiting.Len() + c.kept.unread
}

// enqueue puts an item at the end of the queue, within the limit. It takes over the reference.
func (c *Client) enqueue(l *Local, it queue.Item, limit queue.Limit) {
	l.Counters.Queued++
	k := c.kept
	if k == nil {
		if it, dropped := c.waiting.Offer(&l.buffers, it, limit); dropped {
			c.drop(l, it, queue.QueueFull)
		}
		return
	}
	if k.spilled {
		c.enqueueOnDisk(l, it, limit)
		return
	}
	if limit.Refuses(c.waiting.Len()) {
		c.drop(l, it, queue.QueueFull)
		return
	}
	if c.waiting.Len() >= spillFrom && !limit.LIFO {
		k.spilled, k.counted, k.read, k.cut, k.page = true, true, k.newest, 0, pageFirst
		l.storage.spilled[c.Serial] = c
		c.enqueueOnDisk(l, it, limit)
		return
	}
	if it.QoS > 0 {
		c.keepWaiting(l, &it)
	}
	if it, dropped := c.waiting.Offer(&l.buffers, it, limit); dropped {
		c.drop(l, it, queue.QueueFull)
	}
}

// enqueueOnDisk adds to the backlog; of QoS 0 too, because the order of the queue is kept.
func (c *Client) enqueueOnDisk(l *Local, it queue.Item, limit queue.Limit) {
	k := c.kept
	if !k.counted || limit.LIFO {
		c.fill(l) // tells how much there is; until then, for a moment, nothing is refused
	}
	if limit.Max >= 0 && c.queued() >= limit.Max && (k.counted && !limit.LIFO || limit.Max == 0) {
		c.drop(l, it, queue.QueueFull)
		return
	}
	c.keepWaiting(l, &it)
	k.unread++
	it.Msg.Release()
}

// trim drops what the limit has no room for: the youngest for fifo, the oldest for lifo.
func (c *Client) trim(l *Local, limit queue.Limit) {
	for it, ok := c.waiting.Excess(&l.buffers, limit); ok; it, ok = c.waiting.Excess(&l.buffers, limit) {
		c.drop(l, it, queue.QueueFull)
	}
	if k := c.kept; k != nil && k.spilled && limit.Max >= 0 && !limit.LIFO && k.counted && c.queued() > limit.Max {
		k.cut, k.room = k.newest, limit.Max-c.waiting.Len()
	}
}

// page is what a worker reads for a client.
type page struct {
	local  *Local
	client *Client
	kept   *kept
	serial uint64
	after  store.Entry
	mark   store.Entry // entries after it came later, and not all of them need be there
	limit  int         // messages; 0: none are asked for

	load, count bool // what else is asked for
	inFlight    []store.Queued
	unreleased  []uint16
	waiting     int
	items       []store.Queued
	more        bool
	err         error
}

// fill reads the next page of the backlog, and at first what else the session left behind, unless that is under way already. A client that
// is away only has its messages counted, unless the newest are to be delivered first, for which all of them are needed.
func (c *Client) fill(l *Local) {
	k := c.kept
	if k.reading {
		return
	}
	k.reading = true
	l.storage.reading++
	p := &page{
		local: l, client: c, kept: k, serial: c.Serial, after: k.read, mark: k.newest,
		load: !k.loaded && c.session != nil, count: !k.counted,
	}
	if k.spilled && (c.session != nil || c.lifo(l)) {
		p.limit = max(int(k.page), pageFirst/10)
	}
	if p.count {
		k.unread = 0 // from here on it counts what comes after the mark
	}
	st := l.storage.store
	l.storage.whenDurable(func() {
		l.Node.Workers().Add(p.serial, true, func() {
			p.readFrom(st)
			l.Loop.Post(p)
		})
	})
}

// lifo says whether the newest message is delivered first.
func (c *Client) lifo(l *Local) bool {
	if c.session != nil {
		return c.session.settings.QueueLIFO
	}
	return c.offlineLimit(l).LIFO
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
		p.waiting, p.err = st.Waiting(p.serial, p.mark, countMost)
	}
	if p.limit > 0 && p.err == nil {
		_, p.more, p.err = st.Page(p.serial, p.after, p.limit, func(q store.Queued) { p.items = append(p.items, q) })
	}
}

// countMost bounds how far a queue is counted: to 10 million takes some seconds of a worker.
const countMost = 10_000_000

// Run takes over what was read, on the client's home loop.
func (p *page) Run(*netpoll.Loop) {
	c, k, l := p.client, p.kept, p.local
	l.storage.reading--
	if c.kept != k {
		p.release() // the session has ended
		return
	}
	k.reading = false
	if p.err != nil {
		p.release()
		l.Logger.Error("a stored queue cannot be read; its client may try again", "client", c.ID, "mountpoint", c.Mountpoint.Name, "reason", p.err)
		if c.session != nil {
			c.session.end(codec.UnspecifiedError, p.err)
		}
		return
	}
	if p.load {
		k.loaded = true
		c.restoreFlight(l, p)
	}
	if p.count {
		k.counted = true
		k.unread += p.waiting
		l.storage.spilled[c.Serial] = c
		if c.session == nil {
			c.trim(l, c.offlineLimit(l))
		}
	}
	if p.limit > 0 {
		c.takePage(l, p)
	}
	switch s := c.session; {
	case s == nil && k.spilled && c.lifo(l), s != nil && !k.loaded, s != nil && k.spilled && s.settings.QueueLIFO:
		c.fill(l)
	case s == nil:
	case s.paused&pausedByStore != 0:
		s.begin()
	default:
		s.pump()
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

// takePage puts the messages that were read into the ring.
func (c *Client) takePage(l *Local, p *page) {
	k := c.kept
	size, n, passed := 0, 0, false
	for _, q := range p.items {
		it := q.Item
		if q.Entry > p.mark {
			passed = true
			it.Msg.Release()
			continue
		}
		it.Entry = uint64(q.Entry)
		k.read = q.Entry
		k.unread = max(k.unread-1, 0)
		size += it.Msg.Size()
		n++
		switch {
		case it.QoS == 0 && q.Entry <= k.away:
			c.drop(l, it, queue.Offline)
		case q.Entry <= k.cut && k.room <= 0:
			c.drop(l, it, queue.QueueFull)
		default:
			if q.Entry <= k.cut {
				k.room--
			}
			c.waiting.Push(&l.buffers, it)
		}
	}
	k.page = pageMost
	if n > 0 {
		k.page = uint16(min(pageMost, max(pageBytes/(size/n+1), 1)))
	}
	if p.more && !passed {
		return
	}
	k.read = max(k.read, p.mark)
	if k.newest <= p.mark {
		k.spilled, k.unread = false, 0
		delete(l.storage.spilled, c.Serial)
		if c.lifo(l) { // nothing was refused while the queue was not in memory
			limit := c.offlineLimit(l)
			if s := c.session; s != nil {
				limit = s.onlineLimit()
			}
			c.trim(l, limit)
		}
	}
}

// release gives up what was read.
func (p *page) release() {
	for _, list := range [][]store.Queued{p.inFlight, p.items} {
		for _, q := range list {
			if q.Item.Msg != nil {
				q.Item.Msg.Release()
			}
		}
	}
}

// awaitQueue lets a client that came back wait until what it left behind was read: nothing is sent to it, and it is not read from.
func (s *Session) awaitQueue() {
	s.blocked = true
	s.pause(pausedByStore)
	s.client.fill(s.local)
}

// begin ends that wait.
func (s *Session) begin() {
	s.blocked = s.settings.MaxOnlineMessages == 0
	s.lastPacket = s.local.Loop.Now() // nobody could hear the client meanwhile
	s.resume()
	s.resumeFrom(pausedByStore)
}
