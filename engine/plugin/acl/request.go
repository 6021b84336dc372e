package acl

import (
	"bytes"

	"github.com/vernemq/vmq/engine/hook"
)

// right is what a rule grants, and what a request needs.
type right uint8

const (
	read  right = 1 << iota // subscribe
	write                   // publish
)

// request is what a client wants: to publish to a topic, or to subscribe to a filter. Its filter is compared level by level with those of the
// rules, and its wildcards are covered by wildcards only.
type request struct {
	who   *hook.Identity
	right right
	// lax lets a '+' of a rule cover a '#' of the request, as VerneMQ does, although it asks for more levels than the rule grants.
	lax bool
}

// wildcard tells whether the level of a request is one. A publish has none. What is put in for %u and the like never covers one: a
// client that calls itself '+' would see what everybody else publishes.
func wildcard(level []byte) bool { return len(level) == 1 && (level[0] == '+' || level[0] == '#') }

// cut splits off the first level. last says that it was the only one.
func cut(levels []byte) (level, rest []byte, last bool) {
	if i := bytes.IndexByte(levels, '/'); i >= 0 {
		return levels[:i], levels[i+1:], false
	}
	return levels, nil, true
}

// plus tells whether a '+' of a rule covers the level.
func (q *request) plus(level []byte) bool { return q.lax || len(level) != 1 || level[0] != '#' }

// substitution is what stands for something of the client in a pattern.
type substitution uint8

const (
	clientID substitution = iota
	userName
	mountpoint
	substitutions // how many there are
)

// substitutionOf returns what a level of a pattern stands for, if it does.
func substitutionOf(level string) (s substitution, is bool) {
	switch level {
	case "%c":
		return clientID, true
	case "%u":
		return userName, true
	case "%m":
		return mountpoint, true
	}
	return 0, false
}

// covered tells whether s stands for the level. A client without user name has none that could.
func (q *request) covered(s substitution, level []byte) bool {
	if wildcard(level) {
		return false
	}
	switch s {
	case clientID:
		return string(level) == q.who.ClientID
	case userName:
		return q.who.HasUsername && string(level) == q.who.Username
	default:
		return string(level) == q.who.Mountpoint
	}
}
