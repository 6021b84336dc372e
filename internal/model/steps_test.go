package model

import (
	"fmt"
	"math"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/internal/bench"
)

// online picks a client that is connected, and its connection.
func (r *trial) online(t *rapid.T) (string, *client, *bench.Client) {
	var all []string
	for _, id := range ids {
		if c := r.models[0].clients[id]; c != nil && c.conn != 0 {
			all = append(all, id)
		}
	}
	if len(all) == 0 {
		t.Skip("nobody is connected")
	}
	id := rapid.SampledFrom(all).Draw(t, "client")
	c := r.models[0].clients[id]
	return id, c, r.conns[c.conn]
}

// text makes a payload that no other message has.
func (r *trial) text() string {
	r.said++
	return fmt.Sprint(r.said)
}

func (r *trial) connect(t *rapid.T) {
	h := &hello{
		id:        rapid.SampledFrom(ids).Draw(t, "client"),
		version:   rapid.SampledFrom(versions).Draw(t, "version"),
		clean:     rapid.IntRange(0, 2).Draw(t, "clean") == 2,
		keepAlive: rapid.SampledFrom([]uint16{0, 0, 3}).Draw(t, "keep-alive"),
	}
	h.bridge = h.version != codec.V5 && rapid.IntRange(0, 4).Draw(t, "bridge") == 4
	if h.version == codec.V5 {
		h.expiry = rapid.SampledFrom([]uint32{math.MaxUint32, 0, 2, 5}).Draw(t, "expiry")
		h.receiveMax = rapid.SampledFrom([]uint16{0, 1, 3}).Draw(t, "receive max")
		h.maxPacket = rapid.SampledFrom([]uint32{0, 0, 12, 16}).Draw(t, "packet size") // between the sizes that messages have here
	}
	if rapid.IntRange(0, 2).Draw(t, "will") == 2 {
		h.will = &will{
			topic:  rapid.SampledFrom([]string{"w", "a/b"}).Draw(t, "will topic"),
			qos:    rapid.Byte().Draw(t, "will QoS") % 3,
			retain: rapid.Bool().Draw(t, "will retain"),
		}
		h.will.payload = r.text()
		if h.version == codec.V5 {
			h.will.delay = time.Duration(rapid.SampledFrom([]int{0, 1, 3}).Draw(t, "delay")) * time.Second
			if !h.will.retain {
				h.will.expiry = rapid.SampledFrom([]uint32{0, 2}).Draw(t, "will expiry")
			}
		}
	}
	r.hello(h)
}

// hello opens a connection, which comes in on the next loop.
func (r *trial) hello(h *hello) {
	r.numbers++
	n := r.numbers
	c := r.b.Open(h.version)
	r.conns[n] = c
	what := fmt.Sprintf("connection %d: CONNECT %+v", n, *h)
	if h.will != nil {
		what += fmt.Sprintf(" will %+v", *h.will)
	}
	r.step(what, func() {
		c.Hello(h.id, func(p *codec.Connect) {
			p.CleanStart, p.KeepAlive, p.Bridge = h.clean, h.keepAlive, h.bridge
			if h.expiry > 0 {
				p.Props.SetSessionExpiry(h.expiry)
			}
			if h.receiveMax > 0 {
				p.Props.SetReceiveMaximum(h.receiveMax)
			}
			if h.maxPacket > 0 {
				p.Props.SetMaximumPacketSize(h.maxPacket)
			}
			if w := h.will; w != nil {
				p.HasWill = true
				p.Will = codec.Will{Topic: []byte(w.topic), Payload: []byte(w.payload), QoS: w.qos, Retain: w.retain}
				if w.delay > 0 {
					p.Will.Props.SetWillDelay(uint32(w.delay / time.Second))
				}
				if w.expiry > 0 {
					p.Will.Props.SetMessageExpiry(w.expiry)
				}
			}
		})
	}, func(m *broker) {
		if m.set.MaxLastWillDelay >= 0 && h.will != nil {
			w := *h.will
			w.delay = min(w.delay, m.set.MaxLastWillDelay)
			capped := *h
			capped.will = &w
			m.connect(n, &capped)
			return
		}
		m.connect(n, h)
	})
}

