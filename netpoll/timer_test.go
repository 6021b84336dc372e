package netpoll

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// firing notes when a timer fires.
type firing struct {
	Timer
	due   time.Duration
	fired time.Duration
	count int
}

func (x *firing) OnTimer(l *Loop, _ *Timer) { x.fired, x.count = l.Now(), x.count+1 }

// Timers of all distances fire once, never early and at most a tick late, whatever levels they sink through.
func TestTimersFireOnTime(t *testing.T) {
	f := NewFake(1)
	l := f.Loop(0)
	rnd := rand.New(rand.NewPCG(3, 4))
	far := []time.Duration{0, 1, time.Millisecond, 100 * time.Millisecond, 6300 * time.Millisecond, 6400 * time.Millisecond,
		6500 * time.Millisecond, 7 * time.Minute, 8 * time.Hour, 20 * 24 * time.Hour, 4 * 365 * 24 * time.Hour}
	var all []*firing
	add := func(after time.Duration) {
		x := &firing{due: l.Now() + after}
		x.Init(x)
		l.Schedule(&x.Timer, after)
		all = append(all, x)
	}
	for _, d := range far {
		for range 20 {
			add(d + time.Duration(rnd.Int64N(int64(d)+1)))
		}
	}
	last := f.Now()
	for _, step := range far {
		f.Advance(step)
		add(time.Duration(rnd.Int64N(int64(time.Hour))))
		for _, x := range all {
			if x.count == 0 && x.due+l.wheel.tick <= f.Now() {
				t.Fatalf("due at %v, not fired at %v", x.due, f.Now())
			}
		}
		if f.Now() < last {
			t.Fatal("clock went back")
		}
		last = f.Now()
	}
	f.Advance(10 * 365 * 24 * time.Hour)
	for _, x := range all {
		if x.count != 1 || x.fired < x.due || x.fired > x.due+l.wheel.tick {
			t.Errorf("due at %v: fired %d times, at %v", x.due, x.count, x.fired)
		}
	}
	if l.wheel.count != 0 {
		t.Errorf("%d timers in an empty wheel", l.wheel.count)
	}
}

func TestTimerMoveAndCancel(t *testing.T) {
	f := NewFake(1)
	l := f.Loop(0)
	x := new(firing)
	x.Init(x)
	l.Cancel(&x.Timer) // not armed: nothing
	l.Schedule(&x.Timer, time.Second)
	l.Schedule(&x.Timer, time.Minute)
	f.Advance(59 * time.Second)
	if x.count != 0 {
		t.Fatal("a timer that was moved fired at its old time")
	}
	l.Schedule(&x.Timer, time.Second)
	f.Advance(2 * time.Second)
	if x.count != 1 || x.Armed() {
		t.Fatalf("a timer that was moved nearer fired %d times, armed %v", x.count, x.Armed())
	}
	l.Schedule(&x.Timer, time.Second)
	l.Cancel(&x.Timer)
	f.Advance(time.Hour)
	if x.count != 1 || x.Armed() {
		t.Fatalf("a cancelled timer fired %d times, armed %v", x.count-1, x.Armed())
	}
}

// A timer may cancel another one that is due in the same tick, and schedule itself.
func TestTimersInCallbacks(t *testing.T) {
	f := NewFake(1)
	l := f.Loop(0)
	victim := new(firing)
	victim.Init(victim)
	n := 0
	var again Timer
	again.Init(timerFunc(func(l *Loop, t *Timer) {
		l.Cancel(&victim.Timer)
		if n++; n < 5 {
			l.Schedule(t, 0)
		}
	}))
	l.Schedule(&again, time.Second)
	l.Schedule(&victim.Timer, time.Second)
	f.Advance(time.Second)
	if victim.count != 0 {
		t.Error("a timer fired after its neighbour had cancelled it")
	}
	f.Advance(time.Second)
	if n != 5 {
		t.Errorf("a timer that schedules itself fired %d times, want 5", n)
	}
}

// A delay beyond what the clock can count must not come out negative.
func TestTimerForEver(t *testing.T) {
	f := NewFake(1)
	x := new(firing)
	x.Init(x)
	f.Loop(0).Schedule(&x.Timer, math.MaxInt64)
	f.Advance(24 * time.Hour)
	if x.count != 0 || !x.Armed() {
		t.Errorf("fired %d times, armed %v", x.count, x.Armed())
	}
}

// Random schedules, moves and cancels against a plain list.
func TestTimersAgainstModel(t *testing.T) {
	for seed := range uint64(20) {
		rnd := rand.New(rand.NewPCG(seed, 9))
		f := NewFake(1)
		l := f.Loop(0)
		timers := make([]*firing, 50)
		due := make([]time.Duration, len(timers)) // -1: not armed
		for i := range timers {
			timers[i] = new(firing)
			timers[i].Init(timers[i])
			due[i] = -1
		}
		for range 2000 {
			i := rnd.IntN(len(timers))
			switch rnd.IntN(4) {
			case 0:
				l.Cancel(&timers[i].Timer)
				due[i] = -1
			case 1, 2:
				after := time.Duration(rnd.Int64N(1 << rnd.IntN(45)))
				l.Schedule(&timers[i].Timer, after)
				due[i] = l.Now() + after
			case 3:
				f.Advance(time.Duration(rnd.Int64N(1 << rnd.IntN(42))))
				for i, x := range timers {
					must := due[i] >= 0 && due[i]+l.wheel.tick <= f.Now()
					may := due[i] >= 0 && due[i] <= f.Now()
					if x.count > 1 || (must && x.count == 0) || (x.count == 1 && (!may || x.fired < due[i])) {
						t.Fatalf("seed %d: timer %d due %v: fired %d times at %v, now %v", seed, i, due[i], x.count, x.fired, f.Now())
					}
					if x.count == 1 {
						x.count, due[i] = 0, -1
					}
				}
			}
		}
	}
}

// A sleeping loop is woken by its timer, near or far, and by one that is nearer than the one for which the alarm was set.
func TestAlarmWakesLoop(t *testing.T) {
	s := testServer(t, Options{Loops: 1, Tick: time.Millisecond})
	l := s.Loops()[0]
	fired := make(chan string, 2)
	var early [2]time.Duration
	var timers [2]Timer
	start := time.Now()
	for i, after := range []time.Duration{50 * time.Millisecond, 5 * time.Millisecond} {
		timers[i].Init(timerFunc(func(*Loop, *Timer) {
			early[i] = after - time.Since(start)
			fired <- after.String()
		}))
		on(t, l, func() { l.Schedule(&timers[i], after) })
	}
	if a, b := wait(t, fired, "first timer"), wait(t, fired, "second timer"); a != "5ms" || b != "50ms" {
		t.Errorf("fired %s, then %s", a, b)
	}
	for _, d := range early {
		if d > 0 {
			t.Errorf("fired %v early", d)
		}
	}
}

func BenchmarkTimerSchedule(b *testing.B) {
	for _, armed := range []int{0, 1e5} {
		b.Run(fmt.Sprintf("armed=%d", armed), func(b *testing.B) {
			f := NewFake(1)
			l := f.Loop(0)
			others := make([]firing, armed)
			for i := range others {
				others[i].Init(&others[i])
				l.Schedule(&others[i].Timer, time.Duration(i)*time.Millisecond)
			}
			x := new(firing)
			x.Init(x)
			b.ReportAllocs()
			for b.Loop() {
				l.Schedule(&x.Timer, 90*time.Second)
			}
		})
	}
}
