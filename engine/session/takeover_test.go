package session_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/internal/bench"
	"github.com/vernemq/vmq/queue"
)

// TestTakeover proves [MQTT-3.1.4-3] on one loop and across loops: the old connection ends, told why in MQTT 5, and the new one
// is served.
func TestTakeover(t *testing.T) {
	for _, loops := range []int{1, 2, 3} {
		for _, v := range versions {
			for _, how := range []func(*codec.Connect){func(*codec.Connect) {}, bench.Persistent} {
				b := bench.New(t, loops, nil)
				old := b.Connect(v, "c", how)
				for range 3 {
					c := b.Open(v) // on the next loop each time
					c.Hello("c", how)
					if v == codec.V5 {
						old.WantClosed("taken over", "DISCONNECT code=0x8e")
					} else {
						old.WantClosed("taken over")
					}
					if got := c.Take(); len(got) != 1 {
						t.Fatalf("the new connection got %q", got)
					}
					c.Send(bench.Ping{})
					c.Want("alive", "PINGRESP")
					old = c
				}
				if n := b.Broker.Clients(); n != 1 {
					t.Errorf("%d client records, want 1", n)
				}
			}
		}
	}
}

// TestTakeoverKeepsThePersistentSession proves that subscriptions, unacknowledged and waiting messages go to the new connection,
// in order, whichever loop it came in on.
func TestTakeoverKeepsThePersistentSession(t *testing.T) {
	for _, loops := range []int{1, 2} {
		b := bench.New(t, loops, func(s *session.Settings) { s.MaxInflightMessages = 2 })
		pub, sub := b.Connect(codec.V311, "pub"), b.Connect(codec.V311, "sub", bench.Persistent)
		sub.Subscribe("t", 2)
		pub.Send(bench.Publish("t", "1", 1, 1), bench.Publish("t", "2", 2, 2), bench.Publish("t", "3", 1, 3))
		sub.Want("two in flight", `PUBLISH qos=1 id=1 topic="t" payload="1"`, `PUBLISH qos=2 id=2 topic="t" payload="2"`)
		sub.Send(bench.Ack{Type: codec.PUBREC, ID: 2})
		sub.Take()
		for range 2 {
			sub = b.Open(codec.V311)
			sub.Hello("sub", bench.Persistent)
			sub.Want("resumed", "CONNACK session-present code=0x00",
				`PUBLISH dup qos=1 id=1 topic="t" payload="1"`, "PUBREL id=2 code=0x00")
		}
		sub.Send(bench.Ack{Type: codec.PUBACK, ID: 1})
		sub.Want("the next", `PUBLISH qos=1 id=3 topic="t" payload="3"`)
		sub.Send(bench.Ack{Type: codec.PUBCOMP, ID: 2}, bench.Ack{Type: codec.PUBACK, ID: 3})
		pub.Send(bench.Publish("t", "4", 1, 4))
		sub.Want("still subscribed", `PUBLISH qos=1 id=4 topic="t" payload="4"`)
	}
}

// TestCleanStartForgets proves [MQTT-3.1.2-4].
func TestCleanStartForgets(t *testing.T) {
	b := bench.New(t, 2, nil)
	pub, sub := b.Connect(codec.V5, "pub"), b.Connect(codec.V5, "sub", bench.Persistent)
	sub.Subscribe("t", 1)
	sub.Hangup()
	pub.Send(bench.Publish("t", "lost", 1, 1))
	sub = b.Open(codec.V5)
	sub.Hello("sub")
	sub.Want("nothing of the old session", "CONNACK code=0x00")
	pub.Send(bench.Publish("t", "x", 1, 2))
	sub.WantNothing("no subscription either")
	wantDropped(t, b, queue.SessionEnded, 1)
	if n := b.Broker.Index().Subscriptions(); n != 0 {
		t.Errorf("%d subscriptions are left", n)
	}
}

// TestInboundQoS2SurvivesReconnect proves that an exchange begun on one connection ends on the next.
func TestInboundQoS2SurvivesReconnect(t *testing.T) {
	for _, v := range versions {
		b := bench.New(t, 2, nil)
		sub, pub := b.Connect(codec.V311, "sub"), b.Connect(v, "pub", bench.Persistent)
		sub.Subscribe("t", 0)
		pub.Send(bench.Publish("t", "x", 2, 9))
		pub.Want("taken", "PUBREC id=9 code=0x00")
		pub.Hangup()
		pub = b.Open(v)
		pub.Hello("pub", bench.Persistent)
		pub.Want("back", "CONNACK session-present code=0x00")
		pub.Send(bench.Publish("t", "x", 2, 9), bench.Ack{Type: codec.PUBREL, ID: 9})
		pub.Want("known", "PUBREC id=9 code=0x00", "PUBCOMP id=9 code=0x00")
		sub.Want("routed once", `PUBLISH qos=0 topic="t" payload="x"`)
	}
}

