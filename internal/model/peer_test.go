package model

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/internal/bench"
)

// peer is a client that keeps to the protocol, in its own time, and whose session outlives its connections.
type peer struct {
	crowd *crowd
	id    string
	role  byte // p, r or g
	qos   byte // of its subscription

	conn    *bench.Client // nil: offline
	version codec.Version
	ready   bool // CONNACK has come
	blocked bool // takes no bytes
	before  bool // was connected before
	window  int  // most it may get unanswered

	// As a publisher:
	unacked []outgoing
	said    int

	// As a receiver:
	answers []bench.Ack                 // owed
	open    map[uint16]bool             // messages got on this connection and not answered for good
	stage   map[uint16]codec.PacketType // what was got last under an id that is not answered for good
	holds   map[uint16]string           // the message under that id
	got     map[string]int              // by message: how often it came, repetitions with DUP left out
	last    map[string]int              // by publisher and topic: the number that came last
}

// outgoing is a message that the peer has sent and that is not acknowledged for good.
type outgoing struct {
	p        *codec.Publish
	received bool // PUBREC has come
}

// act does one thing, at random.
func (p *peer) act() {
	c := p.crowd
	fickle := !c.limited || p.role != 'p'
	switch n := c.rand.IntN(20); {
	case p.conn == nil:
		if n < 10 {
			p.connect()
		}
	case !p.ready: // of two connections that have not been answered, either may come first
	case n == 0 && fickle:
		p.connect() // takes over from itself
	case n == 1 && fickle:
		p.leave()
	case n == 2:
		p.block(!p.blocked)
	case p.role == 'p' && n < 14:
		for range 1 + c.rand.IntN(4) {
			p.publish()
		}
	default:
		p.answer(1 + c.rand.IntN(5))
	}
}

func (p *peer) connect() {
	c := p.crowd
	p.version = versions[c.rand.IntN(3)]
	p.forget()
	loop := c.rand.IntN(2)
	p.conn = c.b.OpenOn(loop, p.version)
	p.window = c.window
	c.note("%s connects on loop %d, version %s", p.id, loop, p.version)
	p.conn.Hello(p.id, bench.Persistent, func(x *codec.Connect) {
		if p.version == codec.V5 {
			p.window = 1 + c.rand.IntN(5)
			x.Props.SetReceiveMaximum(uint16(p.window))
		}
	})
}

// leave breaks the connection in one of the ways there are.
func (p *peer) leave() {
	c := p.crowd
	switch c.rand.IntN(3) {
	case 0:
		p.conn.Peer.Reset()
	case 1:
		p.conn.Hangup()
	case 2:
		p.conn.Send(&codec.Disconnect{})
		p.conn.Hangup()
	}
	c.note("%s leaves", p.id)
	c.groupLeft = c.groupLeft || p.role == 'g'
	p.forget()
}

// forget drops the connection. What it has sent and was not read is lost, and what it still owed is owed again when it has come again.
func (p *peer) forget() {
	p.answers = nil
	p.conn, p.ready, p.blocked = nil, false, false
	clear(p.open)
}

func (p *peer) block(on bool) {
	if p.conn != nil && on != p.blocked {
		p.crowd.note("%s blocked %v", p.id, on)
		p.blocked = on
		p.conn.Peer.Block(on)
	}
}

// publish sends a new message: PUBLISHER TOPIC NUMBER, sometimes long.
func (p *peer) publish() {
	c := p.crowd
	p.said++
	topic := fmt.Sprintf("t/%d", c.rand.IntN(2))
	name := fmt.Sprintf("%s %s %d", p.id, topic, p.said)
	m := bench.Publish(topic, name+" ", byte(c.rand.IntN(3)), 0)
	if c.limited && m.QoS == 0 {
		m.QoS = 1
	}
	if c.rand.IntN(10) == 0 {
		m.Payload = append(m.Payload, make([]byte, 40000)...)
	}
	c.qos[name] = m.QoS
	c.sent[name]++
	if m.QoS > 0 {
		m.PacketID = uint16(p.said)
		p.unacked = append(p.unacked, outgoing{p: m})
	}
	c.note("%s publishes %q, QoS %d", p.id, name, m.QoS)
	p.conn.Send(m)
}

// resend sends again what the last connection left open, after CONNACK.
func (p *peer) resend() {
	for _, o := range p.unacked {
		if o.received {
			p.conn.Send(bench.Ack{Type: codec.PUBREL, ID: o.p.PacketID})
			continue
		}
		again := *o.p
		again.Dup = true
		p.crowd.sent[nameOf(string(o.p.Payload))]++
		p.conn.Send(&again)
	}
}

