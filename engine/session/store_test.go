package session_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/internal/bench"
)

// power is a bench with a store that loses its power.
type power struct {
	t      *testing.T
	memory int
	fs     *vfs.MemFS
	change func(*session.Settings)
	*bench.Bench
}

func powered(t *testing.T, change func(*session.Settings)) *power { return poweredWith(t, 0, change) }

// poweredWith bounds the memory of queues.
func poweredWith(t *testing.T, memory int, change func(*session.Settings)) *power {
	p := &power{t: t, memory: memory, fs: vfs.NewCrashableMem(), change: change}
	p.start()
	return p
}

func (p *power) start() {
	p.Bench = bench.NewCrowded(p.t, 2, p.fs, p.memory, p.change)
}

// cut ends the broker without warning and starts another one on what is on its disk.
func (p *power) cut() {
	p.t.Helper()
	p.fs = bench.Kill(p.fs)
	p.start()
}

const present = "CONNACK session-present code=0x00"

// again connects a client that has a session.
func (p *power) again(v codec.Version, id string) *bench.Client {
	p.t.Helper()
	c := p.Open(v)
	c.Hello(id, bench.Persistent)
	got := c.Take()
	if len(got) == 0 || got[0] != present {
		p.t.Fatalf("client %s: connecting gave %q, want %q first", id, got, present)
	}
	c.Unread(got[1:])
	return c
}

// TestQueueSurvives proves that subscriptions and queued messages of QoS 1 and 2 are there after a loss of power, in order, with
// properties and options.
func TestQueueSurvives(t *testing.T) {
	p := powered(t, nil)
	s := p.Connect(codec.V5, "s", bench.Persistent)
	s.Send(&codec.Subscribe{PacketID: 1, Props: subscriptionID(7), Subscriptions: []codec.Subscription{
		{Filter: []byte("a/+"), QoS: 2, RetainAsPublished: true},
	}})
	s.Want("subscribed", "SUBACK id=1 codes=0x02")
	s.Hangup()
	pub := p.Connect(codec.V5, "p")
	pub.Send(bench.Publish("a/1", "one", 1, 1), bench.Publish("a/2", "two", 2, 2), bench.Publish("a/3", "lost", 0, 0), bench.Publish("a/4", "four", 1, 4))
	pub.Want("stored and acknowledged", "PUBACK id=1 code=0x00", "PUBREC id=2 code=0x00", "PUBACK id=4 code=0x00")
	p.cut()
	s = p.again(codec.V5, "s")
	s.Want("all that was acknowledged comes",
		`PUBLISH qos=1 id=1 topic="a/1" payload="one" {Subscription Identifier=7}`,
		`PUBLISH qos=2 id=2 topic="a/2" payload="two" {Subscription Identifier=7}`,
		`PUBLISH qos=1 id=3 topic="a/4" payload="four" {Subscription Identifier=7}`)
	s.Send(bench.Ack{Type: codec.PUBACK, ID: 1}, bench.Ack{Type: codec.PUBREC, ID: 2})
	s.Want("it goes on from there", "PUBREL id=2 code=0x00")
	pub = p.Connect(codec.V5, "p")
	pub.Send(&codec.Publish{Topic: []byte("a/5"), Payload: []byte("five"), QoS: 1, PacketID: 5, Retain: true})
	s.Want("the subscription has its options", `PUBLISH retain qos=1 id=4 topic="a/5" payload="five" {Subscription Identifier=7}`)
}

// TestFlightSurvives proves that what was sent and not acknowledged comes again with DUP and the same packet id, that PUBREL is repeated
// where PUBREC had come, and that what was acknowledged is gone.
func TestFlightSurvives(t *testing.T) {
	for _, v := range []codec.Version{codec.V311, codec.V5} {
		p := powered(t, nil)
		s := p.Connect(v, "s", bench.Persistent)
		s.Subscribe("a", 2)
		pub := p.Connect(v, "p")
		pub.Send(bench.Publish("a", "one", 1, 1), bench.Publish("a", "two", 1, 2), bench.Publish("a", "three", 2, 3), bench.Publish("a", "four", 2, 4))
		s.Want("delivered", `PUBLISH qos=1 id=1 topic="a" payload="one"`, `PUBLISH qos=1 id=2 topic="a" payload="two"`,
			`PUBLISH qos=2 id=3 topic="a" payload="three"`, `PUBLISH qos=2 id=4 topic="a" payload="four"`)
		s.Send(bench.Ack{Type: codec.PUBACK, ID: 1}, bench.Ack{Type: codec.PUBREC, ID: 3})
		s.Want("the first half", "PUBREL id=3 code=0x00")
		p.cut()
		s = p.again(v, "s")
		s.Want("unfinished exchanges go on", `PUBLISH dup qos=1 id=2 topic="a" payload="two"`, "PUBREL id=3 code=0x00",
			`PUBLISH dup qos=2 id=4 topic="a" payload="four"`)
		s.Send(bench.Ack{Type: codec.PUBACK, ID: 2}, bench.Ack{Type: codec.PUBCOMP, ID: 3}, bench.Ack{Type: codec.PUBREC, ID: 4})
		s.Want("the second half", "PUBREL id=4 code=0x00")
		s.Send(bench.Ack{Type: codec.PUBCOMP, ID: 4})
		pub = p.Connect(v, "p")
		pub.Send(bench.Publish("a", "five", 1, 1))
		s.Want("packet ids go on", `PUBLISH qos=1 id=5 topic="a" payload="five"`)
		s.Send(bench.Ack{Type: codec.PUBACK, ID: 5})
		p.cut()
		s = p.again(v, "s")
		s.WantNothing("everything was acknowledged")
	}
}

