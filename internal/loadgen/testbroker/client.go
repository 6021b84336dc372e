package testbroker

import (
	"strings"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/netpoll"
)

// client is one connection as the broker sees it.
type client struct {
	b       *Broker
	conn    *netpoll.Conn
	version codec.Version // 0 before CONNECT
	id      string
	keeps   bool   // the session outlives the connection
	qos     byte   // of its subscriptions
	nextID  uint16 // packet id of the next delivery

	inbound   map[uint16]bool // QoS 2: ids whose PUBREL has not come
	published uint64
	seen      uint64 // deliveries, those with a fault included
	held      []byte // a delivery that waits for the next one
	queue     []byte // deliveries that wait for the client
	gone      bool   // the broker has hung up
}

func (c *client) OnOpen(conn *netpoll.Conn) { c.conn = conn }
func (c *client) OnDrain(*netpoll.Conn)     {}

// OnClose keeps the session if it is to be kept.
func (c *client) OnClose(*netpoll.Conn, error) {
	c.conn = nil
	delete(c.b.clients, c.id)
	if c.keeps && !c.b.faults.Forget {
		c.b.away[c.id] = c
	}
}

// OnTraffic answers packets. A packet that breaks a rule fails the test.
func (c *client) OnTraffic(conn *netpoll.Conn, b []byte) int {
	used := 0
	for {
		f, n, err := codec.NextFrame(b[used:], 0)
		if err == nil && n > 0 {
			err = c.packet(f)
		}
		if err != nil {
			c.b.t.Errorf("client %q: %v", c.id, err)
			conn.Abort(err)
			return len(b)
		}
		if n == 0 || c.gone {
			return used
		}
		used += n
	}
}

// packet handles one packet.
func (c *client) packet(f codec.Frame) error {
	switch f.Type {
	case codec.CONNECT:
		return c.connect(f.Body)
	case codec.SUBSCRIBE:
		return c.subscribe(f.Body)
	case codec.PUBLISH:
		return c.publish(f)
	case codec.PUBACK, codec.PUBREC, codec.PUBREL, codec.PUBCOMP:
		return c.ack(f)
	case codec.PINGREQ:
		c.b.pings.Add(1)
		c.conn.Write(codec.AppendPingresp(nil))
	case codec.DISCONNECT:
		c.conn.Close(nil)
	default:
		c.b.t.Errorf("client %q sent packet type %d", c.id, f.Type)
	}
	return nil
}

func (c *client) connect(body []byte) error {
	var p codec.Connect
	if err := codec.ParseConnect(body, &p); err != nil {
		return err
	}
	if err := p.Check(); err != nil {
		return err
	}
	c.conn.Established()
	c.version, c.id = p.Version, string(p.ClientID)
	if c.b.clients[c.id] != nil {
		c.b.t.Errorf("client id %q is used twice", c.id)
	}
	if p.Version == codec.V31 && len(c.id) > 23 {
		c.b.t.Errorf("client id %q has %d bytes, MQTT 3.1 allows 23", c.id, len(c.id))
	}
	c.b.clients[c.id] = c
	c.b.connects++
	ack := codec.Connack{}
	c.keeps = !p.CleanStart
	if c.version == codec.V5 {
		c.keeps = p.Props.SessionExpiry > 0
	}
	old := c.b.away[c.id]
	delete(c.b.away, c.id)
	if p.CleanStart {
		old = nil
	}
	ack.SessionPresent = old != nil && c.version != codec.V31
	if n := c.b.faults.RefuseAt; n > 0 && c.b.connects >= n {
		ack.Code = codec.V3NotAuthorized
		if c.version == codec.V5 {
			ack.Code = codec.NotAuthorized
		}
	} else if c.version == codec.V5 {
		ack.Props.SetReceiveMaximum(ReceiveMaximum)
	}
	c.conn.Write(codec.AppendConnack(nil, c.version, &ack))
	if ack.Code != codec.Success {
		c.conn.Close(nil)
	} else if old != nil {
		c.resume(old)
	}
	return nil
}

// resume takes over the session of old, with what has come for it meanwhile.
func (c *client) resume(old *client) {
	c.qos, c.nextID, c.seen, c.held = old.qos, old.nextID, old.seen, old.held
	for _, list := range c.b.filters {
		for i := range list {
			if list[i] == old {
				list[i] = c
			}
		}
	}
	c.conn.Write(old.queue)
}

