package netpoll

import (
	"fmt"
	"sync"
	"testing"
)

// Tasks of each source run in order and none is lost, while many post at once.
func TestMailboxOrder(t *testing.T) {
	const sources, each = 8, 20000
	s := testServer(t, Options{Loops: 2})
	l := s.Loops()[1]
	var seen [sources]int // owned by l
	bad := make(chan string, 1)
	done := make(chan struct{})
	left := sources * each
	var posters sync.WaitGroup
	for src := range sources {
		posters.Add(1)
		go func() {
			defer posters.Done()
			var batch []Task
			for i := range each {
				task := taskFunc(func(at *Loop) {
					if at != l || seen[src] != i {
						select {
						case bad <- fmt.Sprintf("task %d of source %d came after %d, on loop %d", i, src, seen[src], at.Index()):
						default:
						}
					}
					seen[src]++
					if left--; left == 0 {
						close(done)
					}
				})
				if i%3 == 0 {
					l.PostBatch(batch)
					batch = batch[:0]
					l.Post(task)
				} else {
					batch = append(batch, task)
				}
			}
			l.PostBatch(batch)
		}()
	}
	posters.Wait()
	wait(t, done, "all tasks")
	select {
	case msg := <-bad:
		t.Error(msg)
	default:
	}
}

// However many post before the loop looks, one wake-up is on its way.
func TestOneWakeUp(t *testing.T) {
	s := testServer(t, Options{Loops: 1})
	l := s.Loops()[0]
	hold, held := make(chan struct{}), make(chan struct{})
	l.Post(taskFunc(func(*Loop) { close(held); <-hold }))
	<-held
	before := l.Stats()
	ran := make(chan struct{}, 1000)
	for range 1000 {
		l.Post(taskFunc(func(*Loop) { ran <- struct{}{} }))
	}
	if n := l.mail.waking.Load(); n != 0 {
		t.Errorf("%d posters are waking", n)
	}
	close(hold)
	for range 1000 {
		wait(t, ran, "task")
	}
	on(t, l, func() {})
	after := l.Stats()
	if n := after.Wakeups - before.Wakeups; n > 3 {
		t.Errorf("%d turns for 1000 tasks that were posted while the loop was busy", n)
	}
	if n := after.Tasks - before.Tasks; n < 1001 {
		t.Errorf("%d tasks counted, want at least 1001", n)
	}
}

// A task that posts does not starve events, and what it posts runs.
func TestPostFromTask(t *testing.T) {
	f := NewFake(2)
	n := 0
	var task taskFunc
	task = func(l *Loop) {
		if n++; n < 100 {
			f.Loop(1 - l.Index()).Post(task)
		}
	}
	f.Loop(0).Post(task)
	f.Run()
	if n != 100 {
		t.Errorf("%d tasks ran, want 100", n)
	}
}

func BenchmarkMailboxPost(b *testing.B) {
	for _, batch := range []int{1, 16} {
		b.Run(fmt.Sprintf("batch=%d", batch), func(b *testing.B) {
			s := testServer(b, Options{Loops: 1})
			l := s.Loops()[0]
			tasks := make([]Task, batch)
			for i := range tasks {
				tasks[i] = taskFunc(func(*Loop) {})
			}
			// Like the loops of a broker, the poster waits for the loop now and then: a flood would measure memory.
			gate := make(chan struct{}, 1)
			open := taskFunc(func(*Loop) { gate <- struct{}{} })
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				l.PostBatch(tasks)
				if i%64 == 63 {
					l.Post(open)
					<-gate
				}
			}
			on(b, l, func() {})
			b.ReportMetric(float64(l.Stats().Wakeups)/float64(b.N), "wakeups/op")
		})
	}
}