// TestReleaseSurvives proves that a QoS 2 message which is repeated after a loss of power is not routed again, and that its PUBREL is known.
func TestReleaseSurvives(t *testing.T) {
	p := powered(t, nil)
	s := p.Connect(codec.V5, "s", bench.Persistent)
	s.Subscribe("a", 2)
	s.Hangup()
	pub := p.Connect(codec.V5, "p", bench.Persistent)
	pub.Send(bench.Publish("a", "one", 2, 9))
	pub.Want("stored", "PUBREC id=9 code=0x00")
	p.cut()
	pub = p.again(codec.V5, "p")
	again := bench.Publish("a", "one", 2, 9)
	again.Dup = true
	pub.Send(again)
	pub.Want("known", "PUBREC id=9 code=0x00")
	pub.Send(bench.Ack{Type: codec.PUBREL, ID: 9})
	pub.Want("released", "PUBCOMP id=9 code=0x00")
	p.cut()
	pub = p.again(codec.V5, "p")
	pub.Send(bench.Ack{Type: codec.PUBREL, ID: 9})
	pub.Want("it is free for good", "PUBCOMP id=9 code=0x92")
	s = p.again(codec.V5, "s")
	s.Want("once", `PUBLISH qos=2 id=1 topic="a" payload="one"`)
}

// TestExpirySurvives proves that a session ends, and its delayed will goes out, when they should have while the broker was down.
func TestExpirySurvives(t *testing.T) {
	p := powered(t, nil)
	w := p.Connect(codec.V5, "watch", bench.Persistent)
	w.Subscribe("will/#", 1)
	for id, delay := range map[string]uint32{"soon": 10, "late": 3000} {
		c := p.Connect(codec.V5, id, bench.Persistent, func(c *codec.Connect) {
			c.HasWill = true
			c.Will = codec.Will{Topic: []byte("will/" + id), Payload: []byte("bye"), QoS: 1}
			c.Will.Props.SetWillDelay(delay)
		})
		c.Hangup()
	}
	p.Connect(codec.V5, "short", func(c *codec.Connect) { c.CleanStart = false; c.Props.SetSessionExpiry(30) }).Hangup()
	p.Advance(5 * time.Second)
	w.WantNothing("both wait")
	p.cut() // its clock begins where the first one began, so everything is due five seconds later
	if n := p.Broker.Clients(); n != 4 {
		t.Fatalf("%d sessions, want 4", n)
	}
	w = p.again(codec.V5, "watch")
	p.Advance(9 * time.Second)
	w.WantNothing("it is not time")
	p.Advance(2 * time.Second)
	w.Want("its time has come", `PUBLISH qos=1 id=1 topic="will/soon" payload="bye"`)
	p.Advance(25 * time.Second)
	if n := p.Broker.Clients(); n != 3 {
		t.Fatalf("%d sessions, want 3: one has expired", n)
	}
	p.cut()
	if n := p.Broker.Clients(); n != 3 {
		t.Fatalf("%d sessions after another restart, want 3", n)
	}
	w = p.again(codec.V5, "watch")
	w.Want("not acknowledged", `PUBLISH dup qos=1 id=1 topic="will/soon" payload="bye"`)
	p.Advance(3001 * time.Second)
	w.Want("the other one", `PUBLISH qos=1 id=2 topic="will/late" payload="bye"`)
}

// TestCleanStartIsStored proves that nothing of a session comes back after its client wanted a new one.
func TestCleanStartIsStored(t *testing.T) {
	p := powered(t, nil)
	s := p.Connect(codec.V5, "s", bench.Persistent)
	s.Subscribe("a", 1)
	s.Hangup()
	p.Connect(codec.V5, "p").Send(bench.Publish("a", "one", 1, 1))
	p.Connect(codec.V5, "s").Hangup()
	p.cut()
	if n := p.Broker.Clients(); n != 0 {
		t.Fatalf("%d sessions are left", n)
	}
	s = p.Connect(codec.V5, "s", bench.Persistent)
	s.WantNothing("a new session")
	s.Subscribe("b", 1)
	s.Hangup()
	p.cut()
	s = p.Connect(codec.V5, "s", func(c *codec.Connect) { bench.Persistent(c); c.CleanStart = true })
	s.Subscribe("c", 1)
	s.Hangup()
	p.Connect(codec.V5, "p").Send(bench.Publish("b", "old", 1, 1), bench.Publish("c", "new", 1, 2))
	p.cut()
	p.again(codec.V5, "s").Want("the new session", `PUBLISH qos=1 id=1 topic="c" payload="new"`)
}

