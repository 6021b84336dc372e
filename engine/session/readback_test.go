package session_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/internal/bench"
	"github.com/vernemq/vmq/queue"
	"github.com/vernemq/vmq/queue/store"
)

// unlimited is for queues of any length.
func unlimited(lifo bool) func(*session.Settings) {
	return func(set *session.Settings) {
		set.MaxOfflineMessages, set.MaxOnlineMessages, set.QueueLIFO = -1, -1, lifo
	}
}

// fillQueue lets a client with the id s go away and publishes n messages to it, numbered from 1.
func fillQueue(b *bench.Bench, n int, expiry ...uint32) {
	s := b.Connect(codec.V311, "s", bench.Persistent)
	s.Subscribe("a", 1)
	s.Hangup()
	publishFrom(b, 1, n, expiry...)
}

// publishFrom publishes the messages from..to.
func publishFrom(b *bench.Bench, from, to int, expiry ...uint32) {
	pub := b.Connect(codec.V5, "pub")
	for i := from; i <= to; i++ {
		m := bench.Publish("a", fmt.Sprint(i), 1, uint16(i%65535+1))
		if len(expiry) > 0 {
			m.Props.SetMessageExpiry(expiry[0])
		}
		pub.Send(m)
	}
	b.Advance(time.Second) // in which the receiver is found slow; the publisher does not wait for it then
	pub.Hangup()
}

// drain acknowledges what comes until nothing more does, or most messages have, and returns their payloads in order.
func drain(c *bench.Client, most int, each func()) (got []string) {
	for len(got) < most {
		lines := c.Take()
		if len(lines) == 0 {
			break
		}
		var acks []any
		for _, line := range lines {
			var id uint16
			var payload string
			line = strings.Replace(line, "PUBLISH dup", "PUBLISH", 1)
			if n, _ := fmt.Sscanf(line, `PUBLISH qos=1 id=%d topic="a" payload=%q`, &id, &payload); n == 2 {
				got = append(got, payload)
				acks = append(acks, bench.Ack{Type: codec.PUBACK, ID: id})
			}
		}
		c.Send(acks...)
		if each != nil {
			each()
		}
	}
	return got
}

// TestLongQueueStaysOnDisk proves that there is a bound to what is in memory of a queue, whatever its length: while it is filled, over a
// loss of power, and while it is drained and filled at once.
func TestLongQueueStaysOnDisk(t *testing.T) {
	// what is in memory is at most a ring that is about to be spilled (2,000), a page (1,000) and the window (20)
	const before, meanwhile, bound = 9000, 1500, 3020
	for _, lifo := range []bool{false, true} {
		for _, restart := range []bool{false, true} {
			p := powered(t, unlimited(lifo))
			most := 0
			look := func() {
				n := len(info(t, p.Bench, "s", session.Detail{Messages: before}).Messages)
				most = max(most, n)
			}
			fillQueue(p.Bench, before)
			look()
			if restart {
				p.cut()
			}
			s := p.again(codec.V311, "s")
			sent := before
			got := drain(s, 10*before, func() {
				look()
				if sent < before+meanwhile {
					publishFrom(p.Bench, sent+1, sent+30)
					sent += 30
				}
			})
			if len(got) != before+meanwhile {
				t.Errorf("lifo %v, restart %v: %d messages came, want %d", lifo, restart, len(got), before+meanwhile)
			}
			if most > bound || most < 1000 {
				t.Errorf("lifo %v, restart %v: %d messages were in memory at once, want at most %d, and a page at least", lifo, restart, most, bound)
			}
		}
	}
}

// reluctant is a store that fails, or takes its time, when it is read from.
type reluctant struct {
	*store.Store
	failing atomic.Bool
	panics  bool // rather than fail
	reads   atomic.Int32
	// gate, if there is one, gets a channel from each read, which then waits until that is closed.
	gate atomic.Pointer[chan chan struct{}]
}

var errDisk = errors.New("the disk does not give it back")

func (r *reluctant) read() error {
	r.reads.Add(1)
	if gate := r.gate.Load(); gate != nil {
		goOn := make(chan struct{})
		*gate <- goOn
		<-goOn
	}
	switch {
	case r.failing.Load() && r.panics:
		panic(errDisk)
	case r.failing.Load():
		return errDisk
	}
	return nil
}

