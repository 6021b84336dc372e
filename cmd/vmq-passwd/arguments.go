package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/vernemq/vmq/engine/plugin/passwd"
)

// order is what the user wants.
type order struct {
	do     func(*terminal) error
	file   string
	user   string
	scheme passwd.Scheme
}

// parseArguments understands the arguments, which stand in a fixed order but for --hash. Both results are nil if they are none of the
// forms of the usage.
func parseArguments(args []string) (*order, error) {
	o := &order{}
	for len(args) > 0 && strings.HasPrefix(args[0], "--hash") {
		name, is := strings.CutPrefix(args[0], "--hash=")
		args = args[1:]
		if !is {
			if len(args) == 0 {
				return nil, nil
			}
			name, args = args[0], args[1:]
		}
		var err error
		if o.scheme, err = passwd.SchemeOf(name); err != nil {
			return nil, err
		}
	}
	option := ""
	if len(args) > 0 && strings.HasPrefix(args[0], "-") {
		option, args = args[0], args[1:]
	}
	switch {
	case option == "-U" && len(args) == 1:
		o.file, o.do = args[0], o.upgrade
		return o, nil
	case len(args) != 2:
		return nil, nil
	}
	o.file, o.user = args[0], args[1]
	switch option {
	case "":
		o.do = o.set
	case "-c", "-cf":
		o.do = o.create
	case "-D":
		o.do = o.remove
	default:
		return nil, nil
	}
	if strings.ContainsAny(o.user, ":\n\r") {
		return nil, errors.New("a user name must not contain ':' or the end of a line")
	}
	return o, nil
}

// line is that of the user with a new password.
func (o *order) line(password []byte) string {
	h := passwd.NewHash(o.scheme, password)
	return o.user + ":" + h.String() + "\n"
}

// create makes a file with one user.
func (o *order) create(t *terminal) error {
	if _, err := os.Stat(o.file); err == nil {
		fmt.Fprintf(t.out, "Warning: %s exists and will be overwritten.\n", o.file)
	}
	password, err := t.ask()
	if err != nil {
		return err
	}
	return replace(o.file, o.line(password))
}

// set adds the user, or gives it another password.
func (o *order) set(t *terminal) error {
	before, err := os.ReadFile(o.file)
	if err != nil {
		return err
	}
	password, err := t.ask()
	if err != nil {
		return err
	}
	line := o.line(password)
	text, found := edit(string(before), o.user, line)
	if !found {
		if text != "" && !strings.HasSuffix(text, "\n") {
			text += "\n"
		}
		text += line
	}
	return replace(o.file, text)
}

// remove deletes the user.
func (o *order) remove(t *terminal) error {
	before, err := os.ReadFile(o.file)
	if err != nil {
		return err
	}
	text, found := edit(string(before), o.user, "")
	if !found {
		fmt.Fprintf(t.errs, "Warning: there is no user %s in %s.\n", o.user, o.file)
		return nil
	}
	return replace(o.file, text)
}

// upgrade replaces passwords by their hashes.
func (o *order) upgrade(*terminal) error {
	before, err := os.ReadFile(o.file)
	if err != nil {
		return err
	}
	return replace(o.file, hashAll(string(before), o.scheme))
}
