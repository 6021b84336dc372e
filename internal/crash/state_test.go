package crash

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/vernemq/vmq/codec"
)

// TestSubscriptionsSurvive proves that subscriptions are there with their options and identifiers after a kill, shared ones too, and that those
// which were given up are not.
func TestSubscriptionsSurvive(t *testing.T) {
	b := newBroker(t)
	b.start()
	s := b.connect(codec.V5, "s", persistent)
	sub := &codec.Subscribe{PacketID: 1, Subscriptions: []codec.Subscription{
		{Filter: []byte("kept/+"), QoS: 2, RetainAsPublished: true},
		{Filter: []byte("own"), QoS: 1, NoLocal: true},
		{Filter: []byte("plain"), QoS: 0},
		{Filter: []byte("left"), QoS: 1},
	}}
	sub.Props.AddSubscriptionID(268435455)
	s.send(sub)
	s.want("subscribed", "SUBACK id=1 codes=0x02010001")
	s.send(&codec.Unsubscribe{PacketID: 2, Filters: [][]byte{[]byte("left")}})
	s.want("unsubscribed", "UNSUBACK id=2 codes=0x00")
	shared := b.connect(codec.V311, "shared", persistent)
	shared.subscribe(1, "$share/g/shared", "$share/g/kept/#")
	b.again()
	p := b.connect(codec.V5, "p")
	kept := publish("kept/1", "a", 2, 1)
	kept.Retain = true
	p.send(kept)
	p.want("stored for both", "PUBREC id=1 code=0x00")
	p.send(publish("left", "b", 1, 2), publish("shared", "c", 1, 3))
	p.want("stored where somebody wants it", "PUBACK id=2 code=0x00", "PUBACK id=3 code=0x00")
	b.again()
	s = b.resume(codec.V5, "s")
	s.want("with its identifier and the retain flag", `PUBLISH retain qos=2 id=1 topic="kept/1" payload="a" {Subscription Identifier=268435455}`)
	s.send(publish("own", "d", 1, 7), publish("plain", "e", 1, 8))
	got := map[string]bool{s.line(): true, s.line(): true, s.line(): true}
	for _, want := range []string{"PUBACK id=7 code=0x00", `PUBLISH qos=0 topic="plain" payload="e" {Subscription Identifier=268435455}`, "PUBACK id=8 code=0x00"} {
		if !got[want] {
			t.Errorf("no-local and plain subscriptions give %v, want %s among them", got, want)
		}
	}
	shared = b.resume(codec.V311, "shared")
	shared.want("the member of the group has its share", `PUBLISH qos=1 id=1 topic="kept/1" payload="a"`, `PUBLISH qos=1 id=2 topic="shared" payload="c"`)
}

// TestQueuesSurvive proves that queues keep their order, their properties and nothing of QoS 0 over two kills.
func TestQueuesSurvive(t *testing.T) {
	for _, v := range versions {
		b := newBroker(t)
		b.start()
		s := b.connect(v, "s", persistent)
		s.subscribe(2, "#")
		s.leave()
		n := uint16(0)
		for range 2 {
			b.again()
			p := b.connect(codec.V5, "p")
			for range 20 {
				n++
				m := publish(fmt.Sprint("t/", n%3), fmt.Sprint(n), byte(1+n%2), n)
				m.Props.SetContentType([]byte("text"))
				m.Props.AddUser([]byte("n"), fmt.Append(nil, n))
				p.send(publish("t/0", "lost", 0, 0), m)
				if got := p.line(); !strings.HasSuffix(got, fmt.Sprintf("id=%d code=0x00", n)) {
					t.Fatalf("message %d is answered %s", n, got)
				}
			}
		}
		b.again()
		s = b.resume(v, "s")
		for i := uint16(1); i <= n; i++ {
			props := ""
			if v == codec.V5 {
				props = fmt.Sprintf(` {Content Type="text", User Property "n"="%d"}`, i)
			}
			got := s.line()
			for strings.HasPrefix(got, "PUBREL") { // of messages of QoS 2 before it
				var id uint16
				if _, err := fmt.Sscanf(got, "PUBREL id=%d", &id); err != nil {
					t.Fatal(err)
				}
				s.send(ack{codec.PUBCOMP, id})
				got = s.line()
			}
			if want := fmt.Sprintf(`PUBLISH qos=%d id=%d topic="t/%d" payload="%d"%s`, 1+i%2, i, i%3, i, props); got != want {
				t.Fatalf("version %s: got %s, want %s", v, got, want)
			}
			s.send(ack{[]codec.PacketType{codec.PUBACK, codec.PUBREC}[i%2], i})
		}
	}
}

