package crash

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/vernemq/vmq/codec"
)

// burst is how many messages a publisher has in flight.
const burst = 10

// publisher sends the numbers 1, 2, 3, … to a topic of its own. Its fields are read by others when run has returned.
type publisher struct {
	broker  *broker
	index   int
	qos     byte
	retain  bool
	version codec.Version
	sent    int              // numbers up to this one were sent, and acknowledged at the end
	done    atomic.Int64     // acknowledged
	reached func(done int64) // is told of each acknowledgement; nil: nobody
	flight  []*exchange      // oldest first
}

type exchange struct {
	n        int
	received bool // PUBREC came
}

func (e *exchange) id() uint16 { return uint16((e.n-1)%65535 + 1) }

// run publishes until stop is closed and everything is acknowledged, over any number of connections.
func (p *publisher) run(ctx context.Context, stop <-chan struct{}) error {
	for {
		c, _, err := open(ctx, p.broker, p.version, fmt.Sprintf("publisher-%d", p.index))
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			continue // killed meanwhile
		}
		finished := p.serve(c, stop)
		c.Close()
		if finished {
			return nil
		}
	}
}

// serve uses one connection. It returns true when there is nothing more to do, and false when the connection broke.
func (p *publisher) serve(c *conn, stop <-chan struct{}) bool {
	for _, e := range p.flight {
		if e.received {
			c.ack(codec.PUBREL, e.id())
		} else {
			p.publish(c, e, true)
		}
	}
	for {
		if len(p.flight) == 0 {
			select {
			case <-stop:
				return true
			default:
			}
			for range burst {
				p.sent++
				e := &exchange{n: p.sent}
				p.flight = append(p.flight, e)
				p.publish(c, e, false)
			}
		}
		if c.flush() != nil {
			return false
		}
		f, err := c.next()
		if err != nil {
			return false
		}
		p.answer(c, f)
	}
}

func (p *publisher) publish(c *conn, e *exchange, dup bool) {
	m := codec.Publish{
		Dup: dup, QoS: p.qos, Retain: p.retain, PacketID: e.id(), Topic: fmt.Appendf(nil, "t/%d", p.index), Payload: fmt.Append(nil, e.n),
	}
	if c.version == codec.V5 {
		m.Props.SetMessageExpiry(3600)
	}
	c.out = codec.AppendPublish(c.out, c.version, &m)
}

// acknowledged is a number up to which all messages were.
func (p *publisher) acknowledged() int { return int(p.done.Load()) / burst * burst } // it waits for the whole of a burst

func (p *publisher) answer(c *conn, f codec.Frame) {
	id := c.idOf(f)
	for i, e := range p.flight {
		if e.id() != id {
			continue
		}
		switch f.Type {
		case codec.PUBREC:
			e.received = true
			c.ack(codec.PUBREL, id)
		case codec.PUBACK, codec.PUBCOMP:
			p.flight = append(p.flight[:i], p.flight[i+1:]...)
			if n := p.done.Add(1); p.reached != nil {
				p.reached(n)
			}
		}
		return
	}
}
