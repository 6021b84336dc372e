package wslayer

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/gobwas/ws"
)

// TestMask compares with a mask byte by byte, for all lengths around the widths of the loop, in two pieces cut anywhere.
func TestMask(t *testing.T) {
	key := [4]byte{0x37, 0xFA, 0x21, 0x3D}
	src := make([]byte, 80)
	for i := range src {
		src[i] = byte(i * 7)
	}
	for n := range src {
		want := bytes.Clone(src[:n])
		for i := range want {
			want[i] ^= key[i%4]
		}
		for cut := range n + 1 {
			k := binary.LittleEndian.Uint32(key[:])
			dst := []byte("before")
			dst, k = appendMasked(dst, src[:cut], k)
			dst, k = appendMasked(dst, src[cut:n], k)
			if string(dst) != "before"+string(want) {
				t.Fatalf("%d bytes cut at %d: % x, want % x", n, cut, dst[6:], want)
			}
			if next := byte(k); next != key[n%4] {
				t.Fatalf("%d bytes cut at %d: the next key byte is %#x, want %#x", n, cut, next, key[n%4])
			}
		}
		inPlace := bytes.Clone(src[:n])
		mask(inPlace, inPlace, binary.LittleEndian.Uint32(key[:]))
		if !bytes.Equal(inPlace, want) {
			t.Fatalf("%d bytes in place: % x, want % x", n, inPlace, want)
		}
	}
}

// BenchmarkMask compares the way to mask with the usual one: copy, then mask in place as gobwas/ws does.
func BenchmarkMask(b *testing.B) {
	key := [4]byte{0x37, 0xFA, 0x21, 0x3D}
	for _, n := range []int{64, 1 << 10, 64 << 10} {
		src, dst := make([]byte, n), make([]byte, 0, n)
		b.Run("impl=append/"+sizeName(n), func(b *testing.B) {
			b.SetBytes(int64(n))
			for b.Loop() {
				dst, _ = appendMasked(dst[:0], src, 0x3D21FA37)
			}
		})
		b.Run("impl=copy+gobwas/"+sizeName(n), func(b *testing.B) {
			b.SetBytes(int64(n))
			for b.Loop() {
				dst = append(dst[:0], src...)
				ws.Cipher(dst, key, 0)
			}
		})
		b.Run("impl=in-place+copy/"+sizeName(n), func(b *testing.B) {
			b.SetBytes(int64(n))
			for b.Loop() {
				mask(src, src, 0x3D21FA37)
				dst = append(dst[:0], src...)
			}
		})
	}
}