// TestFlightSurvives proves that what was sent comes again with DUP and its packet id, that PUBREL is repeated where PUBREC had come, that what
// was acknowledged is gone, and that packet ids go on.
func TestFlightSurvives(t *testing.T) {
	for _, v := range versions {
		b := newBroker(t)
		b.start()
		s := b.connect(v, "s", persistent)
		s.subscribe(2, "a")
		p := b.connect(v, "p")
		p.send(publish("a", "one", 1, 1), publish("a", "two", 1, 2), publish("a", "three", 2, 3), publish("a", "four", 2, 4))
		s.want("delivered", `PUBLISH qos=1 id=1 topic="a" payload="one"`, `PUBLISH qos=1 id=2 topic="a" payload="two"`,
			`PUBLISH qos=2 id=3 topic="a" payload="three"`, `PUBLISH qos=2 id=4 topic="a" payload="four"`)
		s.send(ack{codec.PUBACK, 1}, ack{codec.PUBREC, 3})
		s.want("the answer is on disk, and so is what came before", "PUBREL id=3 code=0x00")
		for range 2 {
			b.again()
			s = b.resume(v, "s")
			s.want("unfinished exchanges go on", `PUBLISH dup qos=1 id=2 topic="a" payload="two"`, "PUBREL id=3 code=0x00",
				`PUBLISH dup qos=2 id=4 topic="a" payload="four"`)
		}
		s.send(ack{codec.PUBACK, 2}, ack{codec.PUBCOMP, 3}, ack{codec.PUBREC, 4})
		s.want("the last one", "PUBREL id=4 code=0x00")
		b.again()
		s = b.resume(v, "s")
		s.want("all but this was done", "PUBREL id=4 code=0x00")
		s.send(ack{codec.PUBCOMP, 4})
		p = b.connect(v, "p")
		p.send(publish("a", "five", 1, 1))
		s.want("packet ids go on", `PUBLISH qos=1 id=5 topic="a" payload="five"`)
	}
}

// TestReleaseSurvives proves that a message of QoS 2 which its publisher repeats after a kill goes out once, and that its id is free when it was
// released.
func TestReleaseSurvives(t *testing.T) {
	for _, v := range versions {
		b := newBroker(t)
		b.start()
		s := b.connect(v, "s", persistent)
		s.subscribe(2, "a")
		s.leave()
		p := b.connect(v, "p", persistent)
		p.send(publish("a", "one", 2, 9))
		p.want("stored", "PUBREC id=9 code=0x00")
		b.again()
		p = b.resume(v, "p")
		repeated := publish("a", "one", 2, 9)
		repeated.Dup = true
		p.send(repeated, ack{codec.PUBREL, 9})
		p.want("known", "PUBREC id=9 code=0x00", "PUBCOMP id=9 code=0x00")
		b.again()
		p = b.resume(v, "p")
		p.send(publish("a", "two", 2, 9))
		p.want("the id is free", "PUBREC id=9 code=0x00")
		s = b.resume(v, "s")
		s.want("each came once", `PUBLISH qos=2 id=1 topic="a" payload="one"`, `PUBLISH qos=2 id=2 topic="a" payload="two"`)
		s.wantNothing("no more")
	}
}

// until waits for a moment of the clock: the broker is down meanwhile, and nothing else tells that it has come.
func until(moment time.Time) { <-time.After(time.Until(moment)) }

