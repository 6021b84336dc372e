package session

import (
	"time"
	"unsafe"

	"github.com/vernemq/vmq/queue"
	"github.com/vernemq/vmq/queue/store"
)

// A queue may be longer than what is kept of it in memory: because its ring is long, or because the queues of the loop together take more memory
// than they may. Then one part is in the ring and another one, the backlog, on disk only. Which is which follows from what leaves first:
//
//	fifo    ring, the oldest ── backlog ── what comes now goes to the disk too
//	lifo    backlog, the oldest ── ring ── what comes now goes into the ring, whose oldest part is let go of when it is long
//
// The ring is filled up from the end of the backlog that is next to it, page by page, as the client takes what is in it; when the backlog
// is empty, all of the queue is in the ring again. A session that was read from the disk at start begins with nothing in memory and
// all of its queue in the backlog, whose length nobody knows before it is needed.
const (
	// spillFrom is the length of the ring at which a queue without limit, or with a high one, goes on on disk: above the default
	// limits, so that with them nothing is ever read back while the broker runs.
	spillFrom = 2000
	// spillTo is what is left of the ring of a lifo queue that was that long: about as far from where it is filled up again as from spillFrom,
	// so that a client that takes some and gets some causes neither.
	spillTo = 1000
	// crowdedFrom and crowdedTo take the place of spillFrom and spillTo for a client that is connected while memory is short. The queue of
	// one that is away then has nothing more in memory than it had.
	crowdedFrom = 400
	crowdedTo   = 300
	// pageMost bounds a page in messages, pageBytes in bytes, but for the last message. crowdedBytes is pageBytes while memory is short.
	pageMost     = 1000
	pageBytes    = 1 << 20
	crowdedBytes = 64 << 10
	// fillPart says when the ring is filled up again: when it is shorter than that part of the last page, so that it never holds many bytes more
	// than a page, and there is something to send while the next one is being read.
	fillPart = 5
	// readAgain is the time after which a queue is looked at again that could not be read, while its client is away.
	readAgain = time.Second
)

// backlog is the part of a queue that is on disk only.
type backlog struct {
	spilled bool // there may be such a part
	lifo    bool // it is the older one
	loaded  bool // window and unreleased ids are in memory
	counted bool // unread is right
	reading bool // a worker reads
	// zero says that there may be messages of QoS 0 among those that unread counts. Those up to the entry away are to be dropped, because
	// the client was offline after it.
	zero   bool
	page   uint16 // messages of the last page
	turns  uint32 // grows when what is being read is of no use any more
	unread int32  // messages of the backlog, apart from those that the limit has no room for
	// excess is the number of messages that the limit has no room for. They are read only to be dropped: the oldest of a lifo queue, which
	// begin after the entry dropped, or the youngest of a fifo queue as it was when it was cut, which end before it.
	excess int32
	room   int32 // what a fifo queue that was cut has room for before the entry cut
	// read is the end of the backlog that is next to the ring: entries up to this one (fifo) or from this one on (lifo) are in the ring, or
	// gone.
	read               store.Entry
	away, dropped, cut store.Entry
	// retry is when a queue is to be read again that could not be.
	retry time.Duration
}

// maxKeptSize is the budget of an offline session: a new field that breaks it stops the build.
const maxKeptSize = 96

var _ [maxKeptSize - unsafe.Sizeof(kept{})]byte

// passed says whether the entry is no part of the backlog any more.
func (b *backlog) passed(e store.Entry) bool {
	if b.lifo {
		return e >= b.read
	}
	return e <= b.read
}

// crowded says whether the loop's queues take more memory than they may, with what is being read for them.
func (st *storage) crowded() bool { return st.local.buffers.Bytes()+st.coming > st.memory }

// ringBounds are the length of the ring above which the queue goes on on disk, and what is left of the ring of a lifo queue then.
func (c *Client) ringBounds(l *Local) (most, left int) {
	switch {
	case !l.storage.crowded():
		return spillFrom, spillTo
	case c.session != nil:
		return crowdedFrom, crowdedTo
	default:
		return 0, 0
	}
}

// onDisk says whether a part of the queue is on disk only.
func (c *Client) onDisk() bool { return c.kept != nil && c.kept.spilled }

// ringLow says whether the ring of a client with a backlog should be filled up.
func (c *Client) ringLow() bool { return c.waiting.Len() <= int(c.kept.page)/fillPart }

// queued is the number of messages that wait to be sent, as far as it is known.
func (c *Client) queued() int {
	if c.kept == nil {
		return c.waiting.Len()
	}
	return c.waiting.Len() + int(c.kept.unread)
}

// enqueue puts an item at the end of the queue, within the limit. It takes over the reference.
func (c *Client) enqueue(l *Local, it queue.Item, limit queue.Limit) {
	l.Counters.Queued++
	k := c.kept
	switch {
	case k == nil:
		if it, dropped := c.waiting.Offer(&l.buffers, it, limit); dropped {
			c.drop(l, it, queue.QueueFull)
		}
	case limit.Max == 0:
		c.drop(l, it, queue.QueueFull)
	case limit.LIFO:
		c.orient(l, true)
		c.enqueueLIFO(l, it, limit)
	default:
		c.orient(l, false)
		c.enqueueFIFO(l, it, limit)
	}
}

