package deps

import (
	"fmt"
	"strings"
	"testing"
)

// record is a testing.TB that keeps the failures instead of failing, so that a test can look at them.
type record struct {
	testing.TB
	failures []string
}

func (r *record) Helper() {}

func (r *record) Errorf(format string, args ...any) {
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

// TestForbid proves that an import is found through others, that the failure names the way there, and that a package which
// is not reached is no failure.
func TestForbid(t *testing.T) {
	r := &record{TB: t}
	Forbid(r, "unicode/utf8", "this is a test")
	if len(r.failures) != 1 || !strings.Contains(r.failures[0], "this is a test") ||
		!strings.Contains(r.failures[0], "internal/deps -> ") || !strings.HasSuffix(r.failures[0], " -> unicode/utf8") {
		t.Errorf("forbidding unicode/utf8 said %q, want one failure with its reason and its chain", r.failures)
	}

	r = &record{TB: t}
	Forbid(r, "go/...", "this is a test")
	if len(r.failures) < 2 {
		t.Errorf("forbidding go/... said %q, want at least go/parser and go/token", r.failures)
	}

	Forbid(t, "net/http", "looking at imports needs no network")
	Forbid(t, "engine/...", "the rules about imports stand outside of what they rule")
}

// TestOnlyStandard proves that this package needs the standard library only, and says so where another one does not.
func TestOnlyStandard(t *testing.T) {
	OnlyStandard(t, "the rules about imports must not add any")
}