// TestRetainedSurvive proves that retained messages are there with their properties, and those that were deleted are not.
func TestRetainedSurvive(t *testing.T) {
	p := powered(t, nil)
	pub := p.Connect(codec.V5, "p")
	for _, topic := range []string{"a/1", "a/2", "a/3"} {
		m := &codec.Publish{Topic: []byte(topic), Payload: []byte("x"), QoS: 1, PacketID: 1, Retain: true}
		m.Props.SetContentType([]byte("text"))
		pub.Send(m)
		pub.Want("stored", "PUBACK id=1 code=0x00")
	}
	pub.Send(&codec.Publish{Topic: []byte("a/2"), QoS: 1, PacketID: 1, Retain: true})
	p.Do(0, func() { p.Broker.DeleteRetained("", "a/3") })
	p.cut()
	s := p.Connect(codec.V5, "s")
	s.Send(&codec.Subscribe{PacketID: 1, Subscriptions: []codec.Subscription{{Filter: []byte("a/#")}}})
	s.Want("what is left", "SUBACK id=1 codes=0x00", `PUBLISH retain qos=0 topic="a/1" payload="x" {Content Type="text"}`)
}

// TestLongQueue proves that a queue that is longer than what is kept in memory comes whole and in order, with messages that arrive
// meanwhile behind it, before a restart and after.
func TestLongQueue(t *testing.T) {
	unlimited := func(set *session.Settings) { set.MaxOfflineMessages, set.MaxOnlineMessages = -1, -1 }
	const before, meanwhile = 5000, 200
	for _, restart := range []bool{false, true} {
		p := powered(t, unlimited)
		s := p.Connect(codec.V311, "s", bench.Persistent)
		s.Subscribe("a", 1)
		s.Hangup()
		pub := p.Connect(codec.V311, "p")
		sent := 0
		publish := func(n int) {
			for range n {
				sent++
				pub.Send(bench.Publish("a", fmt.Sprint(sent), 1, uint16(sent)))
			}
		}
		publish(before)
		if restart {
			p.cut()
			pub = p.Connect(codec.V311, "p")
		}
		publish(10)
		s = p.again(codec.V311, "s")
		got := 0
		for more := true; more; {
			lines := s.Take()
			more = len(lines) > 0
			var acks []any
			for _, line := range lines {
				got++
				id := (got-1)%65535 + 1
				if want := fmt.Sprintf(`PUBLISH qos=1 id=%d topic="a" payload="%d"`, id, got); line != want {
					t.Fatalf("restart %v: message %d is %s, want %s", restart, got, line, want)
				}
				acks = append(acks, bench.Ack{Type: codec.PUBACK, ID: uint16(id)})
			}
			s.Send(acks...)
			if got > 1000 && sent < before+10+meanwhile {
				publish(20)
			}
		}
		if got != sent {
			t.Fatalf("restart %v: %d of %d messages came", restart, got, sent)
		}
		p.cut()
		p.again(codec.V311, "s").WantNothing("everything was acknowledged")
	}
}

// TestLimitsHold proves that the limits of a queue count what is on disk.
func TestLimitsHold(t *testing.T) {
	for _, lifo := range []bool{false, true} {
		p := powered(t, func(set *session.Settings) { set.MaxOfflineMessages, set.MaxOnlineMessages, set.QueueLIFO = 5, 3, lifo })
		s := p.Connect(codec.V311, "s", bench.Persistent)
		s.Subscribe("a", 1)
		s.Hangup()
		pub := p.Connect(codec.V311, "p")
		send := func(from, to int) {
			for i := from; i <= to; i++ {
				pub.Send(bench.Publish("a", fmt.Sprint(i), 1, uint16(i)))
			}
		}
		send(1, 4)
		p.cut()
		pub = p.Connect(codec.V311, "p")
		send(5, 9)
		s = p.again(codec.V311, "s")
		var got []string
		for lines := s.Take(); len(lines) > 0; lines = s.Take() {
			for _, line := range lines {
				_, payload, _ := strings.Cut(line, `payload=`)
				got = append(got, payload)
			}
			s.Send(bench.Ack{Type: codec.PUBACK, ID: uint16(len(got))})
		}
		want := []string{`"1"`, `"2"`, `"3"`}
		if lifo {
			want = []string{`"9"`, `"8"`, `"7"`}
		}
		if !slices.Equal(got, want) {
			t.Errorf("lifo %v: got %v, want %v", lifo, got, want)
		}
	}
}

func subscriptionID(id uint32) (p codec.Properties) {
	p.AddSubscriptionID(id)
	return p
}
