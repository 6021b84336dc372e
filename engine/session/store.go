package session

import (
	"sync/atomic"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/netpoll"
	"github.com/vernemq/vmq/queue/store"
)

// Store is what sessions need of the store of the node (queue/store). Its methods are for any goroutine; those that return an error read
// from the disk and are called on workers.
type Store interface {
	// NewWriter makes the writer of one loop; see store.Store.
	NewWriter(notify func(store.Ticket)) *store.Writer
	// Full says that the disk is behind, so that publishers have to wait.
	Full() bool
	// InFlight, UnreleasedIDs, Waiting, Page and PageBack read what a session left behind; see store.Store.
	InFlight(serial uint64, yield func(store.Queued)) error
	UnreleasedIDs(serial uint64, yield func(id uint16)) error
	Waiting(serial uint64, in store.Span, limit int) (n int, err error)
	Page(serial uint64, after store.Entry, yield func(store.Queued) bool) (last store.Entry, more bool, err error)
	PageBack(serial uint64, before store.Entry, yield func(store.Queued) bool) (last store.Entry, more bool, err error)
}

// storage is the store as one loop uses it: its writer, and what waits for the disk. It belongs to the loop, but for what says
// otherwise. A broker that keeps everything in memory has none, and then nothing here costs more than a look at a nil pointer.
//
// # What an acknowledgement waits for
//
// PUBACK and PUBREC of a message that went into the queue of a persistent session, or was retained, wait until it is durable; so does
// every later one of that client, because acknowledgements keep the order of what they acknowledge. PUBREL, PUBCOMP, SUBACK
// and UNSUBACK of a persistent session wait until what they promise is durable. Everything else goes out at once.
type storage struct {
	local  *Local
	store  Store
	writer *store.Writer
	// memory is how many bytes the loop's queues may take before they grow on disk only.
	memory int

	// kept says that the packet at hand brought something that its acknowledgement must wait for.
	kept bool
	// received is the ticket of the last PUBREC.
	received store.Ticket
	// pending are the answers that wait, in the order of their tickets; those before head are done.
	pending []pendingAnswer
	head    int
	// gate stands for the disk where publishers wait for a client; see Store.Full.
	gate    Client
	timer   netpoll.Timer // looks whether the gate can be opened
	reading int           // pages that workers read
	coming  int           // bytes that they may have, at most
	held    []heldBack    // messages that are not sent before they are stored
	// spilled are the clients a part of whose queue is on disk only, by their serials.
	spilled map[uint64]*Client

	// Any goroutine:

	awaited atomic.Bool // pending is not empty
	posted  atomic.Bool // the loop is about to look at pending
}

// pendingAnswer is sent when ticket is durable.
type pendingAnswer struct {
	ticket  store.Ticket
	session *Session
	kind    codec.PacketType // of an acknowledgement; 0: do says what happens
	count   bool             // for metrics
	code    codec.ReasonCode
	id      uint16
	do      func()
}

// gateLook is how often a loop looks whether the disk has caught up. Its backlog lasts for longer than that at any speed.
const gateLook = 20 * time.Millisecond

// SetStore makes the sessions of the loop use s, and keep about that many bytes of their queues in memory. Before the loop starts, after the
// functions that post to other loops were given to OnTurnEnd, because what is handed over to the store must not be before them.
func (l *Local) SetStore(s Store, memory int) {
	st := &storage{local: l, store: s, memory: memory, spilled: make(map[uint64]*Client)}
	st.writer = s.NewWriter(st.committed)
	st.timer.Init((*gateTimer)(st))
	l.storage = st
	l.Loop.OnTurnEnd(st.writer.Flush)
}

// FlushStore hands over what is left when the loop has ended.
func (l *Local) FlushStore() {
	if l.storage != nil {
		l.storage.writer.Flush()
	}
}

// StoreBusy says whether something waits for the store, or is being read from it. On the loop; for tests without goroutines.
func (l *Local) StoreBusy() bool {
	st := l.storage
	return st != nil && (st.writer.Durable() < st.writer.Ticket() || st.head < len(st.pending) || st.reading > 0)
}

// Gather opens the group of this turn and reports it, for a batch that takes the publication at hand to persistent sessions of another
// loop. Its acknowledgement waits for them. On the loop; nil without a store.
func (l *Local) Gather() *store.Group {
	st := l.storage
	if st == nil {
		return nil
	}
	st.kept = true
	l.Loop.Touch()
	return st.writer.Group()
}

// Join makes what is delivered until Leave part of g, a group of the loop that it comes from.
func (l *Local) Join(g *store.Group) { l.storage.writer.Join(g) }

// Leave ends that, and must be called whatever happened since Join.
func (l *Local) Leave() {
	l.storage.writer.Leave()
	l.Loop.Touch()
}

// keepRetained stores that p changed what is retained for its topic. What the broker tells about itself is not stored: after a
// restart it would be wrong.
func (l *Local) keepRetained(m *Mountpoint, p *Publication) {
	if l.storage == nil || p.Topic[0] == '$' {
		return
	}
	l.storage.write().Retain(m.Name, string(p.Topic))
	l.storage.kept = true
}

// Retain writes the present retained message of a topic. On the loop.
func (l *Local) Retain(m *Mountpoint, topic string) {
	if st := l.storage; st != nil {
		st.write().Retain(m.Name, topic)
	}
}

// write is the writer, for an operation of this turn.
func (st *storage) write() *store.Writer {
	st.local.Loop.Touch()
	return st.writer
}

