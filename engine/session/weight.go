package session

import "unsafe"

// Connections are the open client connections of a loop. A connection that moves to another loop counts where it was opened, so a
// number may be negative; the sum over all loops is right.
type Connections struct {
	// WebSocket connections came through a listener that says so, Plain ones through the others.
	Plain, WebSocket int
}

// Add sums other into c.
func (c *Connections) Add(other Connections) {
	c.Plain += other.Plain
	c.WebSocket += other.WebSocket
}

// opened and closed count a connection of the listener.
func (c *Connections) opened(l *Listener) { *c.of(l)++ }
func (c *Connections) closed(l *Listener) { *c.of(l)-- }

func (c *Connections) of(l *Listener) *int {
	if l.Type == "mqttws" || l.Type == "mqttwss" {
		return &c.WebSocket
	}
	return &c.Plain
}

// QueueBytes is the memory of the queues and windows of the loop's clients with what they hold, in bytes. On the loop.
func (l *Local) QueueBytes() int { return l.buffers.Bytes() }

// What a client costs beside its structs, in bytes: a client id of up to 24, a place in the registry's map; and for a subscription a
// place in the list of the client, and its filter if that is longer than the trie's own part of it.
const (
	clientExtra       = 24 + 2*24
	subscriptionExtra = 16 + 24
)

// Weight estimates the memory of that many client records, connections and subscriptions, in bytes: what belongs to sessions, without
// sockets, queues and the trie. Any goroutine.
func Weight(clients, connections, subscriptions int) int {
	return clients*(int(unsafe.Sizeof(Client{}))+clientExtra) + connections*int(unsafe.Sizeof(Session{})) +
		subscriptions*subscriptionExtra
}
