package acl

import (
	"context"
	"sync"

	"github.com/vernemq/vmq/engine/hook"
)

// revoker ends subscriptions whose rule has gone.
type revoker struct {
	mu     sync.Mutex // one change at a time, so that no subscription falls between two
	ctx    context.Context
	cancel context.CancelFunc
}

func (r *revoker) start() { r.ctx, r.cancel = context.WithCancel(context.Background()) }

func (r *revoker) stop() { r.cancel() }

// change puts the policy in force that follows on the present one, and ends the subscriptions that the one before allowed and this one does
// not, unless another plugin allows them. Publishing needs no such thing, because each message is asked about. It returns when that has been
// done.
func (p *Plugin) change(following func(*policy) *policy) {
	p.mu.Lock()
	defer p.mu.Unlock()
	before := p.now.Load()
	next := following(before)
	p.put(next)
	if p.options.Reauthorize == nil || p.options.Settings().KeepSubscriptions {
		return
	}
	stricter := before.lax && !next.lax
	if !stricter && !before.rules.lostBy(next.rules) {
		return
	}
	ended, err := p.options.Reauthorize(p.ctx, func(who *hook.Identity, filter string) bool {
		levels := []byte(filter)
		return before.allow(who, read, levels) && !next.allow(who, read, levels)
	})
	switch {
	case err != nil && p.ctx.Err() == nil:
		p.options.Logger.Error("not all subscriptions could be checked against the new ACL file", "ended", ended, "reason", err)
	case ended > 0:
		p.options.Logger.Warn("subscriptions have ended, because the ACL file does not allow them any more", "subscriptions", ended)
	}
}
