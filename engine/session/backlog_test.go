package session_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/internal/bench"
)

// TestLongQueueAgainstList does at random what can happen to a long queue, and foretells each message that its client gets with a
// plain list: limits of both kinds, little and much memory, both orders and changes between them, QoS 0 among QoS 1, takeovers, losses of
// power. The seeds are those that found something, and a few more.
func TestLongQueueAgainstList(t *testing.T) {
	seeds := []uint64{1, 4, 7, 9, 24, 35, 73, 147, 155, 172, 294, 300, 356}
	if raceDetector {
		seeds = seeds[:2] // one of each order; what goes on at once is the same in all
	}
	for _, seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			newListTrial(t, seed).run()
		})
	}
}

// listTrial is a client with a queue, and the list that says what is in it.
type listTrial struct {
	t    *testing.T
	rand *rand.Rand
	p    *power
	lifo bool
	sub  *bench.Client // nil while away
	pub  *bench.Client
	did  []string

	memory          int // bytes of queues on both loops
	offline, online int // limits
	override        bool
	sent            int // messages published
	queue           []listed
	flight          []int          // sent and not acknowledged, oldest first
	want            []came         // what the client is about to get
	ids             map[int]uint16 // packet ids of what is in flight, which the broker chooses
}

type listed struct {
	n   int
	qos byte
}

// came is a message as its client gets it.
type came struct {
	n, qos int
	dup    bool
}

// listWindow is max_inflight_messages.
const listWindow = 20

func newListTrial(t *testing.T, seed uint64) *listTrial {
	x := &listTrial{t: t, rand: rand.New(rand.NewPCG(seed, 1)), lifo: seed%2 == 1, offline: -1, online: -1, ids: map[int]uint16{}}
	if x.rand.IntN(3) > 0 {
		x.offline = []int{1500, 2500, 6000}[x.rand.IntN(3)]
		x.online = x.offline / (1 + x.rand.IntN(2))
		x.override = x.rand.IntN(2) == 0
	}
	// Nearly none, so that every queue goes on on disk; so much that many do; as much as is wanted. Drawn apart, so that the seeds still do what
	// they did.
	x.memory = []int{1, 200_000, 0}[rand.New(rand.NewPCG(seed, 2)).IntN(3)]
	x.p = poweredWith(t, x.memory, func(set *session.Settings) {
		set.QueueLIFO, set.MaxOfflineMessages, set.MaxOnlineMessages, set.OverrideMaxOnlineMessages = x.lifo, x.offline, x.online, x.override
	})
	x.sub = x.p.Connect(codec.V311, "s", bench.Persistent)
	x.sub.Subscribe("a", 1)
	x.pub = x.p.Connect(codec.V311, "p")
	return x
}

func (x *listTrial) run() {
	for range 60 {
		step := []func(){x.publish, x.publish, x.connect, x.hangUp, x.take, x.take, x.cut, x.flip}[x.rand.IntN(8)]
		step()
	}
	x.connect()
	for len(x.flight) > 0 {
		x.takeMany(len(x.queue) + len(x.flight))
	}
	if len(x.queue) > 0 {
		x.t.Fatalf("the list has %d messages left; seed with %v", len(x.queue), x.did)
	}
	x.hangUp()
	x.cut()
	x.connect()
}

func (x *listTrial) note(format string, args ...any) {
	x.did = append(x.did, fmt.Sprintf(format, args...))
}

// publish sends some messages, often so many that most of them are on disk only.
func (x *listTrial) publish() {
	n := []int{1, 30, 300, 3000}[x.rand.IntN(4)]
	zero := x.sub != nil && (x.offline < 0 || !x.lifo) && x.rand.IntN(3) == 0
	x.note("publish %d, with QoS 0: %v", n, zero)
	for i := range n {
		x.sent++
		m := listed{x.sent, 1}
		if zero && i%3 == 0 && i < n-1 {
			m.qos = 0
		}
		x.pub.Send(bench.Publish("a", fmt.Sprint(m.n), m.qos, uint16(m.n%65535+1)))
		x.arrive(m)
	}
	x.p.Advance(time.Second) // in which the client may be found slow; publishers do not wait for it then
	x.pub.Take()
	x.compare()
}

func (x *listTrial) arrive(m listed) {
	limit := x.offline
	if x.sub != nil {
		limit = x.online
		if len(x.queue) == 0 && (m.qos == 0 || len(x.flight) < listWindow) {
			x.send(m)
			return
		}
	}
	switch {
	case limit < 0 || len(x.queue) < limit:
		x.queue = append(x.queue, m)
	case x.lifo:
		x.queue = append(x.queue, m)
		x.trim(limit)
	}
}

