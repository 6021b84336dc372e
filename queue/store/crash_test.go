package store

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/vernemq/vmq/queue"
)

// The life of an entry in these tests.
const (
	absent   = 0
	added    = 1
	sent     = 2
	received = 3
	removed  = 4
)

// deed is something done and the moment at which it is durable.
type deed struct {
	stage  int
	owner  *loopWriter
	ticket Ticket
}

// life is an entry, and what was done to it, in order.
type life struct {
	entry Entry
	qos   byte
	seq   uint64
	group int // 0: none
	deeds []deed
}

// bounds are the stages between which it must be after a crash at this moment. That an entry was sent is worth nothing before the entry itself is
// durable, which another writer's ticket may tell, and nothing when the next thing was its removal, which has both written at once or neither;
// that it was received or removed is.
func (l *life) bounds() (least, most int) {
	for i, d := range l.deeds {
		ended := i > 0 && i+1 < len(l.deeds) && l.deeds[i+1].stage == removed
		if d.owner.Durable() >= d.ticket && (d.stage != sent || i == 0 || least > absent && !ended) {
			least = max(least, d.stage)
		}
		most = max(most, d.stage)
	}
	return least, most
}

// counted is a value that only grows, such as the version of a record.
type counted struct{ deeds []deed }

func (c *counted) bounds() (least, most int) {
	for _, d := range c.deeds {
		if d.owner.Durable() >= d.ticket {
			least = max(least, d.stage)
		}
		most = max(most, d.stage)
	}
	return least, most
}

// world is what a broker with two loops and a few clients believes to have done.
type world struct {
	t       *testing.T
	r       *rand.Rand
	s       *Store
	loops   [2]*loopWriter
	clients []*believed
	serial  int // of messages, groups, sequence numbers
	topics  *topics
}

type believed struct {
	loop   int
	handle Client
	record counted
	queue  []*life // in order
	topic  counted
}

// topics are the retained messages in memory: each client has a topic of its own.
type topics struct {
	sync.Mutex
	version map[string]*queue.Message
}

func (ts *topics) current(_, topic string) *queue.Message {
	ts.Lock()
	defer ts.Unlock()
	return ts.version[topic]
}

func (w *world) options(fs vfs.FS) Options {
	o := testOptions(fs)
	o.MemTableBytes = 64 << 10 // flushes and compactions among the crashes
	o.Retained = w.topics.current
	o.Patience = []time.Duration{-1, 100 * time.Microsecond, 0}[w.r.IntN(3)]
	return o
}

func (w *world) open(fs vfs.FS) {
	s, err := Open(w.options(fs))
	if err != nil {
		w.t.Fatalf("after a crash: %v", err)
	}
	w.s = s
	w.loops = [2]*loopWriter{newLoopWriter(s), newLoopWriter(s)}
}

func (w *world) next() int {
	w.serial++
	return w.serial
}

// register writes the record of every client and waits for it, as SUBACK does. Without, a queue belongs to nobody once the process has died,
// and the sweep of the next one removes it.
func (w *world) register() {
	for _, c := range w.clients {
		w.put(w.loops[c.loop], c)
	}
	w.commit()
}

func (w *world) put(lw *loopWriter, c *believed) {
	v := w.next()
	lw.PutClient(&c.handle, &ClientRecord{ID: fmt.Sprint(c.handle.Serial), Serial: c.handle.Serial, PacketSeq: uint64(v), Expiry: int64(w.r.IntN(3))})
	c.record.deeds = append(c.record.deeds, deed{v, lw, lw.Ticket()})
}

// do one random thing.
func (w *world) do() {
	c := w.clients[w.r.IntN(len(w.clients))]
	lw := w.loops[c.loop]
	switch w.r.IntN(16) {
	case 0, 1, 2:
		w.add(lw, c)
	case 3:
		w.publish()
	case 4, 5, 6, 7, 12, 13, 14, 15:
		w.advance(lw, c)
	case 8:
		w.put(lw, c)
	case 9:
		v := w.next()
		topic := fmt.Sprint(c.handle.Serial)
		w.topics.Lock()
		w.topics.version[topic] = queue.NewMessage([]byte(topic), []byte(fmt.Sprint(v)), nil)
		w.topics.Unlock()
		lw.Retain("", topic)
		c.topic.deeds = append(c.topic.deeds, deed{v, lw, lw.Ticket()})
	case 10:
		lw.Flush()
	case 11:
		switch w.r.IntN(20) {
		case 0:
			w.commit()
		case 1:
			lw.Empty(c.handle.Serial)
			for _, l := range c.queue {
				l.deeds = append(l.deeds, deed{removed, lw, lw.Ticket()})
			}
		}
	}
}

// commit waits until everything is durable. A group needs the parts of both loops.
func (w *world) commit() {
	for _, lw := range w.loops {
		lw.Flush()
	}
	for _, lw := range w.loops {
		lw.wait(lw.Ticket())
	}
}