func (r *reluctant) InFlight(serial uint64, yield func(store.Queued)) error {
	return errors.Join(r.read(), r.Store.InFlight(serial, yield))
}

func (r *reluctant) Waiting(serial uint64, in store.Span, limit int) (int, error) {
	n, err := r.Store.Waiting(serial, in, limit)
	return n, errors.Join(r.read(), err)
}

func (r *reluctant) Page(serial uint64, after store.Entry, yield func(store.Queued) bool) (store.Entry, bool, error) {
	last, more, err := r.Store.Page(serial, after, yield)
	return last, more, errors.Join(r.read(), err)
}

func (r *reluctant) PageBack(serial uint64, before store.Entry, yield func(store.Queued) bool) (store.Entry, bool, error) {
	last, more, err := r.Store.PageBack(serial, before, yield)
	return last, more, errors.Join(r.read(), err)
}

// grudge lets the broker of the bench, which has not run yet, read through a reluctant store.
func (p *power) grudge() *reluctant {
	r := &reluctant{Store: p.Broker.Store()}
	for _, l := range p.Broker.Loops() {
		p.Broker.Local(l).SetStore(r, 64<<20)
	}
	return r
}

// numbers are the payloads from..to, newest first for lifo.
func numbers(from, to int, lifo bool) (list []string) {
	for i := from; i <= to; i++ {
		list = append(list, fmt.Sprint(i))
	}
	if lifo {
		slices.Reverse(list)
	}
	return list
}

func wantPayloads(t *testing.T, why string, got, want []string) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Fatalf("%s: message %d: got %d: %v, want %d: %v", why, i, len(got), got[min(i, len(got)):min(i+3, len(got))],
				len(want), want[min(i, len(want)):min(i+3, len(want))])
		}
	}
}

// TestUnreadableQueue proves that a client whose queue cannot be read, or not without a panic, is named in the log and sent away rather than
// left waiting, that others are served meanwhile, and that it gets everything when its queue can be read. While it is away not every message
// tries.
func TestUnreadableQueue(t *testing.T) {
	for i := range 4 {
		lifo, panics := i&1 != 0, i&2 != 0
		p := powered(t, unlimited(lifo))
		fillQueue(p.Bench, 3000)
		p.cut()
		r := p.grudge()
		r.panics = panics
		r.failing.Store(true)
		var log bytes.Buffer
		for _, l := range p.Broker.Loops() {
			p.Broker.Local(l).Logger = slog.New(slog.NewTextHandler(&log, nil))
		}
		publishFrom(p.Bench, 3001, 3100)
		if n := r.reads.Load(); n != 1 {
			t.Errorf("lifo %v, panics %v: 100 messages for a client that is away tried to read %d times, want 1", lifo, panics, n)
		}
		s := p.Open(codec.V5)
		s.Hello("s", bench.Persistent)
		s.WantClosed("sent away", present, "DISCONNECT code=0x80")
		if !strings.Contains(log.String(), "client=s ") || !strings.Contains(log.String(), errDisk.Error()) {
			t.Errorf("lifo %v, panics %v: the log does not name client and reason: %s", lifo, panics, &log)
		}
		other := p.Connect(codec.V5, "other")
		other.Subscribe("a", 0)
		publishFrom(p.Bench, 3101, 3101)
		other.Want("others are served", `PUBLISH qos=0 topic="a" payload="3101"`)

		r.failing.Store(false)
		s = p.again(codec.V311, "s")
		got := drain(s, 500, nil)
		r.failing.Store(true)
		got = append(got, drain(s, 10_000, nil)...)
		s.WantClosed("sent away in the middle too")
		r.failing.Store(false)
		got = append(got, drain(p.again(codec.V311, "s"), 10_000, nil)...)
		slices.Sort(got)
		want := numbers(1, 3101, false)
		slices.Sort(want)
		wantPayloads(t, "all of the queue", slices.Compact(got), want)
	}
}

