package session

import (
	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/queue"
)

// attach makes s the session of its client, on the client's home loop. A session that is still attached goes first: its client
// sees DISCONNECT 0x8E, or just the end of the connection, before the new one sees CONNACK [MQTT-3.1.4-3].
func (s *Session) attach() {
	c, l := s.client, s.local
	known := c.session != nil || c.persistent
	if c.session != nil {
		c.session.takenOver()
		if c.gone { // it was clean and ended with its connection
			s.register()
			return
		}
	}
	c.cancelExpiry(l)
	if s.clean {
		if known {
			c.empty(l, (*Client).tellGone) // [MQTT-3.1.2-4]
		}
		known = false
	}
	c.settleWill(l, false)
	s.present = known
	s.started = l.tick()
	if !known {
		c.started = s.started
	}
	c.session = s
	c.status.Store(statusOnline)
	c.slow = false
	c.lifetime = s.lifetime()
	c.persistent = c.lifetime != 0
	c.settings = nil
	if s.extras.admission.overridden {
		c.settings = s.settings
	}
	c.tellWakeup(l)
	s.state = connected
	ack := s.accepted()
	s.tellRegister(ack)
	s.connack(ack)
	s.startTimer(s.extras.admission.life)
	s.settled()
	s.resume()
}

// takenOver ends s because its client connected again.
func (s *Session) takenOver() {
	if s.version == codec.V5 {
		s.sendDisconnect(codec.SessionTakenOver)
	}
	s.detach(endTakeover)
	s.conn.Close(errTakenOver)
}

// resume starts the deliveries to a client that came back: first what it has not acknowledged, with the same packet ids, then
// what was queued, as far as the limit for connected clients has room for it.
func (s *Session) resume() {
	c, l := s.client, s.local
	if c.window != nil {
		s.dropUnsendable()
		s.unsent = c.window.Len()
		for e := range c.window.Range {
			c.window.Sent(e.ID, 0)
		}
	}
	if !s.settings.OverrideMaxOnlineMessages {
		for {
			it, ok := c.waiting.Excess(&l.buffers, s.onlineLimit())
			if !ok {
				break
			}
			c.drop(l, it, queue.QueueFull)
		}
	}
	s.pump()
}
