package session

import (
	"context"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/hook"
	"github.com/vernemq/vmq/netpoll"
	"github.com/vernemq/vmq/queue"
	"github.com/vernemq/vmq/trie"
)

// delivering is a message about which on_deliver is asked on a worker. Nothing else is sent to the client meanwhile, so that the order
// stays; what comes waits in its queue.
type delivering struct {
	session *Session
	item    queue.Item
	end     context.CancelFunc
	mods    *hook.DeliverMods
	err     error
}

// asksDeliver says whether a plugin wants to see what is delivered to the client.
func (s *Session) asksDeliver() bool {
	h := s.local.hooks
	return h != nil && (s.version == codec.V5 && len(h.OnDeliverM5) > 0 || s.version != codec.V5 && len(h.OnDeliver) > 0)
}

// sendAsked sends p after on_deliver has seen it, at once if nobody has to wait.
func (s *Session) sendAsked(p *Publication, qos byte, retain bool, subscriptionID uint32) {
	l := s.local
	in := &l.delivery
	*in = hook.Deliver{Client: s.who(), Topic: p.Topic, Payload: p.Payload, QoS: qos, Retain: retain, Props: l.propsOf(p)}
	var mods *hook.DeliverMods
	var at int
	var err error
	h, v5, point := l.hooks, s.version == codec.V5, hook.OnDeliverPoint
	if v5 {
		point = hook.OnDeliverM5Point
	}
	m := l.measure(point)
	if v5 {
		mods, at, err = hook.Ask(hook.Loop, h.OnDeliverM5, in, hook.OnDeliverM5.OnDeliverM5)
	} else {
		mods, at, err = hook.Ask(hook.Loop, h.OnDeliver, in, hook.OnDeliver.OnDeliver)
	}
	m.end(err)
	if err != hook.ErrWait {
		s.sendModified(p, mods, err, qos, retain, subscriptionID)
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	item := queue.Item{Msg: p.Keep(), SubscriptionID: subscriptionID, QoS: qos, Retain: retain, Entry: p.entry}
	if s.client.kept != nil && item.Entry == 0 && qos > 0 {
		s.client.keepWaiting(l, &item)
	}
	d := &delivering{session: s, end: cancel, item: item}
	s.own().delivering = d
	kept, asked := in.Clone(), time.Now()
	l.Node.Workers().Add(s.lane(), true, func() {
		if v5 {
			d.mods, _, d.err = hook.Ask(ctx, h.OnDeliverM5[at:], kept, hook.OnDeliverM5.OnDeliverM5)
		} else {
			d.mods, _, d.err = hook.Ask(ctx, h.OnDeliver[at:], kept, hook.OnDeliver.OnDeliver)
		}
		l.Node.HookTook(point, time.Since(asked))
		l.Loop.Post(d)
	})
}

// Run sends the message, and what has come after it.
func (d *delivering) Run(*netpoll.Loop) {
	d.end()
	s := d.session
	if s.extras.delivering != d {
		return // the session has ended
	}
	s.own().delivering = nil
	var p Publication
	p.From(d.item.Msg)
	p.entry = d.item.Entry
	s.sendModified(&p, d.mods, d.err, d.item.QoS, d.item.Retain, d.item.SubscriptionID)
	p.Done()
	s.pump()
}

// sendModified sends p with the changes of on_deliver. One that refuses, or whose topic is none, changes nothing: delivery cannot be
// forbidden here.
func (s *Session) sendModified(p *Publication, m *hook.DeliverMods, err error, qos byte, retain bool, subscriptionID uint32) {
	s.local.reportPanic(err)
	if err != nil || m == nil || m.Topic != nil && trie.CheckTopic(m.Topic, 0) != nil {
		s.sendNow(p, qos, retain, subscriptionID)
		return
	}
	q := *p
	q.msg = nil
	if m.Topic != nil {
		q.Topic = m.Topic
	}
	if m.Payload != nil {
		q.Payload = m.Payload
	}
	if m.Props != nil {
		q.Forward = m.Props.AppendForward(nil)
		if m.Props.Has(codec.PropMessageExpiry) {
			q.Deadline = s.local.now() + 1000*int64(m.Props.MessageExpiry)
		}
	}
	s.sendNow(&q, qos, retain, subscriptionID)
	q.Done()
}

// giveBack puts a message that on_deliver is asked about back into the queue, to be the next one again, because the session ends.
func (s *Session) giveBack() {
	d := s.extras.delivering
	if d == nil {
		return
	}
	s.own().delivering = nil
	d.end()
	c, l := s.client, s.local
	if !s.settings.QueueLIFO {
		c.waiting.PushFront(&l.buffers, d.item)
		return
	}
	if old := d.item.Entry; old != 0 { // it stands behind what came meanwhile, so its entry has to
		c.keepWaiting(l, &d.item)
		c.forgetEntry(l, old)
	}
	c.waiting.Push(&l.buffers, d.item)
}
