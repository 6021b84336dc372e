package model

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/internal/bench"
	"github.com/vernemq/vmq/queue"
	"github.com/vernemq/vmq/trie"
)

// TestAgainstModel does one thing after the other to the broker and to the model, and foretells every packet, drop and queue.
func TestAgainstModel(t *testing.T) {
	var first sync.Once
	rapid.Check(t, func(rt *rapid.T) {
		r := newTrial(t, rt)
		r.first = &first
		rt.Repeat(map[string]func(*rapid.T){
			"connect":     r.connect,
			"connect ":    r.connect, // twice, because so much ends a connection
			"hang up":     r.hangUp,
			"disconnect":  r.disconnect,
			"subscribe":   r.subscribe,
			"subscribe ":  r.subscribe,
			"unsubscribe": r.unsubscribe,
			"publish":     r.publish,
			"publish ":    r.publish,
			"publish  ":   r.publish,
			"publish   ":  r.publish,
			"release":     r.release,
			"acknowledge": r.acknowledge,
			"settle":      r.settleAll,
			"stray":       r.stray,
			"wait":        r.wait,
		})
		r.end()
	})
}

// failing reports failures of the bench to rapid, which then looks for a shorter case.
type failing struct {
	testing.TB
	rapid *rapid.T
}

func (f failing) Fatalf(format string, args ...any) {
	f.rapid.Helper()
	f.rapid.Fatalf(format, args...)
}
func (f failing) Errorf(format string, args ...any) {
	f.rapid.Helper()
	f.rapid.Errorf(format, args...)
}
func (f failing) Helper() { f.rapid.Helper() }

var (
	ids      = []string{"a", "b", "c", "d"}
	topics   = []string{"a", "a/b", "a/c", "b/b", "w", "$x/b"}
	filters  = []string{"a", "a/b", "a/+", "+/b", "a/#", "#", "w", "$share/g/a/b", "$share/g/a/+", "$share/h/#"}
	versions = []codec.Version{codec.V31, codec.V311, codec.V5}
)

// trial is one case: the broker, and the models of it that agree with all that was seen. There is more than one where the broker has a choice
// whose outcome has not shown yet.
type trial struct {
	t       failing
	b       *bench.Bench
	set     session.Settings
	models  []*broker
	conns   map[int]*bench.Client // open ones, by number
	numbers int                   // of connections
	said    int                   // of messages
	now     time.Duration
	order   map[string][]match  // by topic: the subscriptions that match it, as the broker's index has them
	groups  map[string][]string // likewise for shared ones: group/filter
	history []string
	first   *sync.Once // a failure was logged
}

func newTrial(t *testing.T, rt *rapid.T) *trial {
	r := &trial{t: failing{t, rt}, conns: map[int]*bench.Client{}}
	limits := rapid.SampledFrom([]int{-1, 1, 2, 4, 1000})
	r.b = bench.New(r.t, 2, func(s *session.Settings) {
		s.MaxInflightMessages = rapid.SampledFrom([]int{0, 1, 2, 3, 20}).Draw(rt, "max inflight")
		s.ReceiveMaxClient = rapid.SampledFrom([]uint16{2, 65535}).Draw(rt, "receive max client")
		s.ReceiveMaxBroker = rapid.SampledFrom([]uint16{2, 65535}).Draw(rt, "receive max broker")
		s.MaxOnlineMessages = limits.Draw(rt, "online")
		if rapid.IntRange(0, 30).Draw(rt, "nothing online") == 30 {
			s.MaxOnlineMessages = 0
		}
		s.MaxOfflineMessages = rapid.SampledFrom([]int{-1, 0, 1, 3, 1000}).Draw(rt, "offline")
		s.OverrideMaxOnlineMessages = rapid.Bool().Draw(rt, "override")
		s.QueueLIFO = rapid.Bool().Draw(rt, "lifo")
		s.RetryInterval = rapid.SampledFrom([]time.Duration{0, 2 * time.Second}).Draw(rt, "retry")
		s.PersistentClientExpiration = rapid.SampledFrom([]time.Duration{0, 4 * time.Second}).Draw(rt, "expiration")
		s.MaxLastWillDelay = rapid.SampledFrom([]time.Duration{-1, time.Second}).Draw(rt, "will delay")
		s.SuppressWillOnTakeover = rapid.Bool().Draw(rt, "suppress")
		s.UpgradeOutgoingQoS = rapid.IntRange(0, 3).Draw(rt, "upgrade") == 3
		s.MaxSubscriptionsPerClient = rapid.SampledFrom([]int{0, 0, 2}).Draw(rt, "subscriptions")
		r.set = *s
	})
	m := newBroker(r.set)
	m.order = func(topic string) []match { return r.order[topic] }
	m.groupOrder = func(topic string) []string { return r.groups[topic] }
	r.models = []*broker{m}
	return r
}

