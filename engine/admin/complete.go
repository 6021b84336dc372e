package admin

import (
	"slices"
	"strings"

	"github.com/vernemq/vmq/config"
)

var (
	formats     = []string{"human", "json", "csv"}
	globalFlags = []Flag{{Name: "format", Value: "human|json|csv", Complete: formats}, {Name: "help"}}
)

// Complete returns what may stand in place of the last of words, sorted: further words, key=, --flag or --flag=value. It is what a shell
// offers.
func (t *Commands) Complete(words []string) []string {
	if len(words) == 0 {
		words = []string{""}
	}
	before, last := words[:len(words)-1], words[len(words)-1]
	var path []string
	flagged := false
	for _, w := range before {
		if strings.HasPrefix(w, "-") {
			flagged = true
		} else if !flagged && !strings.Contains(w, "=") {
			path = append(path, w)
		}
	}
	open := len(path) == len(before) // no argument has come yet
	verb := path
	if len(path) > 1 && (path[0] == wordShow || path[0] == wordDescribe) {
		verb = path[:1]
	}
	c := t.find(verb)
	var list []string
	switch {
	case strings.HasPrefix(last, "-"):
		list = flagWords(c)
	case flagged:
		return nil
	default:
		if open && (c == nil || len(verb) == len(path)) {
			list = t.nextWords(path)
		}
		if c != nil {
			list = append(list, argWords(c)...)
		}
	}
	list = slices.DeleteFunc(list, func(w string) bool { return !strings.HasPrefix(w, last) })
	slices.Sort(list)
	return slices.Compact(list)
}

// nextWords are the words that can follow path.
func (t *Commands) nextWords(path []string) (list []string) {
	prefix := strings.Join(append(slices.Clone(path), ""), " ")
	t.mu.RLock()
	defer t.mu.RUnlock()
	for _, c := range t.mu.list {
		if rest, below := strings.CutPrefix(c.Path, prefix); below {
			word, _, _ := strings.Cut(rest, " ")
			list = append(list, word)
		}
	}
	return list
}

// argWords are the arguments of a command: key= and key=value, and the keys of the configuration where these are wanted.
func argWords(c *Command) (list []string) {
	for _, a := range c.Args {
		if a.Key == anyKey {
			return configKeys("=", func(r *config.Row) bool { return r.Settable != config.Fixed })
		}
		list = append(list, a.Key+"=")
		for _, v := range a.Complete {
			list = append(list, a.Key+"="+v)
		}
	}
	if c.Path == wordShow || c.Path == wordDescribe {
		return configKeys("", func(r *config.Row) bool { return r.Status != config.Legacy })
	}
	return list
}

// configKeys are the keys without wildcards that want chooses.
func configKeys(suffix string, want func(*config.Row) bool) (list []string) {
	for _, r := range config.Rows() {
		if want(r) && r.Key == strings.ToLower(r.Key) {
			list = append(list, r.Key+suffix)
		}
	}
	return list
}

func flagWords(c *Command) (list []string) {
	flags := globalFlags
	if c != nil {
		flags = append(slices.Clone(c.Flags), flags...)
	}
	for _, f := range flags {
		word := "--" + f.Name
		if f.Complete == nil {
			list = append(list, word)
			continue
		}
		list = append(list, word+"=")
		for _, v := range f.Complete {
			list = append(list, word+"="+v)
		}
	}
	return list
}
