package engine

import (
	"sync"
	"time"
	"unsafe"

	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/netpoll"
	"github.com/vernemq/vmq/queue"
	"github.com/vernemq/vmq/queue/store"
	"github.com/vernemq/vmq/trie"
)

// batch is what one turn of a loop brought for the clients of another one: publications, and for each the clients that get
// it. It is filled by the one loop, posted, and emptied by the other.
//
// A small publication is copied into the batch itself. Most go from there straight into a socket's output, and the receivers' loop
// makes a Message where one is to be kept: making it here, with memory and counter wandering from one core to the other, took a
// third of the broker's time. What is large goes as a Message of which the batch owns a reference.
type batch struct {
	to      *router
	bytes   []byte // topic, forward and payload of the entries without a message
	entries []entry
	targets []target
	shared  []shared      // what is known of those targets that are members of a shared subscription, in their order
	cost    int           // bytes, once posted
	begun   time.Duration // the turn that made it, on the clock of its loop
	group   *store.Group  // what the receivers' loop stores is part of it; nil: nothing of the batch is waited for
}

type entry struct {
	msg *queue.Message // nil: the publication stands in bytes
	end int            // index in targets after the last one of this entry

	publisher                    uint64
	deadline                     int64
	qos                          byte
	retain                       bool
	topicEnd, forwardEnd, offEnd int // ends in bytes; the topic begins where the entry before it ends
}

type target struct {
	client  *session.Client
	options trie.Options
}

// shared is a target that was chosen from others, who take its place if it is gone when the batch comes.
type shared struct {
	target  int // its index
	members trie.Members[*session.Client]
}

const (
	// batchTargets and batchBytes fill a batch, which is then posted without waiting for the end of the turn, so that a fan-out
	// keeps both loops busy and a batch stays in the caches of the core that gets it.
	batchTargets = 4096
	batchBytes   = 64 << 10
	// inlineMax is the largest payload that is copied into the batch.
	inlineMax = 1024
)

var batches = sync.Pool{New: func() any { return new(batch) }}

func newBatch(to *router, begun time.Duration) *batch {
	b := batches.Get().(*batch)
	b.to, b.begun = to, begun
	return b
}

// add appends p; the clients that get it follow with target.
func (b *batch) add(p *session.Publication) {
	if len(p.Payload) > inlineMax || p.Kept() {
		b.entries = append(b.entries, entry{msg: p.Keep(), offEnd: len(b.bytes)})
		return
	}
	b.bytes = append(b.bytes, p.Topic...)
	topicEnd := len(b.bytes)
	b.bytes = append(b.bytes, p.Forward...)
	forwardEnd := len(b.bytes)
	b.bytes = append(b.bytes, p.Payload...)
	b.entries = append(b.entries, entry{
		publisher: p.Publisher, deadline: p.Deadline, qos: p.QoS, retain: p.Retain,
		topicEnd: topicEnd, forwardEnd: forwardEnd, offEnd: len(b.bytes),
	})
}

// target adds a client that gets the last publication.
func (b *batch) target(c *session.Client, o trie.Options) {
	b.targets = append(b.targets, target{c, o})
	b.entries[len(b.entries)-1].end = len(b.targets)
}

// share adds a client that was chosen from members to get the last publication.
func (b *batch) share(c *session.Client, o trie.Options, members trie.Members[*session.Client]) {
	b.shared = append(b.shared, shared{len(b.targets), members})
	b.target(c, o)
}

func (b *batch) full() bool { return len(b.targets) >= batchTargets || len(b.bytes) >= batchBytes }

// post hands the batch to the loop of its receivers.
func (b *batch) post() {
	b.cost = len(b.bytes) + len(b.targets)*int(unsafe.Sizeof(target{})) + len(b.entries)*int(unsafe.Sizeof(entry{}))
	for i := range b.entries {
		if m := b.entries[i].msg; m != nil {
			b.cost += m.Size()
		}
	}
	b.to.local.Posted(b.cost)
	b.to.loop.Post(b)
}

// gather makes the batch part of the group of the turn on its sender's loop, which commits what all receivers store at once. What
// comes in this turn and is acknowledged waits for the whole of it.
func (b *batch) gather(sender *session.Local) {
	g := sender.Gather()
	if b.group == nil && g != nil {
		g.Expect(1)
		b.group = g
	}
}

// Run delivers the batch on the loop of its receivers.
func (b *batch) Run(*netpoll.Loop) {
	local := b.to.local
	if b.group != nil {
		local.Join(b.group)
		defer local.Leave() // also after a panic, because publishers would wait for this part for ever
	}
	b.to.delivery.begin(b.begun)
	var p session.Publication
	next, begin, group := 0, 0, 0
	for i := range b.entries {
		e := &b.entries[i]
		if e.msg != nil {
			p.From(e.msg)
		} else {
			p = session.Publication{
				Topic: b.bytes[begin:e.topicEnd], Forward: b.bytes[e.topicEnd:e.forwardEnd], Payload: b.bytes[e.forwardEnd:e.offEnd],
				QoS: e.qos, Retain: e.retain, Publisher: e.publisher, Deadline: e.deadline,
			}
		}
		begin = e.offEnd
		for ; next < e.end; next++ {
			t := &b.targets[next]
			if group < len(b.shared) && b.shared[group].target == next {
				group++
				if !t.client.Takes(local, &p, t.options) {
					b.pass(t.client.Mountpoint, b.shared[group-1].members, &p)
					continue
				}
			}
			t.client.Deliver(local, &p, t.options)
		}
		p.Done()
	}
	local.Handled(b.cost)
	b.recycle()
}

// pass gives p, whose receiver has gone, to another one of the members. Should that be gone too when a batch has reached it, it is passed on
// from there.
func (b *batch) pass(m *session.Mountpoint, members trie.Members[*session.Client], p *session.Publication) {
	r := b.to
	x, ok := r.chooseMember(m, &members, p)
	if !ok {
		return
	}
	c := x.Subscriber
	home := c.Home()
	if home == r.loop {
		c.Deliver(r.local, p, x.Options)
		return
	}
	on := newBatch(r.all[home.Index()], b.begun)
	on.add(p)
	on.share(c, x.Options, members)
	if b.group != nil {
		b.group.Expect(1)
		on.group = b.group
	}
	on.post()
}

func (b *batch) recycle() {
	clear(b.entries)
	clear(b.targets)
	clear(b.shared)
	*b = batch{bytes: b.bytes[:0], entries: b.entries[:0], targets: b.targets[:0], shared: b.shared[:0]}
	batches.Put(b)
}
