package wslayer

import (
	"runtime"
	"testing"

	"github.com/gobwas/ws"
)

// TestSteadyAllocations proves that frames of an open connection take no memory, whole or cut between two reads.
func TestSteadyAllocations(t *testing.T) {
	l := opened(t, options())
	in := from(binaryFrame(string(make([]byte, 64))), ws.NewPingFrame([]byte("p")), binaryFrame(string(make([]byte, 1000))))
	out := make([]byte, 64)
	var plain, wire []byte
	for _, cut := range []int{0, 3, 20, len(in) - 5} {
		if n := testing.AllocsPerRun(100, func() {
			var err error
			if plain, wire, err = l.Input(in[:cut], plain[:0], wire[:0]); err != nil {
				t.Fatal(err)
			}
			if plain, wire, err = l.Input(in[cut:], plain, wire); err != nil {
				t.Fatal(err)
			}
			if wire, err = l.Output(out, wire); err != nil {
				t.Fatal(err)
			}
		}); n > 0 {
			t.Errorf("cut at %d: %.1f allocations", cut, n)
		}
	}
}

// BenchmarkIdle reports the memory of connections that are open, and of those whose request has come in part.
func BenchmarkIdle(b *testing.B) {
	const conns = 10_000
	for what, head := range map[string]string{"state=nothing": "", "state=30-bytes": request[:30], "state=open": request} {
		b.Run(what, func(b *testing.B) {
			s := newServer(b, options())
			layers := make([]*Layer, conns)
			var bytes float64
			for b.Loop() {
				clear(layers)
				before := heap()
				for i := range layers {
					layers[i] = s.Layer(nil)
					if _, _, err := layers[i].Input([]byte(head), nil, nil); err != nil {
						b.Fatal(err)
					}
				}
				bytes = float64(heap()-before) / conns
			}
			b.ReportMetric(bytes, "B/conn")
			runtime.KeepAlive(layers)
		})
	}
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
