package admin

import (
	"context"
	"fmt"
)

// clusterCommands are what there is to say about the cluster by a node that is alone. Whoever builds a cluster replaces them.
func (t *Commands) clusterCommands() []Command {
	list := []Command{
		{
			Path: "cluster show", Summary: "Show the nodes of the cluster", Help: "Shows the nodes of the cluster, and whether they can be reached.",
			Do: func(context.Context, *Input) (Result, error) {
				table := &Table{Columns: []string{"Node", "Running"}}
				table.add(t.options.NodeName, true)
				return Result{table}, nil
			},
		},
		{
			Path: "cluster join", Synopsis: "discovery-node=<Node>", Summary: "Make this node join a cluster",
			Help: "Makes this node a member of the cluster that another node is in. A node with sessions, retained messages or API\n" +
				"keys of its own is refused.",
			Args: []Arg{{Key: "discovery-node", Value: "<Node>", Help: "Any node of that cluster."}},
			Do:   t.joinCluster,
		},
	}
	if t.options.Stop == nil {
		return list
	}
	return append(list, t.clusterLeave())
}

// Why a node does not join, in the words of VerneMQ.
const (
	joinSelf        = "self_join"
	joinNonEmpty    = "non_empty_node"
	joinUnreachable = "not_reachable"
)

func (t *Commands) joinCluster(_ context.Context, in *Input) (Result, error) {
	node := in.Arg("discovery-node")
	reason := joinUnreachable + ", because nodes of this version cannot reach each other"
	switch {
	case node == "":
		return alert("A discovery node is missing: discovery-node=<Node> names a node of the cluster."), nil
	case node == t.options.NodeName:
		reason = joinSelf
	case t.emptyJoins() && t.hasHistory(in.Broker):
		reason = joinNonEmpty
	}
	return nil, &FailedError{alert(fmt.Sprintf("Couldn't join the cluster of %s: %s\n", node, reason))}
}

// emptyJoins says whether only a node without history may join.
func (t *Commands) emptyJoins() bool {
	if t.options.Settings == nil {
		return true
	}
	value, _ := t.options.Settings.Get("vmq_swc.prevent_nonempty_join")
	return value != "off"
}
