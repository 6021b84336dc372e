package tlslayer

import (
	"runtime"
	"sync"
)

// Pool says how many handshakes compute at once and how many are under way. One pool serves all listeners of a broker.
//
// Computing takes 0.1 to 2 ms a handshake; more at once than there are cores would only make each of them slower. Under way are
// those too that wait for their peer: they hold no worker, but a goroutine and a tls.Conn, about 25 KiB. Those beyond the limit wait
// in order with nothing but their ClientHello. Both waits count for the handshake's time limit.
type Pool struct {
	workers chan struct{} // one element for each that computes; nil: inline
	limit   int
	mu      struct {
		sync.Mutex
		underway int
		waiting  []*handshake
	}
}

// underwayMax is 100 MiB of handshakes, as many as a machine with some cores can complete in the five seconds that one has.
const underwayMax = 4096

// NewPool makes a pool of workers; with 0 there is one for each core (GOMAXPROCS).
func NewPool(workers int) *Pool {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	return &Pool{workers: make(chan struct{}, workers), limit: underwayMax}
}

// NewInlinePool makes a pool in which Layer.Input returns when the handshake has done what it can, so that nothing happens at
// a time of its own: for tests on a netpoll.Fake. The loop stands still meanwhile.
func NewInlinePool() *Pool { return &Pool{limit: underwayMax} }

func (p *Pool) inline() bool { return p.workers == nil }

// add begins h, now or when one of those that are under way has ended. Any goroutine.
func (p *Pool) add(h *handshake) {
	h.changed.L = &h.mu
	h.mu.Lock()
	h.queued = true
	h.mu.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mu.underway >= p.limit {
		p.mu.waiting = append(p.mu.waiting, h)
		return
	}
	p.mu.underway++
	go p.work(h)
}

// work runs h and then, in the same goroutine with its grown stack, those that wait.
func (p *Pool) work(h *handshake) {
	for ; h != nil; h = p.next() {
		p.enter()
		h.run()
		p.leave()
	}
}

// next returns the next handshake that waits and whose connection has not ended; nil if the goroutine is not needed any more.
func (p *Pool) next() *handshake {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.mu.waiting) > 0 {
		h := p.mu.waiting[0]
		p.mu.waiting[0] = nil
		p.mu.waiting = p.mu.waiting[1:]
		if !h.gone() {
			return h
		}
	}
	p.mu.waiting = nil
	p.mu.underway--
	return nil
}

// enter takes a worker, leave gives it back.
func (p *Pool) enter() {
	if p.workers != nil {
		p.workers <- struct{}{}
	}
}

func (p *Pool) leave() {
	if p.workers != nil {
		<-p.workers
	}
}
