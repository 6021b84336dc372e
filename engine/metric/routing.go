package metric

var routingFamilies = []family{
	gauge("router_subscriptions", "Subscriptions in the routing table.", func(r *Reading) uint64 { return r.Subscriptions }),
	gauge("router_memory", "Bytes that the routing table takes.", func(r *Reading) uint64 { return r.Memory.Trie }),
	counter("router_matches_local", "Receivers on this node that messages had.", func(r *Reading) uint64 { return r.MatchesLocal }),
	counter("router_matches_remote", "Nodes that messages were forwarded to.", func(r *Reading) uint64 { return r.MatchesRemote }),
	gauge("retain_messages", "Retained messages.", func(r *Reading) uint64 { return r.Retained }),
	gauge("retain_memory", "Bytes that retained messages take.", func(r *Reading) uint64 { return r.Memory.Retained }),
}
