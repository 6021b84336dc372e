package netpoll

import (
	"math/bits"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vernemq/vmq/internal/invariants"
)

// Timer is a node of a loop's timer wheel, to be embedded in what it belongs to. It belongs to the loop on which it is
// scheduled; to take it to another loop, cancel it first. The zero Timer needs Init.
type Timer struct {
	next, prev *Timer // in a slot; nil: not armed
	target     TimerTarget
	due        int64 // tick
	level      uint8
	slot       uint8
}

// Init sets who is told. It must not be called while the timer is armed.
func (t *Timer) Init(target TimerTarget) { t.target = target }

// Armed reports whether the timer is scheduled and has not fired.
func (t *Timer) Armed() bool { return t.next != nil }

// dueIn returns the time until t, which is armed on l, fires.
func (t *Timer) dueIn(l *Loop) time.Duration { return time.Duration(t.due)*l.wheel.tick - l.now }

// The wheel has levels of 64 slots; a slot of level n spans 64^n ticks. With ticks of 100 ms the levels reach 6.4 s, 6.8 min,
// 7.3 h, 19 days and 3.4 years; what is further away waits in the last slot and is looked at again there. A timer sinks at
// most once per level, and the bitmaps find the next slot in use without looking at empty ones.
const (
	wheelBits   = 6
	wheelSlots  = 1 << wheelBits
	wheelLevels = 5
	// wheelSpan is the number of ticks that the wheel can tell apart.
	wheelSpan = int64(1) << (wheelBits * wheelLevels)
)

type wheel struct {
	tick  time.Duration
	done  int64 // all ticks up to this one have been served
	count int
	used  [wheelLevels]uint64            // bit i: slot i is in use
	slots [wheelLevels][wheelSlots]Timer // heads of circular lists
	due   Timer                          // head of the list of timers that are due and have not fired
}

func (w *wheel) init(tick time.Duration) { w.tick = tick }

// schedule arms or moves t. The tick is rounded up, because a timer is never early by the clock that now comes from.
func (w *wheel) schedule(t *Timer, now, after time.Duration) {
	if t.target == nil {
		panic("netpoll: Schedule of a Timer without Init")
	}
	w.cancel(t)
	at := now + max(after, 0)
	if at < now { // overflow: as far away as can be
		at = 1<<63 - 1 - w.tick
	}
	t.due = int64((at + w.tick - 1) / w.tick)
	w.count++
	w.insert(t)
}

// insert puts t where its distance from done says.
func (w *wheel) insert(t *Timer) {
	at := max(t.due, w.done+1)
	if at-w.done >= wheelSpan {
		at = w.done + wheelSpan - 1
	}
	// The level is that of the highest group of bits in which at differs from done: then the slot is ahead of done's own
	// slot on that level, and its turn comes before done overtakes it.
	level := uint(bits.Len64(uint64(at^w.done))-1) / wheelBits
	if level >= wheelLevels {
		// at has carried into the bits above the last level; the last level wraps around.
		level = wheelLevels - 1
	}
	slot := uint(at>>(wheelBits*level)) % wheelSlots
	t.level, t.slot = uint8(level), uint8(slot)
	link(&w.slots[level][slot], t)
	w.used[level] |= 1 << slot
}

// cancel disarms t.
func (w *wheel) cancel(t *Timer) {
	if t.next == nil {
		return
	}
	w.count--
	unlink(t)
	if t.level < wheelLevels {
		if head := &w.slots[t.level][t.slot]; head.next == head {
			w.used[t.level] &^= 1 << t.slot
		}
	}
}

// next takes the next timer that is due at now off the wheel, nil if there is none.
func (w *wheel) next(now time.Duration) *Timer {
	for {
		if t := w.due.next; t != nil && t != &w.due {
			w.count--
			unlink(t)
			return t
		}
		at := w.nextTick()
		if at < 0 || at > int64(now/w.tick) {
			return nil
		}
		w.advance(at)
	}
}

