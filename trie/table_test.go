package trie

import (
	"maps"
	"slices"
	"strconv"
	"testing"
	"unsafe"

	"pgregory.net/rapid"
)

// TestLayout checks the sizes that the design counts on.
func TestLayout(t *testing.T) {
	if strconv.IntSize != 64 {
		t.Skip("for machines of 64 bits")
	}
	for what, size := range map[string][2]uintptr{
		"a bucket is a cache line":                {unsafe.Sizeof(bucket[int]{}), 64},
		"a stripe is a cache line":                {unsafe.Sizeof(stripe{}), 64},
		"a filter with one subscriber":            {unsafe.Sizeof(node[subscribers[*client]]{}), 48},
		"an anchor with its shape":                {unsafe.Sizeof(node[anchor]{}), 64},
		"the sets of a filter with more than one": {unsafe.Sizeof(sets[*client]{}), 72},
	} {
		if size[0] != size[1] {
			t.Errorf("%s: %d bytes, want %d", what, size[0], size[1])
		}
	}
}

// TestTable works with hashes that fall together far more often than real ones: in one stripe, one bucket, or altogether.
func TestTable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var tab table[int]
		spread := rapid.SampledFrom([]uint64{1, 3, 1 << 62, 0x9e3779b97f4a7c15}).Draw(t, "spread")
		want := make(map[int]*node[int])
		bytes := 0
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				for range rapid.IntRange(1, 50).Draw(t, "n") {
					i := rapid.IntRange(0, 199).Draw(t, "i")
					n := &node[int]{hash: uint64(i%10) * spread, text: strconv.Itoa(i), val: i}
					if old := want[i]; old != nil {
						tab.replace(old, n)
					} else {
						bytes += tab.put(n)
					}
					want[i] = n
				}
			},
			"remove": func(t *rapid.T) {
				keys := slices.Sorted(maps.Keys(want))
				for _, i := range keys[:rapid.IntRange(0, len(keys)).Draw(t, "n")] {
					bytes += tab.remove(want[i])
					delete(want, i)
				}
			},
			"": func(t *rapid.T) {
				for i := range 200 {
					hash, text := uint64(i%10)*spread, strconv.Itoa(i)
					if a, b := tab.find(hash, text), tab.findBytes(hash, []byte(text)); a != want[i] || b != want[i] {
						t.Fatalf("%d: %p and %p, want %p", i, a, b, want[i])
					}
				}
				live, size := 0, 0
				for s := range tab.stripes {
					if a := tab.stripes[s].Load(); a != nil {
						live, size = live+a.live, size+a.bytes()
						if a.live == 0 || len(a.buckets) > 1 && a.live < full(len(a.buckets))/4 {
							t.Fatalf("stripe %d: %d nodes in %d buckets", s, a.live, len(a.buckets))
						}
					}
				}
				if live != len(want) || size != bytes {
					t.Fatalf("%d nodes in %d bytes, want %d in %d", live, size, len(want), bytes)
				}
			},
		})
	})
}