// TestOfflineQueue proves what is stored for a client that is away: QoS 1 and 2 within the limit, first or last by the policy.
func TestOfflineQueue(t *testing.T) {
	for _, tt := range []struct {
		lifo            bool
		offline, online int
		override        bool
		want            []int
	}{
		{false, 3, 1000, false, []int{0, 1, 2}},
		{true, 3, 1000, false, []int{9, 8, 7}},
		{false, 0, 1000, false, nil},
		{false, -1, 1000, false, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}},
		{false, 1000, 4, false, []int{0, 1, 2, 3}},
		{true, 1000, 4, false, []int{9, 8, 7, 6}},
		{false, 1000, 4, true, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}},
	} {
		b := bench.New(t, 2, func(s *session.Settings) {
			s.MaxOfflineMessages, s.MaxOnlineMessages = tt.offline, tt.online
			s.QueueLIFO, s.OverrideMaxOnlineMessages = tt.lifo, tt.override
		})
		pub, sub := b.Connect(codec.V311, "pub"), b.Connect(codec.V311, "sub", bench.Persistent)
		sub.Subscribe("t", 2)
		sub.Send(&codec.Disconnect{})
		sub.WantClosed("gone")
		for i := range 10 {
			pub.Send(bench.Publish("t", fmt.Sprint(i), 1, uint16(i+1)), bench.Publish("t", "qos 0", 0, 0))
		}
		sub = b.Open(codec.V311)
		sub.Hello("sub", bench.Persistent)
		want := []string{"CONNACK session-present code=0x00"}
		for i, n := range tt.want {
			want = append(want, fmt.Sprintf(`PUBLISH qos=1 id=%d topic="t" payload="%d"`, i+1, n))
		}
		sub.Want(fmt.Sprintf("%+v", tt), want...)
	}
}

// TestSmallerWindowAfterReconnect proves that redeliveries count against the window of the new connection.
func TestSmallerWindowAfterReconnect(t *testing.T) {
	b := bench.New(t, 1, nil)
	pub, sub := b.Connect(codec.V5, "pub"), b.Connect(codec.V5, "sub", bench.Persistent)
	sub.Subscribe("t", 1)
	for i := range 4 {
		pub.Send(bench.Publish("t", fmt.Sprint(i), 1, uint16(i+1)))
	}
	if got := sub.Take(); len(got) != 4 {
		t.Fatalf("got %q", got)
	}
	sub.Hangup()
	pub.Send(bench.Publish("t", "4", 1, 9))
	sub = b.Open(codec.V5)
	sub.Hello("sub", bench.Persistent, func(p *codec.Connect) { p.Props.SetReceiveMaximum(2) })
	sub.Want("two again", "CONNACK session-present code=0x00",
		`PUBLISH dup qos=1 id=1 topic="t" payload="0"`, `PUBLISH dup qos=1 id=2 topic="t" payload="1"`)
	for i, next := range []string{
		`PUBLISH dup qos=1 id=3 topic="t" payload="2"`, `PUBLISH dup qos=1 id=4 topic="t" payload="3"`, `PUBLISH qos=1 id=5 topic="t" payload="4"`,
	} {
		sub.Send(bench.Ack{Type: codec.PUBACK, ID: uint16(i + 1)})
		sub.Want("one more for each acknowledgement", next)
	}
}

// TestSessionExpiry proves when a session that is offline ends.
func TestSessionExpiry(t *testing.T) {
	day := 24 * time.Hour
	for _, tt := range []struct {
		why    string
		v      codec.Version
		how    func(*codec.Connect)
		leave  *codec.Disconnect
		away   time.Duration
		exists bool
	}{
		{"3.1.1 persistent before", codec.V311, bench.Persistent, nil, day - time.Second, true},
		{"3.1.1 persistent after", codec.V311, bench.Persistent, nil, day + time.Second, false},
		{"3.1.1 clean", codec.V311, func(*codec.Connect) {}, nil, 0, false},
		{"5 before", codec.V5, expiry(100), nil, 99 * time.Second, true},
		{"5 after", codec.V5, expiry(100), nil, 101 * time.Second, false},
		{"5 without", codec.V5, expiry(0), nil, 0, false},
		{"5 never", codec.V5, expiry(0xFFFFFFFF), nil, 1000 * day, true},
		{"5 set to 0 by DISCONNECT", codec.V5, expiry(100), leave(0), 0, false},
		{"5 set higher by DISCONNECT", codec.V5, expiry(100), leave(200), 199 * time.Second, true},
		{"5 kept by DISCONNECT", codec.V5, expiry(100), &codec.Disconnect{}, 99 * time.Second, true},
	} {
		b := bench.New(t, 2, func(s *session.Settings) { s.PersistentClientExpiration = day })
		c := b.Connect(tt.v, "c", tt.how)
		c.Subscribe("t", 1)
		if tt.leave != nil {
			c.Send(tt.leave)
			c.WantClosed(tt.why)
		} else {
			c.Hangup()
		}
		b.Advance(tt.away)
		if got := b.Broker.Clients() == 1; got != tt.exists {
			t.Errorf("%s: session exists = %v", tt.why, got)
		}
		want := 0
		if tt.exists {
			want = 1
		}
		if got := b.Broker.Index().Subscriptions(); got != want {
			t.Errorf("%s: %d subscriptions, want %d", tt.why, got, want)
		}
	}
}

