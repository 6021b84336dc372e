package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// files is what loading needs of a file system; tests and the fuzz target bring their own.
type files interface {
	ReadFile(name string) ([]byte, error)
	// Names lists the plain files of a directory in alphabetical order.
	Names(dir string) ([]string, error)
}

type osFiles struct{}

func (osFiles) ReadFile(name string) ([]byte, error) { return os.ReadFile(name) }

func (osFiles) Names(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if info, err := os.Stat(filepath.Join(dir, e.Name())); err == nil && !info.IsDir() {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return names, nil
}

// includeDepth bounds includes inside includes: nobody nests that deep on purpose, and a file that includes itself ends here
// with a message rather than with the memory.
const includeDepth = 16

// includesMax bounds the reads in total, because a few files that include each other double the work at every level of depth.
const includesMax = 1000

// reader reads the main file and splices in what it includes.
type reader struct {
	files    files
	opened   []string // in the order of reading, for the order of problems
	reads    int
	items    []item
	problems []Problem
	broken   map[string]bool
}

// read appends the items of a file, given its text, at the depth of nested includes that it stands in.
func (r *reader) read(name string, text []byte, depth int) {
	if !slices.Contains(r.opened, name) {
		r.opened = append(r.opened, name)
	}
	got := parse(name, text)
	r.problems = append(r.problems, got.problems...)
	for _, key := range got.broken {
		r.broken[key] = true
	}
	for _, it := range got.items {
		if it.include == "" {
			r.items = append(r.items, it)
			continue
		}
		r.include(it, depth+1)
	}
}

// include reads the files that one include line names. What does not exist is ignored, as the empty conf.d of a fresh
// installation is.
func (r *reader) include(it item, depth int) {
	pattern := it.include
	if !path.IsAbs(pattern) {
		pattern = filepath.Join(filepath.Dir(it.pos.File), pattern)
	}
	if depth > includeDepth {
		r.fail(it.pos, fmt.Sprintf("include %s stands %d includes deep, at most %d are followed", it.include, depth, includeDepth),
			"look for a file that includes itself")
		return
	}
	for _, name := range r.match(pattern) {
		if r.reads++; r.reads > includesMax {
			r.fail(it.pos, fmt.Sprintf("include %s is read after %d other includes", it.include, includesMax),
				"look for files that include each other")
			return
		}
		text, err := r.files.ReadFile(name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			r.fail(it.pos, fmt.Sprintf("include %s: %v", it.include, err), "the file must be readable")
		default:
			r.read(name, text, depth)
		}
	}
}

// match lists the files that fit a pattern with * in its last part. Names that start with a dot fit only a pattern that does.
func (r *reader) match(pattern string) []string {
	dir, last := filepath.Split(pattern)
	if !strings.Contains(last, "*") {
		return []string{pattern}
	}
	names, err := r.files.Names(dir)
	if err != nil {
		return nil
	}
	var found []string
	for _, n := range names {
		ok, err := path.Match(last, n)
		if err == nil && ok && (n[0] != '.' || last[0] == '.') {
			found = append(found, filepath.Join(dir, n))
		}
	}
	return found
}

func (r *reader) fail(pos Pos, what, right string) {
	r.problems = append(r.problems, Problem{Pos: pos, What: what, Right: right})
}
