package session

import (
	"time"

	"github.com/vernemq/vmq/netpoll"
	"github.com/vernemq/vmq/trie"
)

// A feed is what a client is still to get of the retained messages for one of its subscriptions.
//
// It belongs to the client, not to the connection: a client that comes back to its session gets the rest, whatever the QoS,
// because it will not subscribe again and the feed costs no message, only the place where to go on. It ends with the last
// message, with UNSUBSCRIBE, and with the session; a new SUBSCRIBE of the same filter begins it anew or takes over its options.
type feed struct {
	filter     string
	options    trie.Options
	cursor     trie.Cursor
	from       time.Duration // loop time before which it does not begin
	next, prev *feed
}

// feeds are those of one client, in the order of the subscriptions. There is at most one for each filter, so that their number is
// bounded by that of the subscriptions. They belong to the home loop of the client, which has none most of the time.
type feeds struct {
	client      *Client
	local       *Local
	first, last *feed
	index       map[string]*feed // by filter; nil up to indexFrom
	count       int
	posted      bool          // a task that goes on is in the loop's mailbox
	timer       netpoll.Timer // fires when first may begin
}

// add appends a feed, in the place of the one that the filter may have.
func (c *Client) addFeed(l *Local, filter string, o trie.Options, from time.Duration) {
	c.stopFeed(filter)
	fs := c.feeds
	if fs == nil {
		fs = &feeds{client: c, local: l}
		fs.timer.Init(fs)
		c.feeds = fs
	}
	f := &feed{filter: filter, options: o, from: from, prev: fs.last}
	if fs.last == nil {
		fs.first = f
	} else {
		fs.last.next = f
	}
	fs.last = f
	fs.count++
	switch {
	case fs.index != nil:
		fs.index[filter] = f
	case fs.count >= indexFrom:
		fs.index = make(map[string]*feed, 2*indexFrom)
		for f := fs.first; f != nil; f = f.next {
			fs.index[f.filter] = f
		}
	}
}

// findFeed returns the feed of a filter, or nil.
func (c *Client) findFeed(filter string) *feed {
	fs := c.feeds
	switch {
	case fs == nil:
		return nil
	case fs.index != nil:
		return fs.index[filter]
	}
	f := fs.first
	for f != nil && f.filter != filter {
		f = f.next
	}
	return f
}

// stopFeed forgets the feed of a filter that was unsubscribed, if it has one.
func (c *Client) stopFeed(filter string) {
	if f := c.findFeed(filter); f != nil {
		c.endFeed(f)
	}
}

// endFeed takes f out.
func (c *Client) endFeed(f *feed) {
	fs := c.feeds
	if fs.count--; fs.count == 0 {
		c.dropFeeds()
		return
	}
	if f.prev == nil {
		fs.first = f.next
	} else {
		f.prev.next = f.next
	}
	if f.next == nil {
		fs.last = f.prev
	} else {
		f.next.prev = f.prev
	}
	delete(fs.index, f.filter)
}

// dropFeeds takes all out.
func (c *Client) dropFeeds() {
	if fs := c.feeds; fs != nil {
		fs.local.Loop.Cancel(&fs.timer)
		fs.client, c.feeds = nil, nil
	}
}

// later goes on with the feeds after the others of the loop have had their turn.
func (fs *feeds) later() {
	if !fs.posted {
		fs.posted = true
		fs.local.Loop.Post(fs)
	}
}

// Run is the task that later posts.
func (fs *feeds) Run(*netpoll.Loop) {
	fs.posted = false
	fs.goOn()
}

// OnTimer runs when the first feed may begin.
func (fs *feeds) OnTimer(*netpoll.Loop, *netpoll.Timer) { fs.goOn() }

// goOn sends to whatever session the client has now.
func (fs *feeds) goOn() {
	if c := fs.client; c != nil && c.session != nil {
		c.session.pump()
	}
}
