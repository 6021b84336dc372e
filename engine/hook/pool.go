package hook

import (
	"context"
	"sync"
)

// Pool runs calls that have to wait. Jobs of one key run one after the other in the order in which they were added, jobs of different
// keys side by side, at most limit at a time.
type Pool struct {
	limit int

	mu struct {
		sync.Mutex
		lanes   map[uint64]*lane // keys with a job that waits or runs
		ready   []*lane          // lanes that wait for a worker
		workers int
		idle    []chan struct{} // closed when no job is left
	}
}

// lane holds the jobs of one key. It is in Pool.mu.ready, or a worker has it.
type lane struct {
	key  uint64
	jobs []func()
}

// LaneMax is how many jobs of one key may wait.
const LaneMax = 1000

// NewPool makes a pool of at most limit workers. A worker that has nothing to do ends.
func NewPool(limit int) *Pool {
	p := &Pool{limit: limit}
	p.mu.lanes = make(map[uint64]*lane)
	return p
}

// Add runs job when those before it under the same key have ended. It returns false, and does nothing, if LaneMax jobs wait
// already and the job is one that can be left out. Any goroutine; it does not wait.
func (p *Pool) Add(key uint64, must bool, job func()) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.mu.lanes[key]
	if l == nil {
		l = &lane{key: key}
		p.mu.lanes[key] = l
		p.mu.ready = append(p.mu.ready, l)
	} else if len(l.jobs) >= LaneMax && !must {
		return false
	}
	l.jobs = append(l.jobs, job)
	if p.mu.workers < p.limit && len(p.mu.ready) > 0 {
		p.mu.workers++
		go p.work()
	}
	return true
}

func (p *Pool) work() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.mu.ready) > 0 {
		l := p.mu.ready[0]
		p.mu.ready = p.mu.ready[1:]
		job := l.jobs[0]
		l.jobs[0] = nil
		l.jobs = l.jobs[1:]
		p.run(job)
		if len(l.jobs) > 0 {
			p.mu.ready = append(p.mu.ready, l)
		} else {
			delete(p.mu.lanes, l.key)
		}
	}
	if p.mu.workers--; len(p.mu.lanes) == 0 {
		for _, c := range p.mu.idle {
			close(c)
		}
		p.mu.idle = nil
	}
}

// Wait returns when no job waits or runs, or when ctx is done, whose error it returns then. Any goroutine.
func (p *Pool) Wait(ctx context.Context) error {
	p.mu.Lock()
	if len(p.mu.lanes) == 0 {
		p.mu.Unlock()
		return nil
	}
	idle := make(chan struct{})
	p.mu.idle = append(p.mu.idle, idle)
	p.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// run gives up the lock for the time of the job.
func (p *Pool) run(job func()) {
	p.mu.Unlock()
	defer p.mu.Lock()
	job()
}
