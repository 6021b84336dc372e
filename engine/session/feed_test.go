package session_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/internal/bench"
	"github.com/vernemq/vmq/trie"
)

// retainMany retains n messages of the QoS and of size bytes under prefix/0, prefix/1, …
func retainMany(b *bench.Bench, prefix string, n, size int, qos byte) {
	payload := strings.Repeat("x", size)
	pub := b.Connect(codec.V311, "retain "+prefix)
	packets := make([]any, 0, 1000)
	for i := range n {
		packets = append(packets, retained(fmt.Sprintf("%s/%d", prefix, i), payload, qos, min(uint16(qos), 1)))
		if len(packets) == cap(packets) || i == n-1 {
			pub.Send(packets...)
			packets = packets[:0]
		}
	}
	pub.Take()
}

// topics returns those of the PUBLISH packets among lines, in order.
func topics(lines []string) (all []string) {
	for _, line := range lines {
		if _, rest, ok := strings.Cut(line, ` topic="`); ok && strings.HasPrefix(line, "PUBLISH") {
			all = append(all, rest[:strings.IndexByte(rest, '"')])
		}
	}
	return all
}

// acks acknowledges the QoS 1 packets among lines.
func acks(lines []string) (all []any) {
	for _, line := range lines {
		if _, rest, ok := strings.Cut(line, " qos=1 id="); ok {
			id, _ := strconv.Atoi(rest[:strings.IndexByte(rest, ' ')])
			all = append(all, bench.Ack{Type: codec.PUBACK, ID: uint16(id)})
		}
	}
	return all
}

// take acknowledges lines and what comes then, until nothing comes any more, and returns the topics of all.
func take(c *bench.Client, lines []string) (all []string) {
	for len(lines) > 0 {
		all = append(all, topics(lines)...)
		c.Send(acks(lines)...)
		lines = c.Take()
	}
	return all
}

// wantEach fails unless topics are prefix/0 to prefix/n-1, each once, in whatever order.
func wantEach(t *testing.T, why string, topics []string, prefix string, n int) {
	t.Helper()
	seen := make(map[string]bool, n)
	for _, topic := range topics {
		if seen[topic] {
			t.Fatalf("%s: %s came twice", why, topic)
		}
		seen[topic] = true
	}
	for i := range n {
		if topic := fmt.Sprintf("%s/%d", prefix, i); !seen[topic] {
			t.Fatalf("%s: %s did not come (%d of %d)", why, topic, len(seen), n)
		}
	}
	if len(seen) != n {
		t.Fatalf("%s: %d topics, want %d", why, len(seen), n)
	}
}

const largeFeed = 100000

// TestLargeFeed proves that 100,000 retained messages reach one subscriber although its queue may hold 1,000: none is dropped, none waits
// in the queue, and no more are in flight, or in the output of a client that does not read, than may be.
func TestLargeFeed(t *testing.T) {
	const enough = 128 << 10 // of the 2 MB that are to come
	b := bench.New(t, 2, nil)
	for qos, n := range map[byte]int{0: 2000, 1: largeFeed} {
		prefix, size := "one", 1
		if qos == 0 {
			prefix, size = "zero", 1024
		}
		retainMany(b, prefix, n, size, 1)
		c := b.Connect(codec.V311, fmt.Sprint("c", qos))
		if qos == 0 {
			c.Peer.Block(true)
		}
		c.Send(&codec.Subscribe{PacketID: 1, Subscriptions: []codec.Subscription{{Filter: []byte(prefix + "/+"), QoS: qos}}})
		if qos == 0 {
			if n := c.Peer.Conn().Pending(); n < 10000 || n > enough {
				t.Fatalf("%d bytes wait for a client that does not read", n)
			}
			c.Peer.Block(false)
		}
		lines := c.Take()
		if !strings.HasPrefix(lines[0], "SUBACK") {
			t.Fatalf("%s came before SUBACK", lines[0])
		}
		if qos == 1 && len(lines) != 1+20 {
			t.Fatalf("%d packets came, with a window of 20", len(lines))
		}
		wantEach(t, fmt.Sprint("qos ", qos), take(c, lines), prefix, n)
	}
	n := b.Counters()
	if n.Dropped != [len(n.Dropped)]uint64{} || n.Queued != 0 {
		t.Errorf("%d messages were queued, dropped %v", n.Queued, n.Dropped)
	}
}

