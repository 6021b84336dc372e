// Package session is the MQTT state machine of one client: from CONNECT to the end of the connection, and what outlives it.
//
// Three types carry it:
//
//   - Session is one connection. It implements netpoll.Handler, belongs to the loop of its connection, and ends with it.
//   - Client is the record of one client id (with its mountpoint: the SID): subscriptions, queue, window, packet ids. It has a
//     home loop from its first CONNECT to its end, online or not, and only that loop touches it. A connection that
//     arrives on another loop is moved to the home loop when its CONNECT has been accepted, so that takeover, resumption and
//     delivery are ordered by that loop alone, and no lock or hand-over of state is needed.
//   - Local is what all sessions of one loop share: scratch packets, free queue memory, counters, the way to the broker.
//
// A file holds one packet or concern, in the order in which a client meets them:
//
//	session.go   the connection's state and its handler methods; extras.go has what few connections need
//	receive.go   bytes to packets, and which packet may come when
//	connect.go   checks of a CONNECT, and registration; connack.go has the answer
//	clientid.go  which client ids there may be, and those that the broker makes
//	admission.go what plugins say about a CONNECT; auth.go has enhanced authentication
//	overrides.go what they may change about the session
//	hooks.go     how plugins are asked and told, and how a packet waits for an answer
//	identity.go  who a client is, as plugins see it
//	reauthorize.go  subscriptions that plugins are asked about again
//	takeover.go  a second connection with the same client id; resuming an old session
//	publish.go   messages from the client, and the end of its QoS 2 exchanges
//	authorize.go what plugins say about a PUBLISH, SUBSCRIBE or UNSUBSCRIBE
//	allowed.go   topics that a client may publish to, remembered
//	alias.go     topic aliases, both ways
//	rate.go      why and when a client is not read from
//	ack.go       acknowledgements of what was sent to it
//	subscribe.go subscriptions made and ended
//	retained.go  retained messages, kept and sent to new subscriptions
//	feed.go      how far each new subscription has got with them
//	deliver.go   a message for this client: send, queue or drop
//	ondeliver.go what plugins change about it
//	events.go    what plugins are told about a client
//	send.go      packets to the client
//	pace.go      a fast publisher waits for receivers that are behind, for a moment
//	inbox.go     the same for a loop that has too much from others
//	will.go      what is published when a session ends, or some time after
//	timer.go     keep-alive and retry
//	close.go     how a session ends, and what is left of it
//	trace.go     what a tracer is told about the clients that it watches
//	store.go     the loop's side of the store: what waits for the disk
//	kept.go      what is written for a client with a stored session
//	backlog.go   the part of a queue that is on disk only; readback.go reads it page by page, refill.go takes a page over
//	heldback.go  messages of QoS 2 that are stored before they are sent
//	restore.go   sessions of an earlier process
//	counters.go  bytes, packets and ends of connections are counted
//	weight.go    what sessions and queues take of the memory
//	client.go    the record; registry.go finds it, page.go lists many
//	info.go      what an operator can see of a client; admin.go what he can do to it
package session
