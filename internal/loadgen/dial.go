package loadgen

import (
	"net/netip"

	"github.com/vernemq/vmq/netpoll"
)

// connect begins to dial cast, some of the members that are not connected, as fast as the window of connections under way allows, or
// when pace says so. All that were dialled before are ready or closed.
func (w *worker) connect(cast []member, pace *schedule) {
	w.cast, w.dialled, w.connectPace = cast, 0, pace
	w.keepAlive.start(w)
	w.dialMore()
}

// everyone is the cast of a run in which all members connect at once.
func (w *worker) everyone() []member { return w.members }

// publishers is the cast that sends.
func (w *worker) publishers() []member {
	out := make([]member, len(w.pubs))
	for i, p := range w.pubs {
		out[i] = p
	}
	return out
}

// subscribers is the cast that receives.
func (w *worker) subscribers() []member {
	out := make([]member, len(w.subs))
	for i, s := range w.subs {
		out[i] = s
	}
	return out
}

// dialMore dials as many of the cast as may be dialled now. It is called when that may have changed: a connection is there,
// one has failed, or the pacer says that it is time.
func (w *worker) dialMore() {
	o := w.plan.opts
	// Each loop has its share of the window, at least one.
	window := max(o.ConnectWindow/w.plan.loops, 1)
	now := w.clock.now()
	limit := uint64(len(w.cast))
	if w.connectPace != nil {
		limit = min(limit, w.connectPace.dueBy(uint32(w.index), now))
	}
	for uint64(w.dialled) < limit && w.underWay < window && !w.leaving {
		m := w.cast[w.dialled]
		w.dialled++
		w.underWay++
		w.dial(m, now)
	}
}

// dial begins one connection. Local addresses are used in turn, counted over all loops.
func (w *worker) dial(m member, now int64) {
	c := m.base()
	c.began, c.state = now, dialling
	opts := netpoll.DialOptions{Loop: w.loop, Network: "tcp", Address: w.plan.address, Handler: m, Layers: w.layers}
	if c.kind == 'p' {
		// The kernel would let a send buffer grow to megabytes, each of which is a backlog in front of the broker.
		opts.SendBuffer = w.plan.opts.SendBuffer
	}
	if n := len(w.plan.locals); n > 0 {
		opts.LocalAddr = netip.AddrPortFrom(w.plan.locals[(w.dialled*w.plan.loops+w.index)%n], 0)
	}
	_, err := w.srv.DialWith(opts)
	if err != nil {
		// The handler hears nothing of a connection that could not begin. Nobody dials in its place: what is wrong with one
		// address is wrong with all of them.
		c.state = closed
		w.count.failed++
		w.underWay--
		w.problemf("client %s could not connect: %v", c.name(), err)
	}
}

// dialWake is the pacer's wake-up while connecting.
type dialWake worker

// Run is the task.
func (d *dialWake) Run(*netpoll.Loop) {
	w := (*worker)(d)
	w.woken.Store(false)
	w.dialMore()
}

// wakeDial has the loop dial what is due. Any goroutine.
func (w *worker) wakeDial() {
	if !w.woken.Swap(true) {
		w.loop.Post((*dialWake)(w))
	}
}
