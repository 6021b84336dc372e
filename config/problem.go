package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Pos is a place in a configuration. The zero Pos means a built-in default.
type Pos struct {
	// File is the path as it was opened, "-o" for an override of the command line, the name of an environment variable, "container"
	// for what containers have without it, or "built-in".
	File string
	// Line and Column count from 1; the column counts characters. The line of an override is its number among the overrides.
	Line, Column int
}

// String is FILE:LINE, or "default" for the zero Pos.
func (p Pos) String() string {
	switch {
	case p.File == "":
		return "default"
	case p.Line == 0:
		return p.File
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

// Problem is one mistake, or one warning, about one place of the configuration.
type Problem struct {
	Pos Pos
	// Key and Value are what was written there; both are empty where the line is no setting.
	Key, Value string
	// What is wrong, and what would be Right; Right may be empty.
	What, Right string
}

// String is one line, FILE:LINE: key = value: what is wrong; what would be right. Line breaks inside a value are shown as \n.
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.Pos.String())
	b.WriteString(": ")
	switch {
	case p.Key != "":
		fmt.Fprintf(&b, "%s = %s: ", p.Key, oneLine(p.Value))
	case p.Pos.Column > 0:
		fmt.Fprintf(&b, "column %d: ", p.Pos.Column)
	}
	b.WriteString(p.What)
	if p.Right != "" {
		b.WriteString("; ")
		b.WriteString(p.Right)
	}
	return b.String()
}

// valueShown is the number of characters of a value that a problem repeats: enough to recognise it, short enough for a line.
const valueShown = 120

func oneLine(s string) string {
	s = strings.NewReplacer("\r", `\r`, "\n", `\n`, "\t", `\t`).Replace(s)
	if r := []rune(s); len(r) > valueShown {
		return string(r[:valueShown]) + "…"
	}
	if s == "" {
		return "''"
	}
	return s
}

// Problems are all mistakes of a configuration, in the order of files and lines. It is the error that Load returns.
type Problems []Problem

// Error is one line for each problem.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// placeOrder compares places as a reader meets them: files in the order in which they were opened, then lines.
func placeOrder(files []string) func(a, b Pos) int {
	rank := func(f string) int {
		if i := slices.Index(files, f); i >= 0 {
			return i
		}
		return len(files) // overrides come last, as they do when values are laid over each other
	}
	return func(a, b Pos) int {
		return cmp.Or(rank(a.File)-rank(b.File), strings.Compare(a.File, b.File), a.Line-b.Line, a.Column-b.Column)
	}
}

// tidy orders problems by place and drops those that a file included twice brought twice.
func tidy(ps []Problem, files []string) []Problem {
	place := placeOrder(files)
	slices.SortFunc(ps, func(a, b Problem) int {
		return cmp.Or(place(a.Pos, b.Pos), strings.Compare(a.Key, b.Key), strings.Compare(a.What, b.What))
	})
	return slices.Compact(ps)
}