func (w *world) newLife(group int) (*life, queue.Item) {
	n := w.next()
	l := &life{qos: byte(1 + w.r.IntN(2)), seq: uint64(n), group: group}
	size := 0
	if w.r.IntN(10) == 0 {
		size = w.r.IntN(2 * inlineMax)
	}
	m := queue.NewMessage([]byte("t"), fmt.Appendf(nil, "%d %0*d", n, size, 0), nil)
	return l, queue.Item{Msg: m, QoS: l.qos}
}

func (w *world) add(lw *loopWriter, c *believed) {
	l, it := w.newLife(0)
	stage := added
	if w.r.IntN(2) == 0 {
		l.entry, stage = lw.AddSent(c.handle.Serial, it, l.seq), sent
	} else {
		l.entry = lw.Add(c.handle.Serial, it)
	}
	it.Msg.Release()
	l.deeds = append(l.deeds, deed{stage, lw, lw.Ticket()})
	c.queue = append(c.queue, l)
}

// publish gives one message to several clients of both loops, as one group.
func (w *world) publish() {
	from := w.r.IntN(2)
	owner, other := w.loops[from], w.loops[1-from]
	group := w.next()
	g := owner.Group()
	_, it := w.newLife(group)
	defer it.Msg.Release()
	var lives []*life
	give := func(lw *loopWriter, loop int) {
		for _, c := range w.clients {
			if c.loop == loop && w.r.IntN(2) == 0 {
				l := &life{qos: 1, seq: uint64(w.serial), group: group}
				it.QoS = 1
				l.entry = lw.Add(c.handle.Serial, it)
				lives = append(lives, l)
				c.queue = append(c.queue, l)
			}
		}
	}
	g.Expect(1)
	give(owner, from)
	ticket := owner.Ticket()
	if w.r.IntN(2) == 0 {
		owner.Flush()
	}
	other.Join(g)
	give(other, 1-from)
	other.Leave()
	if w.r.IntN(2) == 0 {
		other.Flush()
	}
	for _, l := range lives {
		l.deeds = append(l.deeds, deed{added, owner, ticket})
	}
}

// advance takes the delivery of an entry one step further.
func (w *world) advance(lw *loopWriter, c *believed) {
	if len(c.queue) == 0 {
		return
	}
	l := c.queue[w.r.IntN(min(4, len(c.queue)))]
	_, at := l.bounds()
	s := c.handle.Serial
	switch {
	case at == removed:
		return
	case at == added && w.r.IntN(4) > 0:
		l.seq = uint64(w.next())
		l.entry, at = lw.Sent(s, l.entry, l.seq), sent
	case at == sent && l.qos == 2 && w.r.IntN(4) > 0:
		l.entry, at = lw.Received(s, l.entry, l.seq), received
	case at == added && w.r.IntN(10) == 0: // everything before it goes too
		lw.RemoveThrough(s, l.entry)
		for _, earlier := range c.queue {
			if earlier.entry.row() < l.entry.row() {
				earlier.deeds = append(earlier.deeds, deed{removed, lw, lw.Ticket()})
			}
		}
		at = removed
	default:
		lw.Remove(s, l.entry)
		at = removed
	}
	l.deeds = append(l.deeds, deed{at, lw, lw.Ticket()})
}

// check compares what is stored after a crash with what must be, and makes it what the world believes.
func (w *world) check(least, most map[*life]int, records, topics [][2]int) {
	w.t.Helper()
	groups := map[int]map[bool]int{}
	for i, c := range w.clients {
		found := map[Entry]*Queued{}
		var order []Entry
		keep := func(q Queued) {
			if q.Item.Msg != nil {
				q.Item.Msg.Release()
			}
			if found[q.Entry.row()] != nil {
				w.t.Fatalf("entry %d of client %d is there twice", q.Entry.row(), c.handle.Serial)
			}
			found[q.Entry.row()] = &q
			if q.Flight == Waiting {
				order = append(order, q.Entry)
			}
		}
		if err := w.s.InFlight(c.handle.Serial, keep); err != nil {
			w.t.Fatal(err)
		}
		for after, more := Entry(0), true; more; {
			var err error
			if after, more, err = w.s.Page(c.handle.Serial, after, upTo(20, keep)); err != nil {
				w.t.Fatal(err)
			}
		}
		for j := 1; j < len(order); j++ {
			if order[j] <= order[j-1] {
				w.t.Fatalf("client %d: %v is not in order", c.handle.Serial, order)
			}
		}
		var left []*life
		for _, l := range c.queue {
			q := found[l.entry.row()]
			delete(found, l.entry.row())
			stage := absent
			if q != nil {
				stage = map[Flight]int{Waiting: added, Sent: sent, Received: received}[q.Flight]
			}
			if stage == absent {
				if least[l] > absent && most[l] != removed {
					w.t.Fatalf("client %d lost entry %d, which was durable at stage %d", c.handle.Serial, l.entry.row(), least[l])
				}
			} else if stage < least[l] || stage > most[l] {
				w.t.Fatalf("client %d: entry %d is at stage %d, must be between %d and %d", c.handle.Serial, l.entry.row(), stage, least[l], most[l])
			}
			if stage >= sent && q.Seq != l.seq && stage == most[l] {
				w.t.Fatalf("entry %d has sequence number %d, want %d", l.entry.row(), q.Seq, l.seq)
			}
			if l.group != 0 && most[l] == added {
				if groups[l.group] == nil {
					groups[l.group] = map[bool]int{}
				}
				groups[l.group][stage != absent]++
			}
			if stage != absent {
				l.entry, l.seq = q.Entry, q.Seq
				l.deeds = []deed{{stage: stage, owner: w.loops[c.loop]}}
				left = append(left, l)
			}
		}
		for e := range found {
			w.t.Fatalf("client %d has entry %d, which nobody added", c.handle.Serial, e)
		}
		c.queue = left
		w.within(fmt.Sprintf("record of client %d", i), &c.record, records[i])
		w.within(fmt.Sprintf("retained message of client %d", i), &c.topic, topics[i])
	}
	for g, n := range groups {
		if n[true] > 0 && n[false] > 0 {
			w.t.Fatalf("group %d is there for %d receivers and not for %d", g, n[true], n[false])
		}
	}
}