// observed is what can be seen of the broker after a step.
type observed struct {
	lines   map[int][]string
	closed  map[int]bool
	dropped [queue.Causes]uint64
	held    map[string][2]int // by client: waiting, in flight
	subs    int
}

// step does something to the broker and to the models, and compares them. The pause after it lets publishers go on that the broker
// has stopped because of a slow receiver; until then nothing else comes from them, so that order is as the steps are.
func (r *trial) step(what string, real func(), model func(*broker)) {
	r.t.Helper()
	r.avoidTies()
	r.compare(what, real, model)
	r.pass(100 * time.Millisecond)
}

// avoidTies moves the clock to where nothing that begins now can be due together with what is due already, because the order would
// be anybody's guess: all intervals are multiples of half a second.
func (r *trial) avoidTies() {
	const grid = 500 * time.Millisecond
	taken := map[time.Duration]bool{}
	for _, m := range r.models {
		for _, d := range m.deadlines() {
			taken[d%grid] = true
		}
	}
	for taken[r.now%grid] {
		r.pass(10 * time.Millisecond)
	}
}

// pass lets time pass, in pieces that are short beside the interval after which unanswered packets are repeated.
func (r *trial) pass(d time.Duration) {
	r.t.Helper()
	for d > 0 {
		piece := min(d, 200*time.Millisecond)
		d -= piece
		r.now += piece
		r.compare(fmt.Sprintf("now %v", r.now), func() { r.b.Advance(piece) }, nil)
	}
}

// compare does one thing to both; without model, time passes.
func (r *trial) compare(what string, real func(), model func(*broker)) {
	r.t.Helper()
	if last := len(r.history) - 1; last >= 0 && strings.HasPrefix(what, "now ") && strings.HasPrefix(r.history[last], "now ") {
		r.history = r.history[:last]
	}
	r.history = append(r.history, what)
	r.askOrder()
	real()
	o := r.observe()
	var next []*broker
	var why string
	for _, m := range r.models {
		for _, x := range explore(m, func(m *broker) {
			m.seen = o.lines
			if model == nil {
				m.repeats(o)
				m.advance(r.now)
			} else {
				model(m)
			}
			m.drain()
		}) {
			if bad := x.differs(o); bad == "" {
				x.out, x.closed = map[int][]string{}, map[int]bool{}
				next = append(next, x)
			} else if why == "" {
				why = bad
			}
		}
	}
	if len(next) == 0 {
		// What differs from case to case goes into the log: rapid shortens a case as long as it fails with the same words.
		told := fmt.Sprintf("after\n%s\nwith %+v:\n%s", strings.Join(r.history, "\n"), r.set, why)
		r.t.rapid.Logf("%s", told)
		r.first.Do(func() { r.t.TB.Logf("the case that was found first, %s", told) }) // it may depend on a random choice of the broker
		r.t.Fatalf("the broker does not do what the model says")
	}
	r.models = next[:min(len(next), 32)]
	for n := range o.closed {
		r.conns[n].Hangup()
		delete(r.conns, n)
	}
}

// explore runs f on copies of m, one for each way it can go.
func explore(m *broker, f func(*broker)) (all []*broker) {
	scripts := [][]int{nil}
	for len(scripts) > 0 {
		x := m.clone()
		x.script, x.ways = scripts[0], nil
		scripts = scripts[1:]
		f(x)
		for at := len(x.script); at < len(x.ways); at++ {
			for way := 1; way < x.ways[at]; way++ {
				script := make([]int, at+1)
				copy(script, x.script)
				script[at] = way
				scripts = append(scripts, script)
			}
		}
		all = append(all, x)
	}
	return all
}

