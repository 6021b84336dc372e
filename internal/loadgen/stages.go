package loadgen

import (
	"context"
	"time"
)

// stages leads a run whose subscribers come when everything is sent: patterns queue and retain. The time between its halves belongs to
// neither.
//
//	queue   subscribers connect, subscribe and leave │ publishers connect │ they send until all is acknowledged │ subscribers come back
//	retain                                           │ publishers connect │ they send until all is acknowledged │ subscribers come
func (r *run) stages(ctx context.Context, broker *watched) error {
	r.report.Messages = &Messages{}
	all := startUsage(broker)
	defer func() { all.finish(r.report, r.total().received) }()
	if r.opts.does(Store) {
		if err := r.store(ctx, broker); err != nil {
			return err
		}
	} else {
		r.each((*worker).assumeSent)
	}
	if r.opts.does(Deliver) && ctx.Err() == nil {
		return r.deliver(ctx, broker)
	}
	return nil
}

// store is the first half. Its rate is that of acknowledged messages, from the first PUBLISH to the last acknowledgement.
func (r *run) store(ctx context.Context, broker *watched) error {
	if r.opts.Pattern == Queue {
		if err := r.connect(ctx, (*worker).subscribers); err != nil {
			return err
		}
		r.each((*worker).dismiss)
		if err := r.gone(ctx); err != nil {
			return err
		}
	}
	if err := r.connect(ctx, (*worker).publishers); err != nil {
		return err
	}
	broker.afterConnect(r.report.Connections.Ready)
	r.each((*worker).measure)
	usage, began := startUsage(broker), r.clock.now()
	stop := r.send()
	defer stop()
	if r.opts.Messages > 0 {
		r.wait(ctx, "store", 0, r.allSent())
	} else {
		r.wait(ctx, "store", r.opts.Duration, nil)
	}
	r.each((*worker).stop)
	still := r.stillness()
	r.wait(ctx, "store", 0, func() bool {
		now := r.total()
		return now.acked >= now.sent || still() >= r.opts.Drain
	})
	now := r.total()
	r.report.Stored = usage.stage(now.acked, time.Duration(now.ackedAt-began))
	return nil
}

// deliver is the second half. Its rate is that of received messages, from the first CONNECT to the last message.
func (r *run) deliver(ctx context.Context, broker *watched) error {
	r.each((*worker).recall)
	usage, began := startUsage(broker), r.clock.now()
	if err := r.connect(ctx, (*worker).subscribers); err != nil {
		return err
	}
	still := r.stillness()
	r.wait(ctx, "deliver", 0, func() bool {
		now := r.total()
		return now.received-now.duplicates >= now.sent*r.plan.copies() || still() >= r.opts.Drain
	})
	now := r.total()
	r.report.Delivered = usage.stage(now.received, time.Duration(now.readAt-began))
	return nil
}

// gone returns when the subscribers that were dismissed are gone.
func (r *run) gone(ctx context.Context) error {
	r.wait(ctx, "part", 0, func() bool {
		present := make([]int, len(r.workers))
		r.each(func(w *worker) {
			for _, s := range w.subs {
				if s.conn != nil {
					present[w.index]++
				}
			}
		})
		for _, n := range present {
			if n > 0 {
				return false
			}
		}
		return true
	})
	return ctx.Err()
}

// dismiss has the subscribers leave and remember that their sessions stay.
func (w *worker) dismiss() {
	for _, s := range w.subs {
		s.leave()
		s.resumes = true
	}
}

// recall prepares the subscribers for coming back. How long a message has waited for them says nothing about the broker, so their latency
// is not measured.
func (w *worker) recall() {
	w.measureFrom = never
	for _, s := range w.subs {
		s.resumes = w.plan.opts.Pattern == Queue
	}
}

// assumeSent takes it that every publisher has sent its messages, in another process.
func (w *worker) assumeSent() {
	for _, p := range w.pubs {
		p.seq = p.quota
		w.count.sent += p.quota
	}
}