// TestOverrunReading proves that whatever becomes of a client while its queue is being read, the next session gets all that there is and
// nothing twice.
func TestOverrunReading(t *testing.T) {
	const n = 3000
	ways := []struct {
		name string
		kept bool // the session
		do   func(*power, *bench.Client) *bench.Client
	}{
		{"clean start", false, func(p *power, s *bench.Client) *bench.Client {
			c := p.Open(codec.V311)
			c.Hello("s")
			return c
		}},
		{"takeover", true, func(p *power, s *bench.Client) *bench.Client { return p.again(codec.V311, "s") }},
		{"hang up", true, func(p *power, s *bench.Client) *bench.Client { s.Hangup(); return nil }},
		{"end by an operator", true, func(p *power, s *bench.Client) *bench.Client {
			c := record(p.t, p.Bench, "s")
			p.Do(c.Home().Index(), func() { c.Disconnect(codec.AdministrativeAction, errOperator) })
			return nil
		}},
		{"removal by an operator", false, func(p *power, s *bench.Client) *bench.Client { remove(p.t, p.Bench, "s"); return nil }},
	}
	for _, way := range ways {
		for _, lifo := range []bool{false, true} {
			for _, first := range []bool{false, true} { // the first read or a later one
				if raceDetector && lifo {
					continue
				}
				t.Run(fmt.Sprintf("%s/lifo=%v/first=%v", way.name, lifo, first), func(t *testing.T) {
					p := powered(t, unlimited(lifo))
					fillQueue(p.Bench, n)
					p.cut()
					p.t = t
					r := p.grudge()
					gate := make(chan chan struct{})
					if first {
						r.gate.Store(&gate)
						p.Unplugged()
					}
					s := p.Open(codec.V311)
					s.Hello("s", bench.Persistent)
					var before []string
					if !first {
						r.gate.Store(&gate)
						p.Unplugged()
						before = drain(s, 1000, nil) // until a page is missing
					}
					goOn := p.await(gate)
					next := way.do(p, s)
					r.gate.Store(nil)
					close(goOn)
					p.Plugged()
					if next == nil {
						next = p.Open(codec.V311)
						next.Hello("s", bench.Persistent)
					}
					got := drain(next, 2*n, nil)
					if !way.kept {
						wantPayloads(t, "a new session has nothing", got, nil)
						return
					}
					if first {
						wantPayloads(t, "all, in order", got, numbers(1, n, lifo))
						return
					}
					slices.Sort(got)
					if m := len(slices.Compact(slices.Clone(got))); m != len(got) {
						t.Errorf("%d messages came twice to the same connection", len(got)-m)
					}
					all := append(before, got...)
					slices.Sort(all)
					want := numbers(1, n, false)
					slices.Sort(want)
					wantPayloads(t, "all, in one connection or the other", slices.Compact(all), want)
				})
			}
		}
	}
}

// await runs the broker until a read has come to the gate.
func (p *power) await(gate chan chan struct{}) chan struct{} {
	for {
		select {
		case goOn := <-gate:
			return goOn
		default:
			p.Fake.Run()
			runtime.Gosched()
		}
	}
}

// TestExpiredOnDisk proves that messages whose time was over on disk are dropped when they are read, as those in memory are.
func TestExpiredOnDisk(t *testing.T) {
	for _, lifo := range []bool{false, true} {
		p := powered(t, unlimited(lifo))
		fillQueue(p.Bench, 4000, 10)
		publishFrom(p.Bench, 4001, 8000)
		p.Advance(20 * time.Second)
		s := p.again(codec.V311, "s")
		wantPayloads(t, "those without a time", drain(s, 10_000, nil), numbers(4001, 8000, lifo))
		if n := p.Counters().Dropped[queue.Expired]; n != 4000 {
			t.Errorf("lifo %v: %d messages have expired, want 4000", lifo, n)
		}
		p.cut()
		p.again(codec.V311, "s").WantNothing("nothing is left")
	}
}