// askOrder asks the index in which order it serves the subscriptions that match a topic.
func (r *trial) askOrder() {
	r.order, r.groups = map[string][]match{}, map[string][]string{}
	index := r.b.Broker.Index().Mount("")
	for _, topic := range topics {
		var res trie.Result[*session.Client]
		index.Match([]byte(topic), &res)
		for _, x := range res.Direct {
			o := x.Options
			r.order[topic] = append(r.order[topic], match{x.Subscriber.ID, subscription{
				qos: o.QoS, noLocal: o.NoLocal, retainAsPublished: o.RetainAsPublished, id: o.SubscriptionID,
			}})
		}
		for _, g := range res.Groups {
			r.groups[topic] = append(r.groups[topic], g.Name+"/"+g.Filter)
		}
	}
}

func (r *trial) observe() *observed {
	o := &observed{lines: map[int][]string{}, closed: map[int]bool{}, held: map[string][2]int{}}
	for n, c := range r.conns {
		o.lines[n] = c.Take()
		if c.Peer.Ended() {
			o.closed[n] = true
		}
	}
	counters := r.b.Counters()
	copy(o.dropped[:], counters.Dropped[:])
	r.b.Broker.Each(func(c *session.Client) { o.held[c.ID] = [2]int{c.Waiting(), c.InFlight()} })
	o.subs = r.b.Broker.Index().Subscriptions()
	return o
}

// differs says what is wrong with the broker, if the model is right.
func (b *broker) differs(o *observed) string {
	for n, got := range o.lines {
		if want := b.out[n]; !slices.Equal(got, want) {
			return fmt.Sprintf("connection %d:\n got %s\nwant %s", n, strings.Join(got, "\n     "), strings.Join(want, "\n     "))
		}
		if o.closed[n] != b.closed[n] {
			return fmt.Sprintf("connection %d: closed %v, want %v", n, o.closed[n], b.closed[n])
		}
	}
	if o.dropped != b.dropped {
		return fmt.Sprintf("dropped %v, want %v", o.dropped, b.dropped)
	}
	held := map[string][2]int{}
	for id, c := range b.clients {
		held[id] = [2]int{len(c.waiting), len(c.window)}
	}
	if !maps.Equal(held, o.held) {
		return fmt.Sprintf("waiting and in flight %v, want %v", o.held, held)
	}
	if o.subs != b.subscriptions() {
		return fmt.Sprintf("%d subscriptions, want %d", o.subs, b.subscriptions())
	}
	return ""
}

// repeats takes what the broker sent a second time on the same connection out of what was seen, if it was the time to do so. The
// clock of that is coarse: a tenth of a second, and the time between two looks.
func (b *broker) repeats(o *observed) {
	const slack = 400 * time.Millisecond
	for _, c := range b.clients {
		if c.conn == 0 || c.version == codec.V5 || b.set.RetryInterval == 0 {
			continue
		}
		for i := range c.window {
			f := &c.window[i]
			line := publishLine(b, c.version, *f, true)
			if f.waits == codec.PUBCOMP {
				line = ackLine(codec.PUBREL, f.packet, codec.Success)
			}
			at := slices.Index(o.lines[c.conn], line)
			if at >= 0 && f.sent && b.now-f.at >= b.set.RetryInterval-slack {
				o.lines[c.conn] = slices.Delete(slices.Clone(o.lines[c.conn]), at, at+1)
				f.at = b.now
				c.repeated = true
			} else if f.sent && b.now-f.at > b.set.RetryInterval+slack {
				b.say(c.conn, line+" (overdue)")
			}
		}
	}
}

// end lets every session drain: what is queued comes, as soon as it is acknowledged.
func (r *trial) end() {
	for _, id := range ids {
		if c := r.models[0].clients[id]; c != nil {
			r.hello(&hello{id: id, version: codec.V5, expiry: math.MaxUint32})
			for len(r.models[0].clients[id].window) > 0 {
				r.answerOldest(id)
			}
		}
	}
}
