package session

import (
	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/queue"
)

// attach makes s the session of its client, on the client's home loop. A session that is still attached goes first: its client
// sees DISCONNECT 0x8E, or just the end of the connection, before the new one sees CONNACK [MQTT-3.1.4-3]. What there was before is
// found and resumed [MQTT-3.1.2-5], or there is nothing, which makes the session a new one [MQTT-3.1.2-6], [MQTT-3.1.4-4].
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
	if c.settleOverdue(l) {
		s.register()
		return
	}
	c.cancelExpiry(l)
	if s.clean {
		if known {
			c.empty(l, (*Client).tellGone) // [MQTT-3.1.2-4]
		}
		known = false // [MQTT-3.2.2-2]
	}
	c.settleWill(l, false)
	s.present = known // [MQTT-3.2.2-3]
	s.started = l.tick()
	if !known {
		c.started = s.started
	}
	c.session = s
	c.status.Store(statusOnline | c.status.Load()&statusStored)
	c.checkFull(s.onlineLimit())
	c.slow = false
	c.lifetime = s.lifetime()
	c.persistent = c.lifetime != 0
	c.settings, c.owner = nil, nil
	if s.extras.admission.overridden {
		c.settings = s.settings
	}
	if l.storage != nil {
		l.storage.keep(c, s)
	}
	c.tellWakeup(l)
	s.state = connected
	ack := s.accepted()
	s.tellRegister(ack)
	life := s.extras.admission.life
	s.settled()
	if err := s.connack(ack); err != nil { // before anything else goes out [MQTT-3.2.0-1], and only here [MQTT-3.2.0-2]
		s.detach(endByBroker)
		s.conn.Close(err)
		return
	}
	s.startTimer(life)
	if c.kept != nil && !c.kept.loaded {
		s.awaitQueue()
		return
	}
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

// proven goes on with what is to be sent again. The earlier connection may have held a message of QoS 2 back until it is durable, see
// heldback.go, so this one must not send it sooner: the publisher would repeat it after a crash, and it would come under another packet id.
func (s *Session) proven() {
	if s.unproven = false; s.state == connected {
		s.pump()
	}
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
			s.unproven = s.unproven || c.kept != nil && e.State == queue.WaitPubrec
		}
	}
	if s.unproven {
		l.storage.whenDurable(s.proven)
	}
	if c.kept != nil {
		c.orient(l, s.settings.QueueLIFO)
	}
	if !s.settings.OverrideMaxOnlineMessages {
		c.trim(l, s.onlineLimit())
	}
	s.pump()
}
