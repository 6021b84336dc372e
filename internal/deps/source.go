package deps

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// File is one Go source file of the module and what it imports.
type File struct {
	Path    string   // from the root of the module, with slashes
	Package string   // folder, from the root of the module: the import path without Module
	Test    bool     // its name ends in _test.go
	Imports []string // import paths as written
}

// Root is the folder of the module that holds the current directory.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", fmt.Errorf("no go.mod in the current directory %s or above it", dir)
		}
		dir = up
	}
}

// Walk calls visit for each file below root that belongs to the project, with its path from root, with slashes. It leaves
// out what is fetched, built or run in place: folders named bin, build, dev and node_modules, and hidden ones except .ci.
func Walk(root string, visit func(path string) error) error {
	return filepath.WalkDir(root, func(full string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		path, err := filepath.Rel(root, full)
		if err != nil {
			return err
		}
		if entry.IsDir() {
			switch name := entry.Name(); {
			case path == ".":
				return nil
			case name == "node_modules" || name == "__pycache__" || path == "bin" || path == "build" || path == "dev":
				return filepath.SkipDir
			case strings.HasPrefix(name, ".") && name != ".ci":
				return filepath.SkipDir
			}
			return nil
		}
		if !entry.Type().IsRegular() || path == ".git" { // a file where git keeps several work trees
			return nil
		}
		return visit(filepath.ToSlash(path))
	})
}

// Sources reads the import clauses of every Go file below root, whatever its build tags and system. Files below testdata
// are left out, as the go command does.
func Sources(root string) ([]File, error) {
	var files []File
	err := Walk(root, func(path string) error {
		if !strings.HasSuffix(path, ".go") || slices.Contains(strings.Split(path, "/"), "testdata") {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, path), nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		f := File{Path: path, Package: filepath.ToSlash(filepath.Dir(path)), Test: strings.HasSuffix(path, "_test.go")}
		for _, spec := range parsed.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return fmt.Errorf("%s: import %s: %w", path, spec.Path.Value, err)
			}
			f.Imports = append(f.Imports, imported)
		}
		files = append(files, f)
		return nil
	})
	return files, err
}
