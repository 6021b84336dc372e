package config

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// substituteMax bounds a value with references, in bytes, before and after they are replaced: keys that refer to each other
// twice at every step would double it each time. No key has a use for more than a certificate's worth of text.
const substituteMax = 1 << 16

// substituter replaces $(key), $(ENVIRONMENT) and $(<file) in the values of a configuration.
type substituter struct {
	// text is a key's text as written, or its default, and the directory where a path in $(<file) starts.
	text   func(key string) (text, dir string, found bool)
	getenv func(string) (string, bool)
	files  files
	active []string // the keys being expanded, outermost first
	done   map[string]expansion
}

// expansion is the result for one key; kept, because keys that refer to each other twice would be expanded exponentially often.
type expansion struct {
	text string
	err  error
}

// expand returns the key's text with everything replaced.
func (s *substituter) expand(key string) (string, error) {
	if e, found := s.done[key]; found {
		return e.text, e.err
	}
	if slices.Contains(s.active, key) {
		return "", fmt.Errorf("$(%s) refers to itself: %s", key, strings.Join(append(s.active, key), ", "))
	}
	s.active = append(s.active, key)
	text, dir, _ := s.text(key)
	text, err := s.expandText(text, dir)
	s.active = s.active[:len(s.active)-1]
	s.done[key] = expansion{text, err}
	return text, err
}

func (s *substituter) expandText(value, dir string) (string, error) {
	if !strings.Contains(value, "$(") {
		return value, nil
	}
	if inner, found := strings.CutPrefix(value, "$(<"); found && strings.IndexByte(inner, ')') == len(inner)-1 {
		return s.readFile(strings.TrimSpace(inner[:len(inner)-1]), dir)
	}
	if len(value) > substituteMax {
		return "", fmt.Errorf("a value with references may have at most %d bytes", substituteMax)
	}
	out, _, err := s.replace(value, false)
	return out, err
}

// replace copies value up to its end, or, inside a reference, up to the parenthesis that closes it, and returns what is left
// behind that. A $( that is never closed is ordinary text.
func (s *substituter) replace(value string, inside bool) (out, rest string, err error) {
	var b strings.Builder
	for value != "" {
		if inside && value[0] == ')' {
			return b.String(), value[1:], nil
		}
		if after, found := strings.CutPrefix(value, "$("); found && strings.Contains(after, ")") {
			name, left, err := s.replace(after, true)
			if err != nil {
				return "", "", err
			}
			text, err := s.lookup(strings.TrimSpace(name))
			if err != nil {
				return "", "", err
			}
			b.WriteString(text)
			value = left
		} else {
			b.WriteByte(value[0])
			value = value[1:]
		}
		if b.Len() > substituteMax {
			return "", "", fmt.Errorf("the value grows beyond %d bytes", substituteMax)
		}
	}
	return b.String(), "", nil
}

func (s *substituter) lookup(name string) (string, error) {
	if _, _, found := s.text(name); found {
		return s.expand(name)
	}
	if text, found := s.getenv(name); found {
		return text, nil
	}
	return "", fmt.Errorf("$(%s) is neither a key with a value nor an environment variable", name)
}

func (s *substituter) readFile(name, dir string) (string, error) {
	if name == "" {
		return "", errors.New("$(<) names no file")
	}
	if !filepath.IsAbs(name) {
		name = filepath.Join(dir, name)
	}
	text, err := s.files.ReadFile(name)
	if err != nil {
		return "", fmt.Errorf("%s: %s", name, reason(err))
	}
	return strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r"), nil
}