// answer sends up to n of the answers it owes, in any order that is legal, and reports whether there were any.
func (p *peer) answer(n int) bool {
	n = min(n, len(p.answers))
	for range n {
		i := p.crowd.rand.IntN(len(p.answers))
		a := p.answers[i]
		p.answers = slices.Delete(p.answers, i, i+1)
		p.crowd.note("%s sends %s %d", p.id, a.Type, a.ID)
		if a.Type == codec.PUBACK || a.Type == codec.PUBCOMP {
			delete(p.open, a.ID)
			delete(p.stage, a.ID)
			delete(p.holds, a.ID)
		}
		p.conn.Send(a)
	}
	return n > 0
}

func (p *peer) owe(t codec.PacketType, id uint16) {
	if a := (bench.Ack{Type: t, ID: id}); !slices.Contains(p.answers, a) {
		p.answers = append(p.answers, a)
	}
}

// read takes in what has come.
func (p *peer) read() {
	if p.conn == nil {
		return
	}
	for _, line := range p.conn.Take() {
		p.take(line)
	}
	if p.conn.Peer.Ended() {
		if !p.blocked {
			p.crowd.fail("%s was disconnected", p.id)
		}
		p.conn.Peer.Reset() // it took nothing for too long
		p.forget()
	}
}

func (p *peer) take(line string) {
	c := p.crowd
	c.note("%s gets %.80s", p.id, line)
	id := uint16(0)
	if at := strings.Index(line, " id="); at >= 0 {
		fmt.Sscanf(line[at:], " id=%d", &id)
	}
	kind, _, _ := strings.Cut(line, " ")
	switch kind {
	case "CONNACK":
		if strings.Contains(line, "session-present") != p.before {
			c.fail("%s: session present is wrong: %s", p.id, line)
		}
		p.before, p.ready = true, true
		p.resend()
	case "PUBLISH":
		p.takePublish(line, id)
	case "PUBREL":
		if strings.Contains(line, "0x92") {
			c.fail("%s: %s", p.id, line)
		}
		p.stage[id] = codec.PUBREL
		// The broker has the PUBREC, so one that is still owed is for nothing.
		p.answers = slices.DeleteFunc(p.answers, func(a bench.Ack) bool { return a.Type == codec.PUBREC && a.ID == id })
		p.owe(codec.PUBCOMP, id)
	case "PUBACK", "PUBREC", "PUBCOMP":
		p.takeAck(kind, id)
	}
	if len(p.open) > p.window {
		c.fail("%s has %d messages to answer, and allows %d", p.id, len(p.open), p.window)
	}
}

func (p *peer) takePublish(line string, id uint16) {
	c := p.crowd
	_, payload, _ := strings.Cut(line, `payload="`)
	name := nameOf(payload)
	dup := strings.Contains(line, " dup ")
	if id == 0 {
		p.arrived(name)
		return
	}
	stage, known := p.stage[id]
	switch {
	case known && !dup:
		c.fail("%s: packet id %d is in use for %q: %s", p.id, id, p.holds[id], line)
	case known && p.holds[id] != name:
		c.fail("%s: packet id %d was that of %q: %s", p.id, id, p.holds[id], line)
	case known && stage == codec.PUBREL:
		c.fail("%s: PUBLISH again after PUBREL: %s", p.id, line)
	}
	p.open[id], p.stage[id], p.holds[id] = true, codec.PUBLISH, name
	if strings.Contains(line, "qos=2") {
		if !known {
			p.arrived(name)
		}
		p.owe(codec.PUBREC, id)
		return
	}
	if !dup || p.got[name] == 0 {
		p.arrived(name)
	}
	p.owe(codec.PUBACK, id)
}

// arrived notes a message as its receiver sees it, and that nothing older comes for the first time after it.
func (p *peer) arrived(name string) {
	var from, topic string
	var n int
	fmt.Sscanf(name, "%s %s %d", &from, &topic, &n)
	if p.last == nil {
		p.last = map[string]int{}
	}
	key := from + topic
	c := p.crowd
	// Another member of the group may have got it the first time, or have gone before it got it. The standard wants no order of a group.
	detour := p.role == 'g' && (c.sent[name] > 1 || c.groupLeft && c.qos[name] == 0)
	if p.got[name] == 0 && c.inOrder && !detour && n < p.last[key] {
		c.fail("%s: %q after number %d", p.id, name, p.last[key])
	}
	p.last[key] = max(p.last[key], n)
	p.got[name]++
}

func (p *peer) takeAck(kind string, id uint16) {
	at := slices.IndexFunc(p.unacked, func(o outgoing) bool { return o.p.PacketID == id })
	if at < 0 {
		return // a second answer to a message that was sent twice
	}
	name := nameOf(string(p.unacked[at].p.Payload))
	switch kind {
	case "PUBREC":
		p.unacked[at].received = true
		p.crowd.acked[name] = true
		p.conn.Send(bench.Ack{Type: codec.PUBREL, ID: id})
	default:
		p.crowd.acked[name] = true
		p.unacked = slices.Delete(p.unacked, at, at+1)
	}
}

// nameOf is the name of a message: the first three words of its payload.
func nameOf(payload string) string {
	w := strings.Fields(payload)
	return strings.Join(w[:3], " ")
}
