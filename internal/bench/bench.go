// Package bench puts a broker on a bench without sockets, goroutines or waiting: a test sends packets as a client, runs the
// loops until they are idle, and reads the packets that came back, with a clock that it moves by hand.
//
//	b := bench.New(t, 2, nil)
//	c := b.Connect(codec.V5, "c1")
//	c.Send(&codec.Publish{QoS: 1, PacketID: 7, Topic: []byte("a/b")})
//	c.Want("the message is routed", `PUBACK id=7 code=0x00`)
//	c.WantNothing("one answer only")
package bench

import (
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/vernemq/vmq/engine"
	"github.com/vernemq/vmq/engine/metric"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/netpoll"
)

// Bench is a broker on fake loops.
type Bench struct {
	t      testing.TB
	Fake   *netpoll.Fake
	Broker *engine.Broker
	accept func(*netpoll.Conn) netpoll.Handler
	next   int  // loop of the next connection
	stored bool // the broker has a store
}

// New builds a broker with that many loops, open to anonymous clients of all versions, and without the messages of the $SYS tree.
// change may alter the settings.
func New(t testing.TB, loops int, change func(*session.Settings)) *Bench {
	t.Helper()
	return NewWith(t, loops, engine.Options{}, change)
}

// NewWith is New for a broker with options of its own, of which Settings and Logger are replaced.
func NewWith(t testing.TB, loops int, o engine.Options, change func(*session.Settings)) *Bench {
	t.Helper()
	set := session.DefaultSettings()
	set.AllowAnonymous = true
	set.Systree.Interval = 0
	if change != nil {
		change(&set)
	}
	b := &Bench{t: t, Fake: netpoll.NewFakeWith(netpoll.Options{Loops: loops, Tick: engine.Tick})}
	all := make([]*netpoll.Loop, loops)
	for i := range all {
		all[i] = b.Fake.Loop(i)
	}
	o.Settings = &set
	o.Logger = slog.New(slog.NewTextHandler(io.Discard, &slog.HandlerOptions{Level: slog.LevelDebug}))
	b.Broker = engine.NewOn(all, o)
	if fs := storeFor(o.Store); fs != nil {
		b.openStore(fs)
	}
	b.accept = b.Acceptor(session.ListenerSettings{Name: "bench", Versions: AllVersions})
	return b
}

// AllVersions lets clients of every version in.
const AllVersions = session.Level3 | session.Level4 | session.Level5 | session.Level131 | session.Level132

// Acceptor returns another way in, with settings of its own.
func (b *Bench) Acceptor(o session.ListenerSettings) func(*netpoll.Conn) netpoll.Handler {
	return b.Broker.Acceptor(o)
}

// Advance moves the clock, in steps that no timer can hide in, and runs what became due.
func (b *Bench) Advance(d time.Duration) {
	b.Fake.Advance(d)
	b.run()
}

// Counters sums what the loops have counted.
func (b *Bench) Counters() metric.Counters {
	var sum metric.Counters
	for _, l := range b.Broker.Loops() {
		sum.Add(&b.Broker.Local(l).Counters)
	}
	return sum
}

// Metrics are the metrics of the broker now.
func (b *Bench) Metrics() (all metric.Snapshot) {
	b.Broker.CollectMetrics(func(s metric.Snapshot) { all = s })
	b.Fake.Run()
	return all
}

// Do runs f as a task of loop i, and what it causes.
func (b *Bench) Do(i int, f func()) {
	b.Fake.Loop(i).Post(task(f))
	b.run()
}

type task func()

func (t task) Run(*netpoll.Loop) { t() }
