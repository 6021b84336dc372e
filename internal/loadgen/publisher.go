package loadgen

import (
	"fmt"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/netpoll"
)

// reserveBytes is how much room a publisher asks for at once. One call for many packets is cheaper than one for each; the
// size is that of a chunk of netpoll's, so that no chunk is left half empty.
const reserveBytes = 16 << 10

// publisher sends its messages as fast as it may: at full speed as long as its connection takes bytes, at a fixed rate
// when they are due, and never beyond its window.
//
// All its packets are the same but for the packet id and the stamp, so it encodes one and patches copies of it.
type publisher struct {
	client
	packet  []byte // an encoded PUBLISH; its first bytes are never changed, so that it can be copied at any time
	topicAt int    // pattern retain: offset of the digits at the end of the topic; 0: all messages have the same topic
	idAt    int    // offset of the packet id in packet; 0: QoS 0 has none
	stampAt int    // offset of the payload
	seq     uint64 // the next message
	quota   uint64 // how many messages there are; 0: until the run stops
	owed    uint64 // messages that are due at a fixed rate and not sent
	arrived uint64 // with a bound on getting ahead: the subscriber has the message before this one
	window  window // QoS 1 and 2
	queued  bool   // in worker.senders
}

// newPublisher encodes the packet of publisher i.
func newPublisher(w *worker, i int) *publisher {
	o := w.plan.opts
	p := &publisher{client: client{w: w, index: int32(i), kind: 'p'}, quota: w.plan.quota(i)}
	payload := make([]byte, o.Payload)
	fill(payload)
	putStamp(payload, stamp{run: w.plan.run, pub: uint32(i)})
	p.packet = codec.AppendPublish(nil, o.Version, &codec.Publish{
		QoS: o.QoS, PacketID: 1, Topic: []byte(w.plan.topic(i)), Payload: payload, Retain: o.Pattern == Retain,
	})
	p.stampAt = len(p.packet) - len(payload)
	if o.QoS > 0 {
		p.window = newWindow(o.Window)
		p.idAt = p.stampAt - 2
		if o.Version == codec.V5 {
			p.idAt-- // the length of the properties, of which there are none, stands between packet id and payload
		}
		if o.Pattern == Retain {
			p.topicAt = p.idAt - topicDigits
		}
	}
	return p
}

// topicDigits is the length of the number at the end of a topic of pattern retain: enough for any number of messages that a broker
// keeps.
const topicDigits = 9

// patchTopic writes seq, in decimal digits, over the topicDigits bytes at the start of b.
func patchTopic(b []byte, seq uint64) {
	for i := topicDigits - 1; i >= 0; i-- {
		b[i] = '0' + byte(seq%10)
		seq /= 10
	}
}

// fill writes printable bytes that do not repeat soon, so that nothing on the way can compress the payload to nothing.
// They are the same in each run.
func fill(payload []byte) {
	x := uint32(2463534242) // xorshift: any start but 0
	for i := range payload {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		payload[i] = ' ' + byte(x%95)
	}
}

func (p *publisher) filter() string { return "" }

// limits lowers the window to what an MQTT 5 broker takes at once [MQTT-3.3.4-7], and refuses to send what it does not take.
func (p *publisher) limits(ack *codec.Connack) {
	if ack.Props.Has(codec.PropReceiveMaximum) {
		p.window.shrink(int(ack.Props.ReceiveMaximum))
	}
	if ack.Props.Has(codec.PropMaximumPacketSize) && uint64(len(p.packet)) > uint64(ack.Props.MaximumPacketSize) {
		p.w.problemf("client %s: a packet has %d bytes and the broker takes %d", p.name(), len(p.packet), ack.Props.MaximumPacketSize)
	}
	if ack.Props.Has(codec.PropMaximumQoS) && ack.Props.MaximumQoS < p.w.plan.opts.QoS {
		p.w.problemf("client %s: QoS %d is asked for and the broker takes %d", p.name(), p.w.plan.opts.QoS, ack.Props.MaximumQoS)
	}
}

// OnTraffic reads acknowledgements and sends what they make room for.
func (p *publisher) OnTraffic(conn *netpoll.Conn, b []byte) int {
	now := p.w.clock.now()
	used := 0
	for {
		f, n, err := codec.NextFrame(b[used:], 0)
		if err == nil && n > 0 {
			used += n
			err = p.packetIn(f, now)
		}
		if err != nil {
			conn.Abort(err)
			return len(b)
		}
		if n == 0 {
			break
		}
	}
	p.pump(now)
	return used
}

// packetIn handles one packet from the broker.
func (p *publisher) packetIn(f codec.Frame, now int64) error {
	switch f.Type {
	case codec.PUBACK, codec.PUBREC, codec.PUBCOMP:
		ack := &p.w.ack
		if err := codec.ParseAck(f.Type, f.Body, p.w.plan.opts.Version, ack); err != nil {
			return err
		}
		return p.acked(f.Type, ack, now)
	}
	return p.control(p, f)
}

