package config

import (
	"maps"
	"slices"
	"strings"
)

// translateLegacy turns keys of older versions into those of today. A key of today that is set itself wins.
func (ld *loader) translateLegacy() {
	for _, key := range slices.Sorted(maps.Keys(ld.settings)) {
		s := ld.settings[key]
		if to, renamed := newPrefix(key); renamed {
			ld.replace(key, to, s)
			continue
		}
		row := ld.schema.literal[key]
		switch {
		case row == nil || row.Status != Legacy:
		case row.Alias != "":
			ld.replace(key, row.Alias, s)
		case key == "trade_consistency":
			ld.tradeConsistency(s)
		case row.Advice != nil: // the value decides whether there is something to say, and it is not known yet
		case !row.Silent:
			ld.warn(s.pos, s.written, s.text, "a key of older versions, without effect", lowerFirst(row.Doc))
		}
	}
}

func newPrefix(key string) (string, bool) {
	for _, p := range legacyPrefixes {
		if rest, found := strings.CutPrefix(key, p.from); found {
			return p.to + rest, true
		}
	}
	return "", false
}

// replace moves a setting from its old key to the key of today.
func (ld *loader) replace(from, to string, s setting) {
	delete(ld.settings, from)
	if _, set := ld.settings[to]; set {
		ld.warn(s.pos, s.written, s.text, "the old name of "+to+", which is set too and wins", "remove this line")
		return
	}
	ld.warn(s.pos, s.written, s.text, "the old name of "+to, "use the new one")
	s.key = to
	ld.settings[to] = s
}

var netsplitKeys = []string{"allow_register_during_netsplit", "allow_publish_during_netsplit",
	"allow_subscribe_during_netsplit", "allow_unsubscribe_during_netsplit"}

// tradeConsistency sets the four keys that took its place.
func (ld *loader) tradeConsistency(s setting) {
	delete(ld.settings, s.key)
	ld.warn(s.pos, s.written, s.text, "a key of older versions", "use "+orList(netsplitKeys))
	for _, key := range netsplitKeys {
		if _, set := ld.settings[key]; !set {
			ld.settings[key] = setting{pos: s.pos, key: key, written: s.written, text: s.text}
		}
	}
}

func lowerFirst(s string) string {
	s = strings.TrimSuffix(s, ".")
	if s == "" {
		return ""
	}
	return strings.ToLower(s[:1]) + s[1:]
}
