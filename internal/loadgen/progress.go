package loadgen

import (
	"fmt"
	"io"
	"time"
)

// progress writes a line each second while a run goes on.
type progress struct {
	out     io.Writer // nil: nothing is written
	plan    *plan
	began   time.Time
	next    time.Time
	last    counters
	latency histogram // as it was when the last line was written
}

// newProgress writes to out; nil: nowhere.
func newProgress(out io.Writer, p *plan) *progress {
	now := time.Now()
	return &progress{out: out, plan: p, began: now, next: now.Add(time.Second)}
}

// untilNext is how long it is to the next line, an hour where nothing is written.
func (p *progress) untilNext() time.Duration {
	if p.out == nil {
		return time.Hour
	}
	return time.Until(p.next)
}

// show writes a line if it is time. The rates are those since the line before, and so are the latencies, as far as they are
// measured yet.
func (p *progress) show(phase string, r *run) {
	if p.out == nil || time.Now().Before(p.next) {
		return
	}
	var h histogram
	behind := uint64(0)
	for _, w := range r.workers {
		r.on(w, func() {
			h.merge(&w.latency)
			behind += w.behind()
		})
	}
	now := r.total()
	seconds := float64(now.at-p.last.at) / float64(time.Second)
	head := fmt.Sprintf("%4.0fs %-8s", time.Since(p.began).Seconds(), phase)
	if p.plan.opts.Pattern == Connect || now.sent == 0 {
		fmt.Fprintf(p.out, "%s %d of %d connections, %s/s, %d failed, %d lost\n", head, now.ready, r.report.Connections.Asked,
			grouped(float64(now.ready-p.last.ready)/seconds), now.failed, now.lost)
	} else {
		line := fmt.Sprintf("%s sent %s/s received %s/s", head, grouped(float64(now.sent-p.last.sent)/seconds),
			grouped(float64(now.received-p.last.received)/seconds))
		since := h.since(&p.latency)
		if since.n > 0 {
			line += fmt.Sprintf(" latency p50 %s µs p99 %s µs", short(micros(since.quantile(0.5))), short(micros(since.quantile(0.99))))
		}
		if behind > 0 {
			line += fmt.Sprintf(" behind %s", grouped(float64(behind)))
		}
		fmt.Fprintln(p.out, line)
	}
	p.last, p.latency = now, h
	p.next = p.next.Add(time.Second)
	if time.Now().After(p.next) {
		p.next = time.Now().Add(time.Second)
	}
}