func (r *trial) hangUp(t *rapid.T) {
	id, c, conn := r.online(t)
	reset := rapid.Bool().Draw(t, "reset")
	n := c.conn
	r.step(fmt.Sprintf("%s hangs up (reset %v)", id, reset), func() {
		if reset {
			conn.Peer.Reset()
		} else {
			conn.Hangup()
		}
	}, func(m *broker) {
		m.closed[n] = true
		m.end(m.clients[id], lost)
	})
}

func (r *trial) disconnect(t *rapid.T) {
	id, c, conn := r.online(t)
	p := codec.Disconnect{}
	var expiry *uint32
	if c.version == codec.V5 {
		p.Code = rapid.SampledFrom([]codec.ReasonCode{codec.NormalDisconnection, codec.DisconnectWithWill}).Draw(t, "code")
		if rapid.Bool().Draw(t, "says expiry") {
			e := rapid.SampledFrom([]uint32{0, 2, math.MaxUint32}).Draw(t, "expiry")
			expiry = &e
			p.Props.SetSessionExpiry(e)
		}
	}
	r.step(fmt.Sprintf("%s: %s", id, &p), func() { conn.Send(&p) }, func(m *broker) { m.disconnect(m.clients[id], p.Code, expiry) })
}

func (r *trial) subscribe(t *rapid.T) {
	id, c, conn := r.online(t)
	p := codec.Subscribe{PacketID: 1}
	some := rapid.SliceOfNDistinct(rapid.SampledFrom(filters), 1, 2, rapid.ID).Draw(t, "filters")
	sid := uint32(0)
	if c.version == codec.V5 {
		if sid = rapid.Uint32Range(0, 3).Draw(t, "subscription id"); sid > 0 {
			p.Props.AddSubscriptionID(sid)
		}
	}
	for _, f := range some {
		s := codec.Subscription{Filter: []byte(f), QoS: rapid.Byte().Draw(t, "QoS") % 3}
		if c.version == codec.V5 {
			s.NoLocal = rapid.Bool().Draw(t, "no-local") && f[0] != '$'
			s.RetainAsPublished = rapid.Bool().Draw(t, "retain as published")
			s.RetainHandling = rapid.Byte().Draw(t, "retain handling") % 3
		}
		p.Subscriptions = append(p.Subscriptions, s)
	}
	r.step(fmt.Sprintf("%s: %s", id, &p), func() { conn.Send(&p) }, func(m *broker) { m.subscribe(m.clients[id], &p, sid) })
}

func (r *trial) unsubscribe(t *rapid.T) {
	id, c, conn := r.online(t)
	p := codec.Unsubscribe{PacketID: 1, Filters: [][]byte{[]byte(rapid.SampledFrom(filters).Draw(t, "filter"))}}
	if len(c.subs) > 0 && rapid.Bool().Draw(t, "existing") {
		s := c.subs[0]
		if p.Filters[0] = []byte(s.filter); s.group != "" {
			p.Filters[0] = []byte("$share/" + s.group + "/" + s.filter)
		}
	}
	r.step(fmt.Sprintf("%s: %s", id, &p), func() { conn.Send(&p) }, func(m *broker) { m.unsubscribe(m.clients[id], &p) })
}

func (r *trial) publish(t *rapid.T) {
	id, c, conn := r.online(t)
	p := codec.Publish{
		Topic:  []byte(rapid.SampledFrom(topics).Draw(t, "topic")),
		QoS:    rapid.Byte().Draw(t, "QoS") % 3,
		Retain: rapid.IntRange(0, 3).Draw(t, "retain") == 3,
	}
	p.Payload = []byte(r.text())
	switch p.QoS {
	case 1:
		p.PacketID = 100
		p.Dup = rapid.Bool().Draw(t, "dup")
	case 2:
		p.PacketID = rapid.Uint16Range(1, 4).Draw(t, "id")
		if topic := c.unreleased[p.PacketID]; topic != "" {
			p.Dup, p.Topic = true, []byte(topic) // a repetition
		}
	}
	expiry := uint32(0)
	switch {
	case p.Retain && rapid.IntRange(0, 3).Draw(t, "empty") == 3:
		p.Payload = nil
	case !p.Retain && c.version == codec.V5:
		if expiry = rapid.SampledFrom([]uint32{0, 0, 1, 3}).Draw(t, "expiry"); expiry > 0 {
			p.Props.SetMessageExpiry(expiry)
		}
	}
	r.step(fmt.Sprintf("%s: %s", id, &p), func() { conn.Send(&p) }, func(m *broker) { m.publishFrom(m.clients[id], &p, expiry) })
}

