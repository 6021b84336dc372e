package loadgen

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"net/netip"
)

// plan is what a run is made of before anything connects: who has which client id, topic and filter, and who receives
// from whom. It never changes.
type plan struct {
	opts    *Options
	address string       // of the broker, with its name resolved: loops must not wait for DNS
	locals  []netip.Addr // addresses to connect from, in turn
	run     uint32       // in each stamp and client id
	loops   int
}

// newPlan draws the number of the run unless o tells it. loops is the number of loops of the server that carries it. Validate has
// accepted o.
func newPlan(o *Options, address string, loops int) *plan {
	p := &plan{opts: o, address: address, run: cmp.Or(o.Run, rand.Uint32()), loops: loops}
	for _, a := range o.LocalAddrs {
		p.locals = append(p.locals, netip.MustParseAddr(a))
	}
	return p
}

// clientID is at most 23 bytes with the default prefix, which is all that MQTT 3.1 allows. kind is c, p or s.
func (p *plan) clientID(kind byte, i int) string {
	return fmt.Sprintf("%s-%04x-%c%d", p.opts.ClientID, p.run&0xFFFF, kind, i)
}

// loopOf is the loop of publisher i. One that may not get too far ahead of a subscriber lives where that one does,
// because it is told on its loop what has arrived: of a single subscriber, all publishers share the loop.
func (p *plan) loopOf(i int) int {
	if p.opts.Ahead > 0 {
		i %= p.opts.Subscribers
	}
	return i % p.loops
}

// topic is what publisher i publishes to; in pattern retain it ends with topicDigits zeros, into which each message writes its number.
func (p *plan) topic(i int) string {
	switch p.opts.Pattern {
	case FanOut:
		return p.opts.Topic + "/all"
	case Retain:
		return fmt.Sprintf("%s/%d/%0*d", p.opts.Topic, i, topicDigits, 0)
	}
	return fmt.Sprintf("%s/%d", p.opts.Topic, i)
}

// filter is what subscriber or, in pattern connect, connection i subscribes to.
func (p *plan) filter(i int) string {
	switch p.opts.Pattern {
	case FanIn:
		return p.opts.Topic + "/+"
	case FanOut:
		return p.opts.Topic + "/all"
	case Shared:
		return "$share/" + p.opts.Group + "/" + p.opts.Topic + "/+"
	case Retain:
		return cmp.Or(p.opts.Filter, p.opts.Topic+"/#")
	}
	return fmt.Sprintf("%s/%d", p.opts.Topic, i)
}

// sources is the range of publishers, count from first, whose messages subscriber i gets.
func (p *plan) sources(i int) (first, count int) {
	if p.opts.Pattern == Pairs || p.opts.Pattern == Queue {
		return i, 1
	}
	return 0, p.opts.Publishers
}

// copies is how many deliveries one message makes.
func (p *plan) copies() uint64 {
	switch p.opts.Pattern {
	case FanIn, FanOut, Retain:
		return uint64(p.opts.Subscribers)
	}
	return 1
}

// quota is how many messages publisher i sends; 0: no bound.
func (p *plan) quota(i int) uint64 {
	all, pubs := p.opts.Messages, uint64(p.opts.Publishers)
	q := all / pubs
	if uint64(i) < all%pubs {
		q++
	}
	return q
}
