package session

// Shards is how many parts of a Registry Shard tells apart.
const Shards = registryShards

// Shard returns the records of part i, 0 ≤ i < Shards, as they are now, in no particular order. The slice is the caller's. Any goroutine.
func (r *Registry) Shard(i int) []*Client {
	s := &r.shards[i]
	s.mu.Lock()
	list := make([]*Client, 0, len(s.mu.clients))
	for _, c := range s.mu.clients {
		list = append(list, c)
	}
	s.mu.Unlock()
	return list
}
