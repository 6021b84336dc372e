package engine_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/internal/ports"
)

// deadline is an upper bound for what takes milliseconds; nothing waits for it unless the broker hangs.
const deadline = 20 * time.Second

// start runs a broker that is open to everybody on a free port of the loopback.
func start(t *testing.T, loops int) (*engine.Broker, string) {
	t.Helper()
	set := session.DefaultSettings()
	set.AllowAnonymous = true
	b, err := engine.New(engine.Options{Loops: loops, Settings: &set, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Start(); err != nil {
		t.Fatal(err)
	}
	l, err := b.Listen(engine.ListenerOptions{
		ListenerSettings: session.ListenerSettings{Name: "test", Versions: session.Level3 | session.Level4 | session.Level5},
		Network:          "tcp", Address: ports.Free(t, 1)[0].String(), // so that it is still there for a listener that stopped
	})
	if err != nil {
		t.Fatal(err)
	}
	return b, l.Addr().String()
}

func stop(t *testing.T, b *engine.Broker) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	b.Stop(ctx)
}

// client is a plain blocking client over a socket.
type client struct {
	t    *testing.T
	conn net.Conn
	r    *bufio.Reader
	v    codec.Version
}

// dial connects a client. Its methods may be used on any one goroutine: what goes wrong ends the goroutine and fails the test.
func dial(t *testing.T, addr string, v codec.Version, id string) *client {
	t.Helper()
	c := newClient(t, dialRaw(t, addr), v)
	c.write(codec.AppendConnect(nil, &codec.Connect{Version: v, CleanStart: true, ClientID: []byte(id)}))
	if f := c.read(); f.Type != codec.CONNACK {
		t.Fatalf("got %s, want CONNACK", f.Type)
	}
	return c
}

// dialRaw opens a connection and sends nothing.
func dialRaw(t *testing.T, addr string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	conn.SetDeadline(time.Now().Add(deadline))
	t.Cleanup(func() { conn.Close() })
	return conn
}

func newClient(t *testing.T, conn net.Conn, v codec.Version) *client {
	return &client{t: t, conn: conn, r: bufio.NewReader(conn), v: v}
}

func (c *client) write(b []byte) {
	c.t.Helper()
	if _, err := c.conn.Write(b); err != nil {
		c.t.Fatal(err)
	}
}

// read returns the next packet.
func (c *client) read() codec.Frame {
	c.t.Helper()
	var b []byte
	for {
		x, err := c.r.ReadByte()
		if err != nil {
			c.t.Fatalf("reading a packet: %v", err)
		}
		b = append(b, x)
		if total, ok := codec.FrameLen(b); ok {
			head := len(b)
			b = append(b, make([]byte, total-head)...)
			if _, err := io.ReadFull(c.r, b[head:]); err != nil {
				c.t.Fatalf("reading a packet: %v", err)
			}
			f, _, err := codec.NextFrame(b, 0)
			if err != nil {
				c.t.Fatal(err)
			}
			return f
		}
	}
}

func (c *client) subscribe(filter string, qos byte) {
	c.t.Helper()
	c.write(codec.AppendSubscribe(nil, c.v, &codec.Subscribe{PacketID: 1, Subscriptions: []codec.Subscription{{Filter: []byte(filter), QoS: qos}}}))
	if f := c.read(); f.Type != codec.SUBACK {
		c.t.Fatalf("got %s, want SUBACK", f.Type)
	}
}

func (c *client) publish(topic, payload string, qos byte, id uint16) {
	c.t.Helper()
	c.write(codec.AppendPublish(nil, c.v, &codec.Publish{Topic: []byte(topic), Payload: []byte(payload), QoS: qos, PacketID: id}))
}

// TestMessagesKeepTheirOrderAcrossLoops sends from several publishers to several subscribers on two loops at once: each
// subscriber gets every message of each publisher, in its order, with QoS 1 and the acknowledgements that it takes.
func TestMessagesKeepTheirOrderAcrossLoops(t *testing.T) {
	b, addr := start(t, 2)
	defer stop(t, b)
	const publishers, subscribers, n = 4, 4, 500
	var wg sync.WaitGroup
	for i := range subscribers {
		c := dial(t, addr, codec.V5, fmt.Sprint("s", i))
		c.subscribe("t/+", 1)
		wg.Go(func() {
			next := [publishers]int{}
			for range publishers * n {
				f := c.read()
				var p codec.Publish
				if err := codec.ParsePublish(f.Body, c.v, f.Flags, &p); err != nil || f.Type != codec.PUBLISH {
					t.Errorf("subscriber %d got %s: %v", i, f.Type, err)
					return
				}
				var from, number int
				fmt.Sscanf(string(p.Payload), "%d %d", &from, &number)
				if number != next[from] {
					t.Errorf("subscriber %d: message %d of publisher %d came when %d was due", i, number, from, next[from])
					return
				}
				next[from]++
				c.write(codec.AppendAck(nil, codec.PUBACK, c.v, &codec.Ack{PacketID: p.PacketID}))
			}
		})
	}
	for i := range publishers {
		c := dial(t, addr, codec.V311, fmt.Sprint("p", i))
		wg.Go(func() {
			for k := range n {
				c.publish(fmt.Sprint("t/", i), fmt.Sprint(i, " ", k), 1, uint16(k+1))
				if f := c.read(); f.Type != codec.PUBACK {
					t.Errorf("publisher %d got %s", i, f.Type)
				}
			}
		})
	}
	wg.Wait()
	st := b.Stats()
	if got := st.TotalReceived(byte(codec.PUBLISH)); got != publishers*n {
		t.Errorf("%d messages counted, want %d", got, publishers*n)
	}
	if st.MatchesLocal != publishers*subscribers*n || st.TotalSent(byte(codec.PUBLISH)) != publishers*subscribers*n {
		t.Errorf("%d deliveries, %d sent, want %d", st.MatchesLocal, st.TotalSent(byte(codec.PUBLISH)), publishers*subscribers*n)
	}
	if st.Connections != publishers+subscribers || st.Clients != publishers+subscribers || st.Subscriptions != subscribers {
		t.Errorf("%d connections, %d clients, %d subscriptions", st.Connections, st.Clients, st.Subscriptions)
	}
}

// TestTakeoverStorm lets many connections fight for few client ids on two loops: each ends with exactly one of them served.
func TestTakeoverStorm(t *testing.T) {
	b, addr := start(t, 2)
	defer stop(t, b)
	const ids, each = 5, 20
	var greeted, ended sync.WaitGroup
	greeted.Add(ids * each)
	for i := range ids {
		for range each {
			ended.Go(func() {
				c := func() *client {
					defer greeted.Done()
					return dial(t, addr, codec.V5, fmt.Sprint("c", i))
				}()
				if f := c.read(); f.Type != codec.DISCONNECT || len(f.Body) == 0 || codec.ReasonCode(f.Body[0]) != codec.SessionTakenOver {
					t.Errorf("got %s % x, want DISCONNECT 8e", f.Type, f.Body)
				}
				if rest, err := io.ReadAll(c.r); err != nil || len(rest) > 0 {
					t.Errorf("after DISCONNECT: % x, %v; want the end", rest, err)
				}
				c.conn.Close()
			})
		}
	}
	greeted.Wait()
	for i := range ids { // the ones that won are taken over in turn
		dial(t, addr, codec.V5, fmt.Sprint("c", i))
	}
	ended.Wait()
	if n := b.Clients(); n != ids {
		t.Errorf("%d clients, want %d", n, ids)
	}
}

// TestStopTellsClients proves the order of a stop: MQTT 5 clients hear that the server shuts down, others just see the end; both over
// TCP [MQTT-4.2.0-1].
func TestStopTellsClients(t *testing.T) {
	b, addr := start(t, 2)
	five, four := dial(t, addr, codec.V5, "five"), dial(t, addr, codec.V311, "four")
	done := make(chan struct{})
	go func() { stop(t, b); close(done) }()
	if f := five.read(); f.Type != codec.DISCONNECT || len(f.Body) == 0 || codec.ReasonCode(f.Body[0]) != codec.ServerShuttingDown {
		t.Errorf("got %s % x, want DISCONNECT 8b", f.Type, f.Body)
	}
	for _, c := range []*client{five, four} {
		if rest, err := io.ReadAll(c.r); err != nil || len(rest) > 0 {
			t.Errorf("after the last packet: % x, %v; want the end", rest, err)
		}
		c.conn.Close()
	}
	<-done
	if _, err := net.Dial("tcp", addr); err == nil {
		t.Error("a stopped broker accepts connections")
	}
}

func TestListenErrorsNameTheListener(t *testing.T) {
	b, addr := start(t, 1)
	defer stop(t, b)
	for _, o := range []engine.ListenerOptions{
		{ListenerSettings: session.ListenerSettings{Name: "test"}, Network: "tcp", Address: "127.0.0.1:0"},
		{ListenerSettings: session.ListenerSettings{Name: "second"}, Network: "tcp", Address: addr},
		{ListenerSettings: session.ListenerSettings{Name: "third"}, Network: "tcp", Address: "nowhere"},
	} {
		if _, err := b.Listen(o); err == nil || !strings.Contains(err.Error(), o.Name) {
			t.Errorf("listener %s on %s: error %v", o.Name, o.Address, err)
		}
	}
	dial(t, addr, codec.V311, "c") // the first one is not affected
}

// TestApply proves that new settings are in force for the next client.
func TestApply(t *testing.T) {
	b, addr := start(t, 1)
	defer stop(t, b)
	dial(t, addr, codec.V311, "before")
	closed := *b.Settings()
	closed.AllowAnonymous = false
	b.Apply(&closed)
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(deadline))
	conn.Write(codec.AppendConnect(nil, &codec.Connect{Version: codec.V311, CleanStart: true, ClientID: []byte("after")}))
	if answer, err := io.ReadAll(conn); err != nil || string(answer) != "\x20\x02\x00\x05" {
		t.Errorf("got % x, %v; want CONNACK 5", answer, err)
	}
}

// Example is the broker in ten lines that doc.go promises.
func Example() {
	b, err := engine.New(engine.Options{Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		panic(err)
	}
	if err := b.Start(); err != nil {
		panic(err)
	}
	l, err := b.Listen(engine.ListenerOptions{Network: "tcp", Address: "127.0.0.1:0"})
	if err != nil {
		panic(err)
	}
	fmt.Println(l.Running())
	b.Stop(context.Background())
	// Output: true
}
