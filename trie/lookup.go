package trie

// Lookup returns the options of the subscription of s to filter, which is the same text that was given to Subscribe; found is
// false if there is none. It takes the lock of the filter's writers, because it is for operators who look and not for messages.
// It keeps nothing. Any goroutine.
func (m *Mount[S]) Lookup(filter string, s S) (o Options, found bool) {
	name, text, isShared := SplitShare(filter)
	t, p, _ := m.place(text)
	st := &m.x.filterLocks[stripeOf(p.hash)]
	st.mu.Lock()
	defer st.mu.Unlock()
	n := t.find(p.hash, text)
	if n == nil {
		return Options{}, false
	}
	all := n.val.sets.Load()
	if all == nil {
		one := n.val.one
		if isShared || one.Subscriber != s {
			return Options{}, false
		}
		return one.Options, true
	}
	v := &all.direct
	if isShared {
		g := all.groups.find(name)
		if g == nil {
			return Options{}, false
		}
		v = g.members.Load()
	}
	i := v.find(s)
	if i < 0 {
		return Options{}, false
	}
	return v.at(i).Options, true
}
