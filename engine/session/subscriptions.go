package session

import "slices"

// subscriptions is a client's own list of its filters, in the order of their first SUBSCRIBE. The options stand in the trie;
// this list is there to end the subscriptions with the session, to count them, and to show them.
//
// Most clients have a handful of filters, for which a slice is smallest. A client with very many gets an index beside it.
type subscriptions struct {
	filters []string
	index   map[string]int // position in filters; nil up to indexFrom
}

// indexFrom is where searching the list gets dearer than keeping a map of about 50 bytes a filter.
const indexFrom = 64

func (s *subscriptions) len() int { return len(s.filters) }

func (s *subscriptions) find(filter string) int {
	if s.index != nil {
		if i, ok := s.index[filter]; ok {
			return i
		}
		return -1
	}
	return slices.Index(s.filters, filter)
}

func (s *subscriptions) has(filter string) bool { return s.find(filter) >= 0 }

// add appends a filter that is not in the list.
func (s *subscriptions) add(filter string) {
	if s.filters == nil {
		s.filters = make([]string, 0, 1) // one filter is the usual number: no spare room for it
	}
	s.filters = append(s.filters, filter)
	switch {
	case s.index != nil:
		s.index[filter] = len(s.filters) - 1
	case len(s.filters) >= indexFrom:
		s.index = make(map[string]int, 2*indexFrom)
		for i, f := range s.filters {
			s.index[f] = i
		}
	}
}

// remove takes the filter out and reports whether it was there.
func (s *subscriptions) remove(filter string) bool {
	i := s.find(filter)
	if i < 0 {
		return false
	}
	if s.index == nil {
		s.filters = slices.Delete(s.filters, i, i+1)
		return true
	}
	// With an index the last one fills the gap: keeping the order would renumber the whole list.
	last := len(s.filters) - 1
	moved := s.filters[last]
	s.filters[i], s.filters[last] = moved, ""
	s.filters = s.filters[:last]
	s.index[moved] = i
	delete(s.index, filter)
	return true
}

func (s *subscriptions) each(f func(filter string)) {
	for _, filter := range s.filters {
		f(filter)
	}
}
