package trie

import (
	"encoding/binary"
	"math/bits"
	"math/rand/v2"
)

// A level is one level of a topic or filter.
type level struct {
	start, end int    // the word is text[start:end]
	term       uint64 // what the word adds to a hash in this place
	sum        uint64 // the terms up to this level, it included
}

// keys make hashes of words that a client cannot foresee, so that it cannot send texts that fall together.
type keys struct {
	start, step uint64
	plus        uint64 // the hash of the word "+"
}

func newKeys() keys {
	k := keys{start: rand.Uint64(), step: rand.Uint64() | 1}
	k.plus, _ = k.word([]byte("+"))
	return k
}

const (
	eachByte = 0x0101010101010101
	slashes  = '/' * eachByte
)

// word hashes text up to its first slash or its end, and returns the length of that. It takes eight bytes at a time, slash
// and hash in one pass: for words of a few bytes this takes a third of the time of bytes.IndexByte with hash/maphash.
func (k *keys) word(text []byte) (hash uint64, n int) {
	for hash = k.start; ; n += 8 {
		x := uint64(slashes) // as if one followed the end
		if rest := text[n:]; len(rest) >= 8 {
			x = binary.LittleEndian.Uint64(rest)
		} else {
			for i, c := range rest {
				x ^= uint64(c^'/') << (8 * i)
			}
		}
		diff := x ^ slashes
		// The lowest bit set marks the first byte of diff that is zero; those above it may be wrong.
		if zero := (diff - eachByte) &^ diff & (0x80 * eachByte); zero != 0 {
			size := bits.TrailingZeros64(zero) &^ 7
			n += size / 8
			hi, lo := bits.Mul64(x&(1<<size-1)^hash, k.step^uint64(n))
			return hi ^ lo, n
		}
		hi, lo := bits.Mul64(x^hash, k.step)
		hash = hi ^ lo
	}
}

// split appends the levels of text to ls.
func (k *keys) split(ls []level, text []byte) []level {
	var sum uint64
	for start := 0; ; {
		hash, n := k.word(text[start:])
		t := term(hash, len(ls))
		sum += t
		ls = append(ls, level{start, start + n, t, sum})
		start += n + 1
		if start > len(text) {
			return ls
		}
	}
}

// term is what a word adds to the hash of a filter when it stands in level i. Hashes are sums, so that the hash of a topic
// with some words replaced by '+' costs one subtraction and one addition for each; turning the bits makes "a/b" and "b/a"
// differ.
func term(word uint64, i int) uint64 { return bits.RotateLeft64(word, 7*i) }

// finish makes a hash of a sum of terms: all its bits depend on all those of the sum.
func finish(sum uint64, depth uint32) uint64 {
	h := sum + uint64(depth)*0x9e3779b97f4a7c15
	h = (h ^ h>>32) * 0xd6e8feb86659fd93
	h = (h ^ h>>32) * 0xd6e8feb86659fd93
	return h ^ h>>32
}
