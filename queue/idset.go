package queue

import "slices"

// IDSet is a set of packet ids: the QoS 2 messages that a client sent and has not released. Most sets hold a few ids, for
// which a short slice is smallest and fastest; a client that lets many pile up gets a bit for each of the 65535 ids, so that
// the cost of one more never grows with their number. The zero value is empty.
type IDSet struct {
	few  []uint16
	many *[1024]uint64
	n    int
}

const fewIDs = 64

// Len is the number of ids.
func (s *IDSet) Len() int { return s.n }

// Has says whether id is in the set.
func (s *IDSet) Has(id uint16) bool {
	if s.many != nil {
		return s.many[id>>6]&(1<<(id&63)) != 0
	}
	return slices.Contains(s.few, id)
}

// Add puts id in; it reports false if it was there.
func (s *IDSet) Add(id uint16) bool {
	if s.Has(id) {
		return false
	}
	s.n++
	if s.many == nil && len(s.few) < fewIDs {
		s.few = append(s.few, id)
		return true
	}
	if s.many == nil {
		s.many = new([1024]uint64)
		for _, old := range s.few {
			s.many[old>>6] |= 1 << (old & 63)
		}
		s.few = nil
	}
	s.many[id>>6] |= 1 << (id & 63)
	return true
}

// Remove takes id out; it reports false if it was not there.
func (s *IDSet) Remove(id uint16) bool {
	if !s.Has(id) {
		return false
	}
	s.n--
	if s.many != nil {
		s.many[id>>6] &^= 1 << (id & 63)
		if s.n == 0 {
			s.many = nil
		}
		return true
	}
	i := slices.Index(s.few, id)
	last := len(s.few) - 1
	s.few[i] = s.few[last]
	s.few = s.few[:last]
	return true
}
