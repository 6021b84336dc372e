package admin

import (
	"context"
	"fmt"

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
	number := func(name string) int64 {
		v, _ := sums.Find(name)
		return int64(v)
	}
	online := number("active_mqtt_connections") + number("active_mqttws_connections")
	list := []Figure{{"num_online", online}, {"num_offline", number("queue_processes") - online}}
	for _, s := range statusSums {
		list = append(list, Figure{s.figure, number(s.metric)})
	}
	return append(list, Figure{"version", version})
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

// metadataParts is how many rows swc_sync_status has: the metadata of VerneMQ was in that many parts.
const metadataParts = 10

// metadataCommands are what a node that is alone says about metadata that it shares with nobody. Whoever builds a cluster replaces them.
func (t *Commands) metadataCommands() []Command {
	return []Command{
		{
			Path: "node history", Summary: "Say whether this node has a history",
			Help: "Says empty_state if this node could join a cluster as it is, and existing_state if it has data of its own. For scripts.",
			Do: func(_ context.Context, in *Input) (Result, error) {
				if in.Broker.Clients() > 0 || in.Broker.RetainedMessages() > 0 || t.options.Keys != nil && len(t.options.Keys.List("")) > 0 {
					return text("existing_state"), nil
				}
				return text("empty_state"), nil
			},
		},
		{
			Path: "node swc_sync_status", Summary: "Show whether the metadata is complete",
			Help: "Shows for each part of the metadata whether this node has had it from the others once.",
			Do: func(context.Context, *Input) (Result, error) {
				table := &Table{Columns: []string{"SWC Partition", "InitSynced"}}
				for i := range metadataParts {
					table.add(fmt.Sprint("meta", i+1), true)
				}
				return Result{table}, nil
			},
		},
		{
			Path: "node flag_as_init_synced", Summary: "Take the metadata for complete",
			Help: "Says that this node need not wait for the metadata of others.",
			Do:   func(context.Context, *Input) (Result, error) { return done, nil },
		},
	}
}

// clusterCommands are what there is to say about the cluster by a node that is alone. Whoever builds a cluster replaces them.
func (t *Commands) clusterCommands() []Command {
	return []Command{{
		Path: "cluster show", Summary: "Show the nodes of the cluster", Help: "Shows the nodes of the cluster, and whether they can be reached.",
		Do: func(context.Context, *Input) (Result, error) {
			table := &Table{Columns: []string{"Node", "Running"}}
			table.add(t.options.NodeName, true)
			return Result{table}, nil
		},
	}}
}
