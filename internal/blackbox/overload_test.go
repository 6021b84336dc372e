package blackbox

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine"
	"github.com/vernemq/vmq/engine/hook"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/queue"
)

// The load of TestOverload, and what the broker may hold of it. Each subscriber stops reading, so the load that can be carried is what
// finds room on the way to it; ten times that is sent.
const (
	loadSubscribers = 8 // every other one with QoS 1
	loadPublishers  = 4 // every other one with QoS 1
	loadPayload     = 1024
	loadQueue       = 200 // max_online_messages
	loadWindow      = 20  // max_inflight_messages

	// highWater is netpoll's: from 1 MiB of pending output on a connection is full. One message and its header may be above it.
	highWater = 1<<20 + 2*loadPayload
	// kernelRoom is what the two small socket buffers take, doubled by the kernel for its own use.
	kernelRoom = 4 * socketBuffer

	loadRoom  = (highWater+kernelRoom)/loadPayload + loadQueue + loadWindow // messages a subscriber
	loadCount = 10 * loadRoom / loadPublishers                              // messages a publisher
)

// TestOverload sends ten times as much as can be carried, as fast as the broker reads it, to subscribers that do not read. While it lasts,
// queues and output stay within their limits and bystanders get an answer to PINGREQ. Then the subscribers read, and the account of all messages
// is exact, for each of them: none that was acknowledged is missing without being counted as dropped, and none was dropped that could have been kept.
func TestOverload(t *testing.T) {
	account := newLedger()
	hooks := hook.New(hook.Plugin{Name: "ledger", Impl: account}, hook.Plugin{Name: "open", Impl: open{}})
	n := startWith(t, hooks, func(s *session.Settings, o *engine.ListenerOptions) {
		s.MaxOnlineMessages, s.MaxInflightMessages, s.RetryInterval = loadQueue, loadWindow, 0
		smallBuffers(o)
	})
	before := heap()
	var subs []*client
	for i := range loadSubscribers {
		c := n.connect(codec.V311, fmt.Sprintf("sub%d", i), persistent)
		c.SetReadBuffer(socketBuffer)
		c.subscribe("load/+", byte(i%2))
		subs = append(subs, c)
	}
	bystander := n.connect(codec.V5, "bystander")

	var working sync.WaitGroup
	var busy atomic.Int32
	busy.Store(loadPublishers)
	for i := range loadPublishers {
		c := n.connect(codec.V311, fmt.Sprintf("pub%d", i))
		working.Add(2)
		go func() {
			defer working.Done()
			flood(c, i)
		}()
		go func() {
			defer working.Done()
			defer busy.Add(-1)
			accepted(c, i)
		}()
	}
	worst := holdings{}
	for busy.Load() > 0 {
		bystander.ping()
		h := n.holdings()
		worst = holdings{max(worst.waiting, h.waiting), max(worst.inFlight, h.inFlight), max(worst.pending, h.pending)}
	}
	working.Wait()
	if t.Failed() {
		return
	}

	t.Logf("%d messages to each of %d subscribers; at worst %+v", loadPublishers*loadCount, loadSubscribers, worst)
	if limit := loadSubscribers * loadQueue; worst.waiting > limit {
		t.Errorf("%d messages were queued, the limit is %d", worst.waiting, limit)
	}
	if limit := loadSubscribers * loadWindow; worst.inFlight > limit {
		t.Errorf("%d messages were in flight, the limit is %d", worst.inFlight, limit)
	}
	if limit := loadSubscribers * highWater; worst.pending > limit {
		t.Errorf("%d bytes of output were pending, the limit is %d", worst.pending, limit)
	}
	// What is queued and in flight is of the same size as the messages, whose headers and places in rings are a small part of them. The rest is
	// for chunks that are partly filled, freed memory that is kept for reuse, and this test itself.
	const ceiling = 2*loadSubscribers*(highWater+(loadQueue+loadWindow)*loadPayload) + 32<<20
	if grown := heap() - before; grown > ceiling {
		t.Errorf("the heap has grown by %d bytes, the ceiling is %d", grown, ceiling)
	}

	stats := n.Stats()
	for why := range queue.Causes {
		if told := account.drops(why); told != stats.Dropped[why] {
			t.Errorf("%d messages dropped as %s, but on_message_drop heard of %d", stats.Dropped[why], why, told)
		}
		if why != queue.QueueFull && stats.Dropped[why] > 0 {
			t.Errorf("%d messages dropped as %s", stats.Dropped[why], why)
		}
	}
	if stats.Dropped[queue.QueueFull] == 0 {
		t.Error("nothing was dropped: that was no overload")
	}
	for i := range subs {
		account.matched(fmt.Sprintf("sub%d", i), loadPublishers*loadCount)
	}
	readEverything(t, subs, account)
	bystander.ping()
	if h := n.holdings(); h != (holdings{}) {
		t.Errorf("the broker still holds %+v", h)
	}
	if err := account.balance(); err != nil {
		t.Error(err)
	}
	if now := n.Stats().Dropped; now != stats.Dropped {
		t.Errorf("dropped %v, and %v before the subscribers read", now, stats.Dropped)
	}
}