// within checks that the value found, which is in deeds[0], lies between bounds.
func (w *world) within(what string, c *counted, bounds [2]int) {
	w.t.Helper()
	got := 0
	if len(c.deeds) > 0 {
		got = c.deeds[0].stage
	}
	if got < bounds[0] || got > bounds[1] {
		w.t.Fatalf("%s is version %d, must be between %d and %d", what, got, bounds[0], bounds[1])
	}
}

// crash cuts the power: some of what was not forced to the disk survives, some does not.
func (w *world) crash(fs *vfs.MemFS) *vfs.MemFS {
	least, most := map[*life]int{}, map[*life]int{}
	var records, topics [][2]int
	for _, c := range w.clients {
		for _, l := range c.queue {
			least[l], _ = l.bounds()
		}
		r, _ := c.record.bounds()
		t, _ := c.topic.bounds()
		records, topics = append(records, [2]int{r}), append(topics, [2]int{t})
	}
	after := fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: w.r.IntN(101), RNG: w.r})
	for i, c := range w.clients {
		for _, l := range c.queue {
			_, most[l] = l.bounds()
		}
		_, records[i][1] = c.record.bounds()
		_, topics[i][1] = c.topic.bounds()
	}
	old := w.s
	w.open(after)
	// What the old process does after the crash is nobody's business any more.
	_ = old.Close()
	for _, c := range w.clients {
		c.record.deeds, c.topic.deeds = nil, nil
		c.handle.expiry = 0
	}
	if err := w.s.Clients(func(st *Stored) bool {
		c := w.clients[st.Record.Serial-1]
		c.handle = st.Client
		c.record.deeds = []deed{{stage: int(st.Record.PacketSeq), owner: w.loops[c.loop]}}
		return true
	}); err != nil {
		w.t.Fatal(err)
	}
	w.topics.Lock()
	clear(w.topics.version)
	w.topics.Unlock()
	if err := w.s.Retained(func(_ string, m *queue.Message) bool {
		i, _ := strconv.Atoi(string(m.Topic()))
		v, _ := strconv.Atoi(string(m.Payload()))
		w.clients[i-1].topic.deeds = []deed{{stage: v, owner: w.loops[0]}}
		w.topics.Lock()
		w.topics.version[string(m.Topic())] = m
		w.topics.Unlock()
		return true
	}); err != nil {
		w.t.Fatal(err)
	}
	w.check(least, most, records, topics)
	return after
}

// TestCrashes cuts the power 250 times at random moments. Whatever was reported as durable must be there, in order and at the stage
// at which it was; groups are there as a whole or not at all.
func TestCrashes(t *testing.T) {
	const lives, crashes = 5, 50
	for seed := range uint64(lives) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			w := &world{t: t, r: rand.New(rand.NewPCG(seed, 0)), topics: &topics{version: map[string]*queue.Message{}}}
			for i := range 6 {
				w.clients = append(w.clients, &believed{loop: i % 2, handle: Client{Serial: uint64(i + 1)}})
			}
			fs := vfs.NewCrashableMem()
			w.open(fs)
			w.register()
			for range crashes {
				for range w.r.IntN(300) {
					w.do()
				}
				if w.r.IntN(4) == 0 { // nothing is on its way
					w.commit()
				}
				if w.r.IntN(4) == 0 {
					st, err := w.s.Sweep(t.Context(), 0)
					if err != nil {
						t.Fatal(err)
					}
					if st.Orphans != 0 {
						t.Fatalf("the sweep took %d rows for orphans, all sessions have a record: %+v", st.Orphans, st)
					}
				}
				fs = w.crash(fs)
			}
			if n := w.s.counters.Unreadable.Load(); n != 0 {
				t.Errorf("%d rows could not be read", n)
			}
			if err := w.s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}
