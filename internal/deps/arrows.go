package deps

import (
	"fmt"
	"slices"
	"strings"
)

// Rule says what the packages that match From may import besides the standard library and themselves.
type Rule struct {
	From   string   // pattern as for Forbid, within this module
	To     []string // patterns: packages of this module, or other modules by their path; "*" is any other module
	Reason string   // why not more, as the failure prints it
}

// Check tells which imports of files break the rules, one error each. For every file the rule with the longest matching
// From holds; a package without any is an error too, so that a new package is given its place when it is made. Test files
// may also import everything below internal and any other module: what they need does not reach a user of the package.
func Check(rules []Rule, files []File) []error {
	var errs []error
	homeless := map[string]bool{}
	for _, f := range files {
		rule, found := ruleFor(rules, f.Package)
		if !found {
			if !homeless[f.Package] {
				errs = append(errs, fmt.Errorf("package %s has no rule: say in the table what it may import", f.Package))
			}
			homeless[f.Package] = true
			continue
		}
		for _, path := range f.Imports {
			if !rule.permits(f, path) {
				errs = append(errs, fmt.Errorf("%s imports %s: %s", f.Path, short(path), rule.Reason))
			}
		}
	}
	return errs
}

// ruleFor finds the most specific rule for a package.
func ruleFor(rules []Rule, pkg string) (best Rule, found bool) {
	for _, r := range rules {
		if match(r.From, Module+"/"+pkg) && (!found || specificity(r.From) > specificity(best.From)) {
			best, found = r, true
		}
	}
	return best, found
}

// specificity orders patterns that match the same package: the deeper folder wins, and at the same folder the pattern for
// it alone wins over the one for all below it.
func specificity(pattern string) int {
	if below, tree := strings.CutSuffix(pattern, "/..."); tree {
		return 2 * len(below)
	}
	return 2*len(pattern) + 1
}

// permits tells whether rule lets file f import path.
func (rule Rule) permits(f File, path string) bool {
	if standard(path) || path == Module+"/"+f.Package || match("internal/invariants", path) {
		return true
	}
	own := within(Module, path)
	if f.Test && (!own || match("internal/...", path)) {
		return true
	}
	return slices.ContainsFunc(rule.To, func(pattern string) bool {
		return pattern == "*" && !own || match(pattern, path)
	})
}

// standard tells whether path belongs to the standard library: only other modules begin with a host name.
func standard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".")
}
