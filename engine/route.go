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
}

func newRouters(loops []*netpoll.Loop) []*router {
	all := make([]*router, len(loops))
	for i, loop := range loops {
		r := &router{loop: loop, all: all, out: make([]*batch, len(loops)), seen: make([]uint64, len(loops))}
		all[i] = r
		loop.OnTurnEnd(r.post)
	}
	return all
}

// Route hands p to every client of m with a matching subscription.
func (r *router) Route(m *session.Mountpoint, p *session.Publication) (n int, behind *session.Client) {
	m.Subscriptions.Match(p.Topic, &r.match)
	r.turn++
	r.behind, r.lagging, r.gate = nil, 0, nil
	for i := range r.match.Direct {
		x := &r.match.Direct[i]
		r.deliver(x.Subscriber, p, x.Options)
	}
	n = len(r.match.Direct)
	for i := range r.match.Groups {
		if x, ok := chooseMember(&r.match.Groups[i].Members, p.QoS); ok {
			r.deliver(x.Subscriber, p, x.Options)
			n++
		} else {
			r.local.Counters.Dropped[queue.NoMember]++
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

func (r *router) deliver(c *session.Client, p *session.Publication, o trie.Options) {
	home := c.Home()
	if home == r.loop {
		c.Deliver(r.local, p, o)
	}
	if c.Behind() {
		r.behind = c
		r.lagging++
	}
	if home == r.loop {
		return
	}
	i := home.Index()
	if gate := r.all[i].local.Gate(); gate.Behind() {
		r.gate = gate
	}
	b := r.out[i]
	if b == nil {
		b = newBatch(r.all[i])
		r.out[i] = b
		r.loop.Touch()
	}
	if r.seen[i] != r.turn || len(b.entries) == 0 {
		r.seen[i] = r.turn
		b.add(p)
	}
	b.target(c, o)
	if b.full() {
		r.out[i] = nil
		b.post()
	}
}

// post hands the outboxes to their loops, at the end of a turn.
func (r *router) post() {
	for i, b := range r.out {
		if b != nil {
			r.out[i] = nil
			b.post()
		}
	}
}

// chooseMember picks the member of a shared subscription that gets a message: at random among those that are online, and if
// none is, among those that can store it.
func chooseMember(members *trie.Members[*session.Client], qos byte) (trie.Match[*session.Client], bool) {
	n := members.Len()
	if n == 0 {
		return trie.Match[*session.Client]{}, false
	}
	start := rand.IntN(n)
	for i := range n {
		if x := members.At((start + i) % n); x.Subscriber.Online() {
			return x, true
		}
	}
	x := members.At(start)
	return x, min(qos, x.Options.QoS) > 0
}
