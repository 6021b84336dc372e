package acl

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

var (
	errEmpty     = errors.New("the filter is empty")
	errText      = errors.New("the filter is not UTF-8, or holds U+0000")
	errPlus      = errors.New("'+' does not fill its level")
	errHash      = errors.New("'#' does not fill the last level")
	errShareForm = errors.New("$share needs a group and a filter")
)

// checkFilter says what is wrong with the filter of a rule, if anything is. It differs from the filter of a subscription in that the group of a
// shared subscription may be a wildcard: $share/+/a grants a to every group.
func checkFilter(filter string, maxDepth int) error {
	if filter == "" {
		return errEmpty
	}
	if !utf8.ValidString(filter) || strings.IndexByte(filter, 0) >= 0 {
		return errText
	}
	depth := strings.Count(filter, "/") + 1
	if maxDepth > 0 && depth > maxDepth {
		return fmt.Errorf("%d levels, more than the %d of topic_max_depth", depth, maxDepth)
	}
	n := 0
	for level := range strings.SplitSeq(filter, "/") {
		n++
		switch {
		case strings.Contains(level, "+") && level != "+":
			return errPlus
		case strings.Contains(level, "#") && (level != "#" || n < depth):
			return errHash
		}
	}
	if strings.HasPrefix(filter, "$share/") && depth < 3 {
		return errShareForm
	}
	return nil
}
