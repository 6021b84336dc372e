package acl

import (
	"hash/maphash"
	"slices"
)

// rules are those of one file. They do not change, so any goroutine may ask them.
type rules struct {
	general  grants // for everybody, with or without user name
	patterns grants // for everybody, with what is known of the client put in
	users    map[string]*grants

	reads []uint64 // a number for each read rule, sorted; see lostBy
}

// allow tells whether the client may publish to the topic, or subscribe to the filter. It takes no lock, allocates nothing and keeps nothing.
func (r *rules) allow(q *request, levels []byte) bool {
	if r.general.allow(q, levels) {
		return true
	}
	if q.who.HasUsername {
		if own := r.users[q.who.Username]; own != nil && own.allow(q, levels) {
			return true
		}
	}
	return r.patterns.allow(q, levels)
}

// scope is for whom a rule is.
type scope uint8

const (
	forAll scope = iota
	forUser
	forPattern
)

// add adds a rule; user matters for forUser only.
func (r *rules) add(s scope, user, filter string, rights right) {
	to := &r.general
	switch s {
	case forPattern:
		to = &r.patterns
	case forUser:
		if to = r.users[user]; to == nil {
			to = new(grants)
			r.users[user] = to
		}
	}
	to.add(filter, rights, s == forPattern)
	if rights&read != 0 {
		r.reads = append(r.reads, ruleNumber(s, user, filter))
	}
}

// ruleSeed makes the numbers of rules; two rules with the same number would have to meet by chance among 2⁶⁴.
var ruleSeed = maphash.MakeSeed()

func ruleNumber(s scope, user, filter string) uint64 {
	var h maphash.Hash
	h.SetSeed(ruleSeed)
	h.WriteByte(byte(s))
	if s == forUser {
		h.WriteString(user)
	}
	h.WriteByte('\n') // is in no name and in no filter
	h.WriteString(filter)
	return h.Sum64()
}

// done sorts what must be sorted once all rules are there.
func (r *rules) done() {
	slices.Sort(r.reads)
	r.reads = slices.Compact(r.reads)
}

// lostBy tells whether r has a read rule that next lacks. It may be covered by another one of next, so this is a quick way to find out that
// nobody has lost anything, no more.
func (r *rules) lostBy(next *rules) bool {
	rest := next.reads
	for _, n := range r.reads {
		i, found := slices.BinarySearch(rest, n)
		if !found {
			return true
		}
		rest = rest[i+1:]
	}
	return false
}