func (r *trial) release(t *rapid.T) {
	id, _, conn := r.online(t)
	packet := rapid.Uint16Range(1, 4).Draw(t, "id")
	r.step(fmt.Sprintf("%s: PUBREL %d", id, packet),
		func() { conn.Send(bench.Ack{Type: codec.PUBREL, ID: packet}) }, func(m *broker) { m.release(m.clients[id], packet) })
}

// acknowledge answers one of the messages in flight, in any order, sometimes with a refusal, or PUBREC a second time.
func (r *trial) acknowledge(t *rapid.T) {
	id, c, _ := r.online(t)
	if len(c.window) == 0 {
		t.Skip("nothing to acknowledge")
	}
	f := rapid.SampledFrom(c.window).Draw(t, "message")
	code := codec.Success
	if c.version == codec.V5 && rapid.IntRange(0, 4).Draw(t, "refuse") == 4 {
		code = codec.UnspecifiedError
	}
	answer := f.waits
	if answer == codec.PUBCOMP {
		code = min(code, 1) * codec.PacketIdentifierNotFound
		if rapid.IntRange(0, 3).Draw(t, "again") == 3 {
			answer, code = codec.PUBREC, codec.Success
		}
	}
	r.answer(id, answer, f.packet, code)
}

func (r *trial) answer(id string, answer codec.PacketType, packet uint16, code codec.ReasonCode) {
	conn := r.conns[r.models[0].clients[id].conn]
	r.step(fmt.Sprintf("%s: %s", id, ackLine(answer, packet, code)),
		func() { conn.Send(bench.Ack{Type: answer, ID: packet, Code: code}) },
		func(m *broker) { m.acknowledge(m.clients[id], answer, packet, code) })
}

func (r *trial) answerOldest(id string) {
	f := r.models[0].clients[id].window[0]
	r.answer(id, f.waits, f.packet, codec.Success)
}

// settleAll answers everything that a client has in flight, oldest first.
func (r *trial) settleAll(t *rapid.T) {
	id, c, _ := r.online(t)
	if len(c.window) == 0 {
		t.Skip("nothing to acknowledge")
	}
	for range 10 {
		if c := r.models[0].clients[id]; c == nil || c.conn == 0 || len(c.window) == 0 {
			return
		}
		r.answerOldest(id)
	}
}

// stray sends an answer that nothing waits for.
func (r *trial) stray(t *rapid.T) {
	if rapid.IntRange(0, 3).Draw(t, "really") != 3 {
		t.Skip("not now")
	}
	id, c, _ := r.online(t)
	answer := rapid.SampledFrom([]codec.PacketType{codec.PUBACK, codec.PUBREC, codec.PUBCOMP}).Draw(t, "type")
	packet := uint16(999)
	if len(c.window) > 0 && rapid.Bool().Draw(t, "known") {
		packet = rapid.SampledFrom(c.window).Draw(t, "message").packet
		if slices.Contains([]codec.PacketType{codec.PUBACK, codec.PUBREC}, answer) && c.version == codec.V5 {
			packet = 999 // what a stray answer does to a QoS 2 exchange is tested by acknowledge
		}
	}
	r.answer(id, answer, packet, codec.Success)
}

func (r *trial) wait(t *rapid.T) {
	r.pass(time.Duration(rapid.SampledFrom([]int{200, 1000, 2500, 5500}).Draw(t, "milliseconds")) * time.Millisecond)
}
