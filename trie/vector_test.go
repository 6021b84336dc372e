package trie

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestVector changes vectors around the borders of leaves and pages, and checks that all older ones stay as they were.
func TestVector(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type snapshot struct {
			v    vector[int]
			want []Match[int]
		}
		var v vector[int]
		var want []Match[int]
		var old []snapshot
		id := 0
		grow := func(n int) {
			for range n {
				m := Match[int]{id, Options{SubscriptionID: uint32(id)}}
				id++
				v, want = v.push(m), append(want, m)
			}
		}
		shrink := func(i int) {
			v = v.remove(i)
			want[i] = want[len(want)-1]
			want = want[:len(want)-1]
		}
		grow(rapid.SampledFrom([]int{0, 1, leafLen - 1, leafLen * 3, leafLen*pageLen - 3, leafLen*pageLen + 5, leafLen*pageLen + leafLen}).Draw(t, "start"))
		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) { grow(rapid.SampledFrom([]int{1, 2, leafLen}).Draw(t, "n")) },
			"set": func(t *rapid.T) {
				if v.n > 0 {
					i := rapid.IntRange(0, v.n-1).Draw(t, "i")
					want[i].Options.QoS++
					v = v.set(i, want[i])
				}
			},
			"remove": func(t *rapid.T) {
				for range rapid.SampledFrom([]int{1, 2, leafLen}).Draw(t, "n") {
					if v.n > 0 {
						shrink(rapid.IntRange(0, v.n-1).Draw(t, "i"))
					}
				}
			},
			"keep": func(t *rapid.T) {
				if len(old) < 5 {
					old = append(old, snapshot{v, slices.Clone(want)})
				}
			},
			"": func(t *rapid.T) {
				if got := v.appendTo(nil); !slices.Equal(got, want) {
					t.Fatalf("%d members, want %d: %v, want %v", len(got), len(want), got, want)
				}
				for _, i := range []int{0, v.n / 2, v.n - 1} {
					if v.n > 0 && (v.at(i) != want[i] || v.find(want[i].Subscriber) != i) {
						t.Fatalf("member %d: %v at %d, want %v", i, v.at(i), v.find(want[i].Subscriber), want[i])
					}
				}
				if v.find(-1) != -1 {
					t.Fatal("found what is not there")
				}
			},
		})
		for v.n > 0 {
			shrink(v.n / 2)
		}
		if v.pages != nil && cap(v.pages) > 0 && v.pages[:1][0] != nil || v.tail != nil || v.index != nil {
			t.Fatalf("empty, and still %+v", v)
		}
		for _, s := range old {
			if got := s.v.appendTo(nil); !slices.Equal(got, s.want) {
				t.Fatalf("an older vector of %d changed to %v, was %v", len(s.want), got, s.want)
			}
		}
	})
}
