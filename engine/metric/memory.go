package metric

// Memory is what the broker's parts hold, in bytes.
type Memory struct {
	// Sockets: connections, output that the network has not taken, input that is not a whole packet yet, and buffers kept for both.
	Sockets uint64
	// Sessions: client records and their sessions, without what waits for them.
	Sessions uint64
	// Queues: messages that wait or are not acknowledged, and the arrays they stand in. A message counts for each queue that
	// holds it, although it is there once: what is shared by many is overstated.
	Queues uint64
	// Retained: retained messages and their index.
	Retained uint64
	// Trie: subscriptions.
	Trie uint64
	// Store: the cache and the tables of the message store.
	Store uint64
}

// owners are the values of the label owner.
var owners = []struct {
	name  string
	bytes func(*Memory) uint64
}{
	{"sockets", func(m *Memory) uint64 { return m.Sockets }},
	{"sessions", func(m *Memory) uint64 { return m.Sessions }},
	{"queues", func(m *Memory) uint64 { return m.Queues }},
	{"retained", func(m *Memory) uint64 { return m.Retained }},
	{"trie", func(m *Memory) uint64 { return m.Trie }},
	{"store", func(m *Memory) uint64 { return m.Store }},
}

// Total is the sum over the owners, in bytes.
func (m *Memory) Total() (n uint64) {
	for _, o := range owners {
		n += o.bytes(m)
	}
	return n
}

func memoryFamilies() []family {
	f := family{name: "memory_bytes", typ: Gauge, help: "Bytes of memory by what they are used for; vm_memory_total has all there is."}
	for _, o := range owners {
		f.series = append(f.series, source{[]Label{{"owner", o.name}}, func(r *Reading) uint64 { return o.bytes(&r.Memory) }})
	}
	return []family{f}
}
