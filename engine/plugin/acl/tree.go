package acl

// node stands for the levels of filters that begin alike. Of the filters a/b, a/+/c and a/# there is one node for a, with a word below it
// for b, and plus; the rights of a/# are its below.
type node struct {
	words []word           // up to wordsMax
	index map[string]*node // all of them, beyond that; words is nil then
	plus  *node
	subst *[substitutions]*node // nil: none

	here  right // of the filter that ends here
	below right // of the filter that ends with '#' after this level
}

type word struct {
	text string
	node *node
}

// wordsMax is where searching a list gets dearer than a map.
const wordsMax = 8

func (n *node) add(filter string, rights right, pattern bool) {
	for last := false; !last; {
		var level string
		if level, filter, last = cutString(filter); level == "#" {
			n.below |= rights
			return
		}
		n = n.child(level, pattern)
	}
	n.here |= rights
}

// child returns the node for the level below n, and makes it if it is new.
func (n *node) child(level string, pattern bool) *node {
	if level == "+" {
		if n.plus == nil {
			n.plus = new(node)
		}
		return n.plus
	}
	if s, is := substitutionOf(level); is && pattern {
		if n.subst == nil {
			n.subst = new([substitutions]*node)
		}
		if n.subst[s] == nil {
			n.subst[s] = new(node)
		}
		return n.subst[s]
	}
	if c := n.find([]byte(level)); c != nil {
		return c
	}
	c := new(node)
	switch {
	case n.index != nil:
		n.index[level] = c
	case len(n.words) < wordsMax:
		n.words = append(n.words, word{level, c})
	default:
		n.index = make(map[string]*node, 2*wordsMax)
		for _, w := range n.words {
			n.index[w.text] = w.node
		}
		n.index[level] = c
		n.words = nil
	}
	return c
}

func (n *node) find(level []byte) *node {
	if n.index != nil {
		return n.index[string(level)]
	}
	for i := range n.words {
		if n.words[i].text == string(level) {
			return n.words[i].node
		}
	}
	return nil
}

// allow tells whether a filter below n covers the levels. Each level has at most five ways on, and almost always one, so the cost is that of the
// request and not of the rules.
func (n *node) allow(q *request, levels []byte) bool {
	if n.below&q.right != 0 {
		return true
	}
	level, rest, last := cut(levels)
	if c := n.find(level); c != nil && c.ends(q, rest, last) {
		return true
	}
	if n.plus != nil && q.plus(level) && n.plus.ends(q, rest, last) {
		return true
	}
	if n.subst == nil {
		return false
	}
	for s, c := range n.subst {
		if c != nil && q.covered(substitution(s), level) && c.ends(q, rest, last) {
			return true
		}
	}
	return false
}

// ends tells whether n, which covers a level of the request, covers all of it with what is below.
func (n *node) ends(q *request, rest []byte, last bool) bool {
	if last {
		return (n.here|n.below)&q.right != 0
	}
	return n.allow(q, rest)
}
