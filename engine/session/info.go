package session

import (
	"hash/maphash"
	"net/netip"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/netpoll"
	"github.com/vernemq/vmq/queue"
)

// QueueState is where the queue of a client stands.
type QueueState uint8

// The states, and what commands and logs call them.
const (
	QueueOffline        QueueState = iota // offline: no session is attached
	QueueOnline                           // online: one is
	QueueWaitForOffline                   // wait_for_offline: the session was told to go, because something waits for its end
	QueueDrain                            // drain: what is queued moves to another node
)

// String is the name that operators see.
func (s QueueState) String() string {
	return [...]string{"offline", "online", "wait_for_offline", "drain"}[s]
}

// Info is what an operator can see of one client: its queue, its connection if it has one, and, where Detail asks for them, its
// subscriptions and messages. It holds copies, so it can be kept, on any goroutine.
type Info struct {
	Mountpoint, ClientID string
	// Serial is the number of the client's record in this process; a new session of the same client id may have another one.
	Serial uint64
	State  QueueState
	// CleanSession says that the session ends with the connection; always false while offline.
	CleanSession bool
	// OnlineMessages wait for a connected client, OfflineMessages for one that is away, those sent to it and not acknowledged
	// included.
	OnlineMessages, OfflineMessages int
	// WaitingAcks are messages sent and not acknowledged on this connection.
	WaitingAcks int
	// QueueStarted is when the session began, which may have outlived many connections, and SessionStarted when the client
	// connected, both to a tenth of a second.
	QueueStarted, SessionStarted time.Time

	// The rest is of the connection, and zero while offline.

	// User is the user name, if HasUser.
	User    string
	HasUser bool
	// Peer is the client's address; invalid for a unix socket.
	Peer netip.AddrPort
	// Protocol is the level that CONNECT named: 3, 4, 5, 131 or 132.
	Protocol byte
	// Listener is the name of the one that the client came through.
	Listener string

	// Subscriptions and Messages are as many as Detail asks for.
	Subscriptions []Subscription
	Messages      []StoredMessage
}

// Online says whether a session is attached to the queue.
func (i *Info) Online() bool { return i.State != QueueOffline }

// Subscription is one topic filter of a client. NoLocal and RetainAsPublished mean something for MQTT 5 and bridges only.
type Subscription struct {
	Filter                     string
	QoS                        byte
	NoLocal, RetainAsPublished bool
}

// StoredMessage is a message that waits for a client, or for its acknowledgement.
type StoredMessage struct {
	// Ref tells the message from others of this process, whatever number of queues it is in.
	Ref     uint64
	Topic   string
	Payload []byte
	QoS     byte
	// Duplicate says that the client may have got it before.
	Duplicate bool
}

// Detail says how much Info tells about one client.
type Detail struct {
	// Subscriptions and Messages are how many of each are listed at most; 0: none.
	Subscriptions, Messages int
}

// Info describes the client; ok is false if its record has ended. The filters of the subscriptions are listed without their options,
// which Complete looks up. On the home loop, whose Local l is.
func (c *Client) Info(l *Local, d Detail) (info Info, ok bool) {
	if c.gone || c.session == nil && !c.persistent {
		return Info{}, false // a record that was claimed by a CONNECT which is on its way is nothing yet
	}
	info = Info{
		Mountpoint: c.Mountpoint.Name, ClientID: c.ID, Serial: c.Serial,
		QueueStarted: since(l.Loop, c.started),
	}
	if s := c.session; s != nil {
		info.State = QueueOnline
		info.CleanSession = !c.persistent
		info.OnlineMessages, info.WaitingAcks = c.queued(), c.inFlight()-s.unsent
		s.describe(l, &info)
	} else {
		info.OfflineMessages = c.queued() + c.inFlight()
	}
	if n := min(d.Subscriptions, c.subs.len()); n > 0 {
		info.Subscriptions = make([]Subscription, n)
		for i := range n {
			info.Subscriptions[i].Filter = c.subs.filters[i]
		}
	}
	if d.Messages > 0 {
		info.Messages = c.messages(d.Messages)
	}
	return info, true
}

// describe fills in what belongs to the connection.
func (s *Session) describe(l *Local, info *Info) {
	info.SessionStarted = since(l.Loop, s.started)
	info.Peer = s.conn.RemoteAddr()
	info.Protocol = s.level()
	info.Listener = s.listener.Name
	info.User, info.HasUser = s.userName()
}

// level is the protocol level that CONNECT named.
func (s *Session) level() byte {
	level := byte(3)
	switch s.version {
	case codec.V311:
		level = 4
	case codec.V5:
		level = 5
	}
	if s.bridge {
		level |= 0x80
	}
	return level
}

// messages copies what waits: first what was sent and not acknowledged, then what was not sent yet.
func (c *Client) messages(limit int) []StoredMessage {
	var list []StoredMessage
	if c.window != nil {
		for e := range c.window.Range {
			if len(list) == limit {
				return list
			}
			if e.Item.Msg != nil {
				list = append(list, stored(e.Item, true))
			}
		}
	}
	for it := range c.waiting.Range {
		if len(list) == limit {
			break
		}
		list = append(list, stored(it, false))
	}
	return list
}

// refs makes numbers of messages that say nothing about the memory of the process.
var refs = maphash.MakeSeed()

func stored(it queue.Item, duplicate bool) StoredMessage {
	return StoredMessage{
		Ref: maphash.Comparable(refs, it.Msg), Topic: string(it.Msg.Topic()), Payload: append([]byte{}, it.Msg.Payload()...),
		QoS: it.QoS, Duplicate: duplicate,
	}
}

// Complete adds the options to the subscriptions of info, which came from this mountpoint, and leaves out those that have ended
// since. It is apart from Client.Info so that a client with very many filters does not hold up its loop. Any goroutine.
func (c *Client) Complete(info *Info) {
	kept := info.Subscriptions[:0]
	for _, s := range info.Subscriptions {
		if o, found := c.Mountpoint.Subscriptions.Lookup(s.Filter, c); found {
			s.QoS, s.NoLocal, s.RetainAsPublished = o.QoS, o.NoLocal, o.RetainAsPublished
			kept = append(kept, s)
		}
	}
	info.Subscriptions = kept
}

// since is the time on the wall of a moment that Local.tick noted on that loop.
func since(loop *netpoll.Loop, tick uint32) time.Time {
	age := loop.Now() - time.Duration(tick-1)*sendTick
	return loop.WallTime().Add(-age)
}
