package engine

import (
	"math/rand/v2"

	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/netpoll"
	"github.com/vernemq/vmq/queue"
	"github.com/vernemq/vmq/trie"
)

// router takes the publications that come in on one loop to their receivers. A receiver at home on the same loop is served at
// once; those of another loop are collected in an outbox for that loop, which is posted when the turn ends: one batch and at
// most one wake-up for each pair of loops and turn.
type router struct {
	loop  *netpoll.Loop
	local *session.Local
	all   []*router
	match trie.Result[*session.Client]
	out   []*batch // by index of the receiving loop; nil while empty
	seen  []uint64 // number of the publication that the last message of out[i] was made from
	turn  uint64   // number of the publication at hand

	// Receivers of the publication at hand that are behind: one of them, and their number.
	behind  *session.Client
	lagging int
	// Of a loop with receivers that has too much to do; nil if none has.
	gate *session.Client

	delivery delivery
}

// matchKeep is how many matches the scratch of a loop keeps room for (64 KiB); what a larger fan-out took goes back.
const matchKeep = 4096

func newRouters(loops []*netpoll.Loop) []*router {
	all := make([]*router, len(loops))
	for i, loop := range loops {
		r := &router{loop: loop, all: all, out: make([]*batch, len(loops)), seen: make([]uint64, len(loops))}
		all[i] = r
		loop.OnTurnEnd(r.post)
		loop.OnFlushed(r.measure)
	}
	return all
}

// Route hands p to every client of m with a matching subscription [MQTT-3.3.2-3], [MQTT-4.5.0-1], and to one member of each shared one
// that matches. Messages of one client go through here, and through one outbox for each loop, in their order [MQTT-4.6.0-6].
func (r *router) Route(m *session.Mountpoint, p *session.Publication) (n int, behind *session.Client) {
	m.Subscriptions.Match(p.Topic, &r.match)
	r.turn++
	r.behind, r.lagging, r.gate = nil, 0, nil
	for i := range r.match.Direct {
		x := &r.match.Direct[i]
		r.deliver(x.Subscriber, p, x.Options, nil)
	}
	n = len(r.match.Direct)
	for i := range r.match.Groups {
		members := &r.match.Groups[i].Members
		x, ok := r.chooseMember(m, members, p)
		if !ok {
			continue
		}
		n++
		before, allBehind := r.lagging, x.Subscriber.Behind()
		r.deliver(x.Subscriber, p, x.Options, members)
		if !allBehind {
			r.lagging = before // even if this message was too much for it, the next one goes to another member
		}
	}
	switch {
	case r.gate != nil:
		return n, r.gate
	case 2*r.lagging > n:
		return n, r.behind
	}
	return n, nil
}

// deliver hands p to c, or puts it into the outbox for c's home loop, and notes whether publishers should wait for one of them. members are
// those that c was chosen from, if the subscription is shared.
func (r *router) deliver(c *session.Client, p *session.Publication, o trie.Options, members *trie.Members[*session.Client]) {
	if home := c.Home(); home == r.loop {
		r.delivery.begin(r.loop.Now())
		c.Deliver(r.local, p, o)
	} else {
		r.send(home.Index(), c, p, o, members)
	}
	if c.Behind() {
		r.behind = c
		r.lagging++
	}
}

// send puts p for c into the outbox for loop i.
func (r *router) send(i int, c *session.Client, p *session.Publication, o trie.Options, members *trie.Members[*session.Client]) {
	if gate := r.all[i].local.Gate(); gate.Behind() {
		r.gate = gate
	}
	b := r.out[i]
	if b == nil {
		b = newBatch(r.all[i], r.loop.Now())
		r.out[i] = b
		r.loop.Touch()
	}
	if r.seen[i] != r.turn || len(b.entries) == 0 {
		r.seen[i] = r.turn
		b.add(p)
	}
	if members == nil {
		b.target(c, o)
	} else {
		b.share(c, o, *members)
	}
	if p.QoS > 0 && o.QoS > 0 && c.Stored() {
		b.gather(r.local)
	}
	if b.full() {
		r.out[i] = nil
		b.post()
	}
}

// post hands the outboxes to their loops, at the end of a turn.
func (r *router) post() {
	if cap(r.match.Direct) > matchKeep {
		r.match.Reset()
	}
	for i, b := range r.out {
		if b != nil {
			r.out[i] = nil
			b.post()
		}
	}
}

// chooseMember picks the member of a shared subscription that gets p, at random among the best there are: online and up to date, online with
// room in its queue, online, able to store it. What that client has got and does not take in this life of its session is stored for it
// [MQTT-4.8.2-4]; only if it is gone before p has reached it, another one is picked. A member that does not want its own messages is none for
// those. Where there are others and none can take p, it is lost.
func (r *router) chooseMember(m *session.Mountpoint, members *trie.Members[*session.Client], p *session.Publication) (chosen trie.Match[*session.Client], ok bool) {
	n := members.Len()
	if n == 0 {
		return chosen, false
	}
	start := rand.IntN(n)
	for i := range n {
		x := members.At((start + i) % n)
		switch c := x.Subscriber; {
		case own(&x, p) || !c.Online():
		case !c.Behind() && !c.Full():
			return x, true
		case !ok || chosen.Subscriber.Full() && !c.Full():
			chosen, ok = x, true
		}
	}
	if ok {
		return chosen, true
	}
	qos := p.QoS
	if r.local.Node.Settings().UpgradeOutgoingQoS {
		qos = 2 // then the subscription alone decides
	}
	wanted := false
	for i := range n {
		x := members.At((start + i) % n)
		switch {
		case own(&x, p):
		case min(qos, x.Options.QoS) > 0 && x.Subscriber.Stores():
			return x, true
		default:
			wanted = true
		}
	}
	if wanted {
		r.local.Lose(m, nil, p, p.QoS, queue.NoMember)
	}
	return chosen, false
}

// own says whether p comes from the subscriber, which does not want it then. Only bridges have shared subscriptions of that kind.
func own(x *trie.Match[*session.Client], p *session.Publication) bool {
	return x.Options.NoLocal && x.Subscriber.Serial == p.Publisher
}