// TestFeedLeavesRoom proves that a client which reads its retained messages slowly gets live ones before the rest of them, and that nobody
// who publishes has to wait for the end of them.
func TestFeedLeavesRoom(t *testing.T) {
	for _, tt := range []struct{ n, size, reads int }{
		{3000, 1 << 10, 100 << 10},
		{40, 300 << 10, 400 << 10}, // each makes its receiver one that is behind, until it is read
	} {
		b := bench.New(t, 1, nil)
		retainMany(b, "r", tt.n, tt.size, 0)
		pub, c := b.Connect(codec.V311, "p"), b.Connect(codec.V311, "c")
		c.Peer.Block(true)
		c.Send(subscribe(1, "r/#", "live"))
		live, others := 0, 0
		for i := range 20 {
			pub.Send(bench.Publish("live", "x", 1, 1))
			c.Peer.Accept(tt.reads)
			for _, topic := range topics(c.Take()) {
				if topic == "live" {
					live++
				} else {
					others++
				}
			}
			pub.Want(fmt.Sprintf("message %d of %d bytes", i+1, tt.size), "PUBACK id=1 code=0x00")
			if live < i {
				t.Fatalf("%d messages of %d bytes: after %d live ones were published %d came", tt.n, tt.size, i+1, live)
			}
		}
		if others < 20 || others >= tt.n {
			t.Errorf("%d of %d retained messages came meanwhile", others, tt.n)
		}
	}
}

// TestFeedSurvivesDisconnect proves that a persistent client that goes away while 50,000 retained messages are still to come gets, when
// it comes back, what was in flight under the same packet ids, what was published meanwhile, and the rest of the retained messages
// as they are then.
func TestFeedSurvivesDisconnect(t *testing.T) {
	for v, n := range map[codec.Version]int{codec.V311: 50000, codec.V5: 5000} {
		b := bench.New(t, 2, func(s *session.Settings) { s.ReceiveMaxClient = 20 })
		retainMany(b, "r", n, 1, 1)
		c := b.Connect(v, "c", bench.Persistent)
		c.Send(subscribe(1, "r/+"))
		lines := c.Take()[1:]
		got := topics(lines)
		for range 10 {
			c.Send(acks(lines)...)
			lines = c.Take()
			got = append(got, topics(lines)...)
		}
		c.Hangup()

		pub := b.Connect(codec.V311, "p")
		pub.Send(bench.Publish("r/live", "x", 1, 1), retained("r/late", "x", 1, 2))
		pub.Want("acknowledged", "PUBACK id=1 code=0x00", "PUBACK id=2 code=0x00")
		kept := b.Counters()

		c = b.Open(v)
		c.Hello("c", bench.Persistent)
		again := c.Take()
		if len(again) != 1+20 {
			t.Fatalf("%d packets came after the reconnect", len(again))
		}
		for i, line := range lines {
			if want := strings.Replace(line, "PUBLISH", "PUBLISH dup", 1); again[1+i] != want {
				t.Fatalf("in flight: got %s, want %s", again[1+i], want)
			}
		}
		c.Send(acks(again)...)
		next := c.Take()
		if got := topics(next[:2]); !slices.Equal(got, []string{"r/live", "r/late"}) || strings.Contains(next[1], "retain") {
			t.Fatalf("first what was published meanwhile: got %q", next[:2])
		}
		got = append(got, take(c, next)...)
		late := 0
		got = slices.DeleteFunc(got, func(topic string) bool {
			if topic == "r/late" {
				late++
			}
			return topic == "r/late" || topic == "r/live"
		})
		if late > 2 { // once from the queue and, if the feed had not passed its place, once as retained
			t.Errorf("r/late came %d times", late)
		}
		wantEach(t, fmt.Sprint("version ", v), got, "r", n)
		if d := b.Counters().Dropped; d != kept.Dropped {
			t.Errorf("dropped: %v, before %v", d, kept.Dropped)
		}
	}
}

// TestFeedEndsWithSession proves that a clean start, and the end of a session that was not to last, leave nothing to come.
func TestFeedEndsWithSession(t *testing.T) {
	for _, v := range versions {
		for _, how := range []func(*codec.Connect){bench.Persistent, func(*codec.Connect) {}} {
			b := bench.New(t, 1, nil)
			retainMany(b, "r", 200, 1, 1)
			c := b.Connect(v, "c", how)
			c.Peer.Block(true)
			c.Send(subscribe(1, "r/+", "r/1"))
			c.Hangup()
			c = b.Open(v)
			c.Hello("c")
			c.Want("nothing of the old session", "CONNACK code=0x00")
			c.Send(subscribe(1, "r/7"))
			if got := topics(c.Take()); !slices.Equal(got, []string{"r/7"}) {
				t.Errorf("its own: got %q", got)
			}
		}
	}
}

