package admin

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/vernemq/vmq/engine"
)

// Command is one row of the table.
type Command struct {
	// Path are its words, such as session disconnect, separated by single blanks.
	Path string
	// Synopsis stands behind the path in the first line of its help: the arguments.
	Synopsis string
	// Summary is its line in the help of its group, Help the description in its own, of one line or several.
	Summary, Help string
	// Args are the key=value arguments it knows, in the order in which they are documented.
	Args []Arg
	// Flags are the flags it knows.
	Flags []Flag
	// Hidden keeps it out of the help of its group.
	Hidden bool
	// Streams says that lines come while it runs, for as long as it runs, so that no client may stop waiting, and that it is not for HTTP.
	Streams bool
	// AfterStop says that it needs no running broker, so that it works behind `node stop`.
	AfterStop bool
	// Do runs it. It is called on a goroutine of its own and may wait. An error is one of those in fault.go, or of the node.
	Do func(ctx context.Context, in *Input) (Result, error)
}

// Arg is a key=value argument. Arguments may come in any order.
type Arg struct {
	// Key, and what stands for the value in help texts.
	Key, Value string
	Help       string
	// Check refuses values; nil takes all.
	Check Check
	// Complete are the values that a shell offers; nil: none.
	Complete []string
}

// Flag is a flag: --name, or -s for short.
type Flag struct {
	Name string
	// Short is the letter of the short form; 0: none.
	Short byte
	// Value stands for the value in help texts; empty for a switch, of which only presence counts.
	Value string
	Help  string
	// Heading is what the flag stands under in help texts; empty: Options. Flags of one heading follow each other.
	Heading string
	// Check refuses values, a missing one (given is false) among them; nil takes all. Switches are not checked.
	Check func(value string, given bool) error
	// Complete are the values that a shell offers; nil: none.
	Complete []string
}

// Check says what is wrong with a value, or returns nil.
type Check func(value string) error

// Input is what a command was called with. It is the handler's, for as long as it runs.
type Input struct {
	// Keys are the words behind the path of a command that takes any: set, show and describe.
	Keys []string
	// Broker is the one that runs. It is nil only for a command that says AfterStop.
	Broker *engine.Broker
	// Lines receives each line of a command that has something to say before its end, without line break. nil: nobody listens.
	Lines func(line string)

	args  []pair
	flags []flagValue
	usage func() string
}

type pair struct{ key, value string }

type flagValue struct {
	name, value string
	given       bool // a value was
}

// Arg is the value of a key=value argument; empty if it was not given. The last one of a key counts.
func (in *Input) Arg(key string) string {
	for i := len(in.args) - 1; i >= 0; i-- {
		if in.args[i].key == key {
			return in.args[i].value
		}
	}
	return ""
}

// Has says whether a flag was given, with a value or without.
func (in *Input) Has(flag string) bool {
	_, found := in.find(flag)
	return found
}

// Flag is the value of a flag; given is false if the flag, or its value, was not. The last one of a name counts.
func (in *Input) Flag(name string) (value string, given bool) {
	f, found := in.find(name)
	return f.value, found && f.given
}

// Text is the value of a flag, or other if it has none.
func (in *Input) Text(flag, other string) string {
	if v, given := in.Flag(flag); given {
		return v
	}
	return other
}

// Int is the number that a flag gives, or other if it has none. The flag's Check has seen to it that it is a number.
func (in *Input) Int(flag string, other int) int {
	if v, given := in.Flag(flag); given {
		if n, err := strconv.Atoi(v); err == nil {
			return n
		}
	}
	return other
}

func (in *Input) find(name string) (flagValue, bool) {
	for i := len(in.flags) - 1; i >= 0; i-- {
		if in.flags[i].name == name {
			return in.flags[i], true
		}
	}
	return flagValue{}, false
}

// say passes on a line of a command that goes on.
func (in *Input) say(format string, args ...any) {
	if in.Lines != nil {
		in.Lines(fmt.Sprintf(format, args...))
	}
}

// explain is the answer to a call that lacks something: how the command is used.
func (in *Input) explain() (Result, error) { return alert(in.usage()), nil }

// synopsis is the first line of that: the command with its arguments.
func (in *Input) synopsis() string {
	first, _, _ := strings.Cut(in.usage(), "\n")
	return first
}
