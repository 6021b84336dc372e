package hook

import (
	"context"
	"slices"
	"sync"
	"testing"
)

// TestPoolKeepsOrder proves that jobs of one key run one after the other in order, however many workers there are.
func TestPoolKeepsOrder(t *testing.T) {
	const keys, jobs = 8, 200
	p := NewPool(4)
	var mu sync.Mutex
	got := make([][]int, keys)
	for i := range jobs {
		for k := range keys {
			p.Add(uint64(k), true, func() {
				mu.Lock()
				got[k] = append(got[k], i)
				mu.Unlock()
			})
		}
	}
	if err := p.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	for k, order := range got {
		if len(order) != jobs || !slices.IsSorted(order) {
			t.Errorf("key %d ran %d jobs, in order: %t", k, len(order), slices.IsSorted(order))
		}
	}
}

// TestPoolDelaysNobodyElse proves that a job that waits holds up its own key only.
func TestPoolDelaysNobodyElse(t *testing.T) {
	p := NewPool(2)
	free := make(chan struct{})
	other := make(chan struct{})
	p.Add(1, true, func() { <-free })
	p.Add(2, true, func() { close(other) })
	<-other
	close(free)
	if err := p.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestPoolIsBounded proves that what one client causes is bounded, but for what somebody waits for, and that waiting can be given up.
func TestPoolIsBounded(t *testing.T) {
	p := NewPool(1)
	free, started := make(chan struct{}), make(chan struct{})
	p.Add(1, true, func() { close(started); <-free })
	<-started
	for i := range LaneMax {
		if !p.Add(1, false, func() {}) {
			t.Fatalf("job %d was refused", i)
		}
	}
	if p.Add(1, false, func() {}) {
		t.Error("one job too many was accepted")
	}
	if !p.Add(1, true, func() {}) {
		t.Error("a job that must run was refused")
	}
	if !p.Add(2, false, func() {}) {
		t.Error("another client pays for the first one")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Wait(ctx); err == nil {
		t.Error("waiting did not end with its context")
	}
	close(free)
	if err := p.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
}
