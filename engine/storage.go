package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/vernemq/vmq/engine/retain"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/netpoll"
	"github.com/vernemq/vmq/queue"
	"github.com/vernemq/vmq/queue/store"
)

// OpenStore opens the store and takes over what is in it: sessions with their subscriptions, wills that wait for their time, retained
// messages. Queues stay on disk until their clients come. Before Start, once; Stop closes it. New does it where Options.Store says so.
func (b *Broker) OpenStore(o store.Options) error {
	begin := time.Now()
	o.Retained = func(mountpoint, topic string) *queue.Message { return b.retained.Mount(mountpoint).Get([]byte(topic)) }
	o.OnExpired = b.storeExpired
	o.Timed = b.storeWatch.took
	if o.Node == "" {
		o.Node = b.options.NodeName
	}
	if o.Logger == nil {
		o.Logger = b.options.Logger
	}
	s, err := store.Open(o)
	if err != nil {
		return err
	}
	b.store = s
	session.SkipSerials(s.FirstSerial())
	for _, l := range b.locals {
		l.SetStore(s, b.options.QueueMemory/len(b.locals))
	}
	retained, err := b.loadRetained()
	if err == nil {
		b.retained.OnChange(b.retainedChanged)
		var sessions int
		if sessions, err = b.loadSessions(); err == nil {
			b.options.Logger.Info("store opened", "directory", o.Dir, "sessions", sessions, "retained", retained, "in order", !s.Unclean(),
				"took", time.Since(begin).Round(time.Millisecond))
			return nil
		}
	}
	return errors.Join(fmt.Errorf("read %s: %w", o.Dir, err), s.Close())
}

// wall is the time in milliseconds of Unix time, by the clock of the loops if they show one before they run.
func (b *Broker) wall() int64 {
	if now := b.loops[0].WallTime(); !now.IsZero() {
		return now.UnixMilli()
	}
	return time.Now().UnixMilli()
}

// loadRetained reads the retained messages.
func (b *Broker) loadRetained() (n int, err error) {
	now := b.wall()
	type gone struct{ mountpoint, topic string }
	var expired []gone
	err = b.store.Retained(func(mountpoint string, m *queue.Message) bool {
		if m.Expired(now) {
			expired = append(expired, gone{mountpoint, string(m.Topic())})
			m.Release()
			return true
		}
		n++
		b.retained.Mount(mountpoint).Set(m)
		return true
	})
	if len(expired) > 0 {
		b.loops[0].Post(taskFunc(func(*netpoll.Loop) {
			for _, g := range expired {
				b.locals[0].Retain(b.Mountpoint(g.mountpoint), g.topic)
			}
		}))
	}
	return n, err
}

// loadSessions makes a record of each stored session. They are spread over the loops; a client that comes back moves to the loop of its
// record.
func (b *Broker) loadSessions() (n int, err error) {
	now := b.wall()
	clocks := make([][]*session.Restored, len(b.loops))
	err = b.store.Clients(func(in *store.Stored) bool {
		i := n % len(b.loops)
		m := b.Mountpoint(in.Record.Mountpoint)
		if r := m.Restore(b.loops[i], in, b.store.FirstEntry()-1, b.Settings(), now); r != nil {
			clocks[i] = append(clocks[i], r)
		}
		n++
		return true
	})
	for i, list := range clocks {
		local := b.locals[i]
		local.Counters.QueueInitialized += uint64(n / len(b.loops))
		b.loops[i].Post(taskFunc(func(*netpoll.Loop) {
			for _, r := range list {
				r.Resume(local)
			}
		}))
	}
	b.locals[0].Counters.QueueInitialized += uint64(n % len(b.loops))
	return n, err
}

// retainedChanged stores that a retained message was deleted by an operator or because its time was over. What sessions publish they
// store themselves, because its acknowledgement waits for that.
func (b *Broker) retainedChanged(m *retain.Mount, topic string) {
	if topic[0] == '$' || m.Get([]byte(topic)) != nil {
		return
	}
	b.loops[0].Post(taskFunc(func(*netpoll.Loop) { b.locals[0].Retain(b.Mountpoint(m.Name), topic) }))
}

// storeExpired corrects the length of a queue, if its home loop counts it.
func (b *Broker) storeExpired(serial uint64, n int) {
	for i, loop := range b.loops {
		loop.Post(taskFunc(func(*netpoll.Loop) { b.locals[i].Expired(serial, n) }))
	}
}

// storeSweep is the time between two looks whether the store is worth a sweep, and sweepWorth how many rows must have been removed or
// written since the last one: a sweep reads every queue, at a microsecond for each message.
const (
	storeSweep = time.Minute
	sweepWorth = 100_000
	sweepLeast = time.Hour // one that finds expired messages comes at least that often
)

// sweepStore removes what nobody will ask for from time to time, until the broker stops.
func (b *Broker) sweepStore() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		<-b.stopped
		cancel()
	}()
	tick := time.NewTicker(storeSweep)
	defer tick.Stop()
	last, lastWork := time.Now(), uint64(0)
	for {
		select {
		case <-b.stopped:
			return
		case now := <-tick.C:
			c := b.store.Counters()
			work := c.Removed.Load() + c.Bodies.Load()
			if work-lastWork < sweepWorth && now.Sub(last) < sweepLeast {
				continue
			}
			if _, err := b.store.Sweep(ctx, now.UnixMilli()); err != nil && ctx.Err() == nil && !errors.Is(err, store.ErrClosed) {
				b.options.Logger.Warn("store: sweep ended early", "reason", err)
			}
			last, lastWork = now, work
		}
	}
}

// closeStore writes what is left, when the loops have ended.
func (b *Broker) closeStore() {
	if b.store == nil {
		return
	}
	for _, l := range b.locals {
		l.FlushStore()
	}
	if err := b.store.Close(); err != nil {
		b.options.Logger.Error("the store was not closed in order", "reason", err)
	}
}

// Store is the store of the broker; nil if it keeps everything in memory. Any goroutine; it is the broker's to close.
func (b *Broker) Store() *store.Store { return b.store }