// open lets every MQTT 3 client publish and subscribe, which with plugins somebody has to say.
type open struct{}

func (open) AuthOnPublish(context.Context, *hook.Publish) (*hook.PublishMods, error) { return nil, nil }

func (open) AuthOnSubscribe(context.Context, *hook.Subscribe) (*hook.SubscribeMods, error) {
	return nil, nil
}

// flood sends all messages of publisher i, some in each write, waiting for nothing, and at last a PINGREQ.
func flood(c *client, i int) {
	payload := bytes.Repeat([]byte("x"), loadPayload)
	var b []byte
	for k := range loadCount {
		p := codec.Publish{Topic: fmt.Appendf(nil, "load/%d", i), Payload: payload, QoS: byte(i % 2)}
		if copy(payload, fmt.Sprintf("%06d ", k)); p.QoS > 0 {
			p.PacketID = uint16(k + 1)
		}
		b = codec.AppendPublish(b, c.v, &p)
		if k == loadCount-1 {
			b = codec.AppendPingreq(b)
		}
		if len(b) < 16<<10 && k < loadCount-1 {
			continue
		}
		if _, err := c.Write(b); err != nil {
			c.t.Errorf("publisher %d: %v", i, err)
			return
		}
		b = b[:0]
	}
}

// accepted reads the acknowledgements of publisher i, each once and in order, up to the PINGRESP that says that all was read.
func accepted(c *client, i int) {
	for id := uint16(1); ; id++ {
		f, ok := c.next()
		switch {
		case !ok:
			c.t.Errorf("publisher %d: the connection ended", i)
			return
		case f.Type == codec.PINGRESP:
			if i%2 == 1 && id != loadCount+1 {
				c.t.Errorf("publisher %d: %d messages of %d were acknowledged", i, id-1, loadCount)
			}
			return
		}
		var ack codec.Ack
		if err := codec.ParseAck(f.Type, f.Body, c.v, &ack); err != nil || f.Type != codec.PUBACK || ack.PacketID != id {
			c.t.Errorf("publisher %d: got %s %d, want PUBACK %d (%v)", i, f.Type, ack.PacketID, id, err)
			return
		}
	}
}

// readEverything lets all subscribers read and acknowledge at the same time, until the answer to a PINGREQ shows that nothing is left. Messages
// of a publisher have to be in order.
func readEverything(t *testing.T, subs []*client, account *ledger) {
	var reading sync.WaitGroup
	for i, c := range subs {
		reading.Add(1)
		go func() {
			defer reading.Done()
			last := map[string]int{}
			// Acknowledging brings more, so the end is a round between two answers to PINGREQ in which nothing came.
			for came := 1; came > 0; {
				came = 0
				if _, err := c.Write(codec.AppendPingreq(nil)); err != nil {
					t.Errorf("subscriber %d: %v", i, err)
					return
				}
				for {
					f, ok := c.next()
					if !ok {
						t.Errorf("subscriber %d: the connection ended", i)
						return
					}
					if f.Type == codec.PINGRESP {
						break
					}
					var p codec.Publish
					if err := codec.ParsePublish(f.Body, c.v, f.Flags, &p); err != nil || f.Type != codec.PUBLISH {
						t.Errorf("subscriber %d: got %s (%v)", i, f.Type, err)
						return
					}
					came++
					account.received(fmt.Sprintf("sub%d", i))
					var k int
					fmt.Sscanf(string(p.Payload[:6]), "%d", &k)
					if before, seen := last[string(p.Topic)]; seen && k <= before || p.Dup {
						t.Errorf("subscriber %d: message %d of %s after %d, dup %v", i, k, p.Topic, before, p.Dup)
						return
					}
					last[string(p.Topic)] = k
					if p.QoS > 0 {
						if _, err := c.Write(codec.AppendAck(nil, codec.PUBACK, c.v, &codec.Ack{PacketID: p.PacketID})); err != nil {
							t.Errorf("subscriber %d: %v", i, err)
							return
						}
					}
				}
			}
		}()
	}
	reading.Wait()
}
