package config

import (
	"fmt"
	"maps"
	"strings"
	"sync"
	"sync/atomic"
)

// Live holds the configuration of a running broker. Load is an atomic read that hot paths can afford; the Config it returns
// never changes, Set puts another one in its place.
type Live struct {
	current atomic.Pointer[Config] // read without lock
	mu      sync.Mutex             // held by Set while it makes the next Config
}

// NewLive starts with c.
func NewLive(c *Config) *Live {
	l := &Live{}
	l.current.Store(c)
	return l
}

// Load is the configuration now in force. Any goroutine.
func (l *Live) Load() *Config { return l.current.Load() }

// Change is one key to set, with the text that would stand in a file.
type Change struct{ Key, Text string }

// SetReason tells why a Set was refused.
type SetReason uint8

const (
	// UnknownKey refuses keys that do not exist.
	UnknownKey SetReason = iota + 1
	// BadValue refuses text that the file would not accept either.
	BadValue
	// NotSettable refuses keys that are read at start only.
	NotSettable
)

// SetError refuses a Set as a whole; nothing was changed.
type SetError struct {
	Reason SetReason
	// Keys are all that the reason holds for, in the order of the changes.
	Keys []string
	// Problem says what is wrong with the first of them.
	Problem Problem
}

func (e *SetError) Error() string {
	return fmt.Sprintf("%s: %s", strings.Join(e.Keys, ", "), e.Problem.What)
}

// liveFile stands in Pos for values that were set while the broker runs.
const liveFile = "set"

// Set changes values for as long as the broker runs; nothing is written to a file. Either all changes take effect at once, or
// none and the error is a *SetError. Keys are looked up first, then values are checked, then whether they can be set at all.
// Any goroutine.
func (l *Live) Set(changes ...Change) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.current.Load()
	next := *now
	next.values = maps.Clone(now.values)
	var unknown, fixed []string
	var wrong *SetError
	for _, ch := range changes {
		row := Lookup(ch.Key)
		if row == nil {
			unknown = append(unknown, ch.Key)
			continue
		}
		value, bad := row.convert(ch.Text)
		switch {
		case bad != nil && wrong == nil:
			wrong = &SetError{BadValue, []string{ch.Key}, Problem{Pos{File: liveFile}, ch.Key, ch.Text, bad.what, bad.right}}
		case row.Settable == Fixed && !row.Inert:
			fixed = append(fixed, ch.Key)
		}
		next.values[joinKey(splitKey(ch.Key))] = entry{row: row, text: ch.Text, source: Pos{File: liveFile}, value: value}
	}
	switch {
	case unknown != nil:
		return refuse(UnknownKey, unknown, "there is no such key")
	case wrong != nil:
		return wrong
	case fixed != nil:
		return refuse(NotSettable, fixed, "cannot be set while the broker runs")
	}
	next.fillSections()
	next.Node.DataDir = now.Node.DataDir // depends on two keys, and never changes
	l.current.Store(&next)
	return nil
}

func refuse(why SetReason, keys []string, what string) error {
	return &SetError{why, keys, Problem{Pos: Pos{File: liveFile}, Key: keys[0], What: what}}
}

// Get is the text of a key's value now in force, as `vmq-admin show` prints it.
func (l *Live) Get(key string) (text string, found bool) {
	return l.Load().Written(key)
}

// Describe is the row of a key; nil if there is no such key.
func (l *Live) Describe(key string) *Row { return Lookup(key) }
