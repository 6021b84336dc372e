package session

import "github.com/vernemq/vmq/queue"

// Publication is a message on its way through one loop. Its slices alias the read buffer, or the message it was made from,
// and are valid until the routing call returns. A receiver that can be sent to at once copies from it straight into its
// output; the first that must keep it causes the one copy into a queue.Message.
type Publication struct {
	Topic, Payload []byte
	// Forward holds the properties that go to MQTT 5 receivers unchanged.
	Forward []byte
	QoS     byte
	Retain  bool
	// Publisher is the serial number of the publishing client; 0 for the broker itself.
	Publisher uint64
	// Deadline is when the message expires, in milliseconds of Unix time; 0: never.
	Deadline int64

	msg   *queue.Message
	entry uint64 // the receiver's row in the store, if it has waited in a stored queue
}

// Keep returns the message with one reference for the caller.
func (p *Publication) Keep() *queue.Message {
	p.message().Hold()
	return p.msg
}

// Kept says whether a message was made already.
func (p *Publication) Kept() bool { return p.msg != nil }

func (p *Publication) message() *queue.Message {
	if p.msg == nil {
		m := queue.NewMessage(p.Topic, p.Payload, p.Forward)
		m.QoS, m.Retain, m.Publisher, m.Deadline = p.QoS, p.Retain, p.Publisher, p.Deadline
		p.msg = m
	}
	return p.msg
}

// From makes p the publication of m. The caller keeps its reference until it calls Done.
func (p *Publication) From(m *queue.Message) {
	*p = Publication{
		Topic: m.Topic(), Payload: m.Payload(), Forward: m.Forward(),
		QoS: m.QoS, Retain: m.Retain, Publisher: m.Publisher, Deadline: m.Deadline,
		msg: m,
	}
}

// Done releases the publication's own reference, if a message was made. The slices must not be used any more.
func (p *Publication) Done() {
	if p.msg != nil {
		p.msg.Release()
		p.msg = nil
	}
}
