package admin

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// kind is how the filter of a field compares.
type kind uint8

const (
	textual kind = iota
	boolean
	numeric
)

// field is a column that can be shown and filtered by, of rows of type R.
type field[R any] struct {
	name  string
	kind  kind
	help  string
	value func(R) any
}

// fieldFlags are the flags of a command that shows rows: one for each field.
func fieldFlags[R any](fields []field[R]) []Flag {
	list := make([]Flag, len(fields))
	for i, f := range fields {
		list[i] = Flag{Name: f.name, Value: "<" + valueName(f.kind) + ">", Help: f.help}
	}
	return list
}

func valueName(k kind) string { return [...]string{"text|~regex", "true|false", "number"}[k] }

// selection is which columns and rows somebody wants to see.
type selection[R any] struct {
	shown []field[R] // by name
	where []condition[R]
}

// condition is one filter; all of them must hold.
type condition[R any] struct {
	of    field[R]
	want  string
	match func(v any) bool
}

// choose reads the flags: --field shows a column, --field=value and --field=~regex filter. defaults are shown if no column is asked for.
func choose[R any](in *Input, fields []field[R], defaults ...string) *selection[R] {
	s := &selection[R]{}
	var names []string
	for _, flag := range in.flags {
		i := slices.IndexFunc(fields, func(f field[R]) bool { return f.name == flag.name })
		switch {
		case i < 0:
		case flag.given:
			s.where = append(s.where, condition[R]{fields[i], flag.value, matcher(fields[i].kind, flag.value)})
		default:
			names = append(names, flag.name)
		}
	}
	if names == nil {
		names = defaults
	}
	for _, f := range fields {
		if slices.Contains(names, f.name) {
			s.shown = append(s.shown, f)
		}
	}
	slices.SortFunc(s.shown, func(a, b field[R]) int { return strings.Compare(a.name, b.name) })
	return s
}

// matcher makes the test of a filter. A value that does not suit the kind of the field matches nothing.
func matcher(k kind, want string) func(any) bool {
	never := func(any) bool { return false }
	pattern, isPattern := strings.CutPrefix(want, "~")
	switch k {
	case boolean:
		if want != "true" && want != "false" {
			return never
		}
		return func(v any) bool { return v == (want == "true") }
	case numeric:
		n, err := strconv.ParseInt(want, 10, 64)
		if err != nil {
			return never
		}
		return func(v any) bool {
			switch v := v.(type) {
			case int:
				return int64(v) == n
			case int64:
				return v == n
			}
			return false
		}
	}
	if !isPattern {
		return func(v any) bool { return v != nil && cellText(v) == want }
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return never
	}
	return func(v any) bool { s, is := v.(string); return is && re.MatchString(s) }
}

// takes says whether the row passes all filters.
func (s *selection[R]) takes(r R) bool {
	for i := range s.where {
		if !s.where[i].match(s.where[i].of.value(r)) {
			return false
		}
	}
	return true
}

// uses says whether any of the fields is shown or filtered by.
func (s *selection[R]) uses(names ...string) bool {
	return slices.ContainsFunc(s.shown, func(f field[R]) bool { return slices.Contains(names, f.name) }) || s.filters(names...)
}

// filters says whether any of the fields is filtered by.
func (s *selection[R]) filters(names ...string) bool {
	return slices.ContainsFunc(s.where, func(c condition[R]) bool { return slices.Contains(names, c.of.name) })
}

// exactly is the value that a text field must have, if a filter says so.
func (s *selection[R]) exactly(name string) (value string, found bool) {
	for _, c := range s.where {
		if c.of.name == name && !strings.HasPrefix(c.want, "~") {
			return c.want, true
		}
	}
	return "", false
}

// table makes the table for the selection, without rows.
func (s *selection[R]) table() *Table {
	t := &Table{}
	for _, f := range s.shown {
		t.Columns = append(t.Columns, f.name)
	}
	return t
}

// cells are what is shown of a row.
func (s *selection[R]) cells(r R) []any {
	cells := make([]any, len(s.shown))
	for i, f := range s.shown {
		cells[i] = f.value(r)
	}
	return cells
}

const (
	defaultLimit = 100
	flagLimit    = "limit"
	flagWait     = "rowtimeout"
)

// limitFlags are those that every command with fields has besides.
func limitFlags() []Flag {
	return []Flag{
		{Name: flagLimit, Value: "<number>", Help: "Show at most so many rows. Default 100.", Check: isNumber(0)},
		{Name: flagWait, Value: "<ms>", Help: "How long one row may take. Accepted for scripts: no row waits for anything here.", Check: isNumber(0)},
	}
}
