package config

// Row describes one key, or a family of keys where Key has NAME, MODULE or N in place of a segment.
type Row struct {
	Key  string
	Kind Kind
	// Default is the value in force while no file sets the key, written as in a file. It may hold substitutions.
	Default string
	// NoDefault says that the key has no value at all unless it is set; Default is meaningless then.
	NoDefault bool
	// Words are the values of an Enum. For other kinds they are accepted besides: infinity, off, auto.
	Words []string
	// Range bounds the integers of Int, ByteSize and Duration, in the unit of Kind; nil allows all.
	Range *Range
	// Unit is the unit of an Int, for the reference page: s, ms, bytes. For a Duration it is that of a number without one, which
	// other durations do not allow.
	Unit string
	// Sockets says that an Address may be a unix socket.
	Sockets bool
	// Length, if positive, is the exact number of characters that a String must have, or of integers in a List.
	Length int
	// Check is what Load verifies about the file that a File value names.
	Check FileCheck
	Shown Shown
	// Ship is what the shipped file says about the key, whole lines, where `Key = Default` is not it.
	Ship     string
	Settable Settable
	Scope    Scope
	// Runtime marks a key that means something to an Erlang runtime only.
	Runtime bool
	// DefaultActs says that the default switches a feature on, so that a file which writes it expects something too. For a
	// Flag, off expects nothing.
	DefaultActs bool
	// Feature names what the key belongs to, in the warning that it is not built yet; empty takes that of the group.
	Feature string
	// Secret values are never repeated in problems and warnings, which end up in logs.
	Secret bool
	// Alias is the key of today that a Legacy key stands for; empty if it is ignored.
	Alias string
	// Inert says that no value does anything. Such a key can be set at run time all the same, because documentation says so.
	Inert bool
	// Silent suppresses the warning of a Legacy or Runtime key.
	Silent bool
	// Valid checks what Kind, Words, Range and Length cannot say; nil accepts all.
	Valid func(v Value) *mistake
	// Advice gives a warning about a value that is allowed but hardly meant, or an empty text.
	Advice func(v Value) string
	// Doc is what the key does, in whole sentences, for the reference page and for describe.
	Doc string
	// Set stores the value in its section of c. Nil: the value is read with the getters by key.
	Set func(c *Config, v Value)

	// Group, Status and the split key are filled in by the schema.
	Group    *Group
	Status   Status
	segments []string
}

// Group is a chapter of the reference page: rows on one subject.
type Group struct {
	Title string
	// Intro stands under the title, in Markdown; it may be empty.
	Intro string
	// Feature names what the rows belong to that have none of their own.
	Feature string
	Rows    []Row
}
