package session

import "github.com/vernemq/vmq/codec"

// End ends the connection on behalf of an operator, whatever state it is in: an MQTT 5 client that is connected is told code, the
// will is published, and a persistent session stays. On the connection's loop.
func (s *Session) End(code codec.ReasonCode, why error) { s.end(code, why) }

// Remove ends the session of c on behalf of an operator and removes all that is left of it: subscriptions, stored messages, the
// record itself. A client that is connected is told code like in Disconnect, and its will is published, a delayed one at once. On
// the home loop, whose Local l is.
func (c *Client) Remove(l *Local, code codec.ReasonCode, why error) {
	c.Disconnect(code, why)
	if !c.gone {
		c.end(l, (*Client).tellGone)
	}
}

// Gone says that the record has ended and another one may have taken its place. On the home loop.
func (c *Client) Gone() bool { return c.gone }

// Unsubscribe ends one subscription of c on behalf of an operator, and says whether there was one. tell lets plugins know. On the home
// loop, whose Local l is.
func (c *Client) Unsubscribe(l *Local, filter string, tell bool) bool {
	if !c.subs.remove(filter) {
		return false
	}
	c.Mountpoint.Subscriptions.Unsubscribe(filter, c)
	c.stopFeed(filter)
	if tell {
		c.tellUnsubscribed(l, []string{filter})
	}
	return true
}
