package config

import (
	"maps"
	"slices"
	"strings"
)

// Get is the value of a key that the operator or the defaults give one; found is false for a key without a value and for one
// that does not exist. Options of listeners are as written, without what they take over from another level.
func (c *Config) Get(key string) (v Value, found bool) {
	e, found := c.values[joinKey(splitKey(key))]
	return e.value, found
}

// Written is the text of a key's value as a file would have it; found is false as Get says.
func (c *Config) Written(key string) (text string, found bool) {
	e, found := c.values[joinKey(splitKey(key))]
	return e.text, found
}

// On is true for a flag that is on; it is false for a key without a value.
func (c *Config) On(key string) bool { v, _ := c.Get(key); return v.On() }

// Int is the number of a key as Value.Int gives it; 0 for a key without a value.
func (c *Config) Int(key string) int64 { v, _ := c.Get(key); return v.Int() }

// Text is the text of a key; empty for a key without a value.
func (c *Config) Text(key string) string { v, _ := c.Get(key); return v.Text() }

// Path is the absolute path of a File or Dir; empty for a key without a value.
func (c *Config) Path(key string) string { v, _ := c.Get(key); return c.path(v) }

// IsSet tells whether a file or an override gives the key its value, rather than a default.
func (c *Config) IsSet(key string) bool { return c.values[joinKey(splitKey(key))].source != Pos{} }

// Names lists the names that keys below prefix mention, sorted: Names("vmq_bridge.tcp") are the bridges over TCP.
func (c *Config) Names(prefix string) []string {
	var names []string
	for key, e := range c.values {
		if p, name := e.row.family(key); p == prefix && name != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Effective is every key that has a value, sorted by key. It works for a Config that Load returned with an error too: a value
// in error is shown as it was set.
func (c *Config) Effective() []Entry {
	list := make([]Entry, 0, len(c.values))
	for _, key := range slices.Sorted(maps.Keys(c.values)) {
		e := c.values[key]
		list = append(list, Entry{Key: key, Value: e.text, Source: e.source, Row: e.row})
	}
	return list
}

func (c *Config) path(v Value) string {
	if v.word {
		return ""
	}
	return absolute(c.Home, v.Text())
}

func trimSlashes(s string) string { return strings.TrimRight(s, "/") }

// splitNonEmpty cuts s at sep and drops empty parts; nil for none.
func splitNonEmpty(s, sep string) []string {
	var parts []string
	for _, p := range strings.Split(s, sep) {
		if p = strings.TrimSpace(p); p != "" {
			parts = append(parts, p)
		}
	}
	return parts
}