func (c *client) subscribe(body []byte) error {
	var p codec.Subscribe
	if err := codec.ParseSubscribe(body, c.version, &p); err != nil {
		return err
	}
	ack := codec.Suback{PacketID: p.PacketID}
	for _, s := range p.Subscriptions {
		c.qos = s.QoS
		ack.Codes = append(ack.Codes, s.QoS)
		filter := string(s.Filter)
		if rest, ok := strings.CutPrefix(filter, "$share/"); ok {
			_, filter, _ = strings.Cut(rest, "/")
			if c.b.groups[filter] == nil {
				c.b.groups[filter] = &group{}
			}
			c.b.groups[filter].members = append(c.b.groups[filter].members, c)
			continue
		}
		c.b.filters[filter] = append(c.b.filters[filter], c)
	}
	c.conn.Write(codec.AppendSuback(nil, c.version, &ack))
	for _, s := range p.Subscriptions {
		if all, ok := strings.CutSuffix(string(s.Filter), "#"); ok {
			for _, m := range c.b.retained {
				if strings.HasPrefix(string(m.Topic), all) {
					c.deliver(m)
				}
			}
		}
	}
	return nil
}

func (c *client) publish(f codec.Frame) error {
	var p codec.Publish
	if err := codec.ParsePublish(f.Body, c.version, f.Flags, &p); err != nil {
		return err
	}
	c.b.published.Add(1)
	c.published++
	if n := c.b.faults.HangUp; n > 0 && c.published == n {
		c.gone = true
		c.conn.Abort(nil)
		return nil
	}
	switch p.QoS {
	case 1:
		c.answer(codec.PUBACK, p.PacketID)
	case 2:
		if c.inbound == nil {
			c.inbound = map[uint16]bool{}
		}
		if c.inbound[p.PacketID] {
			c.b.t.Errorf("client %q: packet id %d is used again before PUBREL", c.id, p.PacketID)
		}
		c.inbound[p.PacketID] = true
		if c.version == codec.V5 && len(c.inbound) > ReceiveMaximum {
			c.b.t.Errorf("client %q has %d messages in flight, Receive Maximum is %d", c.id, len(c.inbound), ReceiveMaximum)
		}
		c.answer(codec.PUBREC, p.PacketID)
	}
	c.b.route(&p)
	return nil
}

func (c *client) ack(f codec.Frame) error {
	var p codec.Ack
	if err := codec.ParseAck(f.Type, f.Body, c.version, &p); err != nil {
		return err
	}
	switch f.Type {
	case codec.PUBREL:
		delete(c.inbound, p.PacketID)
		c.answer(codec.PUBCOMP, p.PacketID)
	case codec.PUBREC:
		c.answer(codec.PUBREL, p.PacketID)
	}
	return nil
}

func (c *client) answer(t codec.PacketType, id uint16) {
	c.conn.Write(codec.AppendAck(nil, t, c.version, &codec.Ack{PacketID: id}))
}

// deliver sends p to this client, or does what the faults want instead.
func (c *client) deliver(p *codec.Publish) {
	c.seen++
	due := func(n uint64) bool { return n > 0 && c.seen%n == 0 }
	f := &c.b.faults
	if due(f.Drop) {
		return
	}
	packet := c.packetFor(p)
	if due(f.Swap) && c.held == nil {
		c.held = packet
		return
	}
	c.write(packet)
	if c.held != nil {
		c.write(c.held)
		c.held = nil
	}
	if due(f.Duplicate) {
		c.write(c.packetFor(p))
	}
}

// write sends a delivery, or keeps it until the client comes back.
func (c *client) write(packet []byte) {
	if c.conn != nil {
		c.conn.Write(packet)
	} else if c.keeps {
		c.queue = append(c.queue, packet...)
	}
}

// packetFor encodes p for this client, under a packet id of its own.
func (c *client) packetFor(p *codec.Publish) []byte {
	out := codec.Publish{QoS: min(p.QoS, c.qos), Topic: p.Topic, Payload: p.Payload}
	if out.QoS > 0 {
		if c.nextID++; c.nextID == 0 {
			c.nextID = 1
		}
		out.PacketID = c.nextID
	}
	return codec.AppendPublish(nil, c.version, &out)
}

// parent is topic without its last level.
func parent(topic string) string {
	if i := strings.LastIndexByte(topic, '/'); i >= 0 {
		return topic[:i]
	}
	return ""
}
