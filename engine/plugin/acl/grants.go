package acl

// grants is a list of rules. Most users have a handful, for which going through the list is quickest and smallest; a long one is a tree.
type grants struct {
	all  right   // of rules with the filter '#', which cover everything
	few  []grant // in no order; unused once there is a tree
	tree *node
}

// grant is one rule.
type grant struct {
	filter  string
	rights  right
	pattern bool // with substitutions
}

// fewMax is where a tree gets quicker than a list.
const fewMax = 4

func (g *grants) add(filter string, rights right, pattern bool) {
	switch {
	case filter == "#":
		g.all |= rights
	case g.tree != nil:
		g.tree.add(filter, rights, pattern)
	case len(g.few) < fewMax:
		g.few = append(g.few, grant{filter, rights, pattern})
	default:
		g.tree = new(node)
		for _, r := range g.few {
			g.tree.add(r.filter, r.rights, r.pattern)
		}
		g.tree.add(filter, rights, pattern)
		g.few = nil
	}
}

// allow tells whether a rule of the list covers the request. levels are the topic, or the filter, that is asked for.
func (g *grants) allow(q *request, levels []byte) bool {
	if g.all&q.right != 0 {
		return true
	}
	if g.tree != nil {
		return g.tree.allow(q, levels)
	}
	for i := range g.few {
		if r := &g.few[i]; r.rights&q.right != 0 && r.covers(q, levels) {
			return true
		}
	}
	return false
}

// covers compares a rule with a request, level by level.
func (r *grant) covers(q *request, levels []byte) bool {
	filter := r.filter
	for done := false; ; {
		var want string
		var ended bool
		if want, filter, ended = cutString(filter); want == "#" {
			return true // also for no more levels at all: a/# covers a
		}
		if done {
			return false
		}
		var level []byte
		level, levels, done = cut(levels)
		if !r.coversLevel(q, want, level) {
			return false
		}
		if ended {
			return done
		}
	}
}

func (r *grant) coversLevel(q *request, want string, level []byte) bool {
	if want == "+" {
		return q.plus(level)
	}
	if r.pattern {
		if s, is := substitutionOf(want); is {
			return q.covered(s, level)
		}
	}
	return string(level) == want
}

func cutString(s string) (level, rest string, last bool) {
	for i := range len(s) {
		if s[i] == '/' {
			return s[:i], s[i+1:], false
		}
	}
	return s, "", true
}
