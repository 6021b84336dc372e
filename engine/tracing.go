package engine

import (
	"context"

	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/engine/trace"
)

// Trace shows what one client and the broker say to each other, connected now or later, line by line, until ctx is done, StopTraces
// is called, or more happens than o allows; out is called on the caller's goroutine only. There is one trace at a time on a
// node: the error is trace.ErrRunning, ErrStopped, or nil. Any goroutine but a loop's.
func (b *Broker) Trace(ctx context.Context, o trace.Options, out func(line string)) error {
	t := trace.New(o)
	if !b.tracing.CompareAndSwap(nil, t) {
		return trace.ErrRunning
	}
	defer b.tracing.CompareAndSwap(t, nil)
	if err := b.setTracer(ctx, t); err != nil {
		// Some loops may have it already, or take it yet.
		_ = b.setTracer(context.WithoutCancel(ctx), nil)
		return notTheCallers(ctx, err)
	}
	b.traceBegins(ctx, t, o)
	follow, end := context.WithCancel(ctx)
	defer end()
	go func() {
		select {
		case <-b.stopped:
			end()
		case <-follow.Done():
		}
	}()
	t.Follow(follow, out)
	return notTheCallers(ctx, b.setTracer(context.WithoutCancel(ctx), nil))
}

// notTheCallers is err, but nil if it only says that the caller has had enough.
func notTheCallers(ctx context.Context, err error) error {
	if err != nil && err == ctx.Err() {
		return nil
	}
	return err
}

// StopTraces ends the trace that runs, if any. Any goroutine.
func (b *Broker) StopTraces() {
	if t := b.tracing.Load(); t != nil {
		t.Stop()
	}
}

// setTracer puts t in force on all loops; nil: none.
func (b *Broker) setTracer(ctx context.Context, t *trace.Trace) error {
	return b.onLoops(ctx, b.loops, func(l *session.Local) {
		if t == nil {
			l.SetTracer(nil)
			return
		}
		l.SetTracer(t)
	})
}

// traceBegins says whether the client is there.
func (b *Broker) traceBegins(ctx context.Context, t *trace.Trace, o trace.Options) {
	info, err := b.Session(ctx, o.Mountpoint, o.ClientID, session.Detail{})
	if err != nil || info.State == session.QueueOffline {
		t.Say("No sessions found for client %q", o.ClientID)
		return
	}
	peer := "unix"
	if info.Peer.IsValid() {
		peer = info.Peer.String()
	}
	t.Say("Starting trace for 1 existing sessions for client %q with ids", o.ClientID)
	t.Say("    [%s]", peer) // a client id has one session at most
}
