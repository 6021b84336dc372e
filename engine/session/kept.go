package session

import (
	"github.com/vernemq/vmq/queue"
	"github.com/vernemq/vmq/queue/store"
	"github.com/vernemq/vmq/trie"
)

// kept is what a client with a stored session has in memory of its rows. It belongs to the client's home loop.
type kept struct {
	rows store.Client
	// newest is the last entry that was added to the queue. Those that were sent when they came are not among them.
	newest store.Entry
	// state of the part of the queue that is on disk only; see backlog.go.
	backlog
}

// keep begins to store the session, or writes its record again.
func (st *storage) keep(c *Client, s *Session) {
	if c.kept == nil {
		if !c.persistent {
			return
		}
		c.kept = &kept{rows: store.Client{Serial: c.Serial}, backlog: backlog{loaded: true, counted: true}}
	}
	c.status.Or(statusStored)
	st.putClient(c, byte(s.version), 0)
}

// keepOffline notes that the client went away.
func (st *storage) keepOffline(c *Client, version byte) { st.putClient(c, version, st.local.now()) }

func (st *storage) putClient(c *Client, version byte, offlineSince int64) {
	r := store.ClientRecord{
		Mountpoint: c.Mountpoint.Name, ID: c.ID, Serial: c.Serial, Version: version,
		OfflineSince: offlineSince, Lifetime: c.lifetime,
	}
	if offlineSince != 0 && c.lifetime > 0 {
		r.Expiry = offlineSince + c.lifetime.Milliseconds()
	}
	if c.window != nil {
		r.PacketSeq = c.window.Next()
	}
	if set := c.settings; set != nil {
		r.HasLimits, r.LIFO, r.Override = true, set.QueueLIFO, set.OverrideMaxOnlineMessages
		r.MaxOnline, r.MaxOffline = set.MaxOnlineMessages, set.MaxOfflineMessages
	}
	st.write().PutClient(&c.kept.rows, &r)
}

// forgetSession removes everything that is stored of the session.
func (c *Client) forgetSession(l *Local) {
	k := c.kept
	if k == nil {
		return
	}
	c.kept = nil
	c.status.And(^statusStored)
	delete(l.storage.spilled, c.Serial)
	l.Counters.Dropped[queue.SessionEnded] += uint64(k.unread + k.excess)
	l.storage.write().EndClient(&k.rows)
}

func (c *Client) keepSubscription(l *Local, filter string, o trie.Options) {
	if c.kept != nil {
		l.storage.write().Subscribe(c.Serial, &store.Subscription{
			Filter: filter, QoS: o.QoS, RetainHandling: o.RetainHandling, NoLocal: o.NoLocal, RetainAsPublished: o.RetainAsPublished,
			ID: o.SubscriptionID,
		})
	}
}

func (c *Client) forgetSubscription(l *Local, filter string) {
	if c.kept != nil {
		l.storage.write().Unsubscribe(c.Serial, filter)
	}
}

// keepWaiting stores an item that is about to wait in the queue.
func (c *Client) keepWaiting(l *Local, it *queue.Item) {
	e := l.storage.write().Add(c.Serial, *it)
	l.storage.kept = true
	c.kept.newest = e
	it.Entry = uint64(e)
}

// keepSent stores that the newest message of the window was sent.
func (c *Client) keepSent(l *Local) {
	it, seq := c.window.Newest()
	w := l.storage.write()
	if it.Entry != 0 {
		it.Entry = uint64(w.Sent(c.Serial, store.Entry(it.Entry), seq))
		return
	}
	l.storage.kept = true
	it.Entry = uint64(w.AddSent(c.Serial, *it, seq))
}

// keepReceived stores that PUBREC came for the message under id.
func (c *Client) keepReceived(l *Local, id uint16) {
	if it, seq := c.window.Stored(id); c.kept != nil && it.Entry != 0 {
		it.Entry = uint64(l.storage.write().Received(c.Serial, store.Entry(it.Entry), seq))
		l.storage.received = l.storage.writer.Ticket()
		l.storage.kept = true // PUBREL promises that the message never comes again
	}
}

// forgetEntry takes a message out of the stored queue; 0 is none.
func (c *Client) forgetEntry(l *Local, entry uint64) {
	if entry != 0 && c.kept != nil {
		l.storage.write().Remove(c.Serial, store.Entry(entry))
	}
}

// keepUnreleased stores the id of a QoS 2 message of the client.
func (c *Client) keepUnreleased(l *Local, id uint16) {
	if c.kept != nil {
		l.storage.write().Unreleased(c.Serial, id)
	}
}

// keepReleased stores that the id is free. PUBCOMP waits for it, because the client may use the id for another message then, which must
// not be taken for a repetition.
func (c *Client) keepReleased(l *Local, id uint16) {
	if c.kept != nil {
		l.storage.write().Released(c.Serial, id)
		l.storage.kept = true
	}
}

func (c *Client) keepWill(l *Local, due int64, w *will) {
	if c.kept != nil {
		l.storage.write().PutWill(&c.kept.rows, &store.Will{
			Due: due, Topic: w.topic, Payload: w.payload, Forward: w.forward, QoS: w.qos, Retain: w.retain,
			HasExpiry: w.hasExpiry, Expiry: w.expiry,
		})
	}
}

func (c *Client) forgetWill(l *Local) {
	if c.kept != nil {
		l.storage.write().DropWill(&c.kept.rows)
	}
}
