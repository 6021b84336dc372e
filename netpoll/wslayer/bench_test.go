package wslayer

import (
	"bytes"
	"fmt"
	"testing"
)

func sizeName(n int) string { return fmt.Sprintf("size=%d", n) }

// BenchmarkInput takes reads full of frames of one size, as a busy publisher sends them.
func BenchmarkInput(b *testing.B) {
	for _, size := range []int{64, 1 << 10} {
		for _, frames := range []int{1, 50} {
			b.Run(fmt.Sprintf("%s/frames=%d", sizeName(size), frames), func(b *testing.B) {
				l := opened(b, options())
				one := from(binaryFrame(string(make([]byte, size))))
				sent := bytes.Repeat(one, frames)
				var plain, wire []byte
				b.SetBytes(int64(size * frames))
				b.ReportAllocs()
				for b.Loop() {
					var err error
					if plain, wire, err = l.Input(sent, plain[:0], wire[:0]); err != nil || len(plain) != size*frames {
						b.Fatalf("%d bytes, error %v", len(plain), err)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*frames), "ns/frame")
			})
		}
	}
}

// BenchmarkOutput makes frames of one size.
func BenchmarkOutput(b *testing.B) {
	for _, size := range []int{64, 1 << 10} {
		b.Run(sizeName(size), func(b *testing.B) {
			l := opened(b, options())
			payload := make([]byte, size)
			var wire []byte
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				var err error
				if wire, err = l.Output(payload, wire[:0]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkDeflate sends a compressible message there and back.
func BenchmarkDeflate(b *testing.B) {
	o := options()
	o.Compress = true
	payload := bytes.Repeat([]byte(`{"sensor":"living room","temperature":21.5}`), 50)
	l := opened(b, o)
	b.Run("side=out", func(b *testing.B) {
		var wire []byte
		b.SetBytes(int64(len(payload)))
		b.ReportAllocs()
		for b.Loop() {
			wire, _ = l.Output(payload, wire[:0])
		}
		b.ReportMetric(float64(len(payload))/float64(len(wire)), "ratio")
	})
	b.Run("side=in", func(b *testing.B) {
		packed := from(rsv(binaryFrame(deflated(string(payload))), 4))
		work := make([]byte, len(packed)) // a message that is deflated is unmasked in place
		var plain, wire []byte
		b.SetBytes(int64(len(payload)))
		b.ReportAllocs()
		for b.Loop() {
			copy(work, packed)
			plain, wire, _ = l.Input(work, plain[:0], wire[:0])
		}
		if !bytes.Equal(plain, payload) {
			b.Fatalf("%d bytes, want %d", len(plain), len(payload))
		}
	})
}

// BenchmarkUpgrade is a whole upgrade, and what a connection costs afterwards.
func BenchmarkUpgrade(b *testing.B) {
	s := newServer(b, options())
	head := make([]byte, len(request))
	var wire []byte
	b.ReportAllocs()
	for b.Loop() {
		copy(head, request) // names are brought into canonical form in place
		var err error
		if _, wire, err = s.Layer(nil).Input(head, nil, wire[:0]); err != nil {
			b.Fatal(err)
		}
	}
}
