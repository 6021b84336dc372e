package metric

// Cluster is what the links to other nodes count; all 0 on a single node.
type Cluster struct {
	// BytesReceived, BytesSent and BytesDropped count bytes of messages between nodes.
	BytesReceived, BytesSent, BytesDropped uint64
	// NetsplitDetected and NetsplitResolved count how often nodes went out of reach and came back.
	NetsplitDetected, NetsplitResolved uint64
}

var clusterFamilies = []family{
	counter("cluster_bytes_received", "Bytes received from other nodes.", func(r *Reading) uint64 { return r.Cluster.BytesReceived }),
	counter("cluster_bytes_sent", "Bytes sent to other nodes.", func(r *Reading) uint64 { return r.Cluster.BytesSent }),
	counter("cluster_bytes_dropped", "Bytes for other nodes that were out of reach and whose buffer was full.",
		func(r *Reading) uint64 { return r.Cluster.BytesDropped }),
	counter("netsplit_detected", "How often a node of the cluster went out of reach.", func(r *Reading) uint64 { return r.Cluster.NetsplitDetected }),
	counter("netsplit_resolved", "How often all nodes of the cluster came back into reach.",
		func(r *Reading) uint64 { return r.Cluster.NetsplitResolved }),
}
