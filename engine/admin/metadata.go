package admin

import (
	"context"
	"fmt"

	"github.com/vernemq/vmq/engine"
)

// metadataParts is how many rows swc_sync_status has: the metadata of VerneMQ was in that many parts.
const metadataParts = 10

// metadataCommands are what a node that is alone says about metadata that it shares with nobody. Whoever builds a cluster replaces them.
func (t *Commands) metadataCommands() []Command {
	return []Command{
		{
			Path: "node history", Summary: "Say whether this node has a history",
			Help: "Says empty_state if this node could join a cluster as it is, and existing_state if it has data of its own. For scripts.",
			Do: func(_ context.Context, in *Input) (Result, error) {
				if t.hasHistory(in.Broker) {
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

// hasHistory says whether the node has data of its own, which it would lose if it took over that of a cluster.
func (t *Commands) hasHistory(b *engine.Broker) bool {
	return b.Clients() > 0 || b.RetainedMessages() > 0 || t.options.Keys != nil && len(t.options.Keys.List("")) > 0
}
