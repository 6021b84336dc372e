package loadgen

// schedule says when messages are due at a fixed rate. Publishers take turns, so message seq of publisher pub is number
// seq × publishers + pub of the run: the load is even, and a due time needs no memory, however far a publisher falls behind.
type schedule struct {
	start    int64   // nanoseconds of the run's clock
	interval float64 // nanoseconds between two messages of the run
	pubs     uint64
}

// newSchedule starts at start; rate is in messages per second of all pubs publishers together.
func newSchedule(start int64, rate float64, pubs int) schedule {
	return schedule{start: start, interval: 1e9 / rate, pubs: uint64(pubs)}
}

// due is when publisher pub has to send its message seq.
func (s *schedule) due(pub uint32, seq uint64) int64 { return s.at(seq*s.pubs + uint64(pub)) }

// at is when message k of the run is due.
func (s *schedule) at(k uint64) int64 { return s.start + int64(float64(k)*s.interval) }

// dueBy is how many messages of publisher pub are due at time now.
func (s *schedule) dueBy(pub uint32, now int64) uint64 {
	if now < s.due(pub, 0) {
		return 0
	}
	// The division may be off by one where it rounds: the due time itself decides.
	n := uint64(float64(now-s.start)/s.interval) / s.pubs
	for s.due(pub, n) <= now {
		n++
	}
	for n > 0 && s.due(pub, n-1) > now {
		n--
	}
	return n
}
