package trie

import "hash/maphash"

// Match is one matching subscription.
type Match[S comparable] struct {
	Subscriber S
	Options    Options
}

// GroupMatch is a shared group whose filter matches.
type GroupMatch[S comparable] struct {
	Name    string // the share name
	Filter  string // the filter without "$share/name/"; with the name it identifies the group
	Members Members[S]
}

// Members are the members of a shared group at the moment of a Match. They never change, whatever happens to the group
// meanwhile, and may be read on any goroutine and for as long as one likes. They are no slice, because a group of very many
// members is no contiguous one, and is not copied.
type Members[S comparable] struct{ v *vector[S] }

// Len returns the number of members, which is at least 1 in a result of Match.
func (m Members[S]) Len() int { return m.v.n }

// At returns member i, 0 ≤ i < Len. The order of members means nothing.
func (m Members[S]) At(i int) Match[S] { return m.v.at(i) }

// Result is what a Match found. It belongs to its caller, who hands it to the next Match for reuse; only one goroutine at a
// time may use it.
type Result[S comparable] struct {
	Direct []Match[S]      // one for each matching subscription that is not shared
	Groups []GroupMatch[S] // one for each matching shared group

	levels []level
}

// Reset empties r and forgets the subscribers it refers to, which it otherwise keeps from being collected until as many
// matches have overwritten them. Memory that very large results took is given back.
func (r *Result[S]) Reset() {
	const keep = 1024 // entries: 16 KiB for each goroutine that publishes
	if cap(r.Direct) > keep {
		r.Direct = nil
	}
	if cap(r.Groups) > keep {
		r.Groups = nil
	}
	clear(r.Direct[:cap(r.Direct)])
	clear(r.Groups[:cap(r.Groups)])
	r.Direct, r.Groups = r.Direct[:0], r.Groups[:0]
}

// Match fills r with the subscriptions that match topic, in no particular order, whatever r held before. A subscriber with
// several matching filters appears once for each. Match takes no lock, and allocates nothing once r has grown. It finds
// each subscription exactly once that was there before and is there after it. The topic must have passed CheckTopic;
// Match does not keep it. Bytes are compared as they are: nothing is normalized [MQTT-4.7.3-4].
func (m *Mount[S]) Match(topic []byte, r *Result[S]) {
	r.Direct, r.Groups = r.Direct[:0], r.Groups[:0]
	if n := m.exact.findBytes(maphash.Bytes(m.x.seed, topic), topic); n != nil {
		r.collect(n)
	}
	if m.anchors.count.Load() > 0 && len(topic) > 0 {
		m.matchWild(topic, r)
	}
}

// matchWild adds the filters with wildcards: for each text that topic begins with and that filters have before their first
// wildcard, each shape of those filters that fits yields at most one filter. (To begin all probes before looking at the
// first was no faster: the processor runs ahead by itself.)
func (m *Mount[S]) matchWild(topic []byte, r *Result[S]) {
	r.levels = m.x.keys.split(r.levels[:0], topic)
	from := 0
	if topic[0] == '$' {
		from = 1 // no wildcard in the first level [MQTT-4.7.2-1]
	}
	for n := from; n <= len(r.levels); n++ {
		if m.anchors.depths.at(n).Load() == 0 {
			continue
		}
		a := m.anchors.match(topic, r.levels, n)
		if a == nil {
			continue
		}
		m.matchShape(&a.first, topic, r)
		for _, s := range a.others() {
			m.matchShape(s, topic, r)
		}
	}
}

// matchShape adds the filter of shape s that matches topic, if there is one.
func (m *Mount[S]) matchShape(s *shape, topic []byte, r *Result[S]) {
	if !s.fits(len(r.levels)) {
		return
	}
	p := m.wild.probe(s.hash(r.levels, m.x.keys.plus))
	for n := p.next(); n != nil; n = p.next() {
		if s.is(n.text, topic, r.levels) {
			r.collect(n)
			return
		}
	}
}

// collect adds the subscribers of n.
func (r *Result[S]) collect(n *node[subscribers[S]]) {
	s := n.val.sets.Load()
	if s == nil {
		r.Direct = append(r.Direct, n.val.one)
		return
	}
	r.Direct = s.direct.appendTo(r.Direct)
	if s.groups != nil {
		for i := range s.groups.all.n {
			g := s.groups.all.at(i).Subscriber
			r.Groups = append(r.Groups, GroupMatch[S]{g.name, n.text, Members[S]{g.members.Load()}})
		}
	}
}
