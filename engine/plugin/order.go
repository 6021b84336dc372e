package plugin

import (
	"cmp"
	"slices"

	"github.com/vernemq/vmq/engine/hook"
)

// Choice is a plugin that the configuration switches on.
type Choice struct {
	Name string
	// Priority is its place: lower ones come first, and those without one last.
	Priority hook.Opt[int]
}

// inOrder sorts plugins as they are started and asked: by priority, then those without one; by name where that says nothing.
func inOrder(all []Choice) []Choice {
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, func(a, b Choice) int {
		if a.Priority.Set != b.Priority.Set {
			if a.Priority.Set {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(a.Priority.Value, b.Priority.Value), cmp.Compare(a.Name, b.Name))
	})
	return slices.CompactFunc(sorted, func(a, b Choice) bool { return a.Name == b.Name })
}
