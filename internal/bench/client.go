package bench

import (
	"fmt"
	"strings"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/netpoll"
)

// Client is the far end of one connection.
type Client struct {
	b       *Bench
	Peer    *netpoll.FakePeer
	Version codec.Version
	in      []byte   // received and not yet parsed
	unread  []string // parsed and not yet looked at
}

// Open makes a connection on the next loop in turn; nothing is sent.
func (b *Bench) Open(v codec.Version) *Client {
	c := b.OpenOn(b.next, v)
	b.next = (b.next + 1) % len(b.Broker.Loops())
	return c
}

// OpenOn makes a connection on loop i.
func (b *Bench) OpenOn(i int, v codec.Version) *Client {
	return &Client{b: b, Version: v, Peer: b.Fake.Open(i, b.accept)}
}

// OpenLimited makes a connection on loop 0 through a listener that gives it that long for its CONNECT.
func (b *Bench) OpenLimited(v codec.Version, timeout time.Duration) *Client {
	b.t.Helper()
	l, err := b.Fake.Server().Listen(netpoll.ListenerOptions{
		Name: "limited", Network: "tcp", Address: "198.51.100.1:1884", ConnectTimeout: timeout, Accept: b.accept,
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return &Client{b: b, Version: v, Peer: b.Fake.Connect(0, l)}
}

// Through makes a connection on loop 0 that comes in through accept.
func (b *Bench) Through(accept func(*netpoll.Conn) netpoll.Handler, v codec.Version) *Client {
	return &Client{b: b, Version: v, Peer: b.Fake.Open(0, accept)}
}

// Connect makes a connection and a clean session, unless change wants another one, and swallows the CONNACK.
func (b *Bench) Connect(v codec.Version, id string, change ...func(*codec.Connect)) *Client {
	b.t.Helper()
	c := b.Open(v)
	c.Hello(id, change...)
	got := c.Take()
	if len(got) == 0 || !strings.HasPrefix(got[0], "CONNACK") || !strings.Contains(got[0], "code=0x00") {
		b.t.Fatalf("client %s: connecting gave %q", id, got)
	}
	c.unread = got[1:]
	return c
}

// Hello sends CONNECT for a clean session, as changed.
func (c *Client) Hello(id string, change ...func(*codec.Connect)) {
	p := codec.Connect{Version: c.Version, CleanStart: true, ClientID: []byte(id)}
	for _, f := range change {
		f(&p)
	}
	c.Raw(codec.AppendConnect(nil, &p))
}

// Persistent asks for a session that outlives the connection.
func Persistent(p *codec.Connect) {
	p.CleanStart = false
	if p.Version == codec.V5 {
		p.Props.SetSessionExpiry(3600)
	}
}

// Raw sends bytes as they are and runs the broker until it is idle.
func (c *Client) Raw(b []byte) {
	c.Peer.Send(b)
	c.b.run()
}

// Send sends packets in one piece.
func (c *Client) Send(packets ...any) {
	c.b.t.Helper()
	var out []byte
	for _, p := range packets {
		out = c.append(out, p)
	}
	c.Raw(out)
}

// Ack is an acknowledgement of any of the four types.
type Ack struct {
	Type codec.PacketType
	ID   uint16
	Code codec.ReasonCode
}

// Ping is PINGREQ.
type Ping struct{}

func (c *Client) append(dst []byte, packet any) []byte {
	switch p := packet.(type) {
	case *codec.Publish:
		return codec.AppendPublish(dst, c.Version, p)
	case *codec.Subscribe:
		return codec.AppendSubscribe(dst, c.Version, p)
	case *codec.Unsubscribe:
		return codec.AppendUnsubscribe(dst, c.Version, p)
	case *codec.Disconnect:
		return codec.AppendDisconnect(dst, c.Version, p)
	case *codec.Auth:
		return codec.AppendAuth(dst, c.Version, p)
	case Ack:
		return codec.AppendAck(dst, p.Type, c.Version, &codec.Ack{PacketID: p.ID, Code: p.Code})
	case Ping:
		return codec.AppendPingreq(dst)
	}
	panic(fmt.Sprintf("bench cannot send %T", packet))
}

// Subscribe subscribes to filter and swallows the SUBACK.
func (c *Client) Subscribe(filter string, qos byte) {
	c.b.t.Helper()
	c.Send(&codec.Subscribe{PacketID: 1, Subscriptions: []codec.Subscription{{Filter: []byte(filter), QoS: qos}}})
	c.Want("subscribed to "+filter, fmt.Sprintf("SUBACK id=1 codes=0x%02x", qos))
}

// Publish makes a PUBLISH.
func Publish(topic, payload string, qos byte, id uint16) *codec.Publish {
	return &codec.Publish{Topic: []byte(topic), Payload: []byte(payload), QoS: qos, PacketID: id}
}

// Take returns what the broker has sent since the last look, a line for each packet.
func (c *Client) Take() []string {
	c.b.t.Helper()
	c.in = append(c.in, c.Peer.Take()...)
	lines := c.unread
	c.unread = nil
	for len(c.in) > 0 {
		f, n, err := codec.NextFrame(c.in, 0)
		if err != nil {
			c.b.t.Fatalf("the broker sent % x: %v", c.in, err)
		}
		if n == 0 {
			break
		}
		lines = append(lines, c.describe(f))
		c.in = c.in[n:]
	}
	return lines
}

// Unread puts packets back that Take has returned.
func (c *Client) Unread(lines []string) { c.unread = append(lines, c.unread...) }

// Want fails the test unless exactly these packets have come. why says what they prove.
func (c *Client) Want(why string, lines ...string) {
	c.b.t.Helper()
	got := c.Take()
	if len(got) != len(lines) {
		c.b.t.Fatalf("%s:\n got %q\nwant %q", why, got, lines)
	}
	for i := range lines {
		if got[i] != lines[i] {
			c.b.t.Fatalf("%s: packet %d:\n got %s\nwant %s", why, i, got[i], lines[i])
		}
	}
}

// WantNothing fails the test if anything has come.
func (c *Client) WantNothing(why string) {
	c.b.t.Helper()
	if got := c.Take(); len(got) > 0 {
		c.b.t.Fatalf("%s: got %q", why, got)
	}
}

// WantClosed fails the test unless exactly these packets have come and the connection is closed.
func (c *Client) WantClosed(why string, lines ...string) {
	c.b.t.Helper()
	c.Want(why, lines...)
	if !c.Peer.Ended() {
		c.b.t.Fatalf("%s: the connection is open", why)
	}
}

// WantOpen fails the test if the connection is closed.
func (c *Client) WantOpen(why string) {
	c.b.t.Helper()
	if c.Peer.Ended() {
		c.b.t.Fatalf("%s: the connection is closed", why)
	}
}

// Hangup closes the client's side without a DISCONNECT.
func (c *Client) Hangup() {
	c.Peer.Hangup()
	c.b.run()
}

// describe parses a packet from the broker, so that what it sends is held to the rules too, and returns it as a line.
func (c *Client) describe(f codec.Frame) string {
	c.b.t.Helper()
	var p fmt.Stringer
	var err error
	v := c.Version
	switch f.Type {
	case codec.CONNACK:
		x := new(codec.Connack)
		if err = codec.ParseConnack(f.Body, v, x); err == nil {
			err = x.Check(v)
		}
		p = x
	case codec.PUBLISH:
		x := new(codec.Publish)
		if err = codec.ParsePublish(f.Body, v, f.Flags, x); err == nil {
			err = x.Check(v, codec.FromServer)
		}
		p = x
	case codec.PUBACK, codec.PUBREC, codec.PUBREL, codec.PUBCOMP:
		x := new(codec.Ack)
		if err = codec.ParseAck(f.Type, f.Body, v, x); err == nil {
			err = x.Check(f.Type, v)
		}
		if err == nil {
			return f.Type.String() + strings.TrimPrefix(x.String(), "ACK")
		}
	case codec.SUBACK:
		x := new(codec.Suback)
		if err = codec.ParseSuback(f.Body, v, x); err == nil {
			err = x.Check(v)
		}
		p = x
	case codec.UNSUBACK:
		x := new(codec.Unsuback)
		if err = codec.ParseUnsuback(f.Body, v, x); err == nil {
			err = x.Check(v)
		}
		p = x
	case codec.PINGRESP:
		return "PINGRESP"
	case codec.DISCONNECT:
		x := new(codec.Disconnect)
		if err = codec.ParseDisconnect(f.Body, v, x); err == nil {
			err = x.Check(v, codec.FromServer)
		}
		p = x
	case codec.AUTH:
		x := new(codec.Auth)
		if err = codec.ParseAuth(f.Body, v, x); err == nil {
			err = x.Check(v, codec.FromServer)
		}
		p = x
	default:
		c.b.t.Fatalf("the broker sent %s", f.Type)
	}
	if err != nil {
		c.b.t.Fatalf("the broker sent a %s that is wrong: %v (% x)", f.Type, err, f.Body)
	}
	return p.String()
}
