package session

import (
	"context"
	"errors"
	"log/slog"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/queue"
	"github.com/vernemq/vmq/trie"
)

// ending is why a session ended. What becomes of the will depends on it.
type ending uint8

const (
	endLost       ending = iota // the connection broke, or the client broke the rules
	endDisconnect               // DISCONNECT from the client
	endTakeover                 // the client connected again
	endByBroker                 // keep-alive, administrator, shutdown
)

// Why a connection was closed by the broker.
var (
	errTakenOver = errors.New("session taken over")
	errKeepAlive = errors.New("keep-alive expired")
	errLifeOver  = errors.New("the connection has lived for as long as it may")
)

// detach separates the session from its client: the record goes offline, or ends if it was only for this connection. The
// socket is not touched. It may be called again.
func (s *Session) detach(how ending) {
	was := s.state
	s.state = ended
	s.local.Loop.Cancel(&s.timer)
	if s.extras.rate != nil {
		s.local.Loop.Cancel(&s.extras.rate.Timer)
	}
	if s.extras.throttle != nil {
		s.local.Loop.Cancel(&s.extras.throttle.Timer)
	}
	s.forget()
	if s.local.tracer != nil && was != ended && s.client != nil {
		s.traceEnded()
	}
	if s.extras.admission != nil {
		s.settled()
	}
	if was != connected {
		return
	}
	c, l := s.client, s.local
	s.giveBack()
	c.letGo(l)
	if c.persistent {
		s.leave()
	}
	c.session = nil
	c.status.Store(c.storing() | c.status.Load()&statusStored)
	s.endWill(how)
	if !c.persistent {
		c.end(l, (*Client).tellGone)
		return
	}
	c.tellOffline(l)
	if how == endTakeover {
		return // the queue goes on as it is, under the limits for clients that are connected
	}
	c.lifetime = s.lifetime() // as the settings are now, because they may have changed since CONNECT
	if c.kept != nil {
		l.storage.keepOffline(c, byte(s.version))
	}
	l.goOffline(c)
}

// goOffline keeps what is stored for a client that is away, which is QoS 1 and 2 only, and starts its expiry.
func (l *Local) goOffline(c *Client) {
	for range c.waiting.Len() {
		it := c.waiting.PopFront(&l.buffers)
		if it.QoS == 0 {
			c.drop(l, it, queue.Offline)
		} else {
			c.waiting.Push(&l.buffers, it)
		}
	}
	// The limit counts what is left, and takes from the end that the policy names, so it comes when the queue is in order again.
	if k := c.kept; k != nil && k.spilled {
		k.forgetQoS0()
	}
	c.trim(l, c.offlineLimit(l))
	c.awaitExpiry(l)
}

// fail ends the connection because of err. It is the only place where an error becomes bytes: a DISCONNECT with the reason for
// MQTT 5 once connected [MQTT-3.14.0-1], nothing for the others [MQTT-4.13.1-1]. What was already queued for the client is sent first, and
// the connection is closed in any case [MQTT-3.14.4-2], [MQTT-4.13.2-1].
func (s *Session) fail(err error) {
	code := codec.UnspecifiedError
	var broken *codec.Error
	var topic *trie.TopicError
	switch {
	case errors.As(err, &broken):
		code = broken.Code
	case errors.As(err, &topic):
		code = topicCode(topic)
	}
	s.local.Counters.Malformed[s.family()]++
	if s.local.Logger.Enabled(context.Background(), slog.LevelDebug) {
		s.local.Logger.Debug("connection closed", "client", s.clientName(), "peer", s.conn.RemoteAddr(), "reason", err)
	}
	if (s.state == connected || s.state == authenticating) && s.version == codec.V5 {
		s.sendDisconnect(code)
	}
	s.detach(endLost)
	s.conn.Close(err)
}

func topicCode(e *trie.TopicError) codec.ReasonCode {
	switch {
	case e == trie.ErrTopicWildcard:
		return codec.TopicNameInvalid
	case e.Wildcard:
		return codec.TopicFilterInvalid
	}
	return codec.MalformedPacket
}

// disconnectPacket handles the client's DISCONNECT.
func (s *Session) disconnectPacket(f codec.Frame) error {
	p := &s.local.disconnect
	if err := codec.ParseDisconnect(f.Body, s.version, p); err != nil {
		return err
	}
	if err := p.Check(s.version, codec.FromClient); err != nil {
		return err
	}
	if s.state == connected && s.version == codec.V5 && p.Props.Has(codec.PropSessionExpiry) {
		if s.expiryAsked == 0 && p.Props.SessionExpiry > 0 {
			if p.Code == codec.NormalDisconnection {
				s.will = nil // the client took its leave, if in a wrong way [MQTT-3.14.4-3]
			}
			return errExpiryFromZero
		}
		s.expiryAsked = p.Props.SessionExpiry
		s.client.lifetime = s.lifetime()
		s.client.persistent = s.client.lifetime != 0
	}
	s.countReceived(codec.DISCONNECT, p.Code)
	how := endDisconnect
	if p.Code != codec.NormalDisconnection {
		how = endLost // the client wants its will published
	}
	s.detach(how)
	s.conn.Close(nil)
	return nil
}

var errExpiryFromZero = &codec.Error{Code: codec.ProtocolError, Why: "DISCONNECT raises a session expiry interval that was 0"}

// end ends the session on behalf of the broker, with the reason for an MQTT 5 client as its last packet [MQTT-3.14.4-1].
func (s *Session) end(code codec.ReasonCode, why error) {
	if s.state == connected && s.version == codec.V5 {
		s.sendDisconnect(code)
	}
	s.detach(endByBroker)
	s.conn.Close(why)
}

// Disconnect ends the session of c, if there is one, on behalf of the broker: code is what an MQTT 5 client is told. On the
// home loop.
func (c *Client) Disconnect(code codec.ReasonCode, why error) {
	if c.session != nil {
		c.session.end(code, why)
	}
}

// clientName is the client id for logs; empty before CONNECT.
func (s *Session) clientName() string {
	if s.client == nil {
		return ""
	}
	return s.client.ID
}