// trim drops what the limit has no room for.
func (x *listTrial) trim(limit int) {
	switch n := len(x.queue); {
	case limit < 0 || n <= limit:
	case x.lifo:
		x.queue = slices.Clone(x.queue[n-limit:])
	default:
		x.queue = x.queue[:limit]
	}
}

func (x *listTrial) send(m listed) {
	x.want = append(x.want, came{m.n, int(m.qos), false})
	if m.qos > 0 {
		x.flight = append(x.flight, m.n)
	}
}

func (x *listTrial) pump() {
	for len(x.queue) > 0 {
		i := 0
		if x.lifo {
			i = len(x.queue) - 1
		}
		m := x.queue[i]
		if m.qos > 0 && len(x.flight) >= listWindow {
			return
		}
		x.queue = slices.Delete(x.queue, i, i+1)
		x.send(m)
	}
}

// connect attaches a connection, which may take over from another one.
func (x *listTrial) connect() {
	x.note("connect")
	x.sub = x.p.again(codec.V311, "s")
	for _, n := range x.flight {
		x.want = append(x.want, came{n, 1, true})
	}
	if !x.override {
		x.trim(x.online)
	}
	x.pump()
	x.compare()
}

func (x *listTrial) hangUp() {
	if x.sub == nil {
		return
	}
	x.note("hang up")
	x.sub.Hangup()
	x.away()
	x.trim(x.offline)
}

func (x *listTrial) away() {
	x.sub = nil
	x.queue = slices.DeleteFunc(x.queue, func(m listed) bool { return m.qos == 0 })
}

func (x *listTrial) take() { x.takeMany(x.rand.IntN(3000)) }

// takeMany acknowledges about n messages.
func (x *listTrial) takeMany(n int) {
	if x.sub == nil {
		return
	}
	x.note("take %d", n)
	for n > 0 && len(x.flight) > 0 {
		some := min(n, 1+x.rand.IntN(len(x.flight)))
		n -= some
		var acks []any
		for _, n := range x.flight[:some] {
			acks = append(acks, bench.Ack{Type: codec.PUBACK, ID: x.ids[n]})
			delete(x.ids, n)
		}
		x.sub.Send(acks...)
		for range some { // the window is filled up after each of them
			x.flight = slices.Delete(x.flight, 0, 1)
			x.pump()
		}
		x.compare()
	}
}

// cut is a loss of power.
func (x *listTrial) cut() {
	x.note("cut")
	x.p.cut()
	x.away()
	x.pub = x.p.Connect(codec.V311, "p")
}

// flip changes queue_type while the client is away.
func (x *listTrial) flip() {
	if x.sub != nil {
		return
	}
	x.note("flip")
	x.lifo = !x.lifo
	change(x.p.Bench, func(set *session.Settings) { set.QueueLIFO = x.lifo })
}

// compare takes what has come and fails the test if the list foretold anything else.
func (x *listTrial) compare() {
	x.t.Helper()
	if x.sub == nil {
		return
	}
	var got []came
	for _, line := range x.sub.Take() {
		var m came
		var id uint16
		rest := strings.TrimPrefix(line, "PUBLISH ")
		after, dup := strings.CutPrefix(rest, "dup ")
		if m.dup = dup; strings.HasPrefix(after, "qos=0") {
			fmt.Sscanf(after, `qos=0 topic="a" payload="%d"`, &m.n)
		} else if n, _ := fmt.Sscanf(after, `qos=1 id=%d topic="a" payload="%d"`, &id, &m.n); n == 2 {
			m.qos = 1
			if old, known := x.ids[m.n]; known && old != id {
				x.t.Fatalf("message %d comes again under id %d, not %d", m.n, id, old)
			}
			x.ids[m.n] = id
		}
		got = append(got, m)
	}
	for i := range max(len(got), len(x.want)) {
		if i >= len(got) || i >= len(x.want) || got[i] != x.want[i] {
			x.t.Fatalf("memory %d, lifo %v, limits %d and %d, override %v, after %s:\nmessage %d of %d, want %d\n got %v\nwant %v",
				x.memory, x.lifo, x.offline, x.online, x.override, strings.Join(x.did, ", "), i, len(got), len(x.want),
				got[min(i, len(got)):min(i+3, len(got))], x.want[min(i, len(x.want)):min(i+3, len(x.want))])
		}
	}
	x.want = x.want[:0]
}
