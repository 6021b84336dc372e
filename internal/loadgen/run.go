package loadgen

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/vernemq/vmq/netpoll"
)

// poll is how often the controller looks whether a phase is over that ends with an event rather than with a time.
const poll = 20 * time.Millisecond

// run is the controller: it leads the workers through the phases and adds up what they counted. It belongs to the
// goroutine that called Run.
type run struct {
	opts     *Options
	plan     *plan
	clock    clock
	srv      *netpoll.Server
	workers  []*worker
	progress *progress
	report   *Report
}

// Run loads the broker as o says and reports what came of it. It writes a line to progress each second; nil: none. When
// ctx ends, Run stops sending, waits for what is under way, and reports what there is.
//
// An error says that there was nothing to measure: the options do not fit together, or clients could not connect. A
// broker that loses messages or connections is no error: the report tells.
func Run(ctx context.Context, o Options, progress io.Writer) (*Report, error) {
	if o.Pattern == Pairs || o.Pattern == Queue {
		o.Subscribers = o.Publishers
	}
	if err := o.Validate(); err != nil {
		return nil, err
	}
	// Besides the connections: pollers, wake-ups, standard streams, and the files in /proc that are read.
	if err := raiseFileLimit(o.clients() + 64); err != nil {
		return nil, err
	}
	address, err := resolve(ctx, o.Host, o.Port)
	if err != nil {
		return nil, err
	}
	layers, err := o.layerer()
	if err != nil {
		return nil, err
	}
	srv, err := netpoll.NewServer(netpoll.Options{
		Loops: o.Loops, SlowPeerTimeout: slowBroker, HighWater: o.BatchBytes, LowWater: o.BatchBytes / 4,
	})
	if err != nil {
		return nil, err
	}
	defer srv.Stop()
	r := &run{opts: &o, srv: srv, clock: newClock(), plan: newPlan(&o, address, len(srv.Loops())), report: &Report{}}
	r.progress = newProgress(progress, r.plan)
	for _, l := range srv.Loops() {
		w := newWorker(r.plan, r.clock, srv, l)
		w.layers = layers.layers(w)
		r.workers = append(r.workers, w)
	}
	if err := srv.Start(); err != nil {
		return nil, err
	}
	err = r.phases(ctx)
	r.leave()
	return r.report, err
}

// resolve turns host into an address, so that no loop waits for DNS.
func resolve(ctx context.Context, host string, port int) (string, error) {
	if ip, err := netip.ParseAddr(host); err == nil {
		return netip.AddrPortFrom(ip, uint16(port)).String(), nil
	}
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return "", fmt.Errorf("broker %q: %w", host, err)
	}
	for _, ip := range ips {
		if ip = ip.Unmap(); ip.Is4() { // brokers listen there more often than on IPv6 alone
			return netip.AddrPortFrom(ip, uint16(port)).String(), nil
		}
	}
	return net.JoinHostPort(ips[0].String(), strconv.Itoa(port)), nil
}

// phases runs the phases that doc.go lists and fills in the report.
func (r *run) phases(ctx context.Context) error {
	r.describe()
	broker := watch(r.opts.BrokerPID)
	if err := broker.beforeConnect(); err != nil {
		return err
	}
	if r.opts.Pattern.stored() {
		if err := r.stages(ctx, broker); err != nil {
			return err
		}
	} else {
		if err := r.connect(ctx, (*worker).everyone); err != nil {
			return err
		}
		broker.afterConnect(r.report.Connections.Ready)
		if r.opts.Pattern == Connect {
			r.wait(ctx, "idle", r.opts.Hold, nil)
		} else {
			r.load(ctx, broker)
		}
	}
	r.collect()
	r.report.Interrupted = ctx.Err() != nil
	return broker.finish(r.report)
}

// connect brings up the clients that cast names on each loop.
func (r *run) connect(ctx context.Context, cast func(*worker) []member) error {
	var pace *schedule
	if r.opts.ConnectRate > 0 {
		s := newSchedule(r.clock.now(), r.opts.ConnectRate, len(r.workers))
		pace = &s
		itself := func(loop int) int { return loop } // loops take turns to dial, not clients
		defer startPacer(s, r.clock, len(r.workers), itself, func(i int) { r.workers[i].wakeDial() }).stop()
	}
	began := time.Now()
	c := &r.report.Connections
	sizes := make([]int, len(r.workers))
	r.each(func(w *worker) {
		members := cast(w)
		sizes[w.index] = len(members)
		w.connect(members, pace)
	})
	for _, n := range sizes {
		c.Asked += n
	}
	last, moved := 0, began
	var now counters
	r.wait(ctx, "connect", 0, func() bool {
		now = r.total()
		if now.ready != last {
			last, moved = now.ready, time.Now()
		}
		return now.ready+now.failed+now.lost >= c.Asked || time.Since(moved) > r.opts.ConnectTimeout
	})
	c.Ready, c.Seconds = now.ready, c.Seconds+time.Since(began).Seconds()
	c.Rate = float64(c.Ready) / c.Seconds
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("interrupted with %d of %d clients connected", c.Ready, c.Asked)
	case c.Ready == c.Asked, c.Ready > 0 && r.opts.Pattern == Connect:
		return nil
	}
	r.gatherProblems()
	err := fmt.Errorf("%d of %d clients connected", c.Ready, c.Asked)
	for _, p := range r.report.Problems {
		err = fmt.Errorf("%w\n%s", err, p)
	}
	return err
}

