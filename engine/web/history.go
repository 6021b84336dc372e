package web

import (
	"sync"
	"time"

	"github.com/vernemq/vmq/engine/metric"
)

const (
	// sampleEvery is how often the figures of the charts are taken; asking the loops takes some microseconds of each.
	sampleEvery = 2 * time.Second
	// historyLength is ten minutes: somebody who opens the page because something happened sees how it began.
	historyLength = 300
)

// history samples what the charts of the status page show, from the moment on at which a listener serves the page.
type history struct {
	server *Server
	once   sync.Once
	quit   chan struct{}
	ended  sync.WaitGroup

	mu     sync.Mutex // guards the following fields
	points []point    // the oldest first; at most historyLength
	last   totals
}

// point is one column of the charts. Rates are per second, since the point before.
type point struct {
	Time        int64   `json:"t"` // milliseconds of Unix time
	Connections uint64  `json:"connections"`
	In          float64 `json:"in"`       // messages published by clients
	Out         float64 `json:"out"`      // messages sent to clients
	BytesIn     float64 `json:"bytesIn"`  // of MQTT
	BytesOut    float64 `json:"bytesOut"` // of MQTT
	Dropped     float64 `json:"dropped"`
	// Latency is the mean time from reading a message to writing it to a receiver, in microseconds, Slow what 99 of 100 take at most,
	// as far as the buckets tell. Commit and CommitSlow are the same for commits to the message store. Negative: nothing was measured.
	Latency    float64 `json:"latency"`
	Slow       float64 `json:"slow"`
	Commit     float64 `json:"commit"`
	CommitSlow float64 `json:"commitSlow"`
	CPU        float64 `json:"cpu"` // cores that the process used
	Memory     uint64  `json:"memory"`
}

// totals are the counters that rates are made of.
type totals struct {
	at                                  time.Time
	in, out, bytesIn, bytesOut, dropped uint64
	cpu                                 uint64 // milliseconds
	latency, commit                     timing
	connections, memory                 uint64 // not counters: what there is
}

// timing is a histogram.
type timing struct {
	sum, count uint64
	buckets    []uint64 // cumulative
}

func newHistory(s *Server) *history { return &history{server: s, quit: make(chan struct{})} }

// start samples until stop. Calls after the first do nothing.
func (h *history) start() {
	h.once.Do(func() {
		h.ended.Go(func() {
			tick := time.NewTicker(sampleEvery)
			defer tick.Stop()
			for {
				h.add(readTotals(h.server.Broker.Metrics(), time.Now()))
				select {
				case <-h.quit:
					return
				case <-tick.C:
				}
			}
		})
	})
}

// stop returns when nobody samples any more. start does nothing afterwards.
func (h *history) stop() {
	h.once.Do(func() {})
	select {
	case <-h.quit:
	default:
		close(h.quit)
	}
	h.ended.Wait()
}

// since returns copies of the points after t, in milliseconds of Unix time.
func (h *history) since(t int64) []point {
	h.mu.Lock()
	defer h.mu.Unlock()
	first := len(h.points)
	for first > 0 && h.points[first-1].Time > t {
		first--
	}
	return append([]point{}, h.points[first:]...)
}

func (h *history) add(now totals) {
	h.mu.Lock()
	defer h.mu.Unlock()
	before := h.last
	h.last = now
	if before.at.IsZero() {
		return
	}
	if len(h.points) == historyLength {
		h.points = append(h.points[:0], h.points[1:]...)
	}
	h.points = append(h.points, pointBetween(&before, &now))
}

// readTotals takes what it needs of the metrics.
func readTotals(all metric.Snapshot, at time.Time) totals {
	sums := countersOf(all)
	t := totals{
		at: at,
		in: sums["mqtt_publish_received"], out: sums["mqtt_publish_sent"],
		bytesIn: sums["bytes_received"], bytesOut: sums["bytes_sent"], dropped: sums["message_drop"],
		cpu: sums["system_runtime"], connections: sums["total_active_connections"], memory: sums["vm_memory_total"],
	}
	for i := range all {
		switch all[i].Name {
		case "publish_deliver_microseconds":
			t.latency = timingOf(all[i].Histogram)
		case "storage_write_microseconds":
			t.commit = timingOf(all[i].Histogram)
		}
	}
	return t
}

func timingOf(h *metric.Histogram) timing {
	t := timing{sum: h.Sum(), count: h.Count()}
	for _, n := range h.Buckets("") {
		t.buckets = append(t.buckets, n)
	}
	return t
}

// pointBetween makes rates of two readings. A counter that is smaller than before was reset, and its rate unknown: 0.
func pointBetween(before, now *totals) point {
	seconds := max(now.at.Sub(before.at).Seconds(), 1e-3)
	rate := func(a, b uint64) float64 { return float64(b-min(a, b)) / seconds }
	p := point{
		Time: now.at.UnixMilli(), Connections: now.connections, Memory: now.memory,
		In: rate(before.in, now.in), Out: rate(before.out, now.out),
		BytesIn: rate(before.bytesIn, now.bytesIn), BytesOut: rate(before.bytesOut, now.bytesOut),
		Dropped: rate(before.dropped, now.dropped), CPU: rate(before.cpu, now.cpu) / 1000,
	}
	p.Latency, p.Slow = now.latency.since(&before.latency)
	p.Commit, p.CommitSlow = now.commit.since(&before.commit)
	return p
}

// since is the mean of what came after before, and what 99 of 100 did not exceed; -1 if nothing came.
func (t *timing) since(before *timing) (mean, slow float64) {
	n := t.count - min(before.count, t.count)
	if n == 0 {
		return -1, -1
	}
	return float64(t.sum-min(before.sum, t.sum)) / float64(n), slowest(before.buckets, t.buckets)
}

// latencyBounds are those of metric.Histogram, in microseconds, with an end for the bucket that has none.
var latencyBounds = []float64{0, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000}

// slowest is the time that 99 of 100 samples do not exceed, where samples are spread evenly over their bucket. Buckets are cumulative.
func slowest(before, now []uint64) float64 {
	count := func(i int) float64 {
		n := now[i]
		if i < len(before) {
			n -= min(before[i], n)
		}
		return float64(n)
	}
	wanted := 0.99 * count(len(now)-1)
	below := 0.0
	for i := range now {
		n := count(i)
		if n >= wanted && n > below {
			return latencyBounds[i] + (latencyBounds[i+1]-latencyBounds[i])*(wanted-below)/(n-below)
		}
		below = n
	}
	return latencyBounds[len(latencyBounds)-1]
}