// nextTick returns the next tick at which a slot must be looked at, because its timers are due or because they sink to a
// lower level; -1 if the wheel is empty.
func (w *wheel) nextTick() int64 {
	best := int64(-1)
	for level := range uint(wheelLevels) {
		if w.used[level] == 0 {
			continue
		}
		shift := wheelBits * level
		here := w.done >> shift
		// Distance, in slots of this level, from the slot after here to the first one in use.
		gap := bits.TrailingZeros64(bits.RotateLeft64(w.used[level], -int((here+1)%wheelSlots)))
		at := (here + 1 + int64(gap)) << shift
		if best < 0 || at < best {
			best = at
		}
	}
	return best
}

// advance serves tick at, which nextTick has returned: timers of the slots that begin there become due or sink.
func (w *wheel) advance(at int64) {
	if invariants.Enabled && at <= w.done {
		invariants.Failf("timer wheel advances from tick %d to %d", w.done, at)
	}
	// Timers are inserted relative to the tick before at, so that those of tick at itself find a slot ahead.
	w.done = at - 1
	for level := wheelLevels - 1; level >= 0; level-- {
		shift := wheelBits * uint(level)
		if at&(1<<shift-1) != 0 {
			continue
		}
		slot := uint(at>>shift) % wheelSlots
		if w.used[level]&(1<<slot) == 0 {
			continue
		}
		w.used[level] &^= 1 << slot
		head := &w.slots[level][slot]
		for t := head.next; t != head; t = head.next {
			unlink(t)
			if t.due <= at {
				t.level = wheelLevels // in no slot
				link(&w.due, t)
			} else {
				w.sink(t, at)
			}
		}
	}
	w.done = at
}

// sink inserts t, whose slot of a higher level begins at tick at, relative to at.
func (w *wheel) sink(t *Timer, at int64) {
	w.done = at
	w.insert(t)
	w.done = at - 1
}

// link puts t at the end of the list of head, so that timers of one tick fire in the order in which they were scheduled.
func link(head, t *Timer) {
	if head.next == nil {
		head.next, head.prev = head, head
	}
	t.prev, t.next = head.prev, head
	head.prev.next = t
	head.prev = t
}

func unlink(t *Timer) {
	t.prev.next = t.next
	t.next.prev = t.prev
	t.next, t.prev = nil, nil
}

// alarm wakes a loop when its next timer is due. A timer of the Go runtime does it, because gnet's poller, where it is used, waits without a
// time limit: an idle broker is woken only when something is due, and a busy one sets it once per tick at most.
type alarm struct {
	timer   *time.Timer // nil in a Fake
	at      int64       // tick for which the timer is set; 0: not set
	ringing atomic.Bool // the loop has not heard it yet
	mu      sync.Mutex  // guards stopped, against a loop that sets the timer while it is being stopped
	stopped bool
}

// heard says whether the alarm has rung since the last call. Loop only, before it reads the clock.
func (a *alarm) heard() bool { return a.ringing.Load() && a.ringing.Swap(false) }

// rings says whether the alarm has rung and was not heard yet.
func (a *alarm) rings() bool { return a.ringing.Load() }

// rang is called after due timers have fired, whether or not the alarm was the reason. Loop only.
func (a *alarm) rang(l *Loop) {
	if a.at != 0 && a.at <= int64(l.now/l.wheel.tick) {
		a.at = 0
	}
	if a.at == 0 {
		a.set(l, l.wheel.nextTick())
	}
}

// set makes sure that the alarm rings at tick at or earlier; -1 means never. Loop only.
func (a *alarm) set(l *Loop, at int64) {
	if l.fake != nil || at < 0 || (a.at != 0 && a.at <= at) {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stopped {
		return
	}
	a.at = at
	// The loop's clock may be older than the turn is; measured from now the alarm is not late, and rounded up not early.
	wait := time.Duration(at)*l.wheel.tick - time.Since(l.server.epoch)
	if a.timer == nil {
		a.timer = time.AfterFunc(max(wait, 0), func() {
			a.ringing.Store(true)
			l.nudge()
		})
	} else {
		a.timer.Reset(max(wait, 0))
	}
}

// stop ends the alarm for good. Any goroutine.
func (a *alarm) stop() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.stopped = true
	if a.timer != nil {
		a.timer.Stop()
	}
}
