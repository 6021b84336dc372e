package admin

import (
	"context"

	"github.com/vernemq/vmq/engine/metric"
)

func (t *Commands) nodeCommands() []Command {
	list := []Command{
		{
			Path: "node status", Summary: "Show the figures of this node", Help: "Shows how many clients and messages this node has.",
			Do: t.nodeStatus,
		},
		{
			Path: "node upgrade", Synopsis: "[--upgrade-now] [--instruction-file=<file>]", Summary: "Upgrade the running node",
			Help:      "A running program cannot be exchanged here: install the new one, then vernemq restart. Says that there is nothing to do.",
			AfterStop: true,
			Flags: []Flag{
				{Name: "upgrade-now", Help: "Accepted for scripts."},
				{Name: "instruction-file", Value: "<file>", Help: "Accepted for scripts.", Check: isFile},
			},
			Do: func(_ context.Context, in *Input) (Result, error) {
				if in.Has("upgrade-now") {
					return text("run upgrade: []\n"), nil
				}
				return text("dry_run upgrade: []\n"), nil
			},
		},
	}
	list = append(list, t.metadataCommands()...)
	if t.options.Start == nil {
		return list
	}
	return append([]Command{
		{
			Path: "node start", Summary: "Start the broker of this node", Help: "Starts the broker again that node stop has stopped.",
			AfterStop: true, Do: t.lifecycle(t.options.Start),
		},
		{
			Path: "node stop", Summary: "Stop the broker of this node",
			Help:      "Stops listeners, sessions and plugins. The process goes on, so that node start can start them again.",
			AfterStop: true, Do: t.lifecycle(t.options.Stop),
		},
	}, list...)
}

func (t *Commands) lifecycle(do func(context.Context) error) func(context.Context, *Input) (Result, error) {
	return func(ctx context.Context, _ *Input) (Result, error) {
		if err := do(ctx); err != nil {
			return nil, err
		}
		return done, nil
	}
}

// Figure is one row of node status: a number, or the version as text.
type Figure struct {
	Name  string
	Value any
}

// statusSums are the figures that are metrics, and the names of these.
var statusSums = []struct{ figure, metric string }{
	{"msg_in", "mqtt_publish_received"},
	{"msg_out", "mqtt_publish_sent"},
	{"queue_in", "queue_message_in"},
	{"queue_out", "queue_message_out"},
	{"queue_drop", "queue_message_drop"},
	{"queue_unhandled", "queue_message_unhandled"},
	{"num_subscriptions", "router_subscriptions"},
	{"num_retained", "retain_messages"},
	{"matches_local", "router_matches_local"},
	{"matches_remote", "router_matches_remote"},
}

// Status makes the figures of `node status` and /status.json, in their order, of a reading of the metrics.
func Status(all metric.Snapshot, version string) []Figure {
	sums := all.Aggregate()
	online, offline := population(sums)
	list := []Figure{{"num_online", online}, {"num_offline", offline}}
	for _, s := range statusSums {
		list = append(list, Figure{s.figure, number(sums, s.metric)})
	}
	return append(list, Figure{"version", version})
}

// population is how many clients are connected, and how many queues have none; sums has one value for each name.
func population(sums metric.Snapshot) (online, offline int64) {
	online = number(sums, "active_mqtt_connections") + number(sums, "active_mqttws_connections")
	return online, number(sums, "queue_processes") - online
}

func number(sums metric.Snapshot, name string) int64 {
	v, _ := sums.Find(name)
	return int64(v)
}

func (t *Commands) nodeStatus(ctx context.Context, in *Input) (Result, error) {
	all, err := snapshot(ctx, in.Broker)
	if err != nil {
		return nil, err
	}
	table := &Table{Columns: []string{"Status", "Value"}}
	for _, f := range Status(all, t.options.Version) {
		table.add(f.Name, f.Value)
	}
	return Result{table}, nil
}
