package engine

import (
	"context"
	"slices"
	"time"

	"github.com/vernemq/vmq/engine/hook"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/netpoll"
)

// Reauthorize asks plugins again about the subscriptions of all clients, connected or not, that suspect chooses (nil: all of them), and ends
// those that are not allowed any more; it returns how many. suspect is called on loops, and must neither wait nor keep who. The
// clients are gone through a page at a time, so that a million of them delay nobody. Subscriptions that are made meanwhile were just asked
// about, and clients that have been away since the broker started are not known well enough to be judged. Any goroutine but a loop's. The
// error is that of ctx, or ErrStopped.
func (b *Broker) Reauthorize(ctx context.Context, suspect func(who *hook.Identity, filter string) bool) (ended int, err error) {
	r := &session.Reauthorization{Suspect: suspect, Context: ctx}
	for at := (Cursor{}); !at.last; {
		if len(at.rest) == 0 {
			at = b.nextShard(at)
			continue
		}
		page := at.rest[:min(loopPage, len(at.rest))]
		at.rest = at.rest[len(page):]
		if err := b.reauthorize(ctx, r, page); err != nil {
			return r.Ended(), err
		}
	}
	return r.Ended(), b.settled(ctx, r)
}

// ReauthorizeClient asks plugins again about all subscriptions of one client, as `vmq-admin session reauthorize` does. changed says whether
// any has ended or was replaced. Any goroutine but a loop's. The error is ErrNoSession, that of ctx, or ErrStopped.
func (b *Broker) ReauthorizeClient(ctx context.Context, mountpoint, clientID string) (changed bool, err error) {
	c := b.find(mountpoint, clientID)
	if c == nil {
		return false, noSession(mountpoint, clientID)
	}
	r := &session.Reauthorization{Context: ctx}
	if err = b.reauthorize(ctx, r, []*session.Client{c}); err == nil {
		err = b.settled(ctx, r)
	}
	return r.Ended()+r.Replaced() > 0, err
}

// reauthorize asks about some clients, each on its home loop.
func (b *Broker) reauthorize(ctx context.Context, r *session.Reauthorization, clients []*session.Client) error {
	var homes []*netpoll.Loop
	for _, c := range clients {
		if !slices.Contains(homes, c.Home()) {
			homes = append(homes, c.Home())
		}
	}
	return b.onLoops(ctx, homes, func(l *session.Local) {
		for _, c := range clients {
			if c.Home() == l.Loop {
				r.Check(l, c)
			}
		}
	})
}

// settled waits for the answers that come from workers.
func (b *Broker) settled(ctx context.Context, r *session.Reauthorization) error {
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	for r.Open() > 0 {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-b.stopped:
			return ErrStopped
		case <-poll.C:
		}
	}
	return nil
}
