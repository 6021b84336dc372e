package session

import (
	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/queue"
)

// Counters count what the sessions of one loop did. Only that loop writes them, without atomics; Snapshot is taken on the
// loop. Received and Sent are indexed by packet type.
type Counters struct {
	Received [16]uint64
	Sent     [16]uint64
	// Dropped counts deliveries that did not reach their receiver, by cause.
	Dropped [queue.Causes]uint64
	// MatchesLocal counts deliveries to clients of this node.
	MatchesLocal uint64
	// Queued counts messages that had to wait in a client's queue.
	Queued uint64
	// ClientExpired counts sessions that ended because they were offline for too long.
	ClientExpired uint64
	// KeepAliveExpired counts connections closed because the client was silent for too long.
	KeepAliveExpired uint64
	// Refused counts connections that were answered with a CONNACK other than success.
	Refused uint64
	// PublishAuthErrors and SubscribeAuthErrors count what plugins did not allow.
	PublishAuthErrors, SubscribeAuthErrors uint64
	// HookEventsLost counts what plugins were not told, because they had too much to be told about that client already.
	HookEventsLost uint64
	// Errors counts connections ended by a malformed packet or a protocol error.
	Errors uint64
}

func (c *Counters) received(t codec.PacketType) { c.Received[t&15]++ }
func (c *Counters) sent(t codec.PacketType)     { c.Sent[t&15]++ }

// Add sums other into c.
func (c *Counters) Add(other *Counters) {
	for i := range c.Received {
		c.Received[i] += other.Received[i]
		c.Sent[i] += other.Sent[i]
	}
	for i := range c.Dropped {
		c.Dropped[i] += other.Dropped[i]
	}
	c.MatchesLocal += other.MatchesLocal
	c.Queued += other.Queued
	c.ClientExpired += other.ClientExpired
	c.KeepAliveExpired += other.KeepAliveExpired
	c.Refused += other.Refused
	c.Errors += other.Errors
	c.PublishAuthErrors += other.PublishAuthErrors
	c.SubscribeAuthErrors += other.SubscribeAuthErrors
	c.HookEventsLost += other.HookEventsLost
}
