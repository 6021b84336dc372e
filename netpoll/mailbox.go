package netpoll

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// mailbox carries tasks from any goroutine to a loop. It has no limit, because a task that is lost would be a message that is
// lost: each source bounds what it has on its way (a session its window, a loop one batch a turn). A lock and a slice: a post takes about 20 ns, the wake-up that may
// follow it 1 µs and more, so what matters is that there is at most one on its way.
type mailbox struct {
	// armed: the loop looks into the mailbox before it sleeps, because it is awake or a wake-up is on its way. Whoever sets it for another
	// loop must send that wake-up.
	armed atomic.Bool
	// waking counts those who are between arming and the end of their call of the poller, which must stay open meanwhile.
	waking atomic.Int32
	mu     struct {
		sync.Mutex
		in []Task
	}
	out []Task // owned by the loop: emptied by drain, then the next in
}

// mailboxKeep is the capacity, in tasks, that an emptied mailbox may keep (64 KiB); a burst beyond it goes back to the heap.
const mailboxKeep = 4096

// put queues t and reports whether the caller must wake the loop.
func (m *mailbox) put(t Task) (wake bool) {
	m.mu.Lock()
	m.mu.in = append(m.mu.in, t)
	m.mu.Unlock()
	return m.arm()
}

// putAll queues ts and reports whether the caller must wake the loop.
func (m *mailbox) putAll(ts []Task) (wake bool) {
	m.mu.Lock()
	m.mu.in = append(m.mu.in, ts...)
	m.mu.Unlock()
	return m.arm()
}

// arm reports whether the caller must send the wake-up. Because it comes after the task is in, and the loop disarms before it looks a last
// time whether something is in, no task is left behind without a wake-up.
func (m *mailbox) arm() bool {
	if m.armed.Load() {
		return false
	}
	m.waking.Add(1)
	if m.armed.CompareAndSwap(false, true) {
		return true
	}
	m.waking.Add(-1)
	return false
}

// disarm makes the next post send a new wake-up. Loop only, before it asks a last time whether the mailbox is empty.
func (m *mailbox) disarm() { m.armed.Store(false) }

// empty says whether nothing is in. Loop only.
func (m *mailbox) empty() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.mu.in) == 0
}

// shut makes sure that nobody wakes the loop any more. What is posted later stays where it is. Only when the loop has ended.
func (m *mailbox) shut() {
	m.armed.Store(true)
	for m.waking.Load() > 0 {
		runtime.Gosched()
	}
}

// drain runs all that was posted before it; what is posted meanwhile waits for the next one. Loop only.
func (m *mailbox) drain(l *Loop) {
	m.mu.Lock()
	tasks := m.mu.in
	if len(tasks) == 0 {
		m.mu.Unlock()
		return
	}
	m.mu.in = m.out[:0]
	m.mu.Unlock()
	l.stats.tasks.Add(uint64(len(tasks)))
	for i, t := range tasks {
		tasks[i] = nil
		l.runTask(t)
		l.settle()
	}
	m.out = tasks[:0]
	if cap(tasks) > mailboxKeep {
		m.out = nil
	}
}

// runTask runs t; a panic in it is logged and costs nothing else.
func (l *Loop) runTask(t Task) {
	defer l.rescue()
	l.current = nil
	t.Run(l)
}

// wake sends the wake-up that mailbox.arm has asked for. Any goroutine.
func (l *Loop) wake() {
	if l.poll != nil {
		l.poll.wake()
	}
	l.mail.waking.Add(-1)
}

// nudge makes the loop have a turn soon. Any goroutine.
func (l *Loop) nudge() {
	if l.mail.arm() {
		l.wake()
	}
}
