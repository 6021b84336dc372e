package session

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/hook"
	"github.com/vernemq/vmq/netpoll"
)

// chains caches, for a listener that names its plugins, the part of the hooks that it uses.
type chains struct {
	all, mine *hook.Set
}

// hooks are the chains in force for clients of the listener; nil if the broker has no plugins. Any goroutine.
func (li *Listener) hooks(all *hook.Set) *hook.Set {
	if all == nil || !li.selects() {
		return all
	}
	if c := li.chains.Load(); c != nil && c.all == all {
		return c.mine
	}
	c := &chains{all, all.Select(li.AuthPlugins, li.AuthzPlugins)}
	li.chains.Store(c)
	return c.mine
}

// selects tells whether the listener names the plugins that it asks.
func (li *Listener) selects() bool { return li.AuthPlugins != nil || li.AuthzPlugins != nil }

// hooks are the chains in force for the client; nil if the broker has no plugins.
func (s *Session) hooks() *hook.Set { return s.listener.hooks(s.local.hooks) }

// question is a packet whose hook has to wait. The client is not read from until a worker has the answer; then the packet is handled
// again, from its beginning, and the handler finds the answer where it asked the first time.
type question struct {
	session *Session
	frame   codec.Frame // a copy
	end     context.CancelFunc
	answer  any // *answer[R], once there is one
}

type answer[R any] struct {
	result R
	err    error
}

// cloner is an argument of a hook that can be kept beyond the call.
type cloner[A any] interface{ Clone() A }

// ask calls a conditional hook for the packet at hand. If waiting is true, the handler returns and is called again later.
func ask[H any, A cloner[A], R any](s *Session, point hook.Point, entries []hook.Entry[H], arg A, call func(H, context.Context, A) (R, error)) (result R, waiting bool, err error) {
	if q := s.extras.question; q != nil {
		s.own().question = nil // one at a time, because the client is not read from meanwhile
		a := q.answer.(*answer[R])
		if s.local.tracer != nil {
			s.traceAnswered(arg, a.result, a.err)
		}
		return a.result, false, a.err
	}
	if s.local.tracer != nil {
		s.traceAsked(arg)
	}
	m := s.local.measure(point)
	result, at, err := hook.Ask(hook.Loop, entries, arg, call)
	m.end(err)
	if err != hook.ErrWait {
		if err == hook.ErrNoPlugin && s.listener.selects() {
			err = hook.ErrExhausted // there may be plugins, but none that this listener asks
		}
		s.local.reportPanic(err)
		if s.local.tracer != nil {
			s.traceAnswered(arg, result, err)
		}
		return result, false, err
	}
	l := s.local
	ctx, cancel := context.WithCancel(context.Background())
	q := &question{session: s, frame: l.frame, end: cancel}
	q.frame.Body = append([]byte(nil), l.frame.Body...)
	s.own().question = q
	s.pause(pausedByHook)
	rest, kept, asked := entries[at:], arg.Clone(), time.Now()
	l.Node.Workers().Add(s.lane(), true, func() {
		var a answer[R]
		a.result, _, a.err = hook.Ask(ctx, rest, kept, call)
		l.Node.HookTook(point, time.Since(asked))
		q.answer = &a
		l.Loop.Post(q)
	})
	return result, true, nil
}

// Run goes on with the packet. The session may have ended meanwhile.
func (q *question) Run(loop *netpoll.Loop) {
	q.end()
	s := q.session
	if s.extras.question != q {
		return
	}
	s.paused &^= pausedByHook
	s.lastPacket = loop.Now() // nobody could hear the client meanwhile
	err := s.handle(q.frame)
	if s.extras.question == q {
		s.own().question = nil // the plugin was disabled, and nobody has asked this time
	}
	switch {
	case err != nil:
		s.fail(err)
	case s.paused == 0 && s.state != ended:
		s.conn.Resume()
	}
}

// forget ends the wait for an answer that nobody needs any more.
func (s *Session) forget() {
	if q := s.extras.question; q != nil {
		s.own().question = nil
		q.end()
	}
}

// lane is the key under which the session's calls wait for each other: the client's, once it is known.
func (s *Session) lane() uint64 {
	if s.client != nil {
		return s.client.Serial
	}
	return s.extras.admission.serial
}

// tell calls an event hook of all plugins. Those that have to wait are called on a worker, in order; what a client may have waiting there
// is bounded, and what is beyond is counted.
func tell[H any, A cloner[A]](l *Local, lane uint64, point hook.Point, entries []hook.Entry[H], arg A, call func(H, context.Context, A) error) {
	for i := range entries {
		e := &entries[i]
		m := l.measure(point)
		err := hook.Tell(hook.Loop, e, arg, call)
		m.end(err)
		if err != hook.ErrWait {
			l.reportPanic(err)
			continue
		}
		kept, told := arg.Clone(), time.Now()
		if !l.Node.Workers().Add(lane, false, func() {
			if err := hook.Tell(context.Background(), e, kept, call); err != nil {
				l.reportPanic(err)
			}
			l.Node.HookTook(point, time.Since(told))
		}) {
			l.Counters.HookEventsLost++
		}
	}
}

// reportPanic is ReportPanic with the loop's logger. Any goroutine.
func (l *Local) reportPanic(err error) { ReportPanic(l.Logger, err) }

// ReportPanic logs what a plugin should not have done, if err says that it has. Any goroutine.
func ReportPanic(log *slog.Logger, err error) {
	var p *hook.Panicked
	if errors.As(err, &p) {
		log.Error("a plugin panicked; it counts as refused", "plugin", p.Plugin, "panic", p.Value, "stack", string(p.Stack))
	}
}

func (c *Client) subscriberID() hook.SubscriberID {
	return hook.SubscriberID{Mountpoint: c.Mountpoint.Name, ClientID: c.ID}
}
