package wslayer

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// appendMasked appends src under a mask to dst, and returns the key for the byte that follows. The same does and undoes it. One
// pass that copies and masks takes two thirds of the time of a pass that masks in place and one that copies.
func appendMasked(dst, src []byte, key uint32) ([]byte, uint32) {
	n := len(dst)
	dst = slices.Grow(dst, len(src))[:n+len(src)]
	return dst, mask(dst[n:], src, key)
}

// mask writes src under a mask to dst, which is as long and may be the same, and returns the key for the byte that follows.
func mask(dst, src []byte, key uint32) uint32 {
	dst = dst[:len(src)]
	wide := uint64(key)<<32 | uint64(key)
	for len(src) >= 32 && len(dst) >= 32 {
		binary.LittleEndian.PutUint64(dst, binary.LittleEndian.Uint64(src)^wide)
		binary.LittleEndian.PutUint64(dst[8:], binary.LittleEndian.Uint64(src[8:])^wide)
		binary.LittleEndian.PutUint64(dst[16:], binary.LittleEndian.Uint64(src[16:])^wide)
		binary.LittleEndian.PutUint64(dst[24:], binary.LittleEndian.Uint64(src[24:])^wide)
		dst, src = dst[32:], src[32:]
	}
	for len(src) >= 8 && len(dst) >= 8 {
		binary.LittleEndian.PutUint64(dst, binary.LittleEndian.Uint64(src)^wide)
		dst, src = dst[8:], src[8:]
	}
	for i, c := range src {
		dst[i] = c ^ byte(key)
		key = bits.RotateLeft32(key, -8)
	}
	return key
}
