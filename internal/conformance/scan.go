package conformance

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"

	"github.com/vernemq/vmq/internal/deps"
)

// Scanned is what the source files say about the statements.
type Scanned struct {
	// Citations in code and tests, by file and line.
	Citations []Citation
	// Mentions are numbers that stand anywhere in a file, in brackets or not: codec's errors name the rule that was broken.
	// They prove nothing, but they must exist.
	Mentions []Citation
	// Loose are citations in test files that belong to no test.
	Loose []Citation
}

// Scan reads the Go files of the module whose folder is root. This package and the tools beside it are left out: what they
// name is not meant.
func Scan(root string) (*Scanned, error) {
	out := &Scanned{}
	tests := map[string][]file{} // by package folder
	err := deps.Walk(root, func(path string) error {
		if !strings.HasSuffix(path, ".go") || strings.Contains(path, "testdata/") || strings.HasPrefix(path, "internal/conformance/") {
			return nil
		}
		f := file{path: path, fset: token.NewFileSet()}
		var err error
		f.tree, err = parser.ParseFile(f.fset, filepath.Join(root, path), nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		out.Mentions = append(out.Mentions, f.mentions()...)
		if strings.HasSuffix(path, "_test.go") {
			folder := filepath.ToSlash(filepath.Dir(path)) + " " + f.tree.Name.Name
			tests[folder] = append(tests[folder], f)
		} else if !strings.HasPrefix(path, "internal/") {
			out.Citations = append(out.Citations, f.code()...)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, files := range tests {
		out.addTests(files)
	}
	for _, list := range []*[]Citation{&out.Citations, &out.Mentions, &out.Loose} {
		slices.SortFunc(*list, func(a, b Citation) int {
			if c := strings.Compare(a.File, b.File); c != 0 {
				return c
			}
			if c := a.Line - b.Line; c != 0 {
				return c
			}
			return strings.Compare(a.Name+a.Number, b.Name+b.Number)
		})
	}
	return out, nil
}

// file is a parsed source file.
type file struct {
	path string
	fset *token.FileSet
	tree *ast.File
}

// piece is a text of a file that may cite: a comment or a string.
type piece struct {
	pos  token.Pos
	text string
	path []ast.Node // of a string: what it stands in, outermost first
}

func (f *file) line(p token.Pos) int { return f.fset.Position(p).Line }

func (f *file) comments() (all []piece) {
	for _, group := range f.tree.Comments {
		for _, c := range group.List {
			all = append(all, piece{pos: c.Pos(), text: c.Text})
		}
	}
	return all
}

func (f *file) strings() (all []piece) {
	var path []ast.Node
	ast.Inspect(f.tree, func(n ast.Node) bool {
		if n == nil {
			path = path[:len(path)-1]
			return true
		}
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			all = append(all, piece{lit.Pos(), lit.Value, slices.Clone(path)})
		}
		path = append(path, n)
		return true
	})
	return all
}

// mentions returns whatever looks like a number, in comments and strings.
func (f *file) mentions() (all []Citation) {
	for _, p := range append(f.comments(), f.strings()...) {
		for _, r := range refs(named, p.text) {
			all = append(all, Citation{Ref: r, File: f.path, Line: f.line(p.pos)})
		}
	}
	return all
}

// code returns the citations in comments of a file that is no test.
func (f *file) code() (all []Citation) {
	for _, p := range f.comments() {
		for _, r := range refs(cited, p.text) {
			name := ""
			if d := f.around(p.pos); d != nil {
				name = declName(d)
			}
			all = append(all, Citation{Ref: r, File: f.path, Line: f.line(p.pos), Name: name})
		}
	}
	return all
}

// around returns the top-level declaration that has pos in it, or in its comment.
func (f *file) around(pos token.Pos) ast.Decl {
	for _, d := range f.tree.Decls {
		from := d.Pos()
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Doc != nil {
				from = d.Doc.Pos()
			}
		case *ast.GenDecl:
			if d.Doc != nil {
				from = d.Doc.Pos()
			}
		}
		// The comment behind the last brace of a declaration belongs to it too.
		if from <= pos && f.line(pos) <= f.line(d.End()) {
			return d
		}
	}
	return nil
}

// declName is the name of a function, with its type for a method, or of the first thing that a declaration declares.
func declName(d ast.Decl) string {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil || len(d.Recv.List) == 0 {
			return d.Name.Name
		}
		typ := d.Recv.List[0].Type
		for {
			switch t := typ.(type) {
			case *ast.StarExpr:
				typ = t.X
				continue
			case *ast.IndexExpr:
				typ = t.X
				continue
			case *ast.IndexListExpr:
				typ = t.X
				continue
			case *ast.Ident:
				return t.Name + "." + d.Name.Name
			}
			return d.Name.Name
		}
	case *ast.GenDecl:
		if len(d.Specs) > 0 {
			switch s := d.Specs[0].(type) {
			case *ast.TypeSpec:
				return s.Name.Name
			case *ast.ValueSpec:
				return s.Names[0].Name
			}
		}
	}
	return ""
}