// TestLowerLimitOnDisk proves what a limit that is lowered while a client is away does to a queue on disk: fifo takes no more, and lifo
// drops the oldest with the next message. What is dropped does not come back after a loss of power.
func TestLowerLimitOnDisk(t *testing.T) {
	for _, lifo := range []bool{false, true} {
		p := powered(t, unlimited(lifo))
		fillQueue(p.Bench, 5000)
		change(p.Bench, func(set *session.Settings) { set.MaxOfflineMessages = 1500 })
		publishFrom(p.Bench, 5001, 5010)
		want, dropped := numbers(1, 5000, false), 10
		if lifo {
			want, dropped = numbers(3511, 5010, true), 3510
		}
		if n := p.Counters().Dropped[queue.QueueFull]; n != uint64(dropped) {
			t.Errorf("lifo %v: %d messages were dropped, want %d", lifo, n, dropped)
		}
		p.cut()
		wantPayloads(t, "what the limit left", drain(p.again(codec.V311, "s"), 10_000, nil), want)
	}
}

// queueBytes is the memory of all queues.
func queueBytes(b *bench.Bench) (n int) {
	for _, l := range b.Broker.Loops() {
		n += b.Broker.Local(l).QueueBytes()
	}
	return n
}

// publishLarge publishes n messages of that many bytes each, numbered from 1, to the topic "a".
func publishLarge(b *bench.Bench, n, size int, each func()) {
	pub := b.Connect(codec.V311, "pub")
	for i := range n {
		pub.Send(bench.Publish("a", fmt.Sprintf("%d %0*d", i+1, size, 0), 1, uint16(i+1)))
		each()
	}
	b.Advance(time.Second)
	pub.Hangup()
}

// firstWord is what a payload begins with.
func firstWord(payloads []string) (list []string) {
	for _, p := range payloads {
		word, _, _ := strings.Cut(p, " ")
		list = append(list, word)
	}
	return list
}

// TestQueuesTogetherAreBounded proves that there is a bound to what all queues have in memory, none of which is long: while clients are away
// and when one of them is there and takes nothing; and that each of them gets everything in order.
func TestQueuesTogetherAreBounded(t *testing.T) {
	const clients, messages, size, memory = 20, 60, 4000, 1 << 20
	for _, lifo := range []bool{false, true} {
		p := poweredWith(t, memory, unlimited(lifo))
		for i := range clients {
			s := p.Connect(codec.V311, fmt.Sprint("s", i), bench.Persistent)
			s.Subscribe("a", 1)
			s.Hangup()
		}
		most := 0
		publishLarge(p.Bench, messages, size, func() { most = max(most, queueBytes(p.Bench)) })
		if full := clients * messages * size; most > memory+full/20 || most < memory/2 {
			t.Errorf("lifo %v: queues of %d bytes took %d bytes of memory, want about %d", lifo, full, most, memory)
		}
		for i := range clients {
			s := p.again(codec.V311, fmt.Sprint("s", i))
			got := drain(s, messages, nil)
			wantPayloads(t, fmt.Sprintf("lifo %v, client %d", lifo, i), firstWord(got), numbers(1, messages, lifo))
			s.Hangup()
		}
	}
}

// TestPageIsBoundedInBytes proves that of large messages only some are in memory, and fewer when memory is short, however many there may be.
func TestPageIsBoundedInBytes(t *testing.T) {
	const messages, size, window = 120, 100_000, 20
	for _, test := range []struct{ memory, page int }{{0, 1 << 20}, {1, 64 << 10}} {
		for _, lifo := range []bool{false, true} {
			p := poweredWith(t, test.memory, unlimited(lifo))
			s := p.Connect(codec.V311, "s", bench.Persistent)
			s.Subscribe("a", 1)
			s.Hangup()
			publishLarge(p.Bench, messages, size, func() {})
			p.cut()
			s = p.again(codec.V311, "s")
			most := queueBytes(p.Bench)
			got := drain(s, messages, func() { most = max(most, queueBytes(p.Bench)) })
			wantPayloads(t, "large messages", firstWord(got), numbers(1, messages, lifo))
			// The page that is read while a fifth of the last one waits, each with the message that goes beyond its size, and the window. A
			// message takes up to an eighth more memory than its bytes.
			if bound := (test.page*6/5 + 2*size + window*size) * 9 / 8; most > bound {
				t.Errorf("memory %d, lifo %v: %d bytes at once, want at most %d", test.memory, lifo, most, bound)
			}
		}
	}
}
