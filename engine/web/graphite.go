package web

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/vernemq/vmq/engine/metric"
)

// GraphiteSettings are the graphite keys of the configuration.
type GraphiteSettings struct {
	Enabled bool
	// Address is host:port of the plaintext receiver.
	Address string
	// Interval is the time between two pushes, ConnectTimeout what connecting may take, ReconnectPause the wait after a push that failed.
	Interval, ConnectTimeout, ReconnectPause time.Duration
	// APIKey and Prefix, where not empty, are the first components of each path, in this order.
	APIKey, Prefix string
	// Labels adds lines by label.
	Labels bool
}

// Graphite pushes all metrics to a Graphite server, while its settings say so.
type Graphite struct {
	// Settings returns what is in force. It is asked before each step, so that changes count without a restart.
	Settings func() GraphiteSettings
	// Metrics returns every metric as it is now.
	Metrics func() metric.Snapshot
	// Dial connects; nil: over TCP.
	Dial func(ctx context.Context, address string) (net.Conn, error)
	// Logger receives failures; nil: slog.Default.
	Logger *slog.Logger
}

const (
	// graphiteIdle is how often settings are looked at while there is nothing to push to.
	graphiteIdle = 5 * time.Second
	// graphiteShortest keeps a mistaken interval from becoming a load.
	graphiteShortest = 100 * time.Millisecond
)

// Run pushes until ctx is done. One goroutine.
func (g *Graphite) Run(ctx context.Context) {
	if g.Dial == nil {
		g.Dial = func(ctx context.Context, address string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", address)
		}
	}
	if g.Logger == nil {
		g.Logger = slog.Default()
	}
	for {
		if !wait(ctx, g.session(ctx)) {
			return
		}
	}
}

// session connects and pushes until something goes wrong or is switched off. It returns how long to wait before the next attempt.
func (g *Graphite) session(ctx context.Context) time.Duration {
	set := g.Settings()
	if !set.Enabled {
		return graphiteIdle
	}
	conn, err := g.connect(ctx, set)
	if err != nil {
		if ctx.Err() == nil {
			g.Logger.Error("no connection to Graphite", "address", set.Address, "reason", err)
		}
		return graphiteIdle
	}
	defer conn.Close()
	for {
		if !wait(ctx, max(set.Interval, graphiteShortest)) {
			return 0
		}
		if set = g.Settings(); !set.Enabled {
			return graphiteIdle
		}
		lines := AppendGraphite(nil, g.Metrics(), &set, time.Now().Unix())
		// A receiver that takes nothing for as long as connecting may take is as good as gone.
		err := conn.SetWriteDeadline(time.Now().Add(max(set.ConnectTimeout, graphiteShortest)))
		if err == nil {
			_, err = conn.Write(lines)
		}
		if err != nil {
			g.Logger.Error("metrics not sent to Graphite", "address", set.Address, "reason", err)
			return set.ReconnectPause
		}
	}
}

func (g *Graphite) connect(ctx context.Context, set GraphiteSettings) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, max(set.ConnectTimeout, graphiteShortest))
	defer cancel()
	return g.Dial(ctx, set.Address)
}

// wait returns false if ctx is done before the time is over.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// AppendGraphite appends one line for each name, which has the sum over its labels, and with o.Labels one for each label of a name,
// which has the sum over the series with that label. now is seconds of Unix time. all must be sorted by name. Any goroutine.
func AppendGraphite(dst []byte, all metric.Snapshot, o *GraphiteSettings, now int64) []byte {
	prefix := ""
	for _, part := range []string{o.APIKey, o.Prefix} {
		if part != "" {
			prefix += part + "."
		}
	}
	end := fmt.Sprintf(" %d\n", now)
	sums := all.Aggregate()
	first := 0 // of the series with the name of a sum
	for i := range sums {
		next := first
		for next < len(all) && all[next].Name == sums[i].Name {
			next++
		}
		dst = appendPaths(dst, prefix, &sums[i], "", end)
		if o.Labels {
			for _, l := range labelsOf(all[first:next]) {
				one := all[first:next].Filter(l).Aggregate()
				dst = appendPaths(dst, prefix, &one[0], "."+l.Key+"_"+l.Value, end)
			}
		}
		first = next
	}
	return dst
}

func appendPaths(dst []byte, prefix string, x *metric.Series, label, end string) []byte {
	for name, value := range x.Values("inf") {
		dst = append(append(append(dst, prefix...), strings.ReplaceAll(name, "_", ".")...), label...)
		dst = append(strconv.AppendUint(append(dst, ' '), value, 10), end...)
	}
	return dst
}

// labelsOf lists the labels of series, each once, in the order in which they appear.
func labelsOf(series metric.Snapshot) (all []metric.Label) {
	seen := map[metric.Label]bool{}
	for i := range series {
		for _, l := range series[i].Labels {
			if !seen[l] {
				seen[l] = true
				all = append(all, l)
			}
		}
	}
	return all
}
