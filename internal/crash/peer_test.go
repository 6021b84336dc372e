package crash

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/vernemq/vmq/codec"
)

// peer is a client that does what a test says, packet by packet. What goes wrong ends the test.
type peer struct {
	*conn
	b *broker
}

// knock opens a connection and sends CONNECT for a clean session, as changed.
func (b *broker) knock(v codec.Version, id string, change ...func(*codec.Connect)) *peer {
	b.t.Helper()
	raw, err := net.Dial("tcp", b.addr)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { raw.Close() })
	if err := raw.SetDeadline(time.Now().Add(patience)); err != nil {
		b.t.Fatal(err)
	}
	p := &peer{&conn{Conn: raw, version: v, in: bufio.NewReader(raw)}, b}
	hello := codec.Connect{Version: v, CleanStart: true, ClientID: []byte(id)}
	for _, f := range change {
		f(&hello)
	}
	p.write(codec.AppendConnect(nil, &hello))
	return p
}

// connect opens a session that did not exist.
func (b *broker) connect(v codec.Version, id string, change ...func(*codec.Connect)) *peer {
	b.t.Helper()
	p := b.knock(v, id, change...)
	p.wantConnack("CONNACK code=0x00")
	return p
}

// resume takes up a session.
func (b *broker) resume(v codec.Version, id string) *peer {
	b.t.Helper()
	p := b.knock(v, id, persistent)
	p.wantConnack("CONNACK session-present code=0x00")
	return p
}

// wantConnack reads the CONNACK, whose properties do not matter.
func (p *peer) wantConnack(want string) {
	p.b.t.Helper()
	if got := p.line(); got != want && !strings.HasPrefix(got, want+" ") {
		p.b.t.Fatalf("connecting gave %s, want %s", got, want)
	}
}

// persistent asks for a session that outlives the connection.
func persistent(c *codec.Connect) {
	c.CleanStart = false
	if c.Version == codec.V5 {
		c.Props.SetSessionExpiry(3600)
	}
}

// expiring asks for one that outlives it by some seconds.
func expiring(seconds uint32) func(*codec.Connect) {
	return func(c *codec.Connect) {
		c.CleanStart = false
		c.Props.SetSessionExpiry(seconds)
	}
}

// withWill has a will that waits for some seconds.
func withWill(topic string, delay uint32) func(*codec.Connect) {
	return func(c *codec.Connect) {
		c.HasWill = true
		c.Will = codec.Will{Topic: []byte(topic), Payload: []byte("gone"), QoS: 1}
		c.Will.Props.SetWillDelay(delay)
		c.Will.Props.SetContentType([]byte("text"))
	}
}

func (p *peer) write(b []byte) {
	p.b.t.Helper()
	if _, err := p.Write(b); err != nil {
		p.b.t.Fatal(err)
	}
}

// ack is one of the four acknowledgements.
type ack struct {
	kind codec.PacketType
	id   uint16
}

// send sends packets in one piece.
func (p *peer) send(packets ...any) {
	p.b.t.Helper()
	var out []byte
	for _, x := range packets {
		switch x := x.(type) {
		case *codec.Publish:
			out = codec.AppendPublish(out, p.version, x)
		case *codec.Subscribe:
			out = codec.AppendSubscribe(out, p.version, x)
		case *codec.Unsubscribe:
			out = codec.AppendUnsubscribe(out, p.version, x)
		case ack:
			out = codec.AppendAck(out, x.kind, p.version, &codec.Ack{PacketID: x.id})
		default:
			p.b.t.Fatalf("%T cannot be sent", x)
		}
	}
	p.write(out)
}

// publish makes a PUBLISH.
func publish(topic, payload string, qos byte, id uint16) *codec.Publish {
	return &codec.Publish{Topic: []byte(topic), Payload: []byte(payload), QoS: qos, PacketID: id}
}

func (p *peer) subscribe(qos byte, filters ...string) {
	p.b.t.Helper()
	s := &codec.Subscribe{PacketID: 1}
	for _, f := range filters {
		s.Subscriptions = append(s.Subscriptions, codec.Subscription{Filter: []byte(f), QoS: qos})
	}
	p.send(s)
	if got := p.line(); !strings.HasPrefix(got, "SUBACK id=1 ") {
		p.b.t.Fatalf("subscribing gave %s", got)
	}
}

// want reads packets, which must be these.
func (p *peer) want(why string, lines ...string) {
	p.b.t.Helper()
	for i, want := range lines {
		if got := p.line(); got != want {
			p.b.t.Fatalf("%s: packet %d is\n     %s\nwant %s", why, i+1, got, want)
		}
	}
}

// wantNothing proves that all that has come was read, by a packet that comes behind it.
func (p *peer) wantNothing(why string) {
	p.b.t.Helper()
	p.write(codec.AppendPingreq(nil))
	if got := p.line(); got != "PINGRESP" {
		p.b.t.Fatalf("%s: got %s", why, got)
	}
}

// takeAll reads and acknowledges all messages of a queue, which are of QoS 1, shows each, and returns how many there were. One more, to the
// topic, tells where the queue ends.
func (p *peer) takeAll(topic string, show func(line string)) (n int) {
	p.b.t.Helper()
	const last = "the last one"
	p.b.connect(codec.V311, last).send(publish(topic, last, 1, 1))
	for {
		line := p.line()
		var id uint16
		if _, err := fmt.Sscanf(strings.Replace(line, "PUBLISH dup", "PUBLISH", 1), "PUBLISH qos=1 id=%d", &id); err != nil {
			p.b.t.Fatalf("got %s, want messages of QoS 1", line)
		}
		if strings.Contains(line, last) {
			return n
		}
		n++
		if show != nil {
			show(line)
		}
		p.send(ack{codec.PUBACK, id})
	}
}

// line reads a packet and shows it.
func (p *peer) line() string {
	p.b.t.Helper()
	f, err := p.next()
	if err != nil {
		p.b.t.Fatalf("%v\n%s", err, p.b.output.String())
	}
	var x fmt.Stringer
	switch f.Type {
	case codec.CONNACK:
		c := new(codec.Connack)
		err, x = codec.ParseConnack(f.Body, p.version, c), c
	case codec.PUBLISH:
		m := new(codec.Publish)
		err, x = codec.ParsePublish(f.Body, p.version, f.Flags, m), m
	case codec.SUBACK:
		s := new(codec.Suback)
		err, x = codec.ParseSuback(f.Body, p.version, s), s
	case codec.UNSUBACK:
		u := new(codec.Unsuback)
		err, x = codec.ParseUnsuback(f.Body, p.version, u), u
	case codec.PUBACK, codec.PUBREC, codec.PUBREL, codec.PUBCOMP:
		a := new(codec.Ack)
		if err = codec.ParseAck(f.Type, f.Body, p.version, a); err == nil {
			return f.Type.String() + strings.TrimPrefix(a.String(), "ACK")
		}
	default:
		return f.Type.String()
	}
	if err != nil {
		p.b.t.Fatalf("%s: %v", f.Type, err)
	}
	return x.String()
}

// leave takes leave so that the will stays in force, and returns when the broker has noticed.
func (p *peer) leave() {
	p.b.t.Helper()
	p.write(codec.AppendDisconnect(nil, p.version, &codec.Disconnect{Code: codec.DisconnectWithWill}))
	for _, err := p.next(); err == nil; _, err = p.next() {
	}
}
