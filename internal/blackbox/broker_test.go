package blackbox

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine"
	"github.com/vernemq/vmq/engine/hook"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/netpoll"
)

// patience is when a test gives up; nothing is expected to come near it.
const patience = 60 * time.Second

var versions = []codec.Version{codec.V31, codec.V311, codec.V5}

// node is a broker on two loops, open to everybody at addr.
type node struct {
	*engine.Broker
	t    testing.TB
	addr string
}

func start(t testing.TB, change func(*session.Settings, *engine.ListenerOptions)) *node {
	t.Helper()
	return startWith(t, nil, change)
}

// startWith is start with plugins.
func startWith(t testing.TB, hooks *hook.Set, change func(*session.Settings, *engine.ListenerOptions)) *node {
	t.Helper()
	set := session.DefaultSettings()
	set.AllowAnonymous = true
	o := engine.ListenerOptions{
		ListenerSettings: session.ListenerSettings{Name: "test", Versions: session.Level3 | session.Level4 | session.Level5},
		Network:          "tcp", Address: "127.0.0.1:0",
	}
	if change != nil {
		change(&set, &o)
	}
	b, err := engine.New(engine.Options{Loops: 2, Settings: &set, Hooks: hooks, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		b.Stop(ctx)
	})
	l, err := b.Listen(o)
	if err != nil {
		t.Fatal(err)
	}
	return &node{b, t, l.Addr().String()}
}

// until waits for something that the broker does by itself.
func (n *node) until(why string, done func() bool) {
	n.t.Helper()
	for end := time.Now().Add(patience); !done(); runtime.Gosched() {
		if time.Now().After(end) {
			n.t.Fatalf("waited for nothing: %s", why)
		}
	}
}

// received is the number of bytes that the broker has read so far.
func (n *node) received() (sum uint64) {
	for _, l := range n.Loops() {
		sum += l.Stats().BytesReceived
	}
	return sum
}

// timeouts is the number of connections closed for want of a CONNECT.
func (n *node) timeouts() (sum uint64) {
	for _, l := range n.Loops() {
		sum += l.Stats().Timeouts
	}
	return sum
}

// holdings is what the broker keeps for its clients.
type holdings struct{ waiting, inFlight, pending int }

func (n *node) holdings() (sum holdings) {
	var mu sync.Mutex
	var answered sync.WaitGroup
	for _, l := range n.Loops() {
		answered.Add(1)
		l.Post(task(func(l *netpoll.Loop) {
			defer answered.Done()
			mu.Lock()
			defer mu.Unlock()
			sum.pending += l.Pending()
			n.Each(func(c *session.Client) {
				if c.Home() == l {
					sum.waiting += c.Waiting()
					sum.inFlight += c.InFlight()
				}
			})
		}))
	}
	answered.Wait()
	return sum
}

type task func(*netpoll.Loop)

func (t task) Run(l *netpoll.Loop) { t(l) }

// client is the far end of a connection. Its methods are for one goroutine; what goes wrong ends the test.
type client struct {
	*net.TCPConn
	t testing.TB
	r *bufio.Reader
	v codec.Version
}

// dial opens a connection and sends nothing.
func (n *node) dial(v codec.Version) *client {
	n.t.Helper()
	conn, err := net.Dial("tcp", n.addr)
	if err != nil {
		n.t.Fatal(err)
	}
	conn.SetDeadline(time.Now().Add(patience))
	n.t.Cleanup(func() { conn.Close() })
	return &client{conn.(*net.TCPConn), n.t, bufio.NewReader(conn), v}
}

// connect opens a clean session, as changed.
func (n *node) connect(v codec.Version, id string, change ...func(*codec.Connect)) *client {
	n.t.Helper()
	c := n.dial(v)
	c.hello(id, change...)
	c.want(codec.CONNACK)
	return c
}

func (c *client) hello(id string, change ...func(*codec.Connect)) {
	c.t.Helper()
	p := codec.Connect{Version: c.v, CleanStart: true, ClientID: []byte(id)}
	for _, f := range change {
		f(&p)
	}
	c.raw(codec.AppendConnect(nil, &p))
}

func persistent(p *codec.Connect) {
	if p.CleanStart = false; p.Version == codec.V5 {
		p.Props.SetSessionExpiry(3600)
	}
}

func withWill(topic string) func(*codec.Connect) {
	return func(p *codec.Connect) {
		p.HasWill, p.Will = true, codec.Will{Topic: []byte(topic), Payload: []byte("gone"), QoS: 1}
	}
}

func (c *client) raw(b []byte) {
	c.t.Helper()
	if _, err := c.Write(b); err != nil {
		c.t.Fatal(err)
	}
}

// next reads a packet; ok is false at the end of the connection.
func (c *client) next() (f codec.Frame, ok bool) {
	var b []byte
	for {
		x, err := c.r.ReadByte()
		if err != nil {
			return f, false
		}
		b = append(b, x)
		total, ok := codec.FrameLen(b)
		if !ok {
			continue
		}
		head := len(b)
		b = append(b, make([]byte, total-head)...)
		if _, err := io.ReadFull(c.r, b[head:]); err != nil {
			return f, false
		}
		f, _, err = codec.NextFrame(b, 0)
		return f, err == nil
	}
}

// want reads a packet of that type.
func (c *client) want(t codec.PacketType) codec.Frame {
	c.t.Helper()
	f, ok := c.next()
	if !ok || f.Type != t {
		c.t.Fatalf("got %s (open %v), want %s", f.Type, ok, t)
	}
	return f
}

// wantPublish reads a message.
func (c *client) wantPublish() codec.Publish {
	c.t.Helper()
	return c.parsePublish(c.want(codec.PUBLISH))
}

func (c *client) parsePublish(f codec.Frame) (p codec.Publish) {
	c.t.Helper()
	if err := codec.ParsePublish(f.Body, c.v, f.Flags, &p); err != nil {
		c.t.Fatal(err)
	}
	return p
}

// wantEnd reads the end of the connection.
func (c *client) wantEnd() {
	c.t.Helper()
	if f, ok := c.next(); ok {
		c.t.Fatalf("got %s, want the end of the connection", f.Type)
	}
}

func (c *client) subscribe(filter string, qos byte) {
	c.t.Helper()
	c.raw(codec.AppendSubscribe(nil, c.v, &codec.Subscribe{PacketID: 1, Subscriptions: []codec.Subscription{{Filter: []byte(filter), QoS: qos}}}))
	c.want(codec.SUBACK)
}

func (c *client) publish(topic, payload string, qos byte, id uint16) {
	c.t.Helper()
	c.raw(codec.AppendPublish(nil, c.v, &codec.Publish{Topic: []byte(topic), Payload: []byte(payload), QoS: qos, PacketID: id}))
}

func (c *client) ack(t codec.PacketType, id uint16) {
	c.t.Helper()
	c.raw(codec.AppendAck(nil, t, c.v, &codec.Ack{PacketID: id}))
}

// ping asks whether the broker is there.
func (c *client) ping() {
	c.t.Helper()
	c.raw(codec.AppendPingreq(nil))
	c.want(codec.PINGRESP)
}