// TestTimesSurvive proves that sessions, messages and retained messages end, and delayed wills go out, at the time at which they
// would have without a kill: what was due while the broker was down is done when it is up, the rest waits for the rest of its time.
func TestTimesSurvive(t *testing.T) {
	b := newBroker(t)
	b.start()
	watch := b.connect(codec.V5, "watch", persistent)
	watch.subscribe(1, "will/#", "a")
	for id, delay := range map[string]uint32{"soon": 1, "late": 4, "never": 3600} {
		b.connect(codec.V5, id, persistent, withWill("will/"+id, delay)).leave()
	}
	b.connect(codec.V5, "short", expiring(1)).leave()
	ends := b.connect(codec.V5, "ends", expiring(4), withWill("will/ends", 3600))
	ends.subscribe(1, "b")
	ends.leave()
	b.connect(codec.V5, "long", expiring(3600)).leave()
	left := time.Now() // nobody has left later
	watch.leave()
	p := b.connect(codec.V5, "p")
	for i, expiry := range []uint32{1, 3600} {
		for _, retain := range []bool{false, true} {
			m := publish("a", fmt.Sprint(expiry), 1, uint16(i+1))
			if m.Retain = retain; retain {
				m.Topic = fmt.Append(nil, "r/", expiry)
			}
			m.Props.SetMessageExpiry(expiry)
			p.send(m)
			p.want("stored", fmt.Sprintf("PUBACK id=%d code=0x00", i+1))
		}
	}
	b.kill()
	until(left.Add(2500 * time.Millisecond))
	b.start()
	b.knock(codec.V5, "short", persistent).wantConnack("CONNACK code=0x00")
	b.knock(codec.V5, "long", persistent).wantConnack("CONNACK session-present code=0x00")
	watch = b.resume(codec.V5, "watch")
	rest := func(line, prefix string) {
		t.Helper()
		var seconds int
		if n, _ := fmt.Sscanf(strings.TrimPrefix(line, prefix), "{Message Expiry Interval=%d}", &seconds); n != 1 || seconds > 3598 || seconds < 1800 {
			t.Errorf("got %s, want %s with less than 3599 seconds left", line, prefix)
		}
	}
	rest(watch.line(), `PUBLISH qos=1 id=1 topic="a" payload="3600" `)
	watch.want("its time came while the broker was down", `PUBLISH qos=1 id=2 topic="will/soon" payload="gone" {Content Type="text"}`)
	one, two := watch.line(), watch.line()
	if time.Since(left) < 4*time.Second-time.Millisecond {
		t.Error("a will goes out before its time")
	}
	for _, topic := range []string{"will/late", "will/ends"} {
		if want := fmt.Sprintf("topic=%q", topic); !strings.Contains(one+two, want) {
			t.Errorf("the wills that come later are %s and %s, want %s among them", one, two, topic)
		}
	}
	b.knock(codec.V5, "ends", persistent).wantConnack("CONNACK code=0x00")
	b.knock(codec.V5, "never", persistent).wantConnack("CONNACK session-present code=0x00")
	r := b.connect(codec.V5, "r")
	r.subscribe(0, "r/#")
	rest(r.line(), `PUBLISH retain qos=0 topic="r/3600" payload="3600" `)
	r.wantNothing("the other one has expired")
}

// TestRetainedSurvive proves that retained messages are there with their properties, the last one of each topic, and those that were
// deleted are not.
func TestRetainedSurvive(t *testing.T) {
	b := newBroker(t)
	b.start()
	retain := func(p *peer, topic, payload string) {
		m := publish(topic, payload, 1, 1)
		m.Retain = true
		m.Props.SetContentType([]byte("text"))
		m.Props.SetResponseTopic([]byte("re"))
		m.Props.SetCorrelationData([]byte{0, 1})
		m.Props.AddUser([]byte("k"), []byte("v"))
		p.send(m)
		p.want("stored", "PUBACK id=1 code=0x00")
	}
	p := b.connect(codec.V5, "p")
	retain(p, "r/1", "old")
	retain(p, "r/1", "new")
	retain(p, "r/2", "x")
	b.again()
	p = b.connect(codec.V5, "p")
	retain(p, "r/2", "")
	b.again()
	s := b.connect(codec.V5, "s")
	s.subscribe(1, "r/#")
	got := s.line()
	if !strings.HasPrefix(got, `PUBLISH retain qos=1 id=1 topic="r/1" payload="new" {`) {
		t.Errorf("got %s", got)
	}
	for _, want := range []string{`Content Type="text"`, `Response Topic="re"`, `Correlation Data=`, `User Property "k"="v"`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s has no %s", got, want)
		}
	}
	s.wantNothing("the other one was deleted")
}
