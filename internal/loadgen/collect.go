package loadgen

import (
	"strconv"
	"time"

	"github.com/vernemq/vmq/codec"
)

// describe fills in what is known before anything happens.
func (r *run) describe() {
	o := r.opts
	r.report.Machine = ThisMachine()
	r.report.Settings = Settings{
		Pattern: o.Pattern, Address: r.plan.address, Transport: o.Transport.Name(), Version: versionName(o.Version), QoS: o.QoS, SubQoS: o.subQoS(), Payload: o.Payload,
		Publishers: o.Publishers, Subscribers: o.Subscribers, Rate: o.totalRate(), Window: o.Window, Ahead: o.Ahead,
		OnePerWrite: o.OnePerWrite, WarmUp: o.WarmUp.Seconds(), Duration: o.Duration.Seconds(), Messages: o.Messages,
		Loops: len(r.workers), Only: o.Only, Run: r.plan.run,
	}
	if o.Pattern == Connect {
		r.report.Settings.Publishers, r.report.Settings.Subscribers, r.report.Settings.Duration = 0, 0, o.Hold.Seconds()
	}
}

// versionName is a protocol version as people write it.
func versionName(v codec.Version) string {
	switch v {
	case codec.V31:
		return "3.1"
	case codec.V311:
		return "3.1.1"
	}
	return strconv.Itoa(int(v))
}

// sum adds up the counters of all workers.
func sum(all []counters) (s counters) {
	for _, c := range all {
		s.at, s.readAt, s.ackedAt = max(s.at, c.at), max(s.readAt, c.readAt), max(s.ackedAt, c.ackedAt)
		s.ready += c.ready
		s.failed += c.failed
		s.lost += c.lost
		s.sent += c.sent
		s.acked += c.acked
		s.received += c.received
		s.duplicates += c.duplicates
		s.reordered += c.reordered
		s.damaged += c.damaged
		s.foreign += c.foreign
	}
	return s
}

// rates fills in what passed per second between two readings. Each loop is read at its own moment, so its part is divided
// by its own time.
func (m *Messages) rates(from, to []counters, payload int) {
	for i := range from {
		seconds := float64(to[i].at-from[i].at) / float64(time.Second)
		if seconds <= 0 {
			continue
		}
		m.Seconds = max(m.Seconds, seconds)
		m.SentRate += float64(to[i].sent-from[i].sent) / seconds
		m.ReceivedRate += float64(to[i].received-from[i].received) / seconds
	}
	m.SentBytes, m.RecvBytes = m.SentRate*float64(payload), m.ReceivedRate*float64(payload)
}

// collect fills in the final counts, histograms and problems.
func (r *run) collect() {
	now := r.total()
	r.report.Connections.Lost = now.lost
	var h struct{ connect, latency, ack, lag histogram }
	for _, w := range r.workers {
		r.on(w, func() {
			if r.report.Settings.TLS == "" {
				r.report.Settings.TLS = w.negotiated()
			}
			h.connect.merge(&w.connectTimes)
			h.latency.merge(&w.latency)
			h.ack.merge(&w.ackTimes)
			h.lag.merge(&w.lag)
		})
	}
	r.report.Connections.Latency = quantiles(&h.connect)
	r.report.Latency, r.report.AckLatency, r.report.Lag = quantiles(&h.latency), quantiles(&h.ack), quantiles(&h.lag)
	if r.report.Messages != nil {
		r.collectMessages(now)
	}
	r.gatherProblems()
}

// collectMessages fills in what became of the messages.
func (r *run) collectMessages(now counters) {
	m := r.report.Messages
	sentBy := make([]uint64, r.opts.Publishers)
	for _, w := range r.workers {
		r.on(w, func() {
			m.Unsent += w.behind()
			for _, p := range w.pubs {
				sentBy[p.index] = p.seq
			}
		})
	}
	m.Sent, m.Acknowledged, m.Received = now.sent, now.acked, now.received
	m.Duplicates, m.Reordered, m.Damaged, m.Foreign = now.duplicates, now.reordered, now.damaged, now.foreign
	m.Expected = now.sent * r.plan.copies()
	if !r.opts.does(Deliver) {
		m.Expected = 0
		return
	}
	if r.opts.Pattern == Shared {
		r.collectGroup(sentBy)
	} else {
		for _, w := range r.workers {
			r.on(w, func() {
				for _, s := range w.subs {
					m.Lost += s.lost(sentBy)
					m.Inexact = m.Inexact || s.inexact()
				}
			})
		}
	}
	if m.Expected > 0 {
		m.LostShare = float64(m.Lost) / float64(m.Expected)
	}
}

// collectGroup joins what the loops know about a shared subscription. A message that came to members on two loops is a
// duplicate that neither of them could see.
func (r *run) collectGroup(sentBy []uint64) {
	m := r.report.Messages
	seen := make([]seenSet, len(sentBy))
	for _, w := range r.workers {
		r.on(w, func() {
			for i := range w.group {
				m.Duplicates += seen[i].merge(&w.group[i])
			}
		})
	}
	for i, sent := range sentBy {
		m.Lost += sent - seen[i].count
	}
}

// gatherProblems copies the problems of all workers, at most problemsMax.
func (r *run) gatherProblems() {
	rep := r.report
	rep.Problems, rep.MoreProblems = nil, 0
	for _, w := range r.workers {
		r.on(w, func() {
			rep.Problems = append(rep.Problems, w.problems...)
			rep.MoreProblems += w.unnamed
		})
	}
	if extra := len(rep.Problems) - problemsMax; extra > 0 {
		rep.Problems = rep.Problems[:problemsMax]
		rep.MoreProblems += extra
	}
}
