package loadgen

import (
	"errors"
	"fmt"
	"math"
	"sync/atomic"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/netpoll"
	"github.com/vernemq/vmq/netpoll/tlslayer"
)

var (
	errClosed = errors.New("closed")
	errNoPong = errors.New("no PINGRESP")
)

// worker is the part of a run that lives on one loop: its clients, their counters and histograms. All fields and methods
// are for that loop, except those that say otherwise. The controller reaches it through tasks.
type worker struct {
	plan  *plan
	clock clock
	srv   *netpoll.Server
	loop  *netpoll.Loop
	index int

	members []member // subscribers first, as they connect where all connect at once
	pubs    []*publisher
	subs    []*subscriber
	group   []seenSet // pattern shared: what came to members on this loop, for each publisher; else nil

	// Connecting, see dial.go.
	layers       func(*netpoll.Conn) []netpoll.Layer // of each connection; nil: plain TCP
	sample       *tlslayer.Layer                     // of the first TLS connection, to see what was negotiated
	cast         []member                            // those of the members that are to connect now
	dialled      int                                 // of these, those that were dialled
	underWay     int                                 // of those, the ones that are neither ready nor closed
	connectPace  *schedule
	connectTimes histogram

	// Sending, see turns.go.
	sending  bool
	paced    bool // a fixed rate; schedule is set
	schedule schedule
	sent     uint64       // paced: how many of this loop's messages were handed to their publishers
	senders  []*publisher // at full speed: those that may write in the next round
	woken    atomic.Bool  // paced: a wake-up is on its way. The pacer sets it, the loop clears it
	turning  bool         // a round is on its way

	// Measuring.
	measureFrom int64 // messages that were due before are not in the histograms
	count       counters
	latency     histogram
	ackTimes    histogram
	lag         histogram
	problems    []string // at most problemsMax
	unnamed     int      // problems beyond that

	keepAlive keepAlive
	leaving   bool // closing connections is our doing from now on

	// Scratch for parsing, so that the hot path allocates nothing.
	publish codec.Publish
	ack     codec.Ack
}

// never is a time for measureFrom after which nothing is due.
const never = math.MaxInt64

// counters are running totals since the start of the run.
type counters struct {
	at         int64 // when they were read, by the run's clock
	readAt     int64 // when a subscriber last read, by the run's clock
	ackedAt    int64 // when a publisher last got an acknowledgement, by the run's clock
	ready      int
	failed     int
	lost       int // connections
	sent       uint64
	acked      uint64
	received   uint64
	duplicates uint64
	reordered  uint64
	damaged    uint64
	foreign    uint64
}

// newWorker makes the clients of loop l; they do not connect yet. Subscriber i lives on loop i modulo the number of loops.
func newWorker(p *plan, c clock, srv *netpoll.Server, l *netpoll.Loop) *worker {
	w := &worker{plan: p, clock: c, srv: srv, loop: l, index: l.Index(), measureFrom: never}
	o := p.opts
	if o.Pattern == Connect {
		for i := w.index; i < o.Connections; i += p.loops {
			w.members = append(w.members, newIdle(w, i))
		}
		return w
	}
	for i := w.index; i < o.Subscribers; i += p.loops {
		s := newSubscriber(w, i)
		w.subs, w.members = append(w.subs, s), append(w.members, s)
	}
	for i := range o.Publishers {
		if p.loopOf(i) != w.index {
			continue
		}
		pub := newPublisher(w, i)
		w.pubs, w.members = append(w.pubs, pub), append(w.members, pub)
		if o.Ahead > 0 {
			s := w.subs[i%o.Subscribers/p.loops]
			s.waiting = append(s.waiting, pub)
		}
	}
	if o.Pattern == Shared {
		w.group = make([]seenSet, o.Publishers)
	}
	return w
}

// arrive takes note of a message with stamp st, whose publisher is the i-th of subscriber s. In a shared subscription it
// may be that another member has it already; late is then a message that came to the same member after a later one.
func (w *worker) arrive(s *subscriber, i uint32, st stamp) arrival {
	switch {
	case s.seen != nil && s.seen[i].add(st.seq):
		return fresh
	case s.seen != nil:
		return duplicate
	case w.group == nil:
		return s.streams[i].arrive(st.seq)
	}
	if !w.group[st.pub].add(st.seq) {
		return duplicate
	}
	if st.seq < s.streams[i].next {
		return late
	}
	s.streams[i].next = st.seq + 1
	return fresh
}

// behind is how many messages are due and not sent.
func (w *worker) behind() (n uint64) {
	for _, p := range w.pubs {
		n += p.owed
	}
	return n
}

// finished says that every publisher whose connection lives has sent its last message and has nothing in flight.
func (w *worker) finished() bool {
	for _, p := range w.pubs {
		if p.state == ready && (!p.done() || p.window.inFlight() > 0) {
			return false
		}
	}
	return true
}

// measure starts the measured part: from now on messages that are due count in the histograms.
func (w *worker) measure() { w.measureFrom = w.clock.now() }

// leave closes all connections in order.
func (w *worker) leave() {
	w.leaving = true
	w.sending = false
	w.loop.Cancel(&w.keepAlive.timer)
	for _, m := range w.members {
		m.base().leave()
	}
}

// problemf notes what went wrong, in words for the report.
func (w *worker) problemf(format string, args ...any) {
	if len(w.problems) == problemsMax {
		w.unnamed++
		return
	}
	w.problems = append(w.problems, fmt.Sprintf(format, args...))
}

// task is a function as netpoll's Task.
type task func()

// Run calls it.
func (t task) Run(*netpoll.Loop) { t() }

// slowBroker is how long a broker may leave our output unread before the connection is given up. Long, because a broker
// under more load than it can carry is what a load generator is there to see.
const slowBroker = 5 * time.Minute
