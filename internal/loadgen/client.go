package loadgen

import (
	"fmt"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/netpoll"
)

// client is what publishers and subscribers have in common: one MQTT connection, from dialling to its end. It belongs to
// the loop of its worker. It does not connect again: a connection that is lost during a run is a result of that run.
type client struct {
	w      *worker
	conn   *netpoll.Conn // nil until the transport is there
	began  int64         // when dialling began, by the run's clock
	index  int32         // among those of its kind
	kind   byte          // c, p or s as in the client id
	state  clientState
	pinged bool // PINGREQ is out and PINGRESP has not come
}

// clientState is how far a client has come.
type clientState byte

const (
	waiting clientState = iota // not dialled yet
	dialling
	connecting  // CONNECT is out
	subscribing // SUBSCRIBE is out
	ready
	parting // DISCONNECT is out
	closed
)

// member is a client of either kind, for what is done to all of them.
type member interface {
	netpoll.Handler
	base() *client
	filter() string        // what it subscribes to after CONNACK, empty: nothing
	limits(*codec.Connack) // what the broker allows
}

func (c *client) base() *client { return c }

// OnOpen sends CONNECT.
func (c *client) OnOpen(conn *netpoll.Conn) {
	o := c.w.plan.opts
	c.conn = conn
	c.state = connecting
	p := codec.Connect{
		Version: o.Version, CleanStart: !c.persistent(), KeepAlive: uint16(o.KeepAlive / time.Second),
		ClientID:    []byte(c.name()),
		HasUsername: o.Username != "", Username: []byte(o.Username),
		HasPassword: o.Password != "", Password: []byte(o.Password),
	}
	if c.persistent() && o.Version == codec.V5 {
		p.Props.SetSessionExpiry(3600)
	}
	conn.Write(codec.AppendConnect(nil, &p))
}

// persistent says that the session is to outlive its connection: in pattern queue it is what the messages wait in.
func (c *client) persistent() bool {
	return c.w.plan.opts.Persistent || c.w.plan.opts.Pattern == Queue && c.kind == 's'
}

// OnDrain is for publishers only.
func (c *client) OnDrain(*netpoll.Conn) {}

// OnClose counts a connection that ended before the run did.
func (c *client) OnClose(_ *netpoll.Conn, err error) {
	c.conn = nil
	was := c.state
	c.state = closed
	if c.w.leaving {
		return
	}
	if err == nil {
		err = errClosed
	}
	switch was {
	case parting:
	case ready:
		c.w.count.lost++
		c.w.problemf("client %s lost its connection: %v", c.name(), err)
	default:
		c.w.count.failed++
		c.w.underWay--
		c.w.problemf("client %s could not connect: %v", c.name(), err)
		c.w.dialMore()
	}
}

// name is the client id.
func (c *client) name() string { return c.w.plan.clientID(c.kind, int(c.index)) }

// control handles the packets that are not part of the load: CONNACK, SUBACK, PINGRESP, DISCONNECT. m is the client
// itself. An error ends the connection.
func (c *client) control(m member, f codec.Frame) error {
	switch {
	case f.Type == codec.CONNACK && c.state == connecting:
		return c.connack(m, f)
	case f.Type == codec.SUBACK && c.state == subscribing:
		return c.suback(m, f)
	case f.Type == codec.PINGRESP:
		c.pinged = false
		return nil
	case f.Type == codec.DISCONNECT && c.w.plan.opts.Version == codec.V5:
		var d codec.Disconnect
		if err := codec.ParseDisconnect(f.Body, codec.V5, &d); err != nil {
			return err
		}
		return fmt.Errorf("the broker sent DISCONNECT: %v", d.Code)
	}
	return fmt.Errorf("packet type %d is not expected now", f.Type)
}

// connack goes on with SUBSCRIBE where the client has a filter.
func (c *client) connack(m member, f codec.Frame) error {
	v := c.w.plan.opts.Version
	var ack codec.Connack
	if err := codec.ParseConnack(f.Body, v, &ack); err != nil {
		return err
	}
	if ack.Code != codec.Success {
		if v != codec.V5 {
			return fmt.Errorf("refused: %s (%d)", codec.ConnackV3Name(ack.Code), ack.Code)
		}
		return fmt.Errorf("refused: %v", ack.Code)
	}
	m.limits(&ack)
	filter := m.filter()
	if filter == "" {
		c.becomeReady()
		return nil
	}
	c.state = subscribing
	c.conn.Write(codec.AppendSubscribe(nil, v, &codec.Subscribe{
		PacketID:      1,
		Subscriptions: []codec.Subscription{{Filter: []byte(filter), QoS: c.w.plan.opts.subQoS()}},
	}))
	return nil
}

// suback completes the client.
func (c *client) suback(m member, f codec.Frame) error {
	var ack codec.Suback
	if err := codec.ParseSuback(f.Body, c.w.plan.opts.Version, &ack); err != nil {
		return err
	}
	if ack.PacketID != 1 || len(ack.Codes) != 1 {
		return fmt.Errorf("SUBACK for packet id %d with %d codes, where one code for packet id 1 was due", ack.PacketID, len(ack.Codes))
	}
	if code := codec.ReasonCode(ack.Codes[0]); code.Failed() {
		return fmt.Errorf("subscription to %q refused: %v", m.filter(), code)
	} else if want := c.w.plan.opts.subQoS(); byte(code) < want {
		return fmt.Errorf("subscription to %q granted with QoS %d instead of %d", m.filter(), code, want)
	}
	c.becomeReady()
	return nil
}

// becomeReady counts the client and lets another one dial.
func (c *client) becomeReady() {
	c.state = ready
	c.w.count.ready++
	c.w.underWay--
	c.w.connectTimes.record(c.w.clock.now() - c.began)
	c.w.dialMore()
}

// ping keeps the connection alive. A client whose last PINGREQ was not answered is given up.
func (c *client) ping() {
	if c.state != ready {
		return
	}
	if c.pinged {
		c.conn.Abort(errNoPong)
		return
	}
	c.pinged = true
	c.conn.Write(codec.AppendPingreq(nil))
}

// leave ends the connection in order.
func (c *client) leave() {
	if c.conn == nil {
		return
	}
	if c.state == ready {
		c.conn.Write(codec.AppendDisconnect(nil, c.w.plan.opts.Version, &codec.Disconnect{}))
		c.state, c.pinged = parting, false
	}
	c.conn.Close(nil)
}
