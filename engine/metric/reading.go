package metric

// Reading is everything that the table makes series of, as it was at one time. Whoever fills it asks each loop for its counters in
// turn, so the parts may be some microseconds apart.
type Reading struct {
	// Counters are the sum over the loops.
	Counters
	// Causes are the names of the drop causes, by their index in Counters.Dropped.
	Causes []string

	// Connections are the open client connections, but for WebSockets, which are those that came through WebSocket listeners.
	Connections, WebSockets uint64
	// Clients are the client records, of clients that are away included.
	Clients uint64
	// Subscriptions and Retained are entries of the routing table and retained messages.
	Subscriptions, Retained uint64
	// Memory by owner.
	Memory Memory
	// IOReceived and IOSent are bytes on all sockets of the broker, as they were on the wire.
	IOReceived, IOSent uint64

	Cluster Cluster
	Process ProcessStats
	Latency [Latencies]Histogram
	Store   *Store // nil: everything is in memory
	// Hooks are the times of the hooks whose names stand in HookNames.
	Hooks     [MaxHooks]Histogram
	HookNames []string
}

// Snapshot makes the list of series from r, and adds what providers have.
func (r *Reading) Snapshot(more ...Series) Snapshot {
	s := make(Snapshot, 0, seriesHint+len(more))
	for i := range families {
		f := &families[i]
		for j := range f.series {
			src := &f.series[j]
			s = append(s, Series{Name: f.name, Type: f.typ, Help: f.help, Labels: src.labels, Value: src.value(r)})
		}
		if f.some != nil {
			for _, x := range f.some(r) {
				x.Type, x.Help = f.typ, f.help
				if x.Name == "" {
					x.Name = f.name
				}
				s = append(s, x)
			}
		}
	}
	s = append(s, more...)
	s.sort()
	return s
}

// seriesHint is a little more than the table usually gives.
const seriesHint = 320
