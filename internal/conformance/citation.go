package conformance

import "regexp"

// Citation is one place that names a statement.
type Citation struct {
	Ref
	File string // from the root of the module, with slashes
	Line int
	// Name of the function, type or variable around the citation; for tests the test function.
	Name string
	Test bool
	// Versions on which a test runs.
	Versions Versions
}

// Versions is the set of protocol versions on which a test runs, as far as its source text tells.
type Versions uint8

// The versions that have numbered statements. MQTT 3.1 has none, and a test that runs on it proves nothing about them.
const (
	On311 Versions = 1 << iota
	On5
)

// version returns the version of the standard.
func (s Standard) version() Versions {
	if s == MQTT311 {
		return On311
	}
	return On5
}

var (
	// cited is a citation as it should be.
	cited = regexp.MustCompile(`\[MQTT-([0-9][0-9.]*(?:-[0-9.]+)*)( v3\.1\.1)?\]`)
	// named is anything that looks like the number of a statement.
	named = regexp.MustCompile(`MQTT-([0-9][0-9.]*(?:-[0-9]+(?:\.[0-9]+)*)+)( v3\.1\.1)?`)
)

// refs returns what expression finds in text.
func refs(expression *regexp.Regexp, text string) []Ref {
	var found []Ref
	for _, m := range expression.FindAllStringSubmatch(text, -1) {
		r := Ref{MQTT5, m[1]}
		if m[2] != "" {
			r.Standard = MQTT311
		}
		found = append(found, r)
	}
	return found
}