// enqueueFIFO adds to the ring, or to the backlog if there is one; of QoS 0 too then, because the order of the queue is kept.
func (c *Client) enqueueFIFO(l *Local, it queue.Item, limit queue.Limit) {
	k := c.kept
	most, _ := c.ringBounds(l)
	switch {
	case k.spilled && !k.counted:
		c.fill(l) // tells how much there is; until then, for a moment, nothing is refused
	case limit.Refuses(c.queued()):
		c.drop(l, it, queue.QueueFull)
		return
	case !k.spilled && c.waiting.Len() >= most:
		c.spill(l, false)
		k.read = k.newest
	}
	if k.spilled {
		c.keepWaiting(l, &it)
		k.unread++
		k.zero = k.zero || it.QoS == 0
		it.Msg.Release()
		return
	}
	if it.QoS > 0 {
		c.keepWaiting(l, &it)
	}
	c.waiting.Push(&l.buffers, it)
}

// enqueueLIFO adds to the ring, and lets go of the oldest part of it when it is long.
func (c *Client) enqueueLIFO(l *Local, it queue.Item, limit queue.Limit) {
	k := c.kept
	most, left := c.ringBounds(l)
	if it.QoS > 0 || limit.Max < 0 || limit.Max > most { // of QoS 0 too if it may have to go to the backlog
		c.keepWaiting(l, &it)
	}
	c.waiting.Push(&l.buffers, it)
	c.trim(l, limit)
	if c.waiting.Len() <= most {
		return
	}
	first := !k.spilled
	if first {
		c.spill(l, true)
	}
	for c.waiting.Len() > left {
		it := c.waiting.PopFront(&l.buffers)
		if it.Entry == 0 { // QoS 0, from when the limit was so low that it seemed to need no entry
			c.drop(l, it, queue.QueueFull)
			continue
		}
		if first { // nothing older is on disk, but for what was removed, which need not be looked through
			first, k.dropped = false, store.Entry(it.Entry)-1
		}
		k.read = store.Entry(it.Entry) + 1
		k.unread++
		k.zero = k.zero || it.QoS == 0
		it.Msg.Release()
	}
}

// spill begins a backlog.
func (c *Client) spill(l *Local, lifo bool) {
	k := c.kept
	k.backlog = backlog{
		spilled: true, lifo: lifo, loaded: k.loaded, counted: true, reading: k.reading, turns: k.turns + 1, away: k.away,
		page: pageMost,
	}
	l.storage.spilled[c.Serial] = c
}

// unspill ends the backlog, because everything is in the ring.
func (c *Client) unspill(l *Local) {
	k := c.kept
	k.spilled, k.counted, k.unread, k.excess = false, true, 0, 0
	delete(l.storage.spilled, c.Serial)
}

// orient makes the queue one that is read in the given order. Where the order has changed, because the settings of its client have, all of
// a queue that has a backlog becomes one, which is counted and read anew.
func (c *Client) orient(l *Local, lifo bool) {
	k := c.kept
	if !k.spilled || k.lifo == lifo {
		return
	}
	for c.waiting.Len() > 0 {
		if it := c.waiting.PopFront(&l.buffers); it.Entry == 0 {
			c.drop(l, it, queue.QueueFull) // QoS 0, which is not on disk
		} else {
			it.Msg.Release()
		}
	}
	k.recount()
	k.lifo, k.read = lifo, 0
	if lifo {
		k.read = k.newest + 1
	}
}

// recount forgets how long the backlog is. What is being read of it is of no use any more.
func (b *backlog) recount() {
	b.turns++
	b.counted, b.unread = false, 0
	b.excess, b.dropped, b.cut, b.room = 0, 0, 0, 0
}

// forgetQoS0 gives up the messages of QoS 0 in the backlog of a client that went offline.
func (k *kept) forgetQoS0() {
	k.away = k.newest
	if k.zero {
		k.zero = false
		k.recount()
	}
}

// trim drops what the limit has no room for: the youngest for fifo, the oldest for lifo.
func (c *Client) trim(l *Local, limit queue.Limit) {
	k := c.kept
	if k != nil {
		c.orient(l, limit.LIFO)
	}
	over := 0
	switch {
	case k == nil || !k.spilled:
	case !k.counted:
		c.fill(l) // page.Run comes back here when it knows
		return
	case limit.Max >= 0:
		over = max(c.queued()-limit.Max, 0)
	}
	if over > 0 && k.unread > 0 {
		n := int32(min(over, int(k.unread)))
		k.unread -= n
		k.excess += n
		if !limit.LIFO {
			k.cut, k.room, k.dropped = k.newest, k.unread, k.newest+1
		}
		c.fill(l)
	}
	for it, ok := c.waiting.Excess(&l.buffers, limit); ok; it, ok = c.waiting.Excess(&l.buffers, limit) {
		c.drop(l, it, queue.QueueFull)
	}
}

// awaitQueue lets a client that came back wait until what it left behind was read: nothing is sent to it, and it is not read from.
func (s *Session) awaitQueue() {
	s.blocked = true
	s.pause(pausedByStore)
	s.client.orient(s.local, s.settings.QueueLIFO)
	s.client.fill(s.local)
}

// begin ends that wait.
func (s *Session) begin() {
	s.blocked = s.settings.MaxOnlineMessages == 0
	s.lastPacket = s.local.Loop.Now() // nobody could hear the client meanwhile
	s.resume()
	s.resumeFrom(pausedByStore)
}
