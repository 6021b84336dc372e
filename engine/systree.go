package engine

import (
	"strconv"
	"time"

	"github.com/vernemq/vmq/engine/metric"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/netpoll"
)

// systree publishes the metrics below $SYS/<nodename>/, each under its name with '/' for '_', as a decimal number. It belongs to the
// first loop, whose router takes the messages to the subscribers on all loops. No hook sees them.
//
// A round asks all loops for their counters, like any reader, and publishes when the last has answered.
type systree struct {
	netpoll.Timer
	broker *Broker
	local  *session.Local

	// Owned by the loop:
	begun      bool          // there was a round, at last
	last       time.Duration // loop time
	collecting bool          // a round waits for the loops
	mountpoint *session.Mountpoint
	topic      []byte // scratch, begins with $SYS/<nodename>/
	payload    []byte // scratch
}

// systreeFirst is when the first round comes: once the listeners are open and clients had time to subscribe.
const systreeFirst = time.Second

func newSystree(b *Broker) *systree {
	t := &systree{broker: b, local: b.locals[0]}
	t.Init(t)
	return t
}

// Run looks at the settings, which may have changed. It is posted to the loop then.
func (t *systree) Run(loop *netpoll.Loop) {
	interval := t.broker.Settings().Systree.Interval
	switch {
	case interval <= 0:
		loop.Cancel(&t.Timer)
	case t.begun:
		loop.Schedule(&t.Timer, t.last+interval-loop.Now())
	default:
		loop.Schedule(&t.Timer, min(systreeFirst, interval))
	}
}

// OnTimer begins a round. One that is still waiting for a loop is not overtaken.
func (t *systree) OnTimer(loop *netpoll.Loop, _ *netpoll.Timer) {
	t.begun, t.last = true, loop.Now()
	t.Run(loop)
	if t.collecting {
		return
	}
	t.collecting = true
	t.broker.CollectMetrics(func(s metric.Snapshot) { loop.Post(&systreeRound{t, s}) })
}

// systreeRound is a round whose values are there.
type systreeRound struct {
	tree *systree
	all  metric.Snapshot
}

func (r *systreeRound) Run(*netpoll.Loop) {
	r.tree.collecting = false
	if set := &r.tree.broker.Settings().Systree; set.Interval > 0 {
		r.tree.publish(r.all, set)
	}
}

// publish sends one message for each number.
func (t *systree) publish(all metric.Snapshot, set *session.Systree) {
	if t.mountpoint == nil || t.mountpoint.Name != set.Mountpoint {
		t.mountpoint = t.broker.Mountpoint(set.Mountpoint)
	}
	t.topic = append(append(append(t.topic[:0], "$SYS/"...), t.broker.NodeName()...), '/')
	prefix := len(t.topic)
	sums := all.Aggregate()
	for i := range sums {
		for name, value := range sums[i].Values("inf") {
			t.topic = appendLevels(t.topic[:prefix], name)
			t.payload = strconv.AppendUint(t.payload[:0], value, 10)
			t.local.Publish(t.mountpoint, &session.Publication{Topic: t.topic, Payload: t.payload, QoS: set.QoS, Retain: set.Retain})
		}
	}
}

// appendLevels appends name with a level for each of its words.
func appendLevels(dst []byte, name string) []byte {
	for i := range len(name) {
		c := name[i]
		if c == '_' {
			c = '/'
		}
		dst = append(dst, c)
	}
	return dst
}
