package conformance

import (
	"fmt"
	"slices"
)

// Covered is a statement with the places that cite it.
type Covered struct {
	Statement
	Code, Tests []Citation
}

// Join sets the citations beside the statements, in the order of the tables, and returns what is wrong: a server's statement
// without code or test, a test that does not run on the statement's version, a number that no standard has.
func Join(all []Statement, found *Scanned) (table []Covered, problems []error) {
	at := map[Ref]int{}
	for i, s := range all {
		at[s.Ref] = i
		table = append(table, Covered{Statement: s})
	}
	for _, c := range found.Mentions {
		if _, known := at[c.Ref]; !known {
			problems = append(problems, fmt.Errorf("%s:%d: %s has no statement %s", c.File, c.Line, c.Standard, c.Number))
		}
	}
	for _, c := range found.Loose {
		problems = append(problems, fmt.Errorf("%s:%d: %s stands in no test and in no table that a test uses", c.File, c.Line, c.Ref))
	}
	for _, c := range found.Citations {
		i, known := at[c.Ref]
		switch {
		case !known: // reported as a mention
		case c.Test:
			table[i].Tests = append(table[i].Tests, c)
		default:
			table[i].Code = append(table[i].Code, c)
		}
	}
	for i := range table {
		problems = append(problems, table[i].check(func(number string) *Covered {
			if j, ok := at[Ref{MQTT5, number}]; ok {
				return &table[j]
			}
			return nil
		})...)
	}
	return table, problems
}

// check tells what one statement lacks. mqtt5 finds statements of that standard.
func (c *Covered) check(mqtt5 func(number string) *Covered) (problems []error) {
	wrong := func(format string, args ...any) {
		problems = append(problems, fmt.Errorf("%s, which binds the %s (%s): %s", c.Ref, c.Binds, c.Says, fmt.Sprintf(format, args...)))
	}
	switch {
	case len(c.SameAs) > 0:
		for _, number := range c.SameAs {
			other := mqtt5(number)
			switch {
			case other == nil:
				wrong("is said to be the same as %s, which does not exist", number)
			case c.Binds != Client && other.Pending == "" && other.Moot == "":
				if got := on(slices.Concat(other.Tests, c.Tests)); got != On311|On5 {
					wrong("is the same as %s, whose tests do not run on both versions", other.Ref)
				}
				if len(other.Code) == 0 {
					wrong("is the same as %s, which no code cites", other.Ref)
				}
			}
		}
	case c.Pending != "":
		if len(c.Code) > 0 && len(c.Tests) > 0 {
			wrong("is marked as pending with %s, but code and test cite it: take the mark off", c.Pending)
		}
	case c.Binds == Client || c.Moot != "":
	default:
		if len(c.Code) == 0 {
			wrong("no code cites it")
		}
		switch {
		case len(c.Tests) == 0:
			wrong("no test names it")
		case on(c.Tests)&c.Standard.version() == 0:
			wrong("no test that names it runs on %s", c.Standard)
		}
	}
	return problems
}

// on is the union of the versions of tests.
func on(tests []Citation) (v Versions) {
	for _, t := range tests {
		v |= t.Versions
	}
	return v
}
