package admin

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/vernemq/vmq/config"
)

// Flags that say of which nodes settings are shown and changed.
const (
	flagNode = "node"
	flagAll  = "all"
)

func (t *Commands) nodeFlags() []Flag {
	return []Flag{
		{Name: flagNode, Short: 'n', Value: "<node>", Help: "The node. Default: this one.", Check: t.isNode},
		{Name: flagAll, Short: 'a', Help: "All nodes of the cluster."},
	}
}

func (t *Commands) isNode(name string, _ bool) error {
	if name != t.options.NodeName {
		return fmt.Errorf("invalid node name %q: it is no member of the cluster that is up", name)
	}
	return nil
}

// checkNodes refuses flags that do not go together.
func checkNodes(in *Input) error {
	if in.Has(flagNode) && in.Has(flagAll) {
		return invalid("Invalid flag combination: --node and --all cannot be used together")
	}
	return nil
}

func (t *Commands) setCommand() Command {
	return Command{
		Path: wordSet, Synopsis: "<key>=<value> [<key>=<value>]... [--node=<node> | --all]", Summary: "Change settings",
		Help: "Changes settings at once, all of them or none. The configuration file is not changed, so they are forgotten\n" +
			"when the broker stops.",
		Args: []Arg{{Key: anyKey}}, Flags: t.nodeFlags(), AfterStop: true, Do: t.set,
	}
}

func (t *Commands) set(_ context.Context, in *Input) (Result, error) {
	if len(in.Keys) > 0 {
		return nil, invalid("Empty value: %s needs the form key=value", in.Keys[0])
	}
	if len(in.args) == 0 {
		return nil, invalid("%s%s", usagePrefix, in.synopsis())
	}
	if err := checkNodes(in); err != nil {
		return nil, err
	}
	changes := make([]config.Change, len(in.args))
	said := make([]string, len(in.args))
	for i, a := range in.args {
		changes[i] = config.Change{Key: a.key, Text: a.value}
		said[i] = a.key + ` set to "` + a.value + `"` // as it was typed
	}
	if err := t.options.Settings.Set(changes...); err != nil {
		return nil, refuseSet(err)
	}
	if !in.Has(flagAll) {
		return text(strings.Join(said, "\n")), nil
	}
	table := &Table{Columns: []string{"Node", "Node Down/Unreachable", "Result"}}
	table.add(t.options.NodeName, false, strings.Join(said, "\n"))
	return Result{Text("Setting config across the cluster"), table}, nil
}

// refuseSet says why nothing was set.
func refuseSet(err error) error {
	var refused *config.SetError
	if !errors.As(err, &refused) {
		return err
	}
	keys := strings.Join(refused.Keys, ", ")
	switch refused.Reason {
	case config.UnknownKey:
		return invalid("Unknown variable: %s", keys)
	case config.BadValue:
		return invalid("Type conversion of %s\n%q: %s; %s", keys, refused.Problem.Value, refused.Problem.What, refused.Problem.Right)
	}
	return invalid("Not settable while the broker runs: %s", keys)
}

func (t *Commands) showCommand() Command {
	return Command{
		Path: wordShow, Synopsis: "<key> [<key>]... [--node=<node> | --all]", Summary: "Show settings",
		Help:  "Shows the values that are in force now.",
		Flags: t.nodeFlags(), AfterStop: true, Do: t.show,
	}
}

// checkKeys refuses keys that do not exist.
func checkKeys(in *Input) error {
	if len(in.Keys) == 0 {
		return invalid("%s%s", usagePrefix, in.synopsis())
	}
	var unknown []string
	for _, key := range in.Keys {
		if config.Lookup(key) == nil {
			unknown = append(unknown, key)
		}
	}
	if unknown != nil {
		return invalid("Invalid config keys: %s", strings.Join(unknown, ", "))
	}
	return nil
}

func (t *Commands) show(_ context.Context, in *Input) (Result, error) {
	if err := checkKeys(in); err != nil {
		return nil, err
	}
	if err := checkNodes(in); err != nil {
		return nil, err
	}
	table := &Table{Columns: []string{"node"}}
	row := []any{t.options.NodeName}
	for _, key := range in.Keys {
		table.Columns = append(table.Columns, key)
		row = append(row, t.shown(key))
	}
	table.add(row...)
	return Result{table}, nil
}

// shown is the cell of a key.
func (t *Commands) shown(key string) any {
	row := config.Lookup(key)
	value, found := t.options.Settings.Get(key)
	switch {
	case !found:
		return undefined
	case row.Kind == config.Int:
		if n, err := strconv.ParseInt(value, 10, 64); err == nil {
			return n
		}
	}
	return secret(row, value)
}

// secret is a value as it may be shown: answers end up in terminals, tickets and browsers.
func secret(row *config.Row, value string) string {
	if row.Secret && value != "" {
		return "***"
	}
	return value
}

func (t *Commands) describeCommand() Command {
	return Command{
		Path: wordDescribe, Synopsis: "<key> [<key>]...", Summary: "Explain settings",
		Help: "Says what keys of the configuration mean.", AfterStop: true, Do: describe,
	}
}

func describe(_ context.Context, in *Input) (Result, error) {
	if err := checkKeys(in); err != nil {
		return nil, err
	}
	var r Result
	for _, key := range in.Keys {
		doc := strings.TrimRight(config.Lookup(key).Doc, "\n")
		r = append(r, Text(key+":\n  "+strings.ReplaceAll(doc, "\n", "\n  ")+"\n"))
	}
	return r, nil
}