func expiry(seconds uint32) func(*codec.Connect) {
	return func(p *codec.Connect) {
		p.CleanStart = false
		if seconds > 0 {
			p.Props.SetSessionExpiry(seconds)
		}
	}
}

func leave(expiry uint32) *codec.Disconnect {
	var p codec.Disconnect
	p.Props.SetSessionExpiry(expiry)
	return &p
}

// TestExpiryCannotBeRaisedFromZero proves what section 3.14.2.2.2 of MQTT 5 says without a number.
func TestExpiryCannotBeRaisedFromZero(t *testing.T) {
	c := bench.New(t, 1, nil).Connect(codec.V5, "c")
	c.Send(leave(10))
	c.WantClosed("raised from 0", "DISCONNECT code=0x82")
}

// TestComingBackStopsTheExpiry proves that the clock of an offline session stops when its client is back.
func TestComingBackStopsTheExpiry(t *testing.T) {
	b := bench.New(t, 1, nil)
	c := b.Connect(codec.V5, "c", expiry(100))
	c.Hangup()
	b.Advance(90 * time.Second)
	c = b.Open(codec.V5)
	c.Hello("c", expiry(100))
	c.Want("still there", "CONNACK session-present code=0x00")
	b.Advance(time.Hour)
	c.Send(bench.Ping{})
	c.Want("and stays", "PINGRESP")
}

// TestTakeoverKeepsTheQueue proves that what waits for a client stays in order and complete when its client connects again over a
// connection that is still there: QoS 0 too, and under the limit for connected clients.
func TestTakeoverKeepsTheQueue(t *testing.T) {
	b := bench.New(t, 1, func(s *session.Settings) { s.MaxInflightMessages, s.MaxOfflineMessages = 1, 1 })
	c := b.Connect(codec.V311, "c1", bench.Persistent)
	c.Subscribe("a", 1)
	pub := b.Connect(codec.V311, "pub")
	for i, qos := range []byte{1, 1, 0, 1, 0} {
		pub.Send(bench.Publish("a", fmt.Sprint(i), qos, uint16(i+1)))
	}
	c.Take()
	again := b.Connect(codec.V311, "c1", bench.Persistent)
	again.Want("what was sent comes again", `PUBLISH dup qos=1 id=1 topic="a" payload="0"`)
	again.Send(bench.Ack{Type: codec.PUBACK, ID: 1})
	again.Want("the queue goes on", `PUBLISH qos=1 id=2 topic="a" payload="1"`, `PUBLISH qos=0 topic="a" payload="2"`)
	again.Send(bench.Ack{Type: codec.PUBACK, ID: 2})
	again.Want("to its end", `PUBLISH qos=1 id=3 topic="a" payload="3"`, `PUBLISH qos=0 topic="a" payload="4"`)
}

// TestAnswersThatCross proves that an MQTT 3 client may answer both a packet and its repetition, as it does when they cross on the way.
func TestAnswersThatCross(t *testing.T) {
	b := bench.New(t, 1, func(s *session.Settings) { s.RetryInterval = time.Second })
	c := b.Connect(codec.V311, "c1")
	c.Subscribe("a", 2)
	b.Connect(codec.V311, "pub").Send(bench.Publish("a", "x", 2, 1))
	c.Take()
	b.Advance(1200 * time.Millisecond)
	c.Want("repeated", `PUBLISH dup qos=2 id=1 topic="a" payload="x"`)
	c.Send(bench.Ack{Type: codec.PUBREC, ID: 1}, bench.Ack{Type: codec.PUBREC, ID: 1})
	c.Want("both answers are answered", "PUBREL id=1 code=0x00", "PUBREL id=1 code=0x00")
	c.Send(bench.Ack{Type: codec.PUBCOMP, ID: 1}, bench.Ack{Type: codec.PUBCOMP, ID: 1})
	c.WantOpen("the second PUBCOMP is no offence")
	c = b.Connect(codec.V311, "c2")
	c.Send(bench.Ack{Type: codec.PUBCOMP, ID: 1})
	c.WantClosed("one that nothing led to is")
}
