package loadgen

import (
	"slices"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/netpoll"
)

// ackRoom is more than any acknowledgement without properties takes, in bytes.
const ackRoom = 8

// subscriber receives messages, acknowledges them and takes note of each. Without streams it is an idle connection of pattern
// connect.
type subscriber struct {
	client
	first   uint32       // the publisher of streams[0]
	streams []stream     // what has come, for each publisher
	waiting []*publisher // those that may not get too far ahead of this subscriber; they are on the same loop
	half    []uint64     // QoS 2: packet ids, a bit each, whose PUBREL has not come; nil until one is needed
	seen    []seenSet    // pattern retain, instead of streams: topics have no order among each other. Else nil
	resumes bool         // pattern queue: the session is there from an earlier connection
}

// newSubscriber makes subscriber i.
func newSubscriber(w *worker, i int) *subscriber {
	s := &subscriber{client: client{w: w, index: int32(i), kind: 's'}}
	first, count := w.plan.sources(i)
	s.first, s.streams = uint32(first), make([]stream, count)
	if w.plan.opts.Pattern == Retain {
		s.seen = make([]seenSet, count)
	}
	return s
}

// newIdle makes connection i of pattern connect.
func newIdle(w *worker, i int) *subscriber {
	return &subscriber{client: client{w: w, index: int32(i), kind: 'c'}}
}

func (s *subscriber) filter() string {
	if s.resumes || s.kind == 'c' && !s.w.plan.opts.Subscribe {
		return ""
	}
	return s.w.plan.filter(int(s.index))
}

// limits looks whether the broker still has the session that should be there.
func (s *subscriber) limits(ack *codec.Connack) {
	if s.resumes && !ack.SessionPresent && s.w.plan.opts.Version != codec.V31 { // which has no such flag
		s.w.problemf("client %s: the broker has kept no session", s.name())
	}
}

// OnTraffic reads messages. The time is taken once for all that one read brought.
func (s *subscriber) OnTraffic(conn *netpoll.Conn, b []byte) int {
	now := s.w.clock.now()
	used := 0
	for {
		f, n, err := codec.NextFrame(b[used:], 0)
		if err == nil && n > 0 {
			used += n
			err = s.packetIn(f, now)
		}
		if err != nil {
			conn.Abort(err)
			return len(b)
		}
		if n == 0 {
			s.w.count.readAt = now
			for _, p := range s.waiting {
				p.subscriberHas(s.streams[uint32(p.index)-s.first].next, now)
			}
			return used
		}
	}
}

// packetIn handles one packet from the broker.
func (s *subscriber) packetIn(f codec.Frame, now int64) error {
	switch f.Type {
	case codec.PUBLISH:
		p := &s.w.publish
		if err := codec.ParsePublish(f.Body, s.w.plan.opts.Version, f.Flags, p); err != nil {
			return err
		}
		if s.answer(p) {
			s.received(p.Payload, now)
		}
		return nil
	case codec.PUBREL:
		ack := &s.w.ack
		if err := codec.ParseAck(f.Type, f.Body, s.w.plan.opts.Version, ack); err != nil {
			return err
		}
		if s.half != nil {
			s.half[ack.PacketID/64] &^= 1 << (ack.PacketID % 64)
		}
		s.ack(codec.PUBCOMP, ack.PacketID)
		return nil
	}
	return s.control(s, f)
}

// answer acknowledges p and says whether it is a message that was not received before. With QoS 2 a PUBLISH whose packet
// id waits for PUBREL is the same message once more, as the broker did not see PUBREC [MQTT-4.3.3-10]; that is no
// duplicate of the run.
func (s *subscriber) answer(p *codec.Publish) bool {
	switch p.QoS {
	case 1:
		s.ack(codec.PUBACK, p.PacketID)
	case 2:
		if s.half == nil {
			s.half = make([]uint64, 1<<16/64)
		}
		word, bit := &s.half[p.PacketID/64], uint64(1)<<(p.PacketID%64)
		s.ack(codec.PUBREC, p.PacketID)
		if *word&bit != 0 {
			return false
		}
		*word |= bit
	}
	return true
}

// ack sends an acknowledgement; those of one turn of the loop leave in one write.
func (s *subscriber) ack(t codec.PacketType, id uint16) {
	s.conn.Commit(codec.AppendAck(s.conn.Reserve(ackRoom), t, s.w.plan.opts.Version, &codec.Ack{PacketID: id}))
}

// lost counts what has not come of the messages that each publisher has sent.
func (s *subscriber) lost(sentBy []uint64) (n uint64) {
	for i := range s.streams {
		sent := sentBy[int(s.first)+i]
		if s.seen != nil {
			n += sent - s.seen[i].count
		} else {
			n += s.streams[i].lost(sent)
		}
	}
	return n
}

// inexact says that a stream had to give up ranges.
func (s *subscriber) inexact() bool {
	return slices.ContainsFunc(s.streams, func(st stream) bool { return st.inexact() })
}

// received takes note of a message.
func (s *subscriber) received(payload []byte, now int64) {
	w := s.w
	st, ok := getStamp(payload)
	if !ok || len(payload) != w.plan.opts.Payload {
		w.count.damaged++
		return
	}
	i := st.pub - s.first
	if st.run != w.plan.run || i >= uint32(len(s.streams)) {
		w.count.foreign++
		return
	}
	w.count.received++
	switch w.arrive(s, i, st) {
	case duplicate:
		w.count.duplicates++
		return
	case late:
		w.count.reordered++
	}
	if st.due >= w.measureFrom {
		w.latency.record(now - st.due)
	}
}
