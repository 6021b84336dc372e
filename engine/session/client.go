package session

import (
	"sync/atomic"
	"time"

	"github.com/vernemq/vmq/netpoll"
	"github.com/vernemq/vmq/queue"
)

// Client is the record of one SID: what a session leaves behind when its connection ends, and what the next one goes on
// with. The fields of the first part never change and may be read anywhere; the others belong to the home loop.
type Client struct {
	// ID is the client id.
	ID string
	// Mountpoint under which the client lives.
	Mountpoint *Mountpoint
	// Serial tells this record from every other one of the process, also from an earlier one of the same SID.
	Serial uint64
	home   *netpoll.Loop

	// status has the bits that other loops look at: whether a session is attached, for the choice among the members of a shared
	// subscription, and whether it is behind. Written by the home loop; a reader elsewhere may be a moment late.
	status atomic.Uint32

	// Owned by the home loop:

	gone       bool   // ended; nothing may be attached or queued any more
	persistent bool   // survives the end of its connection
	slow       bool   // did not catch up in time; publishers do not wait for it until its queue is empty
	started    uint32 // Local.tick when the session began
	session    *Session
	subs       subscriptions
	waiting    queue.Ring    // not yet sent, in order
	window     *queue.Window // sent and not acknowledged; nil until the first QoS 1 or 2 delivery
	feeds      *feeds        // retained messages that new subscriptions are to get; nil: none
	unreleased *queue.IDSet  // QoS 2 messages of the client between PUBLISH and PUBREL; nil until the first
	expiry     *expiry       // armed while offline; nil if it never expires
	will       *delayedWill  // waits for its time while offline
	lifetime   time.Duration // how long it may be offline; forever if negative
	kept       *kept         // what is stored of it; nil: nothing
	settings   *Settings     // of its last connection, if auth_on_register changed them; nil: the broker's
	owner      *owner        // while offline: who it was; nil if no plugin wants to know
}

// forever is the life time of a session that never expires.
const forever = time.Duration(-1)

// Home is the loop that owns the record. Any goroutine.
func (c *Client) Home() *netpoll.Loop { return c.home }

// Stored says whether what the client is sent goes to the store. Any goroutine.
func (c *Client) Stored() bool { return c.status.Load()&statusStored != 0 }

// Online says whether the client is connected. Any goroutine.
func (c *Client) Online() bool { return c.status.Load()&statusOnline != 0 }

// Waiting is the number of messages that are queued for the client and were not sent; those on disk that nobody has counted are left out. On the home loop.
func (c *Client) Waiting() int { return c.queued() }

// InFlight is the number of messages sent to the client and not acknowledged. On the home loop.
func (c *Client) InFlight() int { return c.inFlight() }

// Full says whether the client is connected and its queue has no room. Any goroutine.
func (c *Client) Full() bool { return c.status.Load()&statusFull != 0 }

// Stores says whether the client is away and has a session that keeps messages for it. Any goroutine.
func (c *Client) Stores() bool { return c.status.Load()&statusStores != 0 }

// storing is the status of a client that is not connected.
func (c *Client) storing() uint32 {
	if c.persistent {
		return statusStores
	}
	return 0
}

// checkFull notes whether the queue has room within the limit. On the home loop; it writes only what has changed.
func (c *Client) checkFull(limit queue.Limit) {
	full := limit.Max >= 0 && c.queued() >= limit.Max
	if full != c.Full() {
		if full {
			c.status.Or(statusFull)
		} else {
			c.status.And(^statusFull)
		}
	}
}

// inFlight is the number of messages sent and not acknowledged.
func (c *Client) inFlight() int {
	if c.window == nil {
		return 0
	}
	return c.window.Len()
}

// ids is the window, made if there is none.
func (c *Client) ids() *queue.Window {
	if c.window == nil {
		c.window = new(queue.Window)
	}
	return c.window
}

// expiry ends an offline session when its life time is over.
type expiry struct {
	netpoll.Timer
	client *Client
	local  *Local
	over   bool // since before the process began
}

// OnTimer runs on the home loop: the life time is over [MQTT-4.1.0-2].
func (e *expiry) OnTimer(*netpoll.Loop, *netpoll.Timer) {
	e.local.Counters.SessionExpired++
	e.client.expiry = nil
	e.client.end(e.local, (*Client).tellExpired)
}

// awaitExpiry starts the clock of a client that went offline.
func (c *Client) awaitExpiry(l *Local) {
	if c.lifetime >= 0 {
		c.expireAfter(l, c.lifetime)
	}
}

func (c *Client) expireAfter(l *Local, wait time.Duration) {
	c.expiry = &expiry{client: c, local: l, over: wait <= 0}
	c.expiry.Init(c.expiry)
	l.Loop.Schedule(&c.expiry.Timer, wait)
}

// cancelExpiry stops it: the client is back, and nothing expires while it is connected [MQTT-4.1.0-1].
func (c *Client) cancelExpiry(l *Local) {
	if c.expiry != nil {
		l.Loop.Cancel(&c.expiry.Timer)
		c.expiry = nil
	}
}

// end removes the record with everything in it: subscriptions, queue, window. What waited there goes to nobody else [MQTT-4.8.2-5].
// Retained messages are no part of it [MQTT-3.1.2-7 v3.1.1]. tell says to plugins how it ended.
func (c *Client) end(l *Local, tell func(*Client, *Local)) {
	c.cancelExpiry(l)
	c.gone = true
	c.status.Store(0) // for those who still find it among the members of a group
	l.Counters.QueueTeardown++
	c.Mountpoint.Clients.remove(c)
	c.empty(l, tell)
}

// empty makes the session of the client a new one, as a clean start wants it. A delayed will goes out, because its session has ended.
func (c *Client) empty(l *Local, tell func(*Client, *Local)) {
	c.tellUnsubscribed(l, nil)
	c.subs.each(func(filter string) { c.Mountpoint.Subscriptions.Unsubscribe(filter, c) })
	c.subs = subscriptions{}
	c.forgetSession(l)
	for c.waiting.Len() > 0 {
		c.drop(l, c.waiting.PopFront(&l.buffers), queue.SessionEnded)
	}
	if c.window != nil {
		c.window.Clear(&l.buffers, func(it queue.Item) { c.drop(l, it, queue.SessionEnded) })
		c.window = nil
	}
	c.unreleased, c.settings = nil, nil
	c.dropFeeds()
	tell(c, l)
	c.settleWill(l, true)
}