// TestFeedGoesOnAfterTakeover proves that the connection that takes over gets the rest, and the old one no more, for either kind of QoS.
func TestFeedGoesOnAfterTakeover(t *testing.T) {
	const n, size = 2000, 1024 // more than the output of a connection may hold
	window := func(p *codec.Connect) { p.Props.SetReceiveMaximum(50) }
	for _, loops := range []int{1, 2} {
		for qos := range byte(2) {
			b := bench.New(t, loops, nil)
			retainMany(b, "r", n, size, 1)
			old := b.Connect(codec.V5, "c", bench.Persistent, window)
			if qos == 0 {
				old.Peer.Block(true)
			}
			old.Send(&codec.Subscribe{PacketID: 1, Subscriptions: []codec.Subscription{{Filter: []byte("r/#"), QoS: qos}}})
			c := b.Open(codec.V5)
			c.Hello("c", bench.Persistent, window)
			old.Peer.Block(false)
			first, rest := topics(old.Take()), take(c, c.Take()[1:])
			if qos == 1 {
				if !slices.Equal(first, rest[:50]) {
					t.Fatalf("in flight when it was taken over: %q, sent again: %q", first, rest[:50])
				}
				first = nil
			} else if len(first) == 0 || len(rest) == 0 {
				t.Errorf("%d came on the first connection, %d on the second", len(first), len(rest))
			}
			wantEach(t, fmt.Sprintf("%d loops, qos %d", loops, qos), append(first, rest...), "r", n)
		}
	}
}

// TestUnsubscribeStopsFeed proves that UNSUBSCRIBE ends what was still to come for its filter, and nothing else.
func TestUnsubscribeStopsFeed(t *testing.T) {
	b := bench.New(t, 1, nil)
	retainMany(b, "a", 100, 1, 1)
	retainMany(b, "b", 100, 1, 1)
	c := b.Connect(codec.V311, "c")
	c.Send(subscribe(1, "a/+", "b/+"))
	lines := c.Take()[1:]
	c.Send(unsubscribe(2, "a/+"))
	c.Want("no filter has room", "UNSUBACK id=2 codes=")
	got := take(c, lines)
	if len(got) != 20+100 {
		t.Fatalf("%d came, want those in flight and all of b", len(got))
	}
	wantEach(t, "the other filter", got[20:], "b", 100)
}

// TestSubscribeAgainDuringFeed proves that a SUBSCRIBE which asks for no retained messages lets the rest come with its options, and that one
// which asks for them gets all.
func TestSubscribeAgainDuringFeed(t *testing.T) {
	b := bench.New(t, 1, nil)
	retainMany(b, "r", 30, 1, 1)
	again := func(id uint32, qos, handling byte) *codec.Subscribe {
		p := &codec.Subscribe{PacketID: 9, Subscriptions: []codec.Subscription{{Filter: []byte("r/+"), QoS: qos, RetainHandling: handling}}}
		p.Props.AddSubscriptionID(id)
		return p
	}
	for handling, rest := range []int{30, 20, 20} {
		c := b.Connect(codec.V5, "c", func(p *codec.Connect) { p.Props.SetReceiveMaximum(10) })
		c.Send(again(1, 1, 0))
		lines := c.Take()[1:]
		if len(lines) != 10 {
			t.Fatalf("%d came with a window of 10", len(lines))
		}
		c.Send(again(2, 0, byte(handling)))
		more := c.Take()
		if len(more) != 1+rest || more[0] != "SUBACK id=9 codes=0x00" {
			t.Fatalf("retain handling %d: %d packets, first %s", handling, len(more), more[0])
		}
		for _, line := range more[1:] {
			if !strings.Contains(line, "PUBLISH retain qos=0") || !strings.Contains(line, "Subscription Identifier=2") {
				t.Fatalf("retain handling %d: %s", handling, line)
			}
		}
		c.Hangup()
	}
}

// TestManyFeeds proves that the feeds of many filters are served in the order of the subscriptions, without those that were ended or
// begun anew meanwhile.
func TestManyFeeds(t *testing.T) {
	const n = 300
	b := bench.New(t, 1, nil)
	retainMany(b, "r", n, 1, 0)
	blocker := strings.Repeat("x", 4<<20)
	b.Connect(codec.V311, "p").Send(retained("large", blocker, 0, 0))
	for _, step := range []int{1, 3} { // with and without a list that shrinks below its index
		c := b.Connect(codec.V311, "c")
		c.Peer.Block(true)
		c.Send(subscribe(1, "large"))
		var want []string
		for i := range n {
			c.Send(subscribe(2, fmt.Sprintf("r/%d", i)))
			want = append(want, fmt.Sprintf("r/%d", i))
		}
		for i := 0; i < n; i += step {
			topic := fmt.Sprintf("r/%d", i)
			want = slices.DeleteFunc(want, func(s string) bool { return s == topic })
			if i%2 == 0 {
				c.Send(unsubscribe(3, topic))
			} else {
				c.Send(subscribe(3, topic))
				want = append(want, topic)
			}
		}
		c.Peer.Block(false)
		if got := topics(c.Take()); !slices.Equal(got[1:], want) {
			t.Errorf("step %d: got %q\nwant %q", step, got[1:], want)
		}
		c.Hangup()
	}
}

