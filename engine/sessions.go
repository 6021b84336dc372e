package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/netpoll"
)

// Errors of what operators do to sessions.
var (
	// ErrNoSession says that no client of that mountpoint and id is known, connected or not.
	ErrNoSession = errors.New("there is no such session")
	// ErrStopped says that the broker has stopped, so that nobody is there to answer.
	ErrStopped = errors.New("the broker has stopped")

	errAdministrator = errors.New("disconnected by an operator")
)

// Cursor is a place among the sessions of the node; the zero value is the beginning. It is a value that can be copied and used
// again. It keeps a list of the clients that come next, so it should not be kept for long.
type Cursor struct {
	mountpoint string
	shard      int               // the next one of that mountpoint
	rest       []*session.Client // of the shards before; never written to
	begun      bool              // mountpoint means something
	last       bool
}

// Last says that nothing comes any more.
func (c Cursor) Last() bool { return c.last }

// SessionQuery says which sessions Broker.Sessions shows, and what of them.
type SessionQuery struct {
	// Limit is the most sessions in a page. 0: a hundred.
	Limit int
	// Detail says whether subscriptions and messages are listed.
	Detail session.Detail
	// Filter chooses; nil takes all. It runs on the caller's goroutine and may take its time.
	Filter func(*session.Info) bool
}

const (
	defaultLimit = 100
	// loopPage is how many sessions are described before the loops turn to their clients again: each takes about 0.1 µs of its
	// loop, and asking takes up to 500 µs, because an idle loop has to be woken. With messages, whose payloads are copied, it is
	// loopPageMessages.
	loopPage         = 512
	loopPageMessages = 4
)

// Sessions describes sessions from a place on, connected or not, in no particular order, and returns the place where the next page
// begins. A session that is there all the time is shown exactly once; one that comes or goes meanwhile may be missed. Each
// session is described by its loop, a small page at a time, so a walk over a million of them delays nobody. Any goroutine but a
// loop's. The error is that of ctx, or ErrStopped.
func (b *Broker) Sessions(ctx context.Context, from Cursor, q SessionQuery) (page []session.Info, next Cursor, err error) {
	limit := q.Limit
	if limit <= 0 {
		limit = defaultLimit
	}
	size := loopPage
	if q.Detail.Messages > 0 {
		size = loopPageMessages
	}
	var answers []described // those to one question, over and over: a walk over a million sessions would make much garbage
	for at := from; ; {
		if at.last {
			return page, at, nil
		}
		if len(at.rest) == 0 {
			at = b.nextShard(at)
			continue
		}
		n := min(size, len(at.rest))
		if q.Filter == nil {
			n = min(n, limit-len(page))
		}
		found, err := b.describe(ctx, at.rest[:n], q.Detail, answers)
		if err != nil {
			return nil, from, err
		}
		answers = found
		for i := range found {
			at.rest = at.rest[1:]
			if !found[i].there || q.Filter != nil && !q.Filter(&found[i].Info) {
				continue
			}
			if page = append(page, found[i].Info); len(page) == limit {
				return page, at, nil
			}
		}
	}
}

// Session describes one client, connected or not. Any goroutine but a loop's. The error is ErrNoSession, that of ctx, or
// ErrStopped.
func (b *Broker) Session(ctx context.Context, mountpoint, clientID string, d session.Detail) (session.Info, error) {
	c := b.find(mountpoint, clientID)
	if c == nil {
		return session.Info{}, noSession(mountpoint, clientID)
	}
	found, err := b.describe(ctx, []*session.Client{c}, d, nil)
	switch {
	case err != nil:
		return session.Info{}, err
	case !found[0].there:
		return session.Info{}, noSession(mountpoint, clientID)
	}
	return found[0].Info, nil
}

// DisconnectClient ends the connection of a client, if it has one: an MQTT 5 client is told code, and the will is published. With
// cleanup the session ends too, connected or not: subscriptions and stored messages are gone. It returns when that has happened.
// Any goroutine but a loop's. The error is ErrNoSession, ErrStopped, or that of ctx, in which case it may happen all the same.
func (b *Broker) DisconnectClient(ctx context.Context, mountpoint, clientID string, cleanup bool, code codec.ReasonCode) error {
	c := b.find(mountpoint, clientID)
	if c == nil {
		return noSession(mountpoint, clientID)
	}
	var there atomic.Bool
	err := b.onLoops(ctx, []*netpoll.Loop{c.Home()}, func(l *session.Local) {
		if c.Gone() {
			return
		}
		there.Store(true)
		if cleanup {
			c.Remove(l, code, errAdministrator)
		} else {
			c.Disconnect(code, errAdministrator)
		}
	})
	if err == nil && !there.Load() {
		return noSession(mountpoint, clientID)
	}
	return err
}

