package config

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Load reads the main file with all that it includes, lays the overrides over it and checks the result.
//
// If anything is wrong, the error is Problems with every mistake found, and the Config that comes with it is fit only for
// Effective and Get: a broker must not start with it. Warnings never make an error.
func Load(o Options) (*Config, error) { return load(o, osFiles{}) }

// loader carries a configuration through the steps that doc.go lists.
type loader struct {
	layers
	options Options
	// environment has the variables that are keys; localFile says that a file has taken their place.
	environment environment
	localFile   bool
	home        string // absolute
	files       files
	schema      *schema
	problems    []Problem
	warnings    []Problem
	entries     map[string]entry
}

func load(o Options, fs files) (*Config, error) {
	if o.Getenv == nil {
		o.Getenv = os.LookupEnv
	}
	home, err := filepath.Abs(o.Home)
	if err != nil {
		return nil, Problems{{Pos: Pos{File: o.Home}, What: reason(err)}}
	}
	ld := &loader{options: o, environment: newEnvironment(o.Environ), home: home, files: fs, schema: std(), entries: map[string]entry{},
		layers: layers{settings: map[string]setting{}, broken: map[string]bool{}}}
	ld.readLayers()
	ld.translateLegacy()
	ld.findRows()
	ld.convertAll(ld.withDefaults())
	ld.check()
	c := ld.build()
	ld.warnStatus(c)
	ld.checkListeners(c)

	ld.problems, ld.warnings = tidy(ld.problems, ld.layers.files), tidy(ld.warnings, ld.layers.files)
	c.Warnings = ld.warnings
	if len(ld.problems) > 0 {
		return c, Problems(ld.problems)
	}
	return c, nil
}

func (ld *loader) fail(pos Pos, key, value, what, right string) {
	ld.problems = append(ld.problems, Problem{pos, key, ld.discreet(key, value), what, right})
}

func (ld *loader) warn(pos Pos, key, value, what, right string) {
	ld.warnings = append(ld.warnings, Problem{pos, key, ld.discreet(key, value), what, right})
}

// discreet hides the value of a secret.
func (ld *loader) discreet(key, value string) string {
	if r := ld.schema.find(key); r != nil && r.Secret {
		return hidden
	}
	return value
}

// hidden stands in problems for the value of a secret.
const hidden = "***"

// hintedMax is how many unknown keys get a hint, at about a millisecond each: a file that is no configuration at all, but looks
// like one, is to be refused in seconds.
const hintedMax = 1000

// findRows gives each setting its row, and drops those that have none after reporting them.
func (ld *loader) findRows() {
	for _, key := range slices.Sorted(maps.Keys(ld.settings)) {
		s := ld.settings[key]
		s.row = ld.schema.find(key)
		if s.row == nil {
			hint := ""
			if len(ld.broken) < hintedMax {
				hint = ld.schema.hint(key)
			}
			ld.fail(s.pos, s.written, s.text, "there is no such key", hint)
			delete(ld.settings, key)
			ld.broken[key] = true
			continue
		}
		ld.settings[key] = s
	}
}

// withDefaults is all settings and, for keys that none sets, the defaults of their rows. The defaults of a family exist for
// each name that some key of the family mentions.
func (ld *loader) withDefaults() map[string]setting {
	all := maps.Clone(ld.settings)
	add := func(key string, r *Row) {
		if _, found := all[key]; !found && !r.NoDefault {
			all[key] = setting{key: key, written: key, text: r.Default, row: r}
		}
	}
	names := map[string]map[string]bool{} // by the keys' part before the name
	for key, s := range ld.settings {
		if prefix, name := s.row.family(key); name != "" {
			if names[prefix] == nil {
				names[prefix] = map[string]bool{}
			}
			names[prefix][name] = true
		}
	}
	for _, r := range ld.schema.rows {
		switch r.wildcards() {
		case 0:
			add(r.Key, r)
		case 1:
			prefix, _ := r.family(r.Key)
			for name := range names[prefix] {
				if key := r.with(name); ld.schema.find(key) == r {
					add(key, r)
				}
			}
		}
	}
	return all
}

// convertAll replaces references in all settings and turns their text into values. A key that is in error gets the value of
// its default, so that later steps have one; it is not used, because a configuration in error starts no broker.
func (ld *loader) convertAll(all map[string]setting) {
	sub := &substituter{getenv: ld.options.Getenv, files: ld.files, done: map[string]expansion{},
		text: func(key string) (string, string, bool) {
			s, found := all[key]
			dir := ld.home
			if s.pos.Line > 0 && s.pos.File != overrideFile {
				dir = filepath.Dir(s.pos.File)
			}
			return s.text, dir, found
		}}
	for _, key := range slices.Sorted(maps.Keys(all)) { // so that of keys that refer to each other always the same is named
		s := all[key]
		text, err := sub.expand(key)
		e := entry{row: s.row, text: text, source: s.pos}
		var wrong *mistake
		if err != nil {
			e.text = s.text
			wrong = &mistake{what: err.Error()}
		} else {
			e.value, wrong = s.row.convert(text)
		}
		if wrong != nil {
			e.bad = true
			e.value, _ = s.row.convert(s.row.Default)
			ld.fail(s.pos, s.written, s.text, wrong.what+expandedFrom(s.text, text, err), ld.right(key, s, wrong))
		} else if s.row.Advice != nil && s.pos != (Pos{}) {
			if advice := s.row.Advice(e.value); advice != "" {
				ld.warn(s.pos, s.written, s.text, advice, "")
			}
		}
		ld.entries[key] = e
	}
}

func expandedFrom(written, text string, err error) string {
	if err != nil || written == text {
		return ""
	}
	return fmt.Sprintf(" (it is %q after substitution)", oneLine(text))
}

// right adds to what would be right, for a key of three segments that was taken as the address of a listener, the options that
// may have been meant.
func (ld *loader) right(key string, s setting, wrong *mistake) string {
	if s.row.Kind != Address || len(key) > hintLength || !strings.HasPrefix(key, "listener.") {
		return wrong.right
	}
	prefix, name := s.row.family(key)
	hints, _ := ld.schema.nearest(key)
	for _, hint := range hints {
		last := strings.TrimPrefix(hint, prefix+".")
		if hint != key && last != hint && distance(last, name) <= 1+len(name)/4 {
			return wrong.right + "; or did you mean " + hint + "?"
		}
	}
	return wrong.right
}
