package loadgen

import (
	"time"

	"github.com/vernemq/vmq/netpoll"
)

// keepAlive pings the clients of one loop. It has one timer for all of them and goes through them evenly, so that nothing
// is armed or moved when a packet is sent and 20,000 idle connections do not ping at once. Each is pinged twice in a
// keep-alive time, whether or not it sends anything else: at full speed that is noise.
type keepAlive struct {
	timer netpoll.Timer
	w     *worker
	next  float64 // the member to ping next; the fraction is what is left over from tick to tick
	step  float64 // members for each tick
}

// keepAliveTick is the time between two looks.
const keepAliveTick = 500 * time.Millisecond

// start begins to ping, unless there is no keep-alive or it has begun.
func (k *keepAlive) start(w *worker) {
	if w.plan.opts.KeepAlive == 0 || len(w.members) == 0 || k.w != nil {
		return
	}
	k.w = w
	k.step = float64(len(w.members)) * 2 * float64(keepAliveTick) / float64(w.plan.opts.KeepAlive)
	k.timer.Init(k)
	w.loop.Schedule(&k.timer, keepAliveTick)
}

// OnTimer pings the next ones.
func (k *keepAlive) OnTimer(l *netpoll.Loop, _ *netpoll.Timer) {
	end := k.next + k.step
	for i := int(k.next); i < int(end); i++ {
		k.w.members[i%len(k.w.members)].base().ping()
	}
	n := float64(len(k.w.members))
	for k.next = end; k.next >= n; {
		k.next -= n
	}
	l.Schedule(&k.timer, keepAliveTick)
}
