package queue

import (
	"testing"

	"pgregory.net/rapid"
)

// numbered is an item that can be told from others.
func numbered(n int) Item { return Item{SubscriptionID: uint32(n)} }

// TestRingAgainstSlice proves that a ring behaves like a slice whatever is done to it, and holds no memory while empty.
func TestRingAgainstSlice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b Buffers
		var r Ring
		var model []Item
		next := 0
		check := func() {
			if r.Len() != len(model) {
				t.Fatalf("ring has %d items, model %d", r.Len(), len(model))
			}
			if len(model) == 0 {
				if r.buf != nil {
					t.Fatalf("an empty ring keeps %d slots", len(r.buf))
				}
				return
			}
			if *r.Front() != model[0] || *r.Back() != model[len(model)-1] {
				t.Fatalf("ends are %v and %v, want %v and %v", *r.Front(), *r.Back(), model[0], model[len(model)-1])
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) {
				for range rapid.IntRange(1, 40).Draw(t, "items") {
					next++
					r.Push(&b, numbered(next))
					model = append(model, numbered(next))
				}
			},
			"pop front": func(t *rapid.T) {
				for range min(len(model), rapid.IntRange(1, 40).Draw(t, "items")) {
					if got := r.PopFront(&b); got != model[0] {
						t.Fatalf("popped %v, want %v", got, model[0])
					}
					model = model[1:]
				}
			},
			"pop back": func(t *rapid.T) {
				if len(model) > 0 {
					if got := r.PopBack(&b); got != model[len(model)-1] {
						t.Fatalf("popped %v, want %v", got, model[len(model)-1])
					}
					model = model[:len(model)-1]
				}
			},
			"": func(*rapid.T) { check() },
		})
	})
}

// deliver offers the messages 1 … n to a queue within the limit and returns the order in which they leave it, and what
// was dropped.
func deliver(n int, l Limit) (delivered, dropped []int) {
	var b Buffers
	var r Ring
	for i := 1; i <= n; i++ {
		if it, drop := r.Offer(&b, numbered(i), l); drop {
			dropped = append(dropped, int(it.SubscriptionID))
		}
	}
	for r.Len() > 0 {
		peeked := *r.PeekNext(l)
		it := r.Next(&b, l)
		if it != peeked {
			panic("PeekNext and Next disagree")
		}
		delivered = append(delivered, int(it.SubscriptionID))
	}
	return delivered, dropped
}

func TestLimit(t *testing.T) {
	tests := []struct {
		why       string
		limit     Limit
		n         int
		delivered []int
		drops     int
	}{
		{"fifo keeps the first", Limit{Max: 3}, 5, []int{1, 2, 3}, 2},
		{"lifo keeps the last and delivers the newest first", Limit{Max: 3, LIFO: true}, 5, []int{5, 4, 3}, 2},
		{"fifo without limit", Limit{Max: -1}, 4, []int{1, 2, 3, 4}, 0},
		{"lifo without limit", Limit{Max: -1, LIFO: true}, 4, []int{4, 3, 2, 1}, 0},
		{"fifo of nothing", Limit{Max: 0}, 2, nil, 2},
		{"lifo of nothing", Limit{Max: 0, LIFO: true}, 2, nil, 2},
	}
	for _, tt := range tests {
		delivered, dropped := deliver(tt.n, tt.limit)
		if len(delivered) != len(tt.delivered) || len(dropped) != tt.drops {
			t.Errorf("%s: delivered %v, dropped %v", tt.why, delivered, dropped)
			continue
		}
		for i := range delivered {
			if delivered[i] != tt.delivered[i] {
				t.Errorf("%s: delivered %v, want %v", tt.why, delivered, tt.delivered)
				break
			}
		}
	}
}

// TestExcess proves what goes when a stored queue meets a smaller limit for connected clients.
func TestExcess(t *testing.T) {
	for _, tt := range []struct {
		why  string
		lifo bool
		want []uint32
	}{
		{"fifo loses the youngest", false, []uint32{5, 4, 3}},
		{"lifo loses the oldest", true, []uint32{1, 2, 3}},
	} {
		var b Buffers
		var r Ring
		for i := 1; i <= 5; i++ {
			r.Push(&b, numbered(i))
		}
		for i := 0; ; i++ {
			it, ok := r.Excess(&b, Limit{Max: 2, LIFO: tt.lifo})
			if !ok {
				if i != len(tt.want) || r.Len() != 2 {
					t.Errorf("%s: %d items went, %d stay", tt.why, i, r.Len())
				}
				break
			}
			if i >= len(tt.want) || it.SubscriptionID != tt.want[i] {
				t.Errorf("%s: item %d went as number %d", tt.why, it.SubscriptionID, i)
			}
		}
	}
}

// BenchmarkRingOneItem is the queue of a client that is served as fast as messages come.
func BenchmarkRingOneItem(b *testing.B) {
	var buffers Buffers
	var r Ring
	b.ReportAllocs()
	for b.Loop() {
		r.Push(&buffers, numbered(1))
		r.PopFront(&buffers)
	}
}
