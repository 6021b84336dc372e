package session

import (
	"net/netip"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/hook"
)

// remember keeps who the client is. Almost everybody is nothing but a name, if that, and the rest of the identity can be had from
// the connection whenever it is needed: an idle client should not pay 160 bytes for it.
func (s *Session) remember(who *hook.Identity) {
	s.identity, s.user = nil, nil
	switch {
	case who.Certificate != nil || who.Claims != nil || !who.Expires.IsZero():
		s.identity = who
	case who.HasUsername:
		name := who.Username // a pointer into who would keep all of it
		s.user = &name
	}
}

// userName is the user name of the client.
func (s *Session) userName() (name string, has bool) {
	switch {
	case s.identity != nil:
		return s.identity.Username, s.identity.HasUsername
	case s.user != nil:
		return *s.user, true
	}
	return "", false
}

// who is the client's identity for hooks, kept for the next call: clients that publish once do it again.
func (s *Session) who() *hook.Identity {
	if s.identity == nil {
		s.identity = s.whoOnce()
	}
	return s.identity
}

// whoOnce is the client's identity for a hook that is not called again and again.
func (s *Session) whoOnce() *hook.Identity {
	if s.identity != nil {
		return s.identity
	}
	return identify(s.client, s.user, s.conn.RemoteAddr(), s.listener)
}

func identify(c *Client, username *string, peer netip.AddrPort, li *Listener) *hook.Identity {
	who := &hook.Identity{SubscriberID: c.subscriberID(), Peer: peer, Listener: li.described}
	if username != nil {
		who.Username, who.HasUsername = *username, true
	}
	return who
}

// owner is who a client was when it was last connected, so that its subscriptions can be judged while it is away.
type owner struct {
	identity *hook.Identity // nil: name, peer and listener are all there is to it
	username *string
	peer     netip.AddrPort
	listener *Listener
	v5       bool
}

// leave notes who s belongs to in the record that it leaves behind.
func (s *Session) leave() {
	if s.local.hooks != nil && s.client.subs.len() > 0 {
		s.client.owner = &owner{s.identity, s.user, s.conn.RemoteAddr(), s.listener, s.version == codec.V5}
	}
}

// judged is what hooks need to be asked about the client, connected or not; nil if nobody knows who it is.
func (c *Client) judged() (who *hook.Identity, li *Listener, v5 bool) {
	if s := c.session; s != nil {
		return s.whoOnce(), s.listener, s.version == codec.V5
	}
	o := c.owner
	switch {
	case o == nil:
		return nil, nil, false
	case o.identity != nil:
		return o.identity, o.listener, o.v5
	}
	return identify(c, o.username, o.peer, o.listener), o.listener, o.v5
}
