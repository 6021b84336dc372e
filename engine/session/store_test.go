package session_test

import (
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
	fs     *vfs.MemFS
	change func(*session.Settings)
	*bench.Bench
}

func powered(t *testing.T, change func(*session.Settings)) *power {
	fs := vfs.NewCrashableMem()
	return &power{t, fs, change, bench.NewStored(t, 2, fs, change)}
}

// cut ends the broker without warning and starts another one on what is on its disk.
func (p *power) cut() {
	p.t.Helper()
	p.fs = bench.Kill(p.fs)
	p.Bench = bench.NewStored(p.t, 2, p.fs, p.change)
}

// again connects a client that has a session.
func (p *power) again(v codec.Version, id string) *bench.Client {
	p.t.Helper()
	c := p.Open(v)
	c.Hello(id, bench.Persistent)
	got := c.Take()
	if len(got) == 0 || got[0] != connackPresent(v) {
		p.t.Fatalf("client %s: connecting gave %q, want %q first", id, got, connackPresent(v))
	}
	c.Unread(got[1:])
	return c
}

func connackPresent(v codec.Version) string { return "CONNACK present=1 code=0x00" }

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
		`PUBLISH`, `PUBLISH`, `PUBLISH`)
	p.Advance(time.Second)
}

func subscriptionID(id uint32) (p codec.Properties) {
	p.AddSubscriptionID(id)
	return p
}