func noSession(mountpoint, clientID string) error {
	return fmt.Errorf("client %q of mountpoint %q: %w", clientID, mountpoint, ErrNoSession)
}

// find returns the record of a client, or nil. Any goroutine.
func (b *Broker) find(mountpoint, clientID string) *session.Client {
	b.mu.Lock()
	m := b.mu.mountpoints[mountpoint]
	b.mu.Unlock()
	if m == nil {
		return nil
	}
	return m.Clients.Find(clientID)
}

// nextShard moves c to the next parts of the clients.
func (b *Broker) nextShard(c Cursor) Cursor {
	b.mu.Lock()
	names := make([]string, 0, len(b.mu.mountpoints))
	for name := range b.mu.mountpoints {
		names = append(names, name)
	}
	b.mu.Unlock()
	slices.Sort(names) // a mountpoint never goes, so those passed stay passed
	if c.shard == session.Shards || !c.begun {
		i := slices.IndexFunc(names, func(name string) bool { return !c.begun || strings.Compare(name, c.mountpoint) > 0 })
		if i < 0 {
			return Cursor{mountpoint: c.mountpoint, shard: session.Shards, begun: c.begun, last: true}
		}
		c = Cursor{mountpoint: names[i], begun: true}
	}
	b.mu.Lock()
	m := b.mu.mountpoints[c.mountpoint]
	b.mu.Unlock()
	c.rest = nil
	for len(c.rest) < loopPage && c.shard < session.Shards { // a question costs more than its answer, so ask about many at once
		c.rest = append(c.rest, m.Clients.Shard(c.shard)...)
		c.shard++
	}
	return c
}

// described is what a loop said about one client.
type described struct {
	session.Info
	there bool
}

// describe asks the home loops of the clients. The answers stand in the order of the clients, in the memory of old ones that are not needed any
// more. With an error that memory is not the caller's any more.
func (b *Broker) describe(ctx context.Context, clients []*session.Client, d session.Detail, old []described) ([]described, error) {
	found := slices.Grow(old[:0], len(clients))[:len(clients)]
	clear(found)
	var homes []*netpoll.Loop
	for _, c := range clients {
		if !slices.Contains(homes, c.Home()) {
			homes = append(homes, c.Home())
		}
	}
	err := b.onLoops(ctx, homes, func(l *session.Local) {
		for i, c := range clients {
			if c.Home() == l.Loop {
				found[i].Info, found[i].there = c.Info(l, d)
			}
		}
	})
	if err != nil {
		return nil, err // the loops may still be writing to found, which nobody will look at
	}
	if d.Subscriptions > 0 {
		for i, c := range clients {
			if found[i].there {
				c.Complete(&found[i].Info)
			}
		}
	}
	return found, nil
}

// onLoops runs f on each of the loops and returns when all have done it.
func (b *Broker) onLoops(ctx context.Context, loops []*netpoll.Loop, f func(*session.Local)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var left atomic.Int64
	left.Store(int64(len(loops)))
	done := make(chan struct{})
	for _, loop := range loops {
		loop.Post(taskFunc(func(loop *netpoll.Loop) {
			defer func() {
				if left.Add(-1) == 0 {
					close(done)
				}
			}()
			f(b.Local(loop))
		}))
	}
	return b.await(ctx, done)
}

// await returns when loops have closed done: nil, or before that ErrStopped or the error of ctx.
func (b *Broker) await(ctx context.Context, done <-chan struct{}) error {
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-b.stopped:
		return ErrStopped
	}
}

// Unsubscribe ends one subscription of a client, connected or not, and says whether there was one. tell lets plugins know. The client is
// not told. Any goroutine but a loop's. The error is ErrNoSession, ErrStopped, or that of ctx, in which case it may happen all the same.
func (b *Broker) Unsubscribe(ctx context.Context, mountpoint, clientID, filter string, tell bool) (ended bool, err error) {
	c := b.find(mountpoint, clientID)
	if c == nil {
		return false, noSession(mountpoint, clientID)
	}
	var found atomic.Bool
	err = b.onLoops(ctx, []*netpoll.Loop{c.Home()}, func(l *session.Local) {
		found.Store(!c.Gone() && c.Unsubscribe(l, filter, tell))
	})
	return found.Load(), err
}

// Mountpoints are the names of those that are in use, or were, sorted. Any goroutine.
func (b *Broker) Mountpoints() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Sorted(maps.Keys(b.mu.mountpoints))
}
