package metric

import (
	"sync"
	"time"
)

// Shared is a Histogram for several goroutines, for what is done off the loops. The zero value is empty.
type Shared struct {
	mu   sync.Mutex
	took Histogram // guarded by mu
}

// Observe counts one duration.
func (s *Shared) Observe(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.took.Observe(uint64(max(d, 0).Microseconds()))
}

// AddTo sums it into h.
func (s *Shared) AddTo(h *Histogram) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h.Add(&s.took)
}
