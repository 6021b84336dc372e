package conformance

import "slices"

// Standard is a version of the protocol that numbers its statements. MQTT 3.1 does not.
type Standard uint8

// The two standards.
const (
	MQTT5 Standard = iota
	MQTT311
)

// String is the name of the standard, as the page has it.
func (s Standard) String() string {
	if s == MQTT311 {
		return "MQTT 3.1.1"
	}
	return "MQTT 5.0"
}

// Side is whom a statement binds.
type Side uint8

// A statement that binds the client alone is listed and not tested, though the broker may well refuse what breaks it.
const (
	Server Side = iota
	Client
	Both
)

// String is the side in a word.
func (s Side) String() string { return [...]string{"server", "client", "both"}[s] }

// Ref is the number of a statement, such as 3.3.1-4, in its standard.
type Ref struct {
	Standard Standard
	Number   string
}

// String is the form in which code and tests cite the statement, brackets included.
func (r Ref) String() string {
	if r.Standard == MQTT311 {
		return "[MQTT-" + r.Number + " v3.1.1]"
	}
	return "[MQTT-" + r.Number + "]"
}

// Statement is one numbered statement of a standard and how the broker stands to it. At most one of SameAs, Moot and Pending is
// set.
type Statement struct {
	Ref
	Binds Side
	// Says is the gist, in one sentence.
	Says string
	// SameAs are numbers of MQTT 5.0 that together say the same; only on statements of 3.1.1.
	SameAs []string
	// Deviation tells where and why the broker does otherwise; code and test then show what it does.
	Deviation string
	// Moot tells why the case that the statement is about cannot arise here.
	Moot string
	// Pending names the feature with which code and test will come.
	Pending string
}

// All returns the statements of both standards, MQTT 5.0 first, in the order of their numbers. The slice is the caller's.
func All() []Statement {
	var all []Statement
	for _, t := range []struct {
		standard Standard
		rows     []row
	}{
		{MQTT5, slices.Concat(mqtt5Format, mqtt5Connect, mqtt5Publish, mqtt5Subscribe, mqtt5Session)},
		{MQTT311, slices.Concat(mqtt311Packets, mqtt311Session)},
	} {
		for _, r := range t.rows {
			s := Statement{Ref: Ref{t.standard, r.number}, Binds: r.binds, Says: r.says}
			for _, n := range r.notes {
				n(&s)
			}
			all = append(all, s)
		}
	}
	return all
}

// row is a line of the tables: number, side, gist, and what else there is to say.
type row struct {
	number string
	binds  Side
	says   string
	notes  []note
}

type note func(*Statement)

func same(numbers ...string) []note { return []note{func(s *Statement) { s.SameAs = numbers }} }
func deviates(why string) []note    { return []note{func(s *Statement) { s.Deviation = why }} }
func moot(why string) []note        { return []note{func(s *Statement) { s.Moot = why }} }
func pending(what string) []note    { return []note{func(s *Statement) { s.Pending = what }} }