// load sends, measures and drains.
func (r *run) load(ctx context.Context, broker *watched) {
	stop := func() {}
	if r.opts.WarmUp > 0 {
		stop = r.send()
		r.wait(ctx, "warm-up", r.opts.WarmUp, nil)
	}
	r.each((*worker).measure)
	usage, from := startUsage(broker), r.read()
	if r.opts.WarmUp == 0 { // only now, otherwise the first messages would be missing in the figures
		stop = r.send()
	}
	defer stop()
	if r.opts.Messages > 0 {
		r.wait(ctx, "measure", 0, r.allSent())
	} else {
		r.wait(ctx, "measure", r.opts.Duration, nil)
	}
	to := r.read()
	r.each((*worker).stop)
	r.drain(ctx)
	m := &Messages{}
	r.report.Messages = m
	m.rates(from, to, r.opts.Payload)
	usage.finish(r.report, sum(r.read()).received-sum(from).received)
}

// send lets all publishers send until their workers are stopped. The function that it returns ends the pacer, if there is
// one.
func (r *run) send() (stop func()) {
	rate := r.opts.totalRate()
	if rate == 0 {
		r.each(func(w *worker) { w.start(nil) })
		return func() {}
	}
	s := newSchedule(r.clock.now(), rate, r.opts.Publishers)
	r.each(func(w *worker) { w.start(&s) })
	return startPacer(s, r.clock, len(r.workers), r.plan.loopOf, func(i int) { r.workers[i].wake() }).stop
}

// drain waits for what is under way. A user who has lost patience once gets the report soon.
func (r *run) drain(ctx context.Context) {
	if ctx.Err() != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
	}
	r.wait(ctx, "drain", 0, r.drained())
}

// allSent makes a function that says whether every publisher is done, or nothing has moved for so long that it will not be.
func (r *run) allSent() func() bool {
	patience := max(r.opts.Drain, 10*time.Second)
	if rate := r.opts.totalRate(); rate > 0 {
		patience += time.Duration(2 * float64(time.Second) / rate)
	}
	moving := r.stillness()
	return func() bool {
		finished := make([]bool, len(r.workers))
		r.each(func(w *worker) { finished[w.index] = w.finished() })
		return !slices.Contains(finished, false) || moving() > patience
	}
}

// drained makes a function that says whether all that was sent has come and is acknowledged, or nothing came for
// Options.Drain.
func (r *run) drained() func() bool {
	still := r.stillness()
	return func() bool {
		now := r.total()
		all := now.received-now.duplicates >= now.sent*r.plan.copies() && (r.opts.QoS == 0 || now.acked >= now.sent)
		return all || still() >= r.opts.Drain
	}
}

// stillness makes a function that tells for how long no message was sent, received or acknowledged.
func (r *run) stillness() func() time.Duration {
	var last [3]uint64
	since := time.Now()
	return func() time.Duration {
		now := r.total()
		if key := [3]uint64{now.sent, now.received, now.acked}; key != last {
			last, since = key, time.Now()
		}
		return time.Since(since)
	}
}

// each calls f for each worker, on its loop, and returns when all calls are over. The calls run side by side.
func (r *run) each(f func(*worker)) {
	var all sync.WaitGroup
	for _, w := range r.workers {
		all.Add(1)
		w.loop.Post(task(func() { defer all.Done(); f(w) }))
	}
	all.Wait()
}

// read copies the counters of all workers.
func (r *run) read() []counters {
	out := make([]counters, len(r.workers))
	r.each(func(w *worker) {
		out[w.index] = w.count
		out[w.index].at = r.clock.now()
	})
	return out
}

// total is the sum of all workers' counters.
func (r *run) total() counters { return sum(r.read()) }

// wait returns after d, or, where done is given, as soon as it says so, and in any case when ctx ends. It shows progress
// meanwhile.
func (r *run) wait(ctx context.Context, phase string, d time.Duration, done func() bool) {
	end := time.Now().Add(d)
	for ctx.Err() == nil {
		pause := poll
		if done == nil {
			if pause = min(time.Until(end), r.progress.untilNext()); time.Until(end) <= 0 {
				return
			}
		} else if done() {
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(max(pause, 0)):
		}
		r.progress.show(phase, r)
	}
}

// leave ends all connections in order and waits until they are gone, at most as long as netpoll lingers.
func (r *run) leave() {
	r.each((*worker).leave)
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(poll) {
		open := 0
		for _, l := range r.srv.Loops() {
			open += l.Connections()
		}
		if open == 0 {
			return
		}
	}
}

// on calls f on the loop of w and returns when the call is over.
func (r *run) on(w *worker, f func()) {
	done := make(chan struct{})
	w.loop.Post(task(func() { defer close(done); f() }))
	<-done
}
