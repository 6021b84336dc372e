package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/vernemq/vmq/config"
)

// set changes keys for as long as the node runs, all of them or none. Sessions obey the new values from their next connect on, or
// at once, as the documentation of each key says. The error is a *config.SetError. Any goroutine.
func (n *node) set(changes ...config.Change) error {
	n.setting.Lock()
	defer n.setting.Unlock()
	if err := n.live.Set(changes...); err != nil {
		return err
	}
	c := n.live.Load()
	n.broker.Apply(settings(c))
	n.broker.SetConnectTimeout(connectTimeout(c))
	for _, ch := range changes {
		n.logChange(c, ch)
	}
	return nil
}

// logChange says what was set, and what the operator may not expect of it.
func (n *node) logChange(c *config.Config, ch config.Change) {
	row, text := config.Lookup(ch.Key), ch.Text
	if row.Secret {
		text = "***"
	}
	n.log.Info("set", "key", ch.Key, "value", text)
	value, _ := c.Get(ch.Key)
	switch {
	case row.Status == config.NotBuilt:
		n.log.Warn("this key belongs to a feature that is not built yet, so it has no effect", "key", ch.Key)
	case row.Advice != nil:
		if advice := row.Advice(value); advice != "" {
			n.log.Warn(advice, "key", ch.Key, "value", text)
		}
	}
}

// setCommand answers `set key=value …`: a line for each key that was set, or what is wrong and exit code 1.
func (n *node) setCommand(args []string, out io.Writer) int {
	if len(args) == 0 {
		fmt.Fprintln(out, "set needs at least one key=value.")
		return 1
	}
	changes := make([]config.Change, len(args))
	for i, arg := range args {
		key, text, found := strings.Cut(arg, "=")
		if !found || key == "" {
			fmt.Fprintf(out, "Invalid argument %q: expected key=value.\n", arg)
			return 1
		}
		changes[i] = config.Change{Key: key, Text: text}
	}
	if err := n.set(changes...); err != nil {
		refuseSet(out, err)
		return 1
	}
	for _, ch := range changes {
		fmt.Fprintf(out, "%s set to \"%s\"\n", ch.Key, ch.Text)
	}
	return 0
}

// refuseSet says why nothing was set.
func refuseSet(out io.Writer, err error) {
	var refused *config.SetError
	if !errors.As(err, &refused) {
		fmt.Fprintln(out, err)
		return
	}
	keys := strings.Join(refused.Keys, ", ")
	switch refused.Reason {
	case config.UnknownKey:
		fmt.Fprintf(out, "Unknown variable: %s\n", keys)
	case config.BadValue:
		fmt.Fprintf(out, "Type conversion of %s\n%q: %s; %s\n", keys, refused.Problem.Value, refused.Problem.What, refused.Problem.Right)
	case config.NotSettable:
		fmt.Fprintf(out, "Not settable while the broker runs: %s\n", keys)
	}
}

// showCommand answers `show key …`: a line key = value for each, in the order given. A key that exists and has no value is shown
// as undefined. A key that does not exist is refused, and nothing is shown then.
func (n *node) showCommand(args []string, out io.Writer) int {
	if len(args) == 0 {
		fmt.Fprintln(out, "show needs at least one key.")
		return 1
	}
	var unknown []string
	for _, key := range args {
		if config.Lookup(key) == nil {
			unknown = append(unknown, key)
		}
	}
	if unknown != nil {
		fmt.Fprintf(out, "Invalid config keys: %s\n", strings.Join(unknown, ", "))
		return 1
	}
	for _, key := range args {
		text, found := n.live.Get(key)
		if !found {
			text = "undefined"
		}
		fmt.Fprintf(out, "%s = %s\n", key, singleLine(text))
	}
	return 0
}
