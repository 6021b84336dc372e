package session

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/hook"
	"github.com/vernemq/vmq/netpoll"
	"github.com/vernemq/vmq/trie"
)

// Reauthorization asks plugins again about subscriptions that clients have, and ends those that are not allowed any more. Messages that
// are queued already stay: they were allowed when they came.
type Reauthorization struct {
	// Suspect chooses the subscriptions to ask about; nil: all. It is called on loops, and must neither wait nor keep who.
	Suspect func(who *hook.Identity, filter string) bool
	// Context ends calls that wait on workers. What they were about stays as it is then.
	Context context.Context

	open  atomic.Int64 // questions on workers
	ended atomic.Int64
	moved atomic.Int64
}

// Ended is how many subscriptions have been ended so far. Any goroutine.
func (r *Reauthorization) Ended() int { return int(r.ended.Load()) }

// Replaced is how many have been replaced by what a plugin wants instead. Any goroutine.
func (r *Reauthorization) Replaced() int { return int(r.moved.Load()) }

// Open is how many questions wait for an answer. Any goroutine.
func (r *Reauthorization) Open() int { return int(r.open.Load()) }

// Check asks about the subscriptions of c, one by one. Those whose plugin has to wait are settled later. On the home loop, whose Local l is.
func (r *Reauthorization) Check(l *Local, c *Client) {
	if c.gone || c.subs.len() == 0 || l.hooks == nil {
		return
	}
	who, li, v5 := c.judged()
	if who == nil {
		return
	}
	var suspects []string // a list of its own, because answers change that of the client
	c.subs.each(func(filter string) {
		if r.Suspect == nil || r.Suspect(who, filter) {
			suspects = append(suspects, filter)
		}
	})
	h := li.hooks(l.hooks)
	for _, filter := range suspects {
		options, found := c.Mountpoint.Subscriptions.Lookup(filter, c)
		if !found {
			continue
		}
		in := &hook.Subscribe{Client: who, Subscriptions: []hook.Subscription{subscriptionOf(filter, options)}}
		if v5 {
			in.Props = new(codec.Properties)
			askAgain(r, l, c, hook.AuthOnSubscribeM5Point, h.AuthOnSubscribeM5, in, hook.AuthOnSubscribeM5.AuthOnSubscribeM5)
		} else {
			askAgain(r, l, c, hook.AuthOnSubscribePoint, h.AuthOnSubscribe, in, hook.AuthOnSubscribe.AuthOnSubscribe)
		}
	}
}

func subscriptionOf(filter string, o trie.Options) hook.Subscription {
	return hook.Subscription{
		Filter: filter, QoS: o.QoS, NoLocal: o.NoLocal, RetainAsPublished: o.RetainAsPublished, RetainHandling: o.RetainHandling,
		ID: o.SubscriptionID,
	}
}

// askAgain asks about one subscription.
func askAgain[H any](r *Reauthorization, l *Local, c *Client, point hook.Point, entries []hook.Entry[H], in *hook.Subscribe,
	call func(H, context.Context, *hook.Subscribe) (*hook.SubscribeMods, error)) {
	filter := in.Subscriptions[0].Filter
	m := l.measure(point)
	mods, at, err := hook.Ask(hook.Loop, entries, in, call)
	m.end(err)
	if err != hook.ErrWait {
		l.reportPanic(err)
		r.settle(l, c, filter, mods, err)
		return
	}
	r.open.Add(1)
	asked := time.Now()
	l.Node.Workers().Add(c.Serial, true, func() {
		mods, _, err := hook.Ask(r.Context, entries[at:], in, call)
		l.Node.HookTook(point, time.Since(asked))
		l.reportPanic(err)
		l.Loop.Post(&reauthorized{r, l, c, filter, mods, err})
	})
}

// reauthorized is an answer that comes from a worker.
type reauthorized struct {
	r      *Reauthorization
	local  *Local
	client *Client
	filter string
	mods   *hook.SubscribeMods
	err    error
}

// Run takes the answer on the home loop.
func (t *reauthorized) Run(*netpoll.Loop) {
	if t.r.Context.Err() == nil {
		t.r.settle(t.local, t.client, t.filter, t.mods, t.err)
	}
	t.r.open.Add(-1)
}

// settle makes of a subscription what plugins say about it.
func (r *Reauthorization) settle(l *Local, c *Client, filter string, mods *hook.SubscribeMods, err error) {
	switch {
	case c.gone || !c.subs.has(filter): // the client was faster
	case err != nil:
		c.endSubscription(l, filter)
		r.ended.Add(1)
	case mods != nil && mods.Subscriptions != nil:
		r.replace(l, c, filter, mods.Subscriptions)
	}
}

// replace puts what a plugin wants in the place of a subscription.
func (r *Reauthorization) replace(l *Local, c *Client, filter string, wanted []hook.Subscription) {
	kept := false
	for i := range wanted {
		w := &wanted[i]
		if w.Refused != 0 || w.QoS > 2 || trie.CheckFilter([]byte(w.Filter), l.Node.Settings().TopicMaxDepth) != nil {
			continue
		}
		old, found := c.Mountpoint.Subscriptions.Lookup(w.Filter, c)
		o := trie.Options{
			SubscriptionID: w.ID, QoS: w.QoS, RetainHandling: w.RetainHandling, NoLocal: w.NoLocal, RetainAsPublished: w.RetainAsPublished,
		}
		kept = kept || w.Filter == filter
		if found && o == old {
			continue
		}
		if !c.subs.has(w.Filter) {
			c.subs.add(w.Filter)
		}
		c.Mountpoint.Subscriptions.Subscribe(w.Filter, c, o)
		r.moved.Add(1)
	}
	if !kept {
		c.endSubscription(l, filter)
		r.ended.Add(1)
	}
}

// endSubscription ends a subscription that the client has, as if it had unsubscribed.
func (c *Client) endSubscription(l *Local, filter string) {
	c.subs.remove(filter)
	c.Mountpoint.Subscriptions.Unsubscribe(filter, c)
	c.stopFeed(filter)
	c.tellUnsubscribed(l, []string{filter})
}
