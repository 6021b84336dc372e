package conformance

import (
	"go/ast"
	"strings"
)

// versionless are the packages that know no protocol version: what their tests prove holds for all.
var versionless = []string{"trie/", "queue/", "netpoll/"}

// addTests takes the citations out of the test files of one package.
func (out *Scanned) addTests(files []file) {
	vars := map[string]*ast.ValueSpec{} // package-level variables
	var tests []*ast.FuncDecl
	for _, f := range files {
		for _, d := range f.tree.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if isTest(d) {
					tests = append(tests, d)
				}
			case *ast.GenDecl:
				for _, s := range d.Specs {
					if v, ok := s.(*ast.ValueSpec); ok {
						for _, n := range v.Names {
							vars[n.Name] = v
						}
					}
				}
			}
		}
	}
	users := map[*ast.ValueSpec][]*ast.FuncDecl{} // the tests that use a variable
	for _, t := range tests {
		for _, v := range uses(t, vars) {
			users[v] = append(users[v], t)
		}
	}
	for i := range files {
		f := &files[i]
		for _, p := range append(f.comments(), f.strings()...) {
			for _, r := range refs(cited, p.text) {
				c := Citation{Ref: r, File: f.path, Line: f.line(p.pos), Test: true}
				out.addTest(f, p, c, vars, users)
			}
		}
	}
}

// addTest finds the tests that a citation belongs to, and the versions they run on.
func (out *Scanned) addTest(f *file, p piece, c Citation, vars map[string]*ast.ValueSpec, users map[*ast.ValueSpec][]*ast.FuncDecl) {
	switch d := f.around(p.pos).(type) {
	case *ast.FuncDecl:
		if !isTest(d) {
			break
		}
		c.Name = d.Name.Name
		if c.Versions = f.near(p); c.Versions == 0 {
			c.Versions = f.versions(d)
			for _, v := range uses(d, vars) {
				c.Versions |= f.versions(v)
			}
		}
		out.Citations = append(out.Citations, c)
		return
	case *ast.GenDecl:
		found := false
		for _, s := range d.Specs {
			v, ok := s.(*ast.ValueSpec)
			if !ok || p.pos < v.Pos() || p.pos > v.End() {
				continue
			}
			for _, t := range users[v] {
				c := c
				c.Name = t.Name.Name
				if c.Versions = f.near(p); c.Versions == 0 {
					c.Versions = f.versions(v) | f.versions(t)
				}
				out.Citations = append(out.Citations, c)
				found = true
			}
		}
		if found {
			return
		}
	}
	out.Loose = append(out.Loose, c)
}

func isTest(d *ast.FuncDecl) bool {
	return d.Recv == nil && (strings.HasPrefix(d.Name.Name, "Test") || strings.HasPrefix(d.Name.Name, "Fuzz"))
}

// uses returns the package-level variables that a test names.
func uses(d *ast.FuncDecl, vars map[string]*ast.ValueSpec) (all []*ast.ValueSpec) {
	seen := map[*ast.ValueSpec]bool{}
	ast.Inspect(d, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			if v := vars[id.Name]; v != nil && !seen[v] {
				seen[v] = true
				all = append(all, v)
			}
		}
		return true
	})
	return all
}

// near returns the versions that the innermost case of a table around a string names; 0 if none does.
func (f *file) near(p piece) Versions {
	for i := len(p.path) - 1; i >= 0; i-- {
		if lit, ok := p.path[i].(*ast.CompositeLit); ok {
			if v := named311And5(lit); v != 0 {
				return v
			}
		}
	}
	return 0
}

// versions returns the versions that a declaration names, which are those that its test runs on.
func (f *file) versions(n ast.Node) Versions {
	for _, prefix := range versionless {
		if strings.HasPrefix(f.path, prefix) {
			return On311 | On5
		}
	}
	return named311And5(n)
}

// named311And5 looks for the names of codec's versions.
func named311And5(n ast.Node) (v Versions) {
	ast.Inspect(n, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			switch id.Name {
			case "V311":
				v |= On311
			case "V5":
				v |= On5
			}
		}
		return true
	})
	return v
}
