package session

import (
	"time"

	"github.com/vernemq/vmq/netpoll"
	"github.com/vernemq/vmq/queue/store"
	"github.com/vernemq/vmq/trie"
)

// SkipSerials makes first the least serial number of the records to come, because lower ones are in a store. Before the first
// record is made.
func SkipSerials(first uint64) {
	for {
		last := serials.Load()
		if last+1 >= first || serials.CompareAndSwap(last, first-1) {
			return
		}
	}
}

// Restored is a session of an earlier process, offline and at home on a loop.
type Restored struct {
	client *Client
	expiry int64 // milliseconds of Unix time; 0: none
	will   *store.Will
	older  *kept // an earlier session of the same client, whose end was not stored; nil: none
}

// Restore makes the record of a session that the store has, with its subscriptions; its queue stays on disk until its client comes. No
// entry of its queue is above newest. now is in milliseconds of Unix time. The strings of in may be kept, its slices are not. It
// returns what Local.Resume has to do for it; nil: nothing. Before the loops run.
func (m *Mountpoint) Restore(loop *netpoll.Loop, in *store.Stored, newest store.Entry, set *Settings, now int64) *Restored {
	r := &in.Record
	c := &Client{
		ID: r.ID, Mountpoint: m, Serial: r.Serial, home: loop,
		persistent: true, started: 1, lifetime: r.Lifetime,
		kept: &kept{rows: in.Client, newest: newest, backlog: backlog{spilled: true, away: newest}},
	}
	c.status.Store(statusStored | statusStores)
	if r.HasLimits {
		own := *set
		own.MaxOnlineMessages, own.MaxOfflineMessages = r.MaxOnline, r.MaxOffline
		own.QueueLIFO, own.OverrideMaxOnlineMessages = r.LIFO, r.Override
		c.settings = &own
	}
	if r.PacketSeq > 0 {
		c.ids().Skip(r.PacketSeq)
	}
	var older *kept
	if twin := m.Clients.Find(c.ID); twin != nil { // serials ascend, so it is the older one
		twin.subs.each(func(filter string) { m.Subscriptions.Unsubscribe(filter, twin) })
		twin.gone, older = true, twin.kept
	}
	m.Clients.put(c)
	for i := range in.Subscriptions {
		s := &in.Subscriptions[i]
		c.subs.add(s.Filter)
		m.Subscriptions.Subscribe(s.Filter, c, trie.Options{
			SubscriptionID: s.ID, QoS: s.QoS, RetainHandling: s.RetainHandling, NoLocal: s.NoLocal, RetainAsPublished: s.RetainAsPublished,
		})
	}
	expiry := r.Expiry
	if r.OfflineSince == 0 && r.Lifetime >= 0 {
		expiry = now + r.Lifetime.Milliseconds() // it was connected when the process died, a moment ago for all that is known
	}
	if expiry == 0 && in.Will == nil && older == nil {
		return nil
	}
	return &Restored{client: c, expiry: expiry, will: in.Will, older: older}
}

// put takes in a record that was read from the store.
func (r *Registry) put(c *Client) {
	s := r.shard(c.ID)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mu.clients == nil {
		s.mu.clients = make(map[string]*Client)
	}
	s.mu.clients[c.ID] = c
}

// Resume starts the clocks of a session that was restored: wills go out, and sessions end, when they should have while the process was
// down. On the home loop, whose Local l is.
func (r *Restored) Resume(l *Local) {
	if r.older != nil {
		l.storage.write().EndClient(&r.older.rows)
	}
	c := r.client
	if c.gone || c.session != nil {
		return
	}
	now := l.now()
	if w := r.will; w != nil {
		c.publishAfter(l, &will{
			topic: w.Topic, payload: w.Payload, forward: w.Forward, mountpoint: c.Mountpoint,
			qos: w.QoS, retain: w.Retain, hasExpiry: w.HasExpiry, expiry: w.Expiry,
		}, max(0, time.Duration(w.Due-now)*time.Millisecond))
	}
	if r.expiry != 0 {
		c.expireAfter(l, max(0, time.Duration(r.expiry-now)*time.Millisecond))
	}
}

// settleOverdue does what should have been done while the process was down and waits for the first tick of the loop, because the client is
// back before that. It reports whether the session has ended. On the home loop.
func (c *Client) settleOverdue(l *Local) (ended bool) {
	if w := c.will; w != nil && w.over {
		l.Loop.Cancel(&w.Timer)
		w.OnTimer(l.Loop, &w.Timer)
	}
	if e := c.expiry; e != nil && e.over {
		l.Loop.Cancel(&e.Timer)
		e.OnTimer(l.Loop, &e.Timer)
	}
	return c.gone
}

// Expired notes that n messages of a queue were removed from the store because their time was over. On the loop; it does nothing unless a
// part of the queue is on disk only.
func (l *Local) Expired(serial uint64, n int) {
	if st := l.storage; st != nil {
		if c := st.spilled[serial]; c != nil {
			k := c.kept
			if k.lifo { // the oldest have expired first
				oldest := min(n, int(k.excess))
				k.excess -= int32(oldest)
				n -= oldest
			}
			k.unread = max(k.unread-int32(n), 0)
		}
	}
}
