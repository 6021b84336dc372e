package loadgen

import "math/bits"

// pageBits is the number of sequence numbers in one page of a seenSet.
const pageBits = 1 << 15

// seenSet remembers exactly which sequence numbers of one publisher came to the members of a shared subscription on one
// loop, in whatever order: a bit each, in pages of 4 KiB. Members on other loops have sets of their own; merge joins them
// when the run is over, so that no message needs a lock.
type seenSet struct {
	pages []*[pageBits / 64]uint64
	count uint64
}

// add takes note of seq; false: it was there already.
func (s *seenSet) add(seq uint64) bool {
	p := int(seq / pageBits)
	if p >= len(s.pages) {
		s.pages = append(s.pages, make([]*[pageBits / 64]uint64, p+1-len(s.pages))...)
	}
	if s.pages[p] == nil {
		s.pages[p] = new([pageBits / 64]uint64)
	}
	word, bit := &s.pages[p][seq%pageBits/64], uint64(1)<<(seq%64)
	if *word&bit != 0 {
		return false
	}
	*word |= bit
	s.count++
	return true
}

// merge joins other into s and returns how many numbers both had: messages that came to members on two loops.
func (s *seenSet) merge(other *seenSet) (both uint64) {
	if n := len(other.pages); n > len(s.pages) {
		s.pages = append(s.pages, make([]*[pageBits / 64]uint64, n-len(s.pages))...)
	}
	for i, page := range other.pages {
		switch {
		case page == nil:
		case s.pages[i] == nil:
			copied := *page
			s.pages[i] = &copied
		default:
			for w, v := range page {
				both += uint64(bits.OnesCount64(s.pages[i][w] & v))
				s.pages[i][w] |= v
			}
		}
	}
	s.count += other.count - both
	return both
}
