package admin

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/vernemq/vmq/engine"
	"github.com/vernemq/vmq/engine/metric"
	"github.com/vernemq/vmq/queue"
)

func (t *Commands) metricsCommands() []Command {
	labels := knownLabels()
	flags := []Flag{
		{Name: "with-descriptions", Short: 'd', Help: "Show what each metric means."},
		{Name: "aggregate", Short: 'a', Value: "true|false", Help: "Sum the metrics of one name. Default: true."},
	}
	for _, l := range labels {
		flags = append(flags, Flag{
			Name: l.key, Value: "[" + strings.Join(l.values, "|") + "]", Complete: l.values, Heading: "Labels",
		})
	}
	return []Command{
		{
			Path: "metrics show", Synopsis: "[--with-descriptions] [--aggregate=true|false] [--<label>=<value>]...", Summary: "Show metrics",
			Help:  "Shows what the broker counts: one metric a line. Labels filter before anything is summed; several must all hold.",
			Flags: flags, Do: func(ctx context.Context, in *Input) (Result, error) { return showMetrics(ctx, in, labels) },
		},
		{
			Path: "metrics reset", Summary: "Set all counters to 0", Hidden: true,
			Do: func(_ context.Context, in *Input) (Result, error) {
				in.Broker.ResetMetrics()
				return done, nil
			},
		},
	}
}

// label is a key of labels with the values that it can have.
type label struct {
	key    string
	values []string
}

// knownLabels are the labels of a broker that has counted nothing yet, sorted. Those of plugins are not among them.
func knownLabels() []label {
	var all []label
	nothing := &metric.Reading{}
	for c := range queue.Causes {
		nothing.Causes = append(nothing.Causes, c.String())
	}
	for _, x := range nothing.Snapshot() {
		for _, l := range x.Labels {
			i := slices.IndexFunc(all, func(k label) bool { return k.key == l.Key })
			if i < 0 {
				i, all = len(all), append(all, label{key: l.Key})
			}
			if !slices.Contains(all[i].values, l.Value) {
				all[i].values = append(all[i].values, l.Value)
			}
		}
	}
	for i := range all {
		slices.Sort(all[i].values)
	}
	slices.SortFunc(all, func(a, b label) int { return strings.Compare(a.key, b.key) })
	return all
}

// snapshot is every metric, as soon as all loops have answered.
func snapshot(ctx context.Context, b *engine.Broker) (metric.Snapshot, error) {
	answer := make(chan metric.Snapshot, 1)
	b.CollectMetrics(func(s metric.Snapshot) { answer <- s })
	select {
	case s := <-answer:
		return s, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("the event loops did not answer in time: %w", ctx.Err())
	}
}

func showMetrics(ctx context.Context, in *Input, labels []label) (Result, error) {
	all, err := snapshot(ctx, in.Broker)
	if err != nil {
		return nil, err
	}
	for _, l := range labels {
		if v, given := in.Flag(l.key); given {
			all = all.Filter(metric.Label{Key: l.key, Value: v})
		}
	}
	if in.Text("aggregate", "true") == "true" {
		all = all.Aggregate()
	}
	var b strings.Builder
	for i := range all {
		x := &all[i]
		if in.Has("with-descriptions") {
			fmt.Fprintf(&b, "# %s\n", x.Help)
		}
		for name, value := range x.Values("infinity") {
			fmt.Fprintf(&b, "%s.%s = %d\n", x.Type, name, value)
		}
		if in.Has("with-descriptions") {
			b.WriteString("\n")
		}
	}
	return text(b.String()), nil
}
