package queue

import (
	"slices"
	"testing"
)

// TestRingRange walks rings of every length and with their beginning at every place of the array.
func TestRingRange(t *testing.T) {
	for n := range 20 {
		for shift := range 20 {
			var r Ring
			var b Buffers
			for range shift {
				r.Push(&b, Item{})
			}
			var want []uint32
			for i := range n {
				r.Push(&b, Item{SubscriptionID: uint32(i + 1)})
				want = append(want, uint32(i+1))
			}
			for range shift {
				r.PopFront(&b)
			}
			var got []uint32
			for it := range r.Range {
				got = append(got, it.SubscriptionID)
			}
			if !slices.Equal(got, want) || r.Len() != n {
				t.Fatalf("%d items behind %d that are gone: %v", n, shift, got)
			}
			for it := range r.Range {
				if it.SubscriptionID != 1 {
					t.Fatalf("a walk that was broken off came to %d", it.SubscriptionID)
				}
				break
			}
		}
	}
}