// No wake-up is lost between the committer, which stores what is durable and then looks at awaited, and the loop, which sets awaited and
// then looks at what is durable (await): whichever is later sees the other. The same holds for posted, which Run clears before it looks at
// what is durable: a committer that finds it set has stored before that.

// committed is told by the committer that more is durable.
func (st *storage) committed(store.Ticket) {
	if st.awaited.Load() {
		st.look()
	}
}

// look lets the loop look at pending. Any goroutine.
func (st *storage) look() {
	if st.posted.CompareAndSwap(false, true) {
		st.local.Loop.Post(st)
	}
}

// Run sends the answers whose time has come.
func (st *storage) Run(*netpoll.Loop) {
	st.posted.Store(false)
	whole := false
	defer func() {
		if !whole {
			st.look() // an answer panicked; those behind it must not wait until somebody else stores something
		}
	}()
	durable := st.writer.Durable()
	for st.head < len(st.pending) && st.pending[st.head].ticket <= durable {
		a := st.pending[st.head]
		st.pending[st.head] = pendingAnswer{}
		st.head++
		a.send()
	}
	switch {
	case st.head == len(st.pending):
		st.head = 0
		if cap(st.pending) > pendingKeep {
			st.pending = nil
		}
		st.pending = st.pending[:0]
		st.awaited.Store(false)
	case st.head > len(st.pending)/2:
		n := copy(st.pending, st.pending[st.head:])
		clear(st.pending[n:])
		st.pending, st.head = st.pending[:n], 0
	}
	st.openGate()
	whole = true
}

// pendingKeep is how much room for answers a loop keeps (64 KiB).
const pendingKeep = 1024

func (a *pendingAnswer) send() {
	s := a.session
	if s == nil {
		a.do()
		return
	}
	s.unanswered--
	switch {
	case s.state != connected:
	case a.kind == 0:
		a.do()
	default:
		s.writeAck(a.kind, a.id, a.code)
		if a.count {
			s.countAck(a.kind, a.code)
		}
	}
}

// await puts the answer behind everything that the writer was given so far.
func (st *storage) await(a pendingAnswer) {
	a.ticket = st.writer.Ticket()
	if a.session != nil {
		a.session.unanswered++
	}
	st.pending = append(st.pending, a)
	st.awaited.Store(true)
	if st.writer.Durable() >= st.pending[st.head].ticket {
		st.look() // the committer has nothing more to tell
	}
}

// acknowledge answers a packet of the client; what it promises waits for the disk, and so does what comes after such an answer
// [MQTT-4.6.0-2], [MQTT-4.6.0-3], [MQTT-4.6.0-4]. count says whether metrics count it.
func (s *Session) acknowledge(t codec.PacketType, id uint16, code codec.ReasonCode, count bool) {
	if st := s.local.storage; st != nil && (st.kept || s.unanswered > 0) {
		st.kept = false
		st.await(pendingAnswer{session: s, kind: t, id: id, code: code, count: count})
		return
	}
	s.writeAck(t, id, code)
	if count {
		s.countAck(t, code)
	}
}

// answerLater calls send when what the packet at hand changed in the client's record is durable: at once for a session that is not
// stored.
func (s *Session) answerLater(send func()) {
	if s.stored() {
		s.local.storage.await(pendingAnswer{session: s, do: send})
		return
	}
	send()
}

// holdForDisk stops reading from the publisher of a message that was stored if the disk is behind.
func (s *Session) holdForDisk() {
	st := s.local.storage
	if st == nil || !st.kept || !st.store.Full() || s.state != connected {
		return
	}
	st.gate.status.Or(statusBehind)
	s.hold(&st.gate)
	if !st.timer.Armed() {
		s.local.Loop.Schedule(&st.timer, gateLook)
	}
}

// inTurn sends an answer behind those that wait for the store.
func (s *Session) inTurn(send func()) {
	if s.unanswered > 0 {
		s.local.storage.await(pendingAnswer{session: s, do: send})
		return
	}
	send()
}

// stored says whether answers to the client have to wait for the store.
func (s *Session) stored() bool { return s.client.kept != nil || s.unanswered > 0 }

func (st *storage) openGate() {
	if st.gate.Behind() && !st.store.Full() {
		st.gate.status.And(^statusBehind)
		st.local.pace.release(&st.gate)
	}
}

// gateTimer looks at the gate.
type gateTimer storage

func (t *gateTimer) OnTimer(loop *netpoll.Loop, _ *netpoll.Timer) {
	st := (*storage)(t)
	if st.openGate(); st.gate.Behind() {
		loop.Schedule(&st.timer, gateLook)
	}
}

// whenDurable calls do on this loop when everything that any loop has handed on until now is durable: messages on their way from one loop
// to another that this one has received are, with the group they belong to.
func (st *storage) whenDurable(do func()) {
	loops := st.local.Node.Loops()
	left := new(atomic.Int32)
	left.Store(int32(len(loops)))
	here := st.local.Loop
	for _, loop := range loops {
		other := st.local.Node.Local(loop).storage
		ask := storeTask(func() {
			other.write().Hurry()
			other.await(pendingAnswer{do: func() {
				if left.Add(-1) == 0 {
					here.Post(storeTask(do))
				}
			}})
		})
		if loop == here {
			ask()
		} else {
			loop.Post(ask)
		}
	}
}

// storeTask is a function that can be posted.
type storeTask func()

func (t storeTask) Run(*netpoll.Loop) { t() }
