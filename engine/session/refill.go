package session

import (
	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/netpoll"
	"github.com/vernemq/vmq/queue"
	"github.com/vernemq/vmq/queue/store"
)

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