// TestSyncWait proves that with subscriber_retain_mode = syncwait the retained messages, and nothing else, wait two seconds while there are
// other nodes, and do not wait without.
func TestSyncWait(t *testing.T) {
	b := bench.New(t, 2, func(s *session.Settings) { s.RetainSyncWait = true })
	pub := b.Connect(codec.V311, "p")
	pub.Send(retained("t", "before", 0, 0))
	alone := b.Connect(codec.V5, "alone")
	alone.Send(subscribe(1, "t"))
	alone.Want("nothing to wait for", "SUBACK id=1 codes=0x01", `PUBLISH retain qos=0 topic="t" payload="before"`)

	b.Broker.SetPeers(1)
	c, gone := b.Connect(codec.V5, "c", bench.Persistent), b.Connect(codec.V5, "gone")
	c.Send(subscribe(1, "t"))
	c.Want("SUBACK does not wait", "SUBACK id=1 codes=0x01")
	gone.Send(subscribe(1, "t"), unsubscribe(2, "t"))
	gone.Want("both answered", "SUBACK id=1 codes=0x01", "UNSUBACK id=2 codes=0x00")
	pub.Send(bench.Publish("t", "live", 0, 0), retained("t", "meanwhile", 0, 0))
	c.Want("nor do live messages", `PUBLISH qos=0 topic="t" payload="live"`, `PUBLISH qos=0 topic="t" payload="meanwhile"`)
	b.Advance(1900 * time.Millisecond)
	c.WantNothing("not yet")
	c.Hangup()
	b.Advance(time.Second)
	c = b.Open(codec.V5)
	c.Hello("c", bench.Persistent)
	c.Want("the time passed while it was away", "CONNACK session-present code=0x00", `PUBLISH retain qos=0 topic="t" payload="meanwhile"`)
	c.Send(subscribe(2, "t"))
	b.Advance(1900 * time.Millisecond)
	c.Want("again", "SUBACK id=2 codes=0x01")
	b.Advance(200 * time.Millisecond)
	c.Want("two seconds later", `PUBLISH retain qos=0 topic="t" payload="meanwhile"`)
	gone.WantNothing("it has unsubscribed")
}

// TestRetainedPage proves what an operator sees and deletes.
func TestRetainedPage(t *testing.T) {
	b := bench.New(t, 1, nil)
	tenant := b.Through(b.Acceptor(session.ListenerSettings{Mountpoint: "tenant", Versions: bench.AllVersions}), codec.V5)
	tenant.Hello("c")
	m := retained("a/b", "theirs", 1, 1)
	m.Props.SetMessageExpiry(60)
	m.Props.SetContentType([]byte("text"))
	tenant.Send(m)
	retainMany(b, "r", 250, 1, 0)

	page, next, last := b.Broker.Retained("tenant", "", trie.Cursor{}, 100)
	if len(page) != 1 {
		t.Fatalf("%d messages of the tenant", len(page))
	}
	if !last {
		if more, _, end := b.Broker.Retained("tenant", "", next, 100); len(more) != 0 || !end {
			t.Errorf("more than one message: %v", more)
		}
	}
	expires := b.Fake.Loop(0).WallTime().Add(time.Minute)
	if p := page[0]; string(p.Topic) != "a/b" || string(p.Payload) != "theirs" || p.QoS != 1 || len(p.Properties) == 0 || !p.Expires.Equal(expires) {
		t.Errorf("got %+v", p)
	}
	var all []string
	var cursor trie.Cursor
	for last := false; !last; {
		page, cursor, last = b.Broker.Retained("", "r/#", cursor, 100)
		if len(page) > 100 {
			t.Fatalf("a page of %d", len(page))
		}
		for _, p := range page {
			all = append(all, string(p.Topic))
		}
	}
	wantEach(t, "the default mountpoint", all, "r", 250)
	if _, _, last := b.Broker.Retained("unknown", "", trie.Cursor{}, 1); !last || b.Broker.DeleteRetained("unknown", "a/b") {
		t.Error("a mountpoint that nobody uses has messages")
	}
	for i, want := range []bool{true, false} {
		if got := b.Broker.DeleteRetained("tenant", "a/b"); got != want {
			t.Errorf("deletion %d: %v", i, got)
		}
	}
	if b.Broker.DeleteRetained("", "r/+") {
		t.Error("a wildcard deleted something")
	}
	tenant.Take()
	tenant.Send(subscribe(1, "#"))
	tenant.Want("deleted", "SUBACK id=1 codes=0x01")
}
