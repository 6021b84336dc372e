package config

import (
	"cmp"
	"slices"
	"strings"
	"sync"
)

// schema is all rows with the indexes to find one by a key.
type schema struct {
	groups   []*Group
	rows     []*Row
	literal  map[string]*Row
	families map[int][]*Row // rows with a wildcard, by number of segments; more literal ones first
}

// std is the schema of the broker; it does not change.
var std = sync.OnceValue(func() *schema { return newSchema(allGroups()) })

// newSchema completes the rows of the groups and indexes them.
func newSchema(groups []*Group) *schema {
	s := &schema{groups: groups, literal: map[string]*Row{}, families: map[int][]*Row{}}
	for _, g := range groups {
		for i := range g.Rows {
			r := &g.Rows[i]
			r.Group = g
			r.segments = splitKey(r.Key)
			r.Status = r.status()
			s.rows = append(s.rows, r)
			if r.wildcards() == 0 {
				s.literal[r.Key] = r
			} else {
				s.families[len(r.segments)] = append(s.families[len(r.segments)], r)
			}
		}
	}
	for _, rows := range s.families {
		slices.SortStableFunc(rows, func(a, b *Row) int { return a.wildcards() - b.wildcards() })
	}
	return s
}

// Rows is every row, in the order of the reference page. The caller must not change them.
func Rows() []*Row { return std().rows }

// Lookup finds the row of a key as an operator writes it; nil if there is none.
func Lookup(key string) *Row { return std().find(key) }

// find prefers a literal key to a family that would also match.
func (s *schema) find(key string) *Row {
	segments := splitKey(key)
	if r := s.literal[joinKey(segments)]; r != nil {
		return r
	}
	for _, r := range s.families[len(segments)] {
		if r.matches(segments) {
			return r
		}
	}
	return nil
}

// wild tells whether a segment of a row stands for any word. Wildcards are the only segments in capitals, save for the two
// one-letter keys of the Erlang runtime.
func wild(segment string) bool { return segment == "NAME" || segment == "MODULE" || segment == "N" }

func (r *Row) wildcards() int {
	n := 0
	for _, s := range r.segments {
		if wild(s) {
			n++
		}
	}
	return n
}

func (r *Row) matches(segments []string) bool {
	for i, s := range r.segments {
		if s != segments[i] && !wild(s) {
			return false
		}
	}
	return true
}

// family splits a key at the first wildcard of its row: the literal part before it, and the name in its place.
func (r *Row) family(key string) (prefix, name string) {
	segments := splitKey(key)
	for i, s := range r.segments {
		if wild(s) {
			return joinKey(segments[:i]), segments[i]
		}
	}
	return "", ""
}

// with is the row's key with name in place of its first wildcard.
func (r *Row) with(name string) string {
	segments := slices.Clone(r.segments)
	for i, s := range segments {
		if wild(s) {
			segments[i] = name
			break
		}
	}
	return joinKey(segments)
}

// hintsMax is how many known keys are offered for an unknown one.
const hintsMax = 3

// nearest lists the known keys that are most like an unknown one, the best first, at least one. A wildcard counts as what the
// operator wrote in its place. close tells whether the best is likely what was meant.
func (s *schema) nearest(key string) (hints []string, close bool) {
	type candidate struct {
		key  string
		cost int
	}
	segments := splitKey(key)
	var all []candidate
	for _, r := range s.rows {
		if r.Status == Legacy {
			continue
		}
		filled := slices.Clone(r.segments)
		for i := range filled {
			if wild(filled[i]) && i < len(segments) {
				filled[i] = segments[i]
			}
		}
		all = append(all, candidate{joinKey(filled), unlikeness(segments, filled)})
	}
	slices.SortStableFunc(all, func(a, b candidate) int {
		return cmp.Or(a.cost-b.cost, strings.Compare(a.key, b.key))
	})
	for _, c := range all {
		if len(hints) == hintsMax || c.cost > all[0].cost+1 {
			break
		}
		if !slices.Contains(hints, c.key) {
			hints = append(hints, c.key)
		}
	}
	return hints, all[0].cost <= 1+len(key)/4
}

// hintLength is the length of an unknown key, in bytes, beyond which it is not compared with all others: no key is half as long,
// and comparing takes time in proportion.
const hintLength = 200

// hint is the sentence about the keys that an unknown one may stand for.
func (s *schema) hint(key string) string {
	if len(key) > hintLength {
		return "no key is as long as this"
	}
	hints, close := s.nearest(key)
	if close {
		return "did you mean " + orList(hints) + "?"
	}
	return "the nearest known key is " + hints[0]
}

// unlikeness is the distance between two keys. Between keys of as many segments it is summed up over these, and a segment that
// only lacks its end, such as keepalive for keepalive_interval, is close.
func unlikeness(a, b []string) int {
	if len(a) != len(b) {
		return distance(joinKey(a), joinKey(b))
	}
	const shortened, recognisable = 2, 4
	sum := 0
	for i := range a {
		d := distance(a[i], b[i])
		if len(a[i]) >= recognisable && strings.HasPrefix(b[i], a[i]) {
			d = min(d, shortened)
		}
		sum += d
	}
	return sum
}

// distance is the number of characters to insert, delete, replace or swap with a neighbour to turn a into b.
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