// acked moves the message with the packet id of ack on. An acknowledgement with a failure code counts as one, because the
// broker will do nothing more for this message, and as a problem.
func (p *publisher) acked(t codec.PacketType, ack *codec.Ack, now int64) error {
	waits := puback
	switch {
	case t == codec.PUBREC && !ack.Code.Failed():
		if !p.window.received(ack.PacketID) {
			return fmt.Errorf("PUBREC for packet id %d, which does not wait for it", ack.PacketID)
		}
		p.conn.Commit(codec.AppendAck(p.conn.Reserve(ackRoom), codec.PUBREL, p.w.plan.opts.Version, &codec.Ack{PacketID: ack.PacketID}))
		return nil
	case t == codec.PUBREC:
		waits = pubrec
	case t == codec.PUBCOMP:
		waits = pubcomp
	}
	due, ok := p.window.release(ack.PacketID, waits)
	if !ok {
		return fmt.Errorf("packet type %d for packet id %d, which does not wait for it", t, ack.PacketID)
	}
	if ack.Code.Failed() {
		p.w.problemf("client %s: a message was refused: %v", p.name(), ack.Code)
	}
	p.w.count.acked++
	p.w.count.ackedAt = now
	if due >= p.w.measureFrom {
		p.w.ackTimes.record(now - due)
	}
	return nil
}

// OnDrain goes on after the connection was full.
func (p *publisher) OnDrain(*netpoll.Conn) { p.pump(p.w.clock.now()) }

// subscriberHas is told that the subscriber for which p waits has got message next-1. Whether it has all before that does
// not matter, so a message that is lost holds nothing up as long as one of those that follow arrives. It is called on the
// loop that both share.
func (p *publisher) subscriberHas(next uint64, now int64) {
	if next > p.arrived {
		p.arrived = next
		p.pump(now)
	}
}

// done says that the publisher has sent all of its messages.
func (p *publisher) done() bool { return p.quota > 0 && p.seq == p.quota }

// room is how many messages may be sent now, at most most.
func (p *publisher) room(most int) int {
	w := p.w
	if !w.sending || p.state != ready {
		return 0
	}
	n := uint64(most)
	if w.paced {
		n = min(n, p.owed)
	}
	if p.quota > 0 {
		n = min(n, p.quota-p.seq)
	}
	if p.idAt > 0 {
		n = min(n, uint64(len(p.window.free)))
	}
	if ahead := uint64(w.plan.opts.Ahead); ahead > 0 {
		n = min(n, ahead-min(p.seq-p.arrived, ahead))
	}
	return int(n)
}

// pump sends what may be sent now. At full speed without a window there is no end to that, so the publisher takes turns
// with the others of its loop.
func (p *publisher) pump(now int64) {
	if p.idAt == 0 && !p.w.paced && p.w.plan.opts.Ahead == 0 {
		p.w.takeTurns(p)
		return
	}
	for !p.conn.Full() {
		if p.batch(now, p.w.plan.opts.BatchBytes) == 0 {
			return
		}
	}
}

// batch sends about as many messages as fit into bytes, at least one if one may be sent, and returns how many.
func (p *publisher) batch(now int64, bytes int) (sent int) {
	if p.conn == nil {
		return 0
	}
	size := len(p.packet)
	for left := max(bytes, size); left >= size && !p.conn.Full(); {
		n := 1
		if !p.w.plan.opts.OnePerWrite {
			n = max(min(left, reserveBytes)/size, 1)
		}
		n = p.room(n)
		if n == 0 {
			break
		}
		p.write(now, n)
		left -= n * size
		sent += n
		if p.w.plan.opts.OnePerWrite {
			p.conn.Flush()
		}
	}
	return sent
}

// write appends n messages to the output of the connection.
func (p *publisher) write(now int64, n int) {
	w := p.w
	b := p.conn.Reserve(n * len(p.packet))
	for range n {
		due := now
		if w.paced {
			due = w.schedule.due(uint32(p.index), p.seq)
			p.owed--
			if due >= w.measureFrom {
				w.lag.record(now - due)
			}
		}
		at := len(b)
		b = append(b, p.packet...)
		patchStamp(b[at+p.stampAt:], p.seq, due)
		if p.topicAt > 0 {
			patchTopic(b[at+p.topicAt:], p.seq)
		}
		if p.idAt > 0 {
			id := p.window.take(due, flight(w.plan.opts.QoS)) // puback is 1, pubrec is 2
			b[at+p.idAt], b[at+p.idAt+1] = byte(id>>8), byte(id)
		}
		p.seq++
	}
	p.conn.Commit(b)
	w.count.sent += uint64(n)
}
