package session

import (
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/hook"
	"github.com/vernemq/vmq/netpoll"
)

// will is what a client wants published when its session ends in another way than by its own DISCONNECT. It holds copies of what the
// CONNECT said.
type will struct {
	topic, payload, forward []byte
	mountpoint              *Mountpoint    // where it is published
	publisher               *hook.Identity // for on_publish; nil without plugins
	v5                      bool
	qos                     byte
	retain                  bool
	hasExpiry               bool
	expiry                  uint32        // message expiry interval in seconds, which begins when the will is published
	delay                   time.Duration // MQTT 5 Will Delay Interval
}

// admitWill asks auth_on_publish about the will, so that a client whose will may not be published does not get in. It returns
// false if the client waits for the answer or was refused.
func (s *Session) admitWill(p *codec.Connect) bool {
	a := s.extras.admission
	h := s.hooks()
	if !p.HasWill || h == nil {
		return true
	}
	w := &p.Will
	in := &s.local.asked
	*in = hook.Publish{Client: a.identity, Topic: w.Topic, Payload: w.Payload, QoS: w.QoS, Retain: w.Retain}
	var mods *hook.PublishMods
	var waiting bool
	var err error
	if p.Version == codec.V5 {
		in.Props = &w.Props
		mods, waiting, err = ask(s, hook.AuthOnPublishM5Point, h.AuthOnPublishM5, in, hook.AuthOnPublishM5.AuthOnPublishM5)
	} else {
		mods, waiting, err = ask(s, hook.AuthOnPublishPoint, h.AuthOnPublish, in, hook.AuthOnPublish.AuthOnPublish)
	}
	if waiting {
		return false
	}
	if err == nil && mods != nil {
		err = s.rewriteWill(w, mods)
	}
	if err != nil {
		s.local.Counters.PublishAuthError[s.family()]++
		s.refuse(codec.NotAuthorized, err)
		return false
	}
	return true
}

// rewriteWill puts the changes of auth_on_publish into the will.
func (s *Session) rewriteWill(w *codec.Will, m *hook.PublishMods) error {
	if err := s.checkMods(m); err != nil {
		return err
	}
	if m.Topic != nil {
		w.Topic = m.Topic
	}
	if m.Payload != nil {
		w.Payload = m.Payload
	}
	w.QoS, w.Retain = m.QoS.Or(w.QoS), m.Retain.Or(w.Retain)
	if m.Props != nil {
		w.Props = *m.Props.Clone()
	}
	if m.Mountpoint.Set {
		s.extras.admission.willMount = s.local.Node.Mountpoint(m.Mountpoint.Value)
	}
	return nil
}

// takeWill keeps the will of a CONNECT [MQTT-3.1.2-7]. Its user properties keep their order [MQTT-3.1.3-10].
func (s *Session) takeWill(p *codec.Connect) {
	s.will = nil
	if !p.HasWill {
		return
	}
	w := &p.Will
	s.will = &will{
		mountpoint: s.extras.admission.willMount, v5: p.Version == codec.V5,
		topic: append([]byte(nil), w.Topic...), payload: append([]byte(nil), w.Payload...),
		qos: w.QoS, retain: w.Retain,
	}
	if s.will.mountpoint == nil {
		s.will.mountpoint = s.extras.admission.mount
	}
	if s.local.hooks != nil {
		s.will.publisher = s.extras.admission.identity
	}
	if p.Version != codec.V5 {
		return
	}
	s.will.forward = w.Props.AppendForward(nil)
	if w.Props.Has(codec.PropMessageExpiry) {
		s.will.hasExpiry, s.will.expiry = true, w.Props.MessageExpiry
	}
	if w.Props.Has(codec.PropWillDelay) {
		s.will.delay = time.Duration(w.Props.WillDelay) * time.Second
	}
}

// endWill decides what becomes of the will now that the session is detached from its client [MQTT-3.1.2-8], [MQTT-3.1.2-10].
func (s *Session) endWill(how ending) {
	w, c := s.will, s.client
	s.will = nil
	if w != nil {
		if limit := s.local.Node.Settings().MaxLastWillDelay; limit >= 0 {
			w.delay = min(w.delay, limit)
		}
	}
	switch {
	case w == nil, how == endDisconnect: // [MQTT-3.1.2-12 v3.1.1], [MQTT-3.14.4-3]
	case how == endTakeover && s.settings.SuppressWillOnTakeover:
	case w.delay > 0 && c.persistent:
		// The session may go on before the delay is over; if it ends before, endSession publishes it [MQTT-3.1.3-9].
		c.delayWill(s.local, w)
	default:
		c.publishWill(s.local, w)
	}
}

// delayedWill waits for its time while the client is away. Owned by the client's home loop.
type delayedWill struct {
	netpoll.Timer
	will   *will
	client *Client
	local  *Local
	over   bool // its time came before the process began
}

func (d *delayedWill) OnTimer(*netpoll.Loop, *netpoll.Timer) {
	d.client.will = nil
	d.client.publishWill(d.local, d.will)
	d.client.forgetWill(d.local)
}

func (c *Client) delayWill(l *Local, w *will) {
	c.keepWill(l, l.now()+w.delay.Milliseconds(), w)
	c.publishAfter(l, w, w.delay)
}

func (c *Client) publishAfter(l *Local, w *will, wait time.Duration) {
	c.will = &delayedWill{will: w, client: c, local: l, over: wait <= 0}
	c.will.Init(c.will)
	l.Loop.Schedule(&c.will.Timer, wait)
}

// settleWill ends the wait of a delayed will: it is published if the session has ended, and forgotten if it goes on.
func (c *Client) settleWill(l *Local, sessionEnds bool) {
	d := c.will
	if d == nil {
		return
	}
	c.will = nil
	l.Loop.Cancel(&d.Timer)
	if sessionEnds {
		c.publishWill(l, d.will)
	}
	c.forgetWill(l)
}

// publishWill routes w like a publish of the client, retained if it asks for that [MQTT-3.1.2-14], [MQTT-3.1.2-15]. A topic that clients
// may not publish to is dropped here too.
func (c *Client) publishWill(l *Local, w *will) {
	if w.topic[0] == '$' {
		return
	}
	p := Publication{Topic: w.topic, Payload: w.payload, Forward: w.forward, QoS: w.qos, Retain: w.retain, Publisher: c.Serial}
	if w.hasExpiry {
		p.Deadline = l.now() + 1000*int64(w.expiry)
	}
	l.Publish(w.mountpoint, &p)
	h := l.hooks
	if h == nil || w.publisher == nil {
		return
	}
	in := hook.Publish{Client: w.publisher, Topic: w.topic, Payload: w.payload, QoS: w.qos, Retain: w.retain}
	if w.v5 {
		in.Props = new(codec.Properties)
		in.Props.ParseForward(w.forward)
		if w.hasExpiry {
			in.Props.SetMessageExpiry(w.expiry)
		}
		tell(l, c.Serial, hook.OnPublishM5Point, h.OnPublishM5, &in, hook.OnPublishM5.OnPublishM5)
	} else {
		tell(l, c.Serial, hook.OnPublishPoint, h.OnPublish, &in, hook.OnPublish.OnPublish)
	}
}
